"""The promises of the Store protocol, kept by every store: a new one joins by its name in conftest's STORES."""

import asyncio
import typing
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from apex_mock.clock import ClockState
from apex_mock.core.faults.rules import Fault
from apex_mock.core.faults.times import Quota
from apex_mock.core.stubs import Failure, Match, Piece, Reply, Stub, Text
from apex_mock.core.types import (
    ApiKey,
    Chat,
    Chunk,
    Completion,
    Job,
    LaidStubs,
    Mode,
    Operation,
    Progress,
    ResearchMode,
    ScopeChoice,
    Surprises,
    ToolCall,
    WebResult,
)
from apex_mock.errors import Code, InvalidRequest
from apex_mock.store.base import Orphan, Record, Store
from apex_mock.store.bounds import Bounds
from apex_mock.store.opening import open_store


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    made = open_store(url)
    yield made
    await made.close()


def chat(id: str, title: str = "t") -> Chat:
    return Chat(id, "owner", "user", title, "apex", 0, 0)


def row(id: str, chat_id: str = "c") -> Completion:
    return Completion(id, chat_id, "owner", "basic", 0)


async def test_a_record_is_there_once_it_was_added(store):
    """By kind, scope and id; anything else is not there."""
    await store.add("s", chat("1"))
    assert await store.get(Chat, "s", "1") == chat("1")
    assert await store.get(Completion, "s", "1") is None
    assert await store.get(Chat, "other", "1") is None
    assert await store.get(Chat, "s", "2") is None


async def test_records_are_listed_in_the_order_of_their_coming(store):
    """A change moves none of them."""
    for id in ("b", "a", "c"):
        await store.add("s", chat(id))
    await store.update(Chat, "s", "a", lambda c: replace(c, title="new"))
    assert [c.id for c in await store.list(Chat, "s")] == ["b", "a", "c"]
    assert await store.list(Job, "s") == []


async def test_records_are_added_all_or_none(store):
    """One that is already there keeps its companions out."""
    await store.add("s", chat("1", "first"))
    with pytest.raises(ValueError, match="already there"):
        await store.add("s", chat("c"), row("r"), chat("1", "second"))
    assert await store.list(Completion, "s") == []
    assert (await store.get(Chat, "s", "1")).title == "first"


async def test_one_id_may_stand_for_records_of_several_kinds_and_scopes(store):
    """They have nothing to do with each other."""
    await store.add("s", chat("c"), chat("1"), row("1"))
    await store.add("other", chat("1", "elsewhere"))
    assert await store.remove(Chat, "s", ["1"]) == 1
    assert await store.get(Completion, "s", "1") == row("1")
    assert (await store.get(Chat, "other", "1")).title == "elsewhere"


async def test_an_update_returns_what_is_there_now(store):
    """None where there was nothing to change."""
    await store.add("s", chat("1"))
    changed = await store.update(Chat, "s", "1", lambda c: replace(c, title="new"))
    assert changed == chat("1", "new") == await store.get(Chat, "s", "1")
    assert await store.update(Chat, "s", "2", lambda c: c) is None
    assert await store.update(Chat, "other", "1", lambda c: c) is None


async def test_an_update_that_raises_changes_nothing(store):
    """The record is as it was."""
    await store.add("s", chat("1"))
    with pytest.raises(ZeroDivisionError):
        await store.update(Chat, "s", "1", lambda c: replace(c, created_at=1 // 0))
    assert await store.get(Chat, "s", "1") == chat("1")


async def test_updates_at_once_happen_one_after_the_other(store):
    """None of them is lost."""
    await store.add("s", ApiKey("k", 10))
    count = lambda k: replace(k, used=k.used + 1)  # noqa: E731
    await asyncio.gather(*(store.update(ApiKey, "s", "k", count) for _ in range(200)))
    assert (await store.get(ApiKey, "s", "k")).used == 200


async def test_removing_tells_how_many_were_there(store):
    """Each counted once; the rest stays."""
    await store.add("s", *(chat(id) for id in "abc"))
    assert await store.remove(Chat, "s", ["a", "a", "x", "c"]) == 2
    assert [c.id for c in await store.list(Chat, "s")] == ["b"]
    assert await store.remove(Chat, "s", ["a"]) == 0


async def test_a_row_goes_with_its_chat(store):
    """In one step; other chats keep theirs, in this scope and in others, and only chats are counted."""
    await store.add("s", chat("1"), row("a", "1"), row("b", "1"), chat("2"), row("c", "2"))
    await store.add("other", chat("1"), row("a", "1"))
    assert await store.remove(Chat, "s", ["1", "x"]) == 1
    assert await store.list(Chat, "s") == [chat("2")]
    assert await store.list(Completion, "s") == [row("c", "2")]
    assert await store.list(Completion, "other") == [row("a", "1")]
    assert await store.remove(Chat, "s", []) == 0


async def test_a_row_is_added_only_to_a_chat_that_is_there(store):
    """Or that comes with it; of the same scope."""
    await store.add("other", chat("1"))
    with pytest.raises(Orphan, match="1 is not there"):
        await store.add("s", chat("2"), row("a", "1"))
    assert await store.list(Chat, "s") == await store.list(Completion, "s") == []
    await store.add("s", row("a", "1"), chat("1"))
    await store.remove(Completion, "s", ["a"])
    await store.add("s", row("a", "1"))
    assert await store.list(Completion, "s") == [row("a", "1")]


async def test_a_list_is_not_changed_by_what_comes_after(store):
    """It is what was there when it was asked for."""
    await store.add("s", chat("1"))
    before = await store.list(Chat, "s")
    await store.add("s", chat("2"))
    await store.remove(Chat, "s", ["1"])
    assert [c.id for c in before] == ["1"]


async def test_ordinals_count_from_zero_by_scope_and_name(store):
    """Without a gap, also when many ask at once."""
    drawn = await asyncio.gather(*(store.next_ordinal("s", "a") for _ in range(100)))
    assert sorted(drawn) == list(range(100))
    assert await store.next_ordinal("s", "b") == 0
    assert await store.next_ordinal("other", "a") == 0


async def test_resetting_a_scope_forgets_it_alone(store):
    """Records and ordinals."""
    for scope in ("s", "other"):
        await store.add(scope, chat("1"))
        await store.next_ordinal(scope, "a")
    await store.reset("s")
    assert (await store.list(Chat, "s"), len(await store.list(Chat, "other"))) == ([], 1)
    assert (await store.next_ordinal("s", "a"), await store.next_ordinal("other", "a")) == (0, 1)


async def test_resetting_all_forgets_everything(store):
    """Every scope."""
    await store.add("s", chat("1"))
    await store.add("other", chat("c"), row("1"))
    await store.reset()
    assert await store.list(Chat, "s") == await store.list(Completion, "other") == []


async def test_the_memory_of_names_is_bounded(url):
    """The oldest names are forgotten first: a server that runs for months must not grow by every prompt."""
    store = open_store(url, Bounds(names=50))
    await asyncio.gather(*(store.next_ordinal("s", str(number)) for number in range(51)))
    assert await store.next_ordinal("s", "50") == 1
    assert await store.next_ordinal("s", "1") == 1
    assert await store.next_ordinal("s", "0") == 0
    await store.close()


RECORDS = [
    ApiKey("k", 10, window=5, used=3),
    Chat("c", "owner\nuser", "u", "A title ✓", "gravity", 1, 2),
    Completion("r", "c", "o", "basic", 1, 2, "asked", "said", {"a": [1, 2.5, {"b": None}], "inf": float("inf")}, "bad"),
    Job("j", "o", 1, (Chunk("one", 0.5), Chunk("two", 1.5)), 0.1, "broken", Progress.POLLS, 3, (1, 2), 7),
    ScopeChoice("slow", ResearchMode(Progress.MANUAL, duration=3.0, fail_at=1), True, 5),
    ClockState(1, 2, 0.5, 3),
    Surprises(("one", "two")),
    LaidStubs("/folder", (("", "a"), ("s", "b"))),
    Quota("q", 5, 1, 2, False),
    Fault("f", "delay", {"seconds": 2.0}, Match(operation=Operation.CHAT), probability=0.5, until=3.0),
    Stub(
        "s",
        Match(
            operation=Operation.SEARCH,
            prompt=Text(contains="x"),
            mode=Mode.MIXTURE,
            sampling={"top_k": 1.0},
            uids=(1, 2),
            headers={"a": Text(regex="^b")},
            nth=2,
        ),
        (
            Reply(chunks=(Piece("a", 1.0), Piece("b")), finish_reason="length", delay=1.5),
            Reply(tool_calls=(ToolCall("f", "{}", "id"),), error=Failure(Code.ABORTED, "m", 1.5, 2)),
            Reply(results=(WebResult("u", "c", "r"),)),
            Reply(json={"a": [1]}, research=(Piece("p"),)),
        ),
        times=3,
        name="n",
    ),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
async def test_a_record_comes_back_as_it_went_in(store, record):
    """Every kind, with every field, by get, list and update; types and all."""
    await store.add("s", *([chat(record.chat_id)] if isinstance(record, Completion) else []), record)
    read = [await store.get(type(record), "s", record.id), *await store.list(type(record), "s")]
    read.append(await store.update(type(record), "s", record.id, lambda found: found))
    await store.look("s")
    read += [await store.get(type(record), "s", record.id), *await store.list(type(record), "s")]
    assert read == [record] * 5
    assert repr(read[0]) == repr(record)


async def test_what_has_no_bytes_concerns_nobody_else(shared_url):
    """Half of a surrogate pair is refused to whoever sends it; others go on."""
    store = open_store(shared_url)
    results = await asyncio.gather(
        store.next_ordinal("s", "a"),
        store.next_ordinal("\ud800", "a"),
        store.next_ordinal("s", "a"),
        return_exceptions=True,
    )
    assert [results[0], type(results[1]), results[2]] == [0, UnicodeEncodeError, 1]
    with pytest.raises(InvalidRequest, match="this Chat cannot be stored"):
        await store.add("s", chat("1", "\ud800"))
    await store.close()


def test_every_kind_of_record_is_tried():
    """A new one joins in RECORDS."""
    assert {type(record) for record in RECORDS} == set(typing.get_args(Record))


async def counts(store: Store, *scopes: str) -> tuple[int, int]:
    """How many chats and rows there are in all of these scopes."""
    found = [len([r for scope in scopes for r in await store.list(kind, scope)]) for kind in (Chat, Completion)]
    return found[0], found[1]


async def test_records_are_forgotten_by_kind(store):
    """In one scope or in all."""
    for scope in ("a", "b"):
        await store.add(scope, chat("1"), chat("c"), row("r"))
    await store.forget(Chat, "a")
    assert await counts(store, "a", "b") == (2, 2)
    await store.forget(Chat)
    assert await counts(store, "a", "b") == (0, 2)


async def test_a_reset_keeps_the_kinds_that_it_is_told_to(store):
    """Of a scope, or of all."""
    for scope in ("a", "b"):
        await store.add(scope, chat("c"), row("r"))
    await store.reset("a", keep=(Chat,))
    await store.reset(keep=(Completion,))
    assert await counts(store, "a", "b") == (0, 1)


async def test_scopes_and_ids_may_hold_anything(store):
    """Colons, line ends, quotes, what is no letter: none is taken for another."""
    names = ["a", "a:b", "a:", "", "a\nb", "ä✓", "%", "'", "a b", "Chat:a"]
    for n, name in enumerate(names):
        await store.add(name, *(chat(id, f"{n}") for id in names))
        await store.next_ordinal(name, name)
    await store.reset("a:b")
    await store.forget(Chat, "a")
    for n, name in enumerate(names):
        found = {c.id: c.title for c in await store.list(Chat, name)}
        assert found == ({} if name in ("a", "a:b") else dict.fromkeys(names, f"{n}"))
        assert await store.ordinal(name, name) == (0 if name == "a:b" else 1)
