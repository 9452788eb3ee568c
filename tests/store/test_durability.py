"""What was acknowledged is there: after kill -9, and while a store comes and goes. What cannot be had is said."""

import asyncio
import signal
import subprocess
import sys

import pytest

from apex_mock import ApexMock, Settings
from apex_mock.clock import Clock, advancing
from apex_mock.core.types import ApiKey, Caller, ChatRequest, Message
from apex_mock.errors import StoreFailed
from apex_mock.settings import BadSetting
from apex_mock.store import redis_link
from apex_mock.store.engine import CannotOpen
from apex_mock.store.opening import open_store
from tests.conftest import NOON

ME = Caller("mine", "me")
ASKED = ChatRequest((Message("user", "What is the capital of France?"),))

WRITER = """
import asyncio, sys
from apex_mock import ApexMock, Settings
from apex_mock.clock import Clock, advancing
from tests.store.test_durability import ASKED, ME, NOON

async def main(mock):
    await mock.clock.moved(ME.scope, advancing(60))
    print("key", await mock.create_key(5, "admin"), flush=True)
    print("job", (await mock.submit_research(ASKED, ME)).id, flush=True)
    while True:
        chat, row = await mock.create_chat("Hello", "apex", "basic", None, ME)
        print("chat", chat.id, row.id, flush=True)
        answer = await mock.chat(ASKED, ME)
        await mock.finish(answer)
        print("call", answer.plan.id, flush=True)

asyncio.run(main(ApexMock(Settings(store=sys.argv[1], journal_entries=100_000), clock=Clock(lambda: NOON))))
"""


@pytest.mark.failures
def test_what_was_acknowledged_outlives_a_kill(shared_url):
    """Chats with their rows, jobs, keys, calls and the clock, of a process that was killed while it wrote."""
    with subprocess.Popen([sys.executable, "-c", WRITER, shared_url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline().split() for _ in range(60)]
        writer.kill()
        told += [line.split() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    asyncio.run(look_for(shared_url, told))


async def look_for(url: str, told: list[list[str]]) -> None:
    mock = ApexMock(Settings(store=url, journal_entries=100_000), clock=Clock(lambda: NOON))
    await mock.start()
    chats = {chat.id for chat in await mock.list_chats("", ME)}
    rows = {row.id: row for chat in chats for row in await mock.list_completions(chat, ME)}
    calls = {entry.plan.id for entry in await mock.journal.select() if entry.plan is not None}
    keys = [key.id for key in await mock.store.list(ApiKey, "")]
    for kind, *ids in told:
        if kind == "chat":
            assert ids[0] in chats
            assert rows[ids[1]].chat_id == ids[0]
        elif kind == "call":
            assert ids[0] in calls
        elif kind == "key":
            assert ids == keys
        else:
            assert (await mock.get_research(ids[0], ME)).id == ids[0]
    assert len(chats) == len(rows), "a chat and its first row are stored together or not at all"
    await mock.store.look("mine")
    assert mock.clock.now("mine") == NOON + 60_000_000
    # What comes next goes on from there: no id is given twice.
    chat, row = await mock.create_chat("Hello", "apex", "basic", None, ME)
    assert chat.id not in chats
    assert row.id not in rows
    await mock.close()


# --- A Redis that comes and goes --------------------------------------------------------------------------------------


async def test_a_redis_that_goes_away_is_an_error_and_comes_back(own_redis):
    """Each call says what is wrong at once; when it is there again, all goes on."""
    mock = ApexMock(Settings(store=own_redis.url))
    await mock.finish(await mock.chat(ASKED, ME))
    own_redis.kill()
    for _ in range(2):
        with pytest.raises(StoreFailed, match=f"The store cannot be used: Redis at {own_redis.socket}: "):
            await mock.chat(ASKED, ME)
    results = await asyncio.gather(*(mock.list_chats("", ME) for _ in range(20)), return_exceptions=True)
    assert {type(result) for result in results} == {StoreFailed}
    own_redis.start()
    await mock.finish(await mock.chat(ASKED, ME))
    assert [entry.outcome for entry in await mock.journal.select()] == ["ok"]
    await mock.close()


async def test_a_redis_that_says_nothing_is_not_waited_for_for_ever(own_redis, monkeypatch):
    """Nor does whoever comes meanwhile wait for it in turn."""
    monkeypatch.setattr(redis_link, "PATIENCE", 0.2)
    store = open_store(own_redis.url)
    assert await store.next_ordinal("s", "a") == 0
    own_redis.signal(signal.SIGSTOP)
    first = asyncio.ensure_future(store.next_ordinal("s", "a"))
    await asyncio.sleep(0.05)
    others = [asyncio.ensure_future(store.look("s")) for _ in range(3)]
    async with asyncio.timeout(5):
        await asyncio.wait([first])
    for _ in range(3):
        await asyncio.sleep(0)
    assert all(isinstance(task.exception(), StoreFailed) for task in (first, *others))
    own_redis.signal(signal.SIGCONT)
    assert await store.next_ordinal("s", "b") == 0
    assert await store.next_ordinal("s", "a") <= 2, "what was not answered may have been done, but not twice"
    await store.close()


async def test_a_redis_that_has_no_room_says_so(own_redis):
    """What does not fit is not there, and the rest goes on."""
    store = open_store(own_redis.url)
    await store.next_ordinal("s", "a")
    own_redis.client.config_set("maxmemory", 1)
    with pytest.raises(StoreFailed, match="maxmemory"):
        await store.next_ordinal("s", "a")
    own_redis.client.config_set("maxmemory", 0)
    assert await store.next_ordinal("s", "a") == 1
    await store.close()


def test_a_redis_that_is_not_there_is_a_bad_setting(tmp_path):
    """With where it was looked for, and what to do; its password is not told."""
    with pytest.raises(
        BadSetting, match=r"store: Redis at 127\.0\.0\.1:1 cannot be used: .*; start it, or name"
    ) as said:
        ApexMock(Settings(store="redis://:secret@127.0.0.1:1/0"))
    assert "secret" not in str(said.value)
    with pytest.raises(CannotOpen, match=r"Redis at .*/none\.sock cannot be used"):
        open_store(f"unix://{tmp_path}/none.sock")


def test_a_redis_of_another_version_is_refused(own_redis):
    """What is in it is left alone; the message says which it is, and how to go on with it or anew."""
    own_redis.client.hset(f"{redis_link.PREFIX}:world", "schema", "99")
    with pytest.raises(
        CannotOpen, match=rf"another version .*\(schema 99, this one reads {redis_link.SCHEMA}\)"
    ) as said:
        open_store(own_redis.url)
    assert "to go on with it, serve it with that version; to begin anew, name another of its databases" in str(
        said.value
    )
    assert own_redis.client.hgetall(f"{redis_link.PREFIX}:world") == {b"schema": b"99"}


async def test_a_redis_that_has_forgotten_our_scripts_is_told_them_again(own_redis):
    """As one that was started anew: each is done once, whoever asks at that moment."""
    store = open_store(own_redis.url)
    await store.add("s", ApiKey("k", 1))
    for number in range(3):
        own_redis.client.script_flush()
        drawn = await asyncio.gather(*(store.next_ordinal("s", "a") for _ in range(20)))
        assert sorted(drawn) == list(range(20 * number, 20 * number + 20))
    assert await store.remove(ApiKey, "s", ["k"]) == 1
    await store.close()


def test_a_redis_that_wants_a_password_is_told_apart(own_redis):
    """From one that is not there."""
    own_redis.client.config_set("requirepass", "x")
    with pytest.raises(CannotOpen, match=r"say redis://:PASSWORD@HOST:PORT/DB"):
        open_store(own_redis.url)


# --- An answer is not given when it could not be kept -----------------------------------------------------------------


async def test_a_call_that_cannot_be_journalled_is_not_answered(own_redis):
    """It fails as unavailable; one that had failed anyway says why it did."""
    mock = ApexMock(Settings(store=own_redis.url), clock=Clock(lambda: NOON))
    answer = await mock.chat(ASKED, ME)
    own_redis.kill()
    with pytest.raises(StoreFailed):
        await mock.finish(answer)
    with pytest.raises(StoreFailed):
        await mock.clock.moved("mine", advancing(5))
    await mock.close()
