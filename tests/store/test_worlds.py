"""Two fakes on one store are two workers of one server: whichever is asked, the world is the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from apex_mock import ApexMock, Settings
from apex_mock.clock import SECOND, Clock, advancing, running, setting
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency
from apex_mock.core.stubs import Match, Reply, Stub, Text
from apex_mock.core.types import ApiKey, Caller, ChatRequest, JobStatus, Message, Operation, ScopeChoice
from apex_mock.errors import RateLimited
from apex_mock.stubfolder import StubFolder
from tests.conftest import NOON

ME = Caller("mine", "me")
OTHER = Caller("other", "other")
ASKED = ChatRequest((Message("user", "What is the capital of France?"),))
SLOW = Profile(first_token=Latency(2.0, 0.0), next_token=Latency(1.0, 0.0))
KEY = ((b"authorization", b"Bearer mine"),)


def fake(url: str) -> ApexMock:
    made = ApexMock(Settings(store=url), clock=Clock(lambda: NOON))
    made.profiles = {**made.profiles, "exact": SLOW}
    return made


@pytest.fixture
async def mock(url: str) -> AsyncIterator[ApexMock]:
    made = fake(url)
    yield made
    await made.close()


@pytest.fixture
async def workers(shared_url: str) -> AsyncIterator[tuple[ApexMock, ApexMock]]:
    made = fake(shared_url), fake(shared_url)
    yield made
    for one in made:
        await one.close()


async def said(mock: ApexMock, caller: Caller = ME, asked: ChatRequest = ASKED) -> tuple[str, str]:
    plan = await mock.finish(await mock.chat(asked, caller))
    return plan.id, plan.text


def stub(text: str) -> Stub:
    return Stub("", Match(prompt=Text(contains="capital")), (Reply(text=text),))


# --- On every store ---------------------------------------------------------------------------------------------------


async def test_the_same_seed_gives_the_same_bytes_on_every_store(mock):
    """Answers, ids, jobs and chats are those of a fake in memory."""

    async def everything(one: ApexMock) -> list[object]:
        job = await one.submit_research(ASKED, ME)
        await one.clock.moved(ME.scope, advancing(1.5))
        return [
            *[await said(one) for _ in range(3)],
            await one.create_chat("Hello", "apex", "basic", None, ME),
            await one.get_research(job.id, ME),
            [(e.seq, e.at, e.operation, e.outcome, e.prompt, e.plan) for e in await one.journal.select()],
        ]

    assert await everything(mock) == await everything(fake("memory"))


async def test_the_journal_keeps_a_call_with_all_that_is_known_of_it(mock):
    """Its request, its plan and each frame; whoever is answered can read of it."""
    answer = await mock.chat(ASKED, Caller("mine", "me", "rest", "my-app"))
    parts = [chunks async for chunks in mock.play(answer)]
    (entry,) = await mock.journal.select()
    assert (entry.seq, entry.scope, entry.owner, entry.app, entry.outcome) == (1, "mine", "me", "my-app", "ok")
    assert entry.request == ASKED
    assert entry.plan == answer.plan
    assert [frame.text for frame in entry.frames] == [chunk.text for part in parts for chunk in part]
    assert entry.describe() == '#1 chat over rest "What is the capital of France?" -> ok'


async def test_a_call_under_way_is_in_the_journal(mock):
    """As open; and as it ended when it has."""
    await mock.choose("mine", profile="exact")
    answer = await mock.chat(ASKED, ME)
    playing = asyncio.ensure_future(mock.finish(answer))
    await asyncio.sleep(0)
    (entry,) = await mock.journal.select(outcome="open")
    assert entry.ended_at == 0
    await mock.clock.moved("mine", advancing(3600))
    await playing
    (ended,) = await mock.journal.select()
    assert (ended.seq, ended.outcome) == (entry.seq, "ok")
    assert [e.seq for e in await mock.journal.named([entry.seq, 99])] == [entry.seq]


async def test_the_journal_is_found_by_what_is_asked(mock):
    """All filters at once, on what any caller did."""
    for caller in (ME, OTHER):
        await said(mock, caller)
        await mock.list_chats("", caller)
    await said(mock, ME, ChatRequest((Message("user", "And of Spain?"),)))
    select = mock.journal.select
    assert [e.seq for e in await select(scope="mine")] == [1, 2, 5]
    assert [e.seq for e in await select(scope="mine", operation=Operation.CHAT, text="SPAIN")] == [5]
    assert [e.seq for e in await select(outcome="ok", transport="python", since=3)] == [4, 5]
    assert await mock.journal.owners() == {"me", "other"}
    await mock.journal.clear("mine")
    assert [e.seq for e in await select()] == [3, 4]
    assert await mock.journal.tally() == (5, 0)


async def test_the_journal_holds_no_more_than_it_may(url):
    """In entries and in bytes; the oldest go first, and are counted."""
    mock = ApexMock(Settings(store=url, journal_entries=3, journal_bytes=5000))
    for _ in range(5):
        await said(mock)
    assert [e.seq for e in await mock.journal.select()] == [3, 4, 5]
    assert await mock.journal.tally() == (5, 2)
    await said(mock, ME, ChatRequest((Message("user", "x" * 3500),)))
    kept = await mock.journal.select()
    assert sum(e.size for e in kept) <= 5000
    assert [e.seq for e in kept] == [6]
    await mock.close()


async def test_surprises_are_told_once_and_by_scope(mock):
    """Taken from one scope, they stay for another."""
    await mock.surprise("mine", "one")
    await mock.surprise("mine", "two")
    await mock.surprise("other", "three")
    assert await mock.take_surprises("mine") == ["one", "two"]
    assert await mock.take_surprises("mine") == []
    await mock.reset("other", ["journal"])
    assert await mock.take_surprises("other") == []


async def test_a_scopes_reset_leaves_other_scopes_alone(mock):
    """And of its own what was not named."""
    for scope in ("mine", "other"):
        await mock.stubs.add(scope, stub("stubbed"))
        await mock.choose(scope, seed=5)
        await mock.clock.moved(scope, advancing(60))
    await mock.reset("mine", ["state", "clock"])
    assert mock.clock.now("mine") == NOON
    assert mock.clock.now("other") == NOON + 60 * SECOND
    assert (await said(mock))[1] == "stubbed"
    await mock.reset("mine", ["stubs", "choices"])
    assert (await said(mock))[1] != "stubbed"
    assert await mock.choice("mine") == ScopeChoice()
    assert (await mock.choice("other")).seed == 5
    await mock.reset(None, ["clock"])
    assert mock.clock.now("other") == NOON


async def test_a_call_that_nobody_plays_is_not_kept_in_mind(workers):
    """A client may go before its answer begins; the journal has the call, and the process nothing."""
    mock, _ = workers
    await mock.chat(ASKED, ME)
    assert [entry.outcome for entry in await mock.journal.select()] == ["open"]
    await asyncio.sleep(0)
    assert not mock.journal._open


# --- On a store that two share ----------------------------------------------------------------------------------------


async def test_calls_on_either_are_one_row_of_calls(workers):
    """What two workers answer in turn is what one would have answered."""
    one = fake("memory")
    turns = [await said(workers[n % 2]) for n in range(4)]
    assert turns == [await said(one) for _ in range(4)]
    for worker in workers:
        calls = await worker.journal.select()
        assert [(e.seq, e.plan.id) for e in calls] == [(n + 1, id) for n, (id, _) in enumerate(turns)]


async def test_a_move_of_the_clock_holds_at_once_for_both(workers):
    """Forward, frozen, set and reset; for jobs as for answers."""
    first, second = workers
    job = await first.submit_research(ASKED, ME)
    for change in (advancing(1), running(0), setting(NOON + 7 * SECOND), advancing(60)):
        await first.clock.moved("mine", change)
        await second.store.look("mine")
        assert second.clock.state("mine") == first.clock.state("mine")
        assert second.clock.now("other") == NOON
    assert (await second.get_research(job.id, ME)).status is JobStatus.COMPLETED
    await second.clock.restored("mine")
    await first.store.look("mine")
    assert first.clock.now("mine") == NOON


async def test_moves_of_all_scopes_hold_for_those_without_a_time_of_their_own(workers):
    """On either worker."""
    first, second = workers
    await first.clock.moved("mine", running(0))
    await second.clock.moved("", advancing(5))
    for worker in workers:
        for scope, ahead in (("mine", 0), ("other", 5)):
            await worker.store.look(scope)
            assert worker.clock.now(scope) == NOON + ahead * SECOND


async def test_moves_at_once_are_all_made(workers):
    """None is lost, whoever makes it."""
    await asyncio.gather(*(worker.clock.moved("mine", advancing(1)) for worker in workers for _ in range(10)))
    await workers[0].store.look("mine")
    assert workers[0].clock.now("mine") == NOON + 20 * SECOND


async def test_a_move_on_one_wakes_who_sleeps_on_the_other(workers):
    """A stream goes on when its time has come, wherever the clock was moved."""
    first, second = workers
    await first.choose("mine", profile="exact")
    playing = asyncio.ensure_future(second.finish(await second.chat(ASKED, ME)))
    await asyncio.sleep(0)
    await first.clock.moved("mine", advancing(3600))
    async with asyncio.timeout(10):
        assert (await playing).text


async def test_what_is_laid_down_on_one_holds_on_the_other(workers):
    """Stubs and their counts, choices, and that they are gone."""
    first, second = workers
    await said(second)  # it has looked at this scope before
    laid = await first.stubs.add("mine", stub("stubbed"))
    assert (await said(second))[1] == "stubbed"
    assert await first.stubs.used("mine", laid) == 1
    await second.stubs.remove("mine", laid.id)
    assert (await said(first))[1] != "stubbed"
    await first.choose("mine", strict=True)
    with pytest.raises(Exception, match="no stub fits"):
        await second.chat(ASKED, ME)
    await second.choose("mine", strict=False, seed=7)
    assert await first.choice("mine") == ScopeChoice(strict=False, seed=7)


async def test_one_is_sure_that_there_is_nothing_only_while_there_is_nothing(workers):
    """A kind that the other has stored may be there from the next look on; before the first, anything may."""
    first, second = workers
    assert first.store.may_hold(Stub)
    await first.store.look("mine")
    assert not first.store.may_hold(Stub)
    await second.stubs.add("other", stub("x"))
    await first.store.look("mine")
    assert first.store.may_hold(Stub)
    await second.reset(None, ["stubs"])
    await first.store.look("mine")
    assert not first.store.may_hold(Stub)


async def test_a_key_and_its_rate_are_one_for_both(workers):
    """Made on one it opens the other, and its calls are counted together."""
    first, second = workers
    key = await first.create_key(2, "admin")
    headers = ((b"authorization", f"Bearer {key}".encode()),)
    for worker in workers:
        await worker.gate.admit(headers, "rest", worker.clock.now)
    with pytest.raises(RateLimited):
        await first.gate.admit(headers, "rest", first.clock.now)
    await second.delete_key(key, "admin")
    await first.gate.admit(headers, "rest", first.clock.now)
    assert not await first.store.list(ApiKey, "")


async def test_a_call_over_a_wire_sees_what_was_done_before_it_came(workers):
    """It is let in with a look."""
    first, second = workers
    await second.store.look("mine")
    await first.stubs.add("mine", stub("stubbed"))
    caller = await second.gate.admit(KEY, "rest", second.clock.now)
    assert (await said(second, caller))[1] == "stubbed"


async def test_the_stubs_of_a_folder_are_laid_down_once(workers, tmp_path):
    """By however many workers at once; what has left the folder between two runs is taken away."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    (folder / "a.yaml").write_text("- {when: {prompt: one}, reply: One}\n- {when: {prompt: two}, reply: Two}\n")
    (folder / "b.yaml").write_text("when: {prompt: three}\nreply: Three\n")
    folders = [StubFolder(folder, worker.stubs, worker.store, worker.clock.now) for worker in workers]
    await asyncio.gather(*(one.lay() for one in folders))
    names = ["b.yaml#1", "a.yaml#2", "a.yaml#1"]
    assert [s.name for s in await workers[0].stubs.laid("")] == names
    (folder / "b.yaml").unlink()
    again = StubFolder(folder, workers[0].stubs, workers[0].store, workers[0].clock.now)
    await again.lay()
    assert [s.name for s in await workers[1].stubs.laid("")] == names[1:]


async def test_a_clock_is_moved_from_another_thread_too(workers):
    """As a test does that has the server in a thread of its own; on the server's loop it must be awaited."""
    first, second = workers
    await first.store.look("mine")
    await asyncio.to_thread(first.clock.advance, "mine", 5)
    await second.store.look("mine")
    assert second.clock.now("mine") == NOON + 5 * SECOND
    await asyncio.to_thread(first.clock.reset, "mine")
    assert first.clock.now("mine") == NOON
    with pytest.raises(RuntimeError, match=r"await clock\.moved"):
        first.clock.advance("mine", 5)
