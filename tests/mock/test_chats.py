"""Stored chats, promise by promise: what the machine beside this file finds by chance is told here."""

import pytest

from apex_mock import ApexMock
from apex_mock.clock import SECOND
from apex_mock.core.types import Caller, Chat, Completion
from apex_mock.errors import NotFound
from tests.conftest import NOON

ANN, BEN = Caller("scope", "ann"), Caller("scope", "ben")


async def make(
    mock: ApexMock, prompt: str = "What is the capital of France?", caller: Caller = ANN
) -> tuple[Chat, Completion]:
    return await mock.create_chat(prompt, "apex", "basic", None, caller)


async def test_a_new_chat_has_a_row_that_waits_for_its_text(mock):
    """No inference runs; the title is the prompt's beginning; the owner's key is not to be read from user_id."""
    chat, row = await make(mock)
    assert (chat.title, chat.chat_type) == ("What is the capital of France?", "apex")
    assert chat.created_at == chat.updated_at == row.created_at == NOON
    assert (row.completion_text, row.completed_at, dict(row.metadata)) == ("", 0, {})
    assert row.chat_id == chat.id
    assert "ann" not in chat.user_id
    assert chat.user_id == (await make(mock, "other"))[0].user_id != (await make(mock, caller=BEN))[0].user_id


async def test_deleting_a_chat_deletes_its_rows(mock):
    """They are found neither by id nor by search; those of other chats stay."""
    chat, row = await make(mock)
    added = await mock.create_completion(chat.id, "And of Spain?", "basic", ANN)
    kept, _ = await make(mock, "Spain again")
    await mock.delete_chats([chat.id], ANN)
    for gone in (row.id, added.id):
        with pytest.raises(NotFound):
            await mock.get_completion(gone, ANN)
    assert await mock.search_chats("spain", ANN) == (kept.id,)
    assert await mock.list_completions(chat.id, ANN) == []
    await mock.delete_chats([chat.id, "never there"], ANN)


async def test_nobody_deletes_or_changes_what_is_anothers(mock):
    """It is as if it were not there, and stays as it was."""
    chat, row = await make(mock)
    await mock.delete_chats([chat.id], BEN)
    await mock.delete_completions([row.id], BEN)
    for attempt in (
        mock.update_chat(chat.id, {"title": "mine"}, BEN),
        mock.update_completion(row.id, text="mine", caller=BEN),
        mock.create_completion(chat.id, "mine", "basic", BEN),
        mock.get_completion(row.id, BEN),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await mock.list_completions(chat.id, BEN) == []
    assert await mock.list_chats("", ANN) == [chat]
    assert await mock.list_completions(chat.id, ANN) == [row]


async def test_a_new_row_moves_its_chats_updated_at(mock):
    """And no other chat's."""
    chat, _ = await make(mock)
    other, _ = await make(mock, "other")
    mock.clock.advance("scope", 5)
    await mock.create_completion(chat.id, "And of Spain?", "basic", ANN)
    times = {c.id: c.updated_at for c in await mock.list_chats("", ANN)}
    assert times == {chat.id: NOON + 5 * SECOND, other.id: NOON}


async def test_equal_chats_are_different_chats(mock):
    """Created twice, with the same words at the same instant; and the same ids on the next run."""
    ids = [(await make(mock))[0].id for _ in range(3)]
    assert len(set(ids)) == 3
    again = ApexMock(clock=mock.clock)
    assert [(await make(again))[0].id for _ in range(3)] == ids


async def test_chats_come_newest_first_and_rows_oldest_first(mock):
    """Also when all of them were made at one instant; a change moves none of them."""
    first, _ = await make(mock, "one")
    second, _ = await make(mock, "two")
    rows = [await mock.create_completion(first.id, str(n), "basic", ANN) for n in range(3)]
    await mock.update_chat(first.id, {"title": "changed"}, ANN)
    await mock.update_completion(rows[0].id, text="changed", caller=ANN)
    assert [c.id for c in await mock.list_chats("", ANN)] == [second.id, first.id]
    assert [r.id for r in await mock.list_completions(first.id, ANN)][1:] == [r.id for r in rows]
