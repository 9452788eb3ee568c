"""Two processes on one store, at once: what one adds and the other takes away."""

import asyncio
import sys

import pytest

from apex_mock import ApexMock
from apex_mock.errors import NotFound
from apex_mock.settings import Settings

CHATS, ADDING = 60, 8
ADDER = """
import asyncio, sys
from apex_mock import ApexMock
from apex_mock.errors import NotFound
from apex_mock.settings import Settings

async def add(mock, chat, number):
    while True:
        try:
            await mock.create_completion(chat, f"row {number}", "basic")
        except NotFound:
            return

async def main(url, adding, chats):
    mock = ApexMock(Settings(store=url))
    for chat in chats:
        await asyncio.gather(*(add(mock, chat, number) for number in range(adding)))
    await mock.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
"""


async def test_no_row_outlives_its_chat(shared_url):
    """One process goes on adding rows to a chat, several at once, until the other has deleted it; then to the next."""
    mock = ApexMock(Settings(store=shared_url))
    chats = [(await mock.create_chat(f"chat {number}", "apex", "basic"))[0].id for number in range(CHATS)]
    adder = await asyncio.create_subprocess_exec(sys.executable, "-c", ADDER, shared_url, str(ADDING), *chats)
    for chat in chats:
        async with asyncio.timeout(60):
            while len(await mock.list_completions(chat)) < 2 + ADDING:  # noqa: ASYNC110  # another process adds
                await asyncio.sleep(0.001)
        await mock.delete_chats([chat])
    assert await adder.wait() == 0
    assert [chat for chat in chats if await mock.list_completions(chat)] == []
    assert await mock.list_chats() == []
    await mock.close()


async def test_a_row_for_a_chat_that_is_deleted_meanwhile_is_refused_as_any_other(url):
    """As not found, and nothing of it stays."""
    mock = ApexMock(Settings(store=url))
    chat, _ = await mock.create_chat("Hello", "apex", "basic")
    found = mock._own_chat

    async def found_and_then_deleted(*which):
        await found(*which)
        await mock.delete_chats([chat.id])

    mock._own_chat = found_and_then_deleted
    with pytest.raises(NotFound, match=f"^Chat with ID {chat.id} not found$"):
        await mock.create_completion(chat.id, "And?", "basic")
    assert await mock.list_completions(chat.id) == []
    await mock.close()
