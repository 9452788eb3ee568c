"""The promises of the Store protocol, kept by every store: a new one joins by its name in conftest's STORES."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from apex_mock.core.types import ApiKey, Chat, Completion, Job
from apex_mock.store.base import Store
from apex_mock.store.engine import KEPT_ORDINALS
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
        await store.add("s", row("r"), chat("1", "second"))
    assert await store.list(Completion, "s") == []
    assert (await store.get(Chat, "s", "1")).title == "first"


async def test_one_id_may_stand_for_records_of_several_kinds_and_scopes(store):
    """They have nothing to do with each other."""
    await store.add("s", chat("1"), row("1"))
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
    await store.add("other", row("1"))
    await store.reset()
    assert await store.list(Chat, "s") == await store.list(Completion, "other") == []


async def test_the_memory_of_names_is_bounded(store):
    """The oldest names are forgotten first: a server that runs for months must not grow by every prompt."""
    await asyncio.gather(*(store.next_ordinal("s", str(number)) for number in range(KEPT_ORDINALS + 1)))
    assert await store.next_ordinal("s", str(KEPT_ORDINALS)) == 1
    assert await store.next_ordinal("s", "0") == 0
