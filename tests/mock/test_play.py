"""A plan under way: its chunks leave when they are due in the scope's own time, and the journal keeps account."""

import asyncio
from collections.abc import Sequence

import pytest

from apex_mock import ApexMock, Settings
from apex_mock.clock import SECOND, Clock
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency
from apex_mock.core.types import Caller, ChatRequest, Chunk, Message, Sampling
from apex_mock.errors import InvalidRequest, NoMiners
from tests.conftest import NOON

ME = Caller("mine", "me")
ASKED = ChatRequest((Message("user", "What is the capital of France?"),), seed=1)
EXACT = Profile(first_token=Latency(2.0, 0.0), next_token=Latency(1.0, 0.0))


@pytest.fixture
def paced() -> ApexMock:
    """A fake whose first token takes two seconds and every other one more; no time passes but by hand."""
    mock = ApexMock(Settings(), clock=Clock(lambda: NOON))
    mock.profiles = {"instant": EXACT, "now": Profile()}
    return mock


class Playing:
    """Plays an answer beside the test, and collects what leaves."""

    def __init__(self, mock: ApexMock, answer) -> None:
        self.parts: list[Sequence[Chunk]] = []
        self.task = asyncio.ensure_future(self._play(mock, answer))

    async def _play(self, mock: ApexMock, answer) -> None:
        async for chunks in mock.play(answer):
            self.parts.append(chunks)

    async def after(self, mock: ApexMock, seconds: float, scope: str = ME.scope) -> list[int]:
        """How many chunks each part had that left until then."""
        mock.clock.advance(scope, seconds)
        for _ in range(10):
            await asyncio.sleep(0)
        return [len(part) for part in self.parts]


async def test_chunks_leave_one_by_one_as_they_fall_due(paced):
    """None before its time."""
    playing = Playing(paced, await paced.chat(ASKED, ME))
    assert await playing.after(paced, 1.9) == []
    assert await playing.after(paced, 0.1) == [1]
    assert await playing.after(paced, 0.9) == [1]
    assert await playing.after(paced, 0.1) == [1, 1]
    playing.task.cancel()
    await asyncio.gather(playing.task, return_exceptions=True)


async def test_chunks_that_are_due_together_leave_together(paced):
    """However many a leap of the clock makes late; nothing is left out and nothing comes twice."""
    answer = await paced.chat(ASKED, ME)
    playing = Playing(paced, answer)
    assert await playing.after(paced, 5) == [4]
    await playing.after(paced, 1000)
    await playing.task
    assert [chunk for part in playing.parts for chunk in part] == list(answer.plan.chunks)
    assert len(playing.parts) == 2
    assert answer.entry.outcome == "ok"
    assert [frame.text for frame in answer.entry.frames] == [chunk.text for chunk in answer.plan.chunks]
    assert [frame.after for frame in answer.entry.frames[:5]] == [5.0, 5.0, 5.0, 5.0, 1005.0]


async def test_another_scopes_clock_moves_nothing_here(paced):
    """Two tests on one server do not hurry each other."""
    playing = Playing(paced, await paced.chat(ASKED, ME))
    assert await playing.after(paced, 1000, "other") == []
    playing.task.cancel()
    await asyncio.gather(playing.task, return_exceptions=True)


async def test_a_unary_answer_is_ready_when_its_last_chunk_is_due(paced):
    """The same plan, waited for as a whole."""
    answer = await paced.chat(ASKED, ME)
    task = asyncio.ensure_future(paced.finish(answer))
    paced.clock.advance("mine", answer.plan.duration - 0.1)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    paced.clock.advance("mine", 0.1)
    assert (await task).text == answer.plan.text


async def test_an_instant_answer_leaves_in_one_piece(paced):
    """Without a turn of the loop."""
    answer = await paced.chat(ASKED, Caller("mine", "me", headers={"x-apex-profile": "now"}))
    parts = [chunks async for chunks in paced.play(answer)]
    assert parts == [answer.plan.chunks]


async def test_a_request_a_scope_and_the_server_choose_the_profile_in_this_order(paced):
    """The nearest wins."""
    durations = []
    for caller in (ME, Caller("mine", "me", headers={"x-apex-profile": "instant"})):
        durations.append((await paced.chat(ASKED, caller)).plan.duration)
        await paced.choose("mine", profile="now")
    assert durations[0] > 0
    assert durations[1] > 0
    assert (await paced.chat(ASKED, ME)).plan.duration == 0
    assert (await paced.chat(ASKED, Caller("other"))).plan.duration > 0
    with pytest.raises(InvalidRequest, match="instant, now"):
        await paced.choose("mine", profile="nope")


async def test_a_slow_run_replays():
    """The same seed draws the same times; the next request of the scope draws others."""
    plans = []
    for _ in range(2):
        mock = ApexMock(Settings(profile="realistic"), clock=Clock(lambda: NOON))
        plans.append([(await mock.chat(ASKED, ME)).plan.chunks for _ in range(2)])
    assert plans[0] == plans[1]
    assert plans[0][0] != plans[0][1]
    assert [c.text for c in plans[0][0]] == [c.text for c in plans[0][1]]


async def test_a_stream_that_is_given_up_is_accounted_for(paced):
    """It no longer counts as in flight, and the journal says canceled with what had left by then."""
    answer = await paced.chat(ASKED, ME)
    playing = Playing(paced, answer)
    await playing.after(paced, 3)
    assert (paced.in_flight, answer.entry.outcome) == (1, "open")
    playing.task.cancel()
    await asyncio.gather(playing.task, return_exceptions=True)
    assert (paced.in_flight, answer.entry.outcome) == (0, "canceled")
    assert [frame.text for frame in answer.entry.frames] == [chunk.text for chunk in answer.plan.chunks[:2]]


async def test_the_journal_says_how_each_call_ended(mock):
    """Answered, refused, or failed by a bug."""
    await mock.finish(await mock.chat(ASKED, ME))
    with pytest.raises(NoMiners):
        await mock.chat(ChatRequest(ASKED.messages, uids=(65_535,)), ME)
    with pytest.raises(InvalidRequest):
        await mock.chat(ChatRequest(()), ME)
    mock.profiles = None
    with pytest.raises(AttributeError):
        await mock.chat(ASKED, ME)
    assert [entry.outcome for entry in mock.journal] == ["ok", "unavailable", "invalid_argument", "internal"]
    assert all(entry.ended_at == NOON for entry in mock.journal)


async def test_cutting_an_answer_does_not_change_its_words(mock):
    """However few tokens are asked for, they are the first of the same text; exactly as many as asked for."""
    whole = (await mock.chat(ASKED, ME)).plan
    for most in (1, 2, 5, len(whole.chunks), len(whole.chunks) + 1):
        plan = (await mock.chat(ChatRequest(ASKED.messages, seed=1, sampling=Sampling(max_new_tokens=most)), ME)).plan
        assert whole.text.startswith(plan.text)
        assert len(plan.chunks) == min(most, len(whole.chunks))
        assert plan.finish_reason == ("length" if most < len(whole.chunks) else "stop")


async def test_times_are_the_scopes_own(mock):
    """An answer is created in the time of whoever asked."""
    mock.clock.advance("mine", 3600)
    mine, other = [(await mock.chat(ASKED, caller)).plan.created for caller in (ME, Caller("other"))]
    assert other == NOON // SECOND
    assert mine == other + 3600


async def test_lateness_does_not_add_up(paced):
    """A chunk that left late does not make the next one late: each is due by the start of its plan."""
    answer = await paced.chat(ASKED, ME)
    playing = Playing(paced, answer)
    assert await playing.after(paced, 2.7) == [1]  # due at 2
    assert await playing.after(paced, 0.2) == [1]
    assert await playing.after(paced, 0.1) == [1, 1]  # at 3, not at 3.7
    assert await playing.after(paced, 1.9) == [1, 1, 1]  # at 4, seen at 4.9
    assert await playing.after(paced, 0.1) == [1, 1, 1, 1]
    playing.task.cancel()
    await asyncio.gather(playing.task, return_exceptions=True)


async def test_a_plan_runs_from_when_its_request_had_been_read(paced):
    """Not from when its turn came: a busy server answers no later for it. In the scope's own time."""
    paced.clock.advance("mine", 60)
    answer = await paced.chat(ASKED, ME, NOON - SECOND)
    assert answer.started_at == answer.entry.at == NOON + 59 * SECOND
    playing = Playing(paced, answer)
    assert await playing.after(paced, 0.9) == []
    assert await playing.after(paced, 0.1) == [1]
    playing.task.cancel()
    await asyncio.gather(playing.task, return_exceptions=True)
