"""What a store forgets so that it does not grow for ever, and what it never does: see docs/limits.md."""

from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest

from apex_mock import ApexMock
from apex_mock.clock import SECOND, Clock, advancing
from apex_mock.core.stubs import Reply, Stub
from apex_mock.core.types import ApiKey, Chat, ChatRequest, Completion, Job, Message, Surprises
from apex_mock.errors import TooMuch
from apex_mock.settings import Settings
from apex_mock.store import shared
from apex_mock.store.base import ALL_SCOPES, Store
from apex_mock.store.bounds import Bounds
from apex_mock.store.opening import open_store

Opening = Callable[..., Store]


@pytest.fixture(autouse=True)
def every_look_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared store writes once a second that a scope is in use; here each look is a second later."""
    seconds = count()
    monkeypatch.setattr(shared, "system_now", lambda: next(seconds) * SECOND)


@pytest.fixture
async def bounded(url: str) -> AsyncIterator[Opening]:
    """Opens the store with bounds."""
    opened: list[Store] = []

    def open_bounded(**bounds: object) -> Store:
        opened.append(open_store(url, Bounds(**bounds)))
        return opened[-1]

    yield open_bounded
    for store in opened:
        await store.close()


def chat(id: str, title: str = "t") -> Chat:
    return Chat(id, "owner", "user", title, "apex", 0, 0)


async def kept(store: Store, *scopes: str) -> list[str]:
    """Those of these scopes in which there is a chat."""
    return [scope for scope in scopes if await store.list(Chat, scope)]


async def counted(store: Store, *scopes: str) -> list[str]:
    """Those of these scopes whose count of "a" is still known."""
    return [scope for scope in scopes if await store.ordinal(scope, "a")]


async def test_of_scopes_that_were_only_called_the_longest_unused_is_forgotten(bounded):
    """Used is what was called again, whatever it was."""
    store = bounded(scopes=3)
    for scope in "abcd":
        await store.look("a")
        await store.next_ordinal(scope, "a")
    assert await counted(store, *"abcd") == ["a", "c", "d"]


async def test_calls_push_out_nothing_that_was_stored(bounded):
    """However many scopes call, and be the chat ever so old."""
    store = bounded(scopes=2)
    await store.add("staying", chat("1"))
    await store.next_ordinal("staying", "a")
    for number in range(10):
        await store.next_ordinal(f"caller {number}", "a")
        await store.add(f"caller {number}", Surprises(("x",)))
    assert await kept(store, "staying") == ["staying"]
    assert await counted(store, "staying", "caller 7", "caller 8", "caller 9") == ["staying", "caller 8", "caller 9"]


async def test_of_scopes_with_something_stored_the_longest_unused_is_forgotten_whole(bounded):
    """Its rows, its ordinals; the others keep theirs."""
    store = bounded(scopes=2)
    sizes = []
    for scope in "abc":
        await store.add(scope, chat("1"), Completion("2", "1", "owner", "basic", 0))
        await store.next_ordinal(scope, "a")
        await store.look("a")
        sizes.append((await store.kept()).size)
    assert await kept(store, *"abc") == await counted(store, *"abc") == ["a", "c"]
    assert sizes == [sizes[0], 2 * sizes[0], 2 * sizes[0]]
    assert await store.list(Completion, "b") == []


async def test_a_scope_that_stores_nothing_any_more_counts_as_one_that_was_only_called(bounded):
    """And one that was reset does not count at all."""
    store = bounded(scopes=2)
    for scope in "abc":
        await store.add(scope, chat("1"))
        await store.next_ordinal(scope, "a")
        await store.remove(Chat, scope, ["1"])
    await store.add("c", Surprises())  # who adds nothing pushes nobody out
    assert await counted(store, *"abc") == ["b", "c"]
    await store.add("d", chat("1"))
    await store.reset("b")
    await store.next_ordinal("e", "a")
    assert await counted(store, *"ce") == ["c", "e"]
    assert await kept(store, "d") == ["d"]


async def test_what_belongs_to_all_is_never_forgotten(bounded):
    """Keys, and the counts of those without a scope."""
    store = bounded(scopes=1, size=5000)
    await store.add(ALL_SCOPES, ApiKey("k", 1))
    await store.next_ordinal(ALL_SCOPES, "a")
    for number in range(20):
        await store.add(str(number), chat("1", "x" * 1000))
    assert await store.get(ApiKey, ALL_SCOPES, "k") == ApiKey("k", 1)
    assert await counted(store, ALL_SCOPES) == [ALL_SCOPES]


async def test_the_longest_unused_make_room_for_bytes(bounded):
    """Of either sort, until there is room; an update that grows a record needs room too."""
    store = bounded(size=10_000)
    await store.next_ordinal("called", "a")
    for scope in "abc":
        await store.add(scope, chat("1", "x" * 2000))
    assert await counted(store, "called") == ["called"]
    await store.look("a")
    await store.update(Chat, "c", "1", lambda found: chat("1", "x" * 6000))
    assert await counted(store, "called") == []
    assert await kept(store, *"abc") == ["a", "c"]


async def test_of_both_sorts_the_longest_unused_makes_room(bounded):
    """Bytes are bytes, whoever's."""
    store = bounded(size=10_000)
    await store.add("old", chat("1", "x" * 5000))
    await store.next_ordinal("newer", "a")
    await store.add("newest", chat("1", "x" * 6000))
    assert await kept(store, "old", "newest") == ["newest"]
    assert await counted(store, "newer") == ["newer"]


async def test_a_scope_that_is_too_large_by_itself_is_refused_more(bounded):
    """Others are not forgotten for it; what it has stays, and when it deletes something there is room again."""
    store = bounded(size=10_000)
    await store.add("other", chat("1"))
    await store.add("s", chat("1", "x" * 6000))
    for _ in range(2):
        with pytest.raises(TooMuch, match="reset the scope, or see --store-bytes"):
            await store.add("s", chat("2", "x" * 6000))
        with pytest.raises(TooMuch):
            await store.update(Chat, "s", "1", lambda found: chat("1", "x" * 20_000))
    assert await store.list(Chat, "s") == [chat("1", "x" * 6000)]
    assert await kept(store, "other") == ["other"]
    await store.remove(Chat, "s", ["1"])
    await store.add("s", chat("2", "x" * 6000))


async def test_what_comes_and_goes_takes_no_room_in_the_end(bounded):
    """Bytes are given back, whichever way records and counts go."""
    store = bounded(size=10_000)
    for number in range(50):
        await store.add("s", chat(str(number), "x" * 3000))
        await store.update(Chat, "s", str(number), lambda found: chat(found.id, "x" * 4000))
        await store.next_ordinal("s", str(number))
        match number % 4:
            case 0:
                await store.remove(Chat, "s", [str(number)])
            case 1:
                await store.forget(Chat, "s")
            case 2:
                await store.reset("s")
            case _:
                await store.reset()


async def test_of_jobs_the_last_are_kept(bounded):
    """Nobody can delete one."""
    store = bounded(records={Job: 3})
    for number in range(5):
        await store.add("s", Job(str(number), "owner", 0, ()))
    assert [job.id for job in await store.list(Job, "s")] == ["2", "3", "4"]


async def test_a_count_in_use_outlives_those_that_are_not(bounded):
    """Of a scope's names it is not the first that is forgotten but the one that was counted longest ago."""
    store = bounded(names=10)
    for number in range(50):
        await store.next_ordinal("s", str(number))
        assert await store.next_ordinal("s", "again and again") == number
    assert await store.ordinal("s", "0") == 0


async def test_what_is_kept_is_known(bounded):
    """Scopes of each sort, but for that of all, and bytes."""
    store = bounded()
    for scope in (ALL_SCOPES, "a", "b", "c"):
        await store.next_ordinal(scope, "a")
    empty = await store.kept()
    await store.add("a", chat("1"))
    await store.add(ALL_SCOPES, ApiKey("k", 1))
    kept = await store.kept()
    assert (empty.called, empty.stored, kept.called, kept.stored) == (3, 0, 2, 1)
    assert kept.size > empty.size > 0
    await store.reset()
    assert await store.kept() == (0, 0, 0)


async def test_a_forgotten_scope_is_gone_for_whoever_has_seen_it(shared_url):
    """Other processes keep stubs and clocks of the scopes that they serve."""
    one, other = (open_store(shared_url, Bounds(scopes=1)) for _ in range(2))
    await one.add("a", chat("1"), Stub("stub", replies=(Reply("x"),)))
    await other.look("a")
    assert len(await other.list(Stub, "a")) == 1
    await one.add("b", chat("1"))
    await other.look("a")
    assert await other.list(Stub, "a") == []
    for store in (one, other):
        await store.close()


async def test_a_forgotten_scope_has_the_time_of_all_again(url):
    """Its clock is forgotten with it, and clocks alone are bounded, too."""
    mock = ApexMock(Settings(store=url, max_scopes=2), clock=Clock(system=lambda: 1_000_000))

    async def times(*scopes: str) -> list[int]:
        for scope in scopes:
            await mock.store.look(scope)
        return [mock.clock.now(scope) for scope in scopes]

    for scope in "abc":
        await mock.clock.moved(scope, advancing(5))
    assert await times(*"abc") == [1_000_000, 6_000_000, 6_000_000]
    await mock.clock.restored("b")
    await mock.clock.moved("d", advancing(5))
    assert await times(*"bcd") == [1_000_000, 6_000_000, 6_000_000]
    await mock.clock.restored()
    assert await times(*"cd") == [1_000_000, 1_000_000]
    await mock.close()


async def test_a_clock_that_was_moved_before_keeps_its_times():
    """Also where it is forgotten with the scopes of the fake that it is handed to."""
    clock = Clock(system=lambda: 1_000_000)
    clock.advance("a", 5)
    mock = ApexMock(Settings(max_scopes=1), clock=clock)
    assert clock.now("a") == 6_000_000
    clock.advance("b", 5)
    assert [clock.now(scope) for scope in "ab"] == [1_000_000, 6_000_000]
    clock.reset("b")
    clock.reset("b")
    assert clock.now("b") == 1_000_000
    await mock.close()


async def test_ids_stay_unlike_when_their_counts_were_forgotten(bounded):
    """A chat, a row, a job and a key are made again as often as they are asked for."""
    store = bounded(names=8)
    mock = ApexMock(store=store)
    asked = ChatRequest((Message("user", "Why?"),))

    async def made() -> list[str]:
        chat, row = await mock.create_chat("Hello", "apex", "basic")
        more = await mock.create_completion(chat.id, "And?", "basic")
        return [chat.id, row.id, more.id, (await mock.submit_research(asked)).id, await mock.create_key(1, "admin")]

    first = await made()
    for number in range(8):
        await store.next_ordinal(ALL_SCOPES, str(number))
    assert len({*first, *await made()}) == 10


async def test_to_forget_a_kind_everywhere_is_no_use_of_a_scope(bounded):
    """Who is forgotten next stays the one that has been unused the longest."""
    store = bounded(scopes=2)
    for scope in "ab":
        await store.add(scope, chat("1"))
    await store.look("a")
    await store.forget(Surprises)
    await store.add("c", chat("1"))
    assert await kept(store, *"abc") == ["a", "c"]


async def test_a_full_scope_is_told_so_and_goes_on_with_what_needs_no_room(url):
    """Chats are answered and what surprises is passed over; what is deleted gives its room back."""
    mock = ApexMock(Settings(store=url, store_bytes=1 << 20))
    chats = [(await mock.create_chat(f"{number}" + "x" * 100_000, "apex", "basic"))[0].id for number in range(9)]
    with pytest.raises(TooMuch, match="delete chats, reset the scope, or see --store-bytes"):
        await mock.create_chat("x" * 200_000, "apex", "basic")
    for number in range(200):
        await mock.surprise("", f"{number}" + "y" * 100_000)
    for number in range(3):
        await mock.finish(await mock.chat(ChatRequest((Message("user", f"Why? {number}"),))))
    assert all(len(what) < 2000 for what in await mock.take_surprises(""))
    assert {chat.id for chat in await mock.list_chats()} == {*chats}
    await mock.delete_chats(chats[:2])
    await mock.create_chat("x" * 200_000, "apex", "basic")
    await mock.close()
