"""A research job under random polls, moves of the clock, freezes and modes: what a client may rely on."""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from apex_mock import ApexMock, Settings
from apex_mock.clock import SECOND, Clock
from apex_mock.core.research import MOVES
from apex_mock.core.types import Caller, ChatRequest, JobStatus, JobView, Message, Progress

NOON = 1_748_779_200_000_000
PROMPTS = ("Compare tea and coffee.", "Hello!", "Analyse the impact of the printing press on Europe.")
seconds = st.one_of(st.just(0.0), st.floats(0, 12), st.floats(0, 400))
steps = {(before, after) for (before, _), after in MOVES.items()}


def reachable(before: JobStatus) -> set[JobStatus]:
    found = {before}
    while more := {after for state, after in steps if state in found} - found:
        found |= more
    return found


class ResearchJob(RuleBasedStateMachine):
    """One job, polled again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.system = NOON
        self.mock = ApexMock(Settings(), clock=Clock(lambda: self.system))
        self.seen: list[tuple[int, JobView]] = []

    def teardown(self) -> None:
        self.loop.close()

    def run(self, work):
        return self.loop.run_until_complete(work)

    @initialize(
        progress=st.sampled_from(Progress),
        prompt=st.sampled_from(PROMPTS),
        duration=st.sampled_from([0, 0.00001, 1, 30, 600]),
        polls=st.integers(1, 7),
        fail_at=st.none() | st.integers(0, 30),
    )
    def submit(self, progress, prompt, duration, polls, fail_at):
        chosen = {"progress": progress, "duration": duration, "polls": polls}
        if fail_at is not None:
            chosen |= {"fail_at": fail_at, "error": "no more miners"}
        header = ";".join(f"{name}={value}" for name, value in chosen.items())
        self.caller = Caller(scope="a", owner="me", headers={"x-apex-research": header})
        self.progress, self.fails = progress, fail_at is not None
        request = ChatRequest((Message("user", prompt),), seed=1)
        view = self.run(self.mock.submit_research(request, self.caller))
        assert (view.status, view.chunks, view.error) == (JobStatus.PENDING, (), None)
        assert view.created_at == view.updated_at == self.mock.clock.now("a")
        self.submitted = view
        self.full = self.everything(request)

    def everything(self, request: ChatRequest) -> tuple[str, ...]:
        """All chunks of the job, as a fake of its own shows them at once."""
        other, quick = ApexMock(Settings()), Caller("a", "me", headers={"x-apex-research": "progress=immediate"})
        job = self.run(other.submit_research(request, quick))
        return self.run(other.get_research(job.id, quick)).chunks

    def look(self) -> JobView:
        view = self.run(self.mock.get_research(self.submitted.id, self.caller))
        now = self.mock.clock.now("a")
        self.check(view, now)
        self.seen.append((now, view))
        return view

    def check(self, view: JobView, now: int) -> None:
        assert view.id == self.submitted.id
        assert view.created_at == self.submitted.created_at
        assert view.created_at <= view.updated_at <= now
        assert (view.status is JobStatus.FAILED) == (view.error is not None)
        if self.fails:
            assert view.status is not JobStatus.COMPLETED
            assert len(view.chunks) < len(self.full)
        if view.status is JobStatus.PENDING:
            assert not view.chunks
        else:
            assert (view.status is JobStatus.COMPLETED) == (len(view.chunks) == len(self.full))
        assert view.chunks == self.full[: len(view.chunks)], "contiguous, in the script's order"
        if not self.seen:
            return
        then, last = self.seen[-1]
        assert view.status in reachable(last.status), "only along the table"
        assert view.chunks[: len(last.chunks)] == last.chunks, "a chunk that was shown stays as it is"
        news = (view.status, len(view.chunks)) != (last.status, len(last.chunks))
        assert view.updated_at >= last.updated_at
        if self.progress is not Progress.POLLS or now > then:
            assert news == (view.updated_at != last.updated_at)

    @rule()
    def poll(self):
        self.look()

    @precondition(lambda self: self.progress is not Progress.POLLS)
    @rule()
    def poll_twice_at_one_instant(self):
        assert self.look() == self.look()

    @rule(by=seconds)
    def time_passes(self, by):
        self.system += round(by * SECOND)

    @rule(by=seconds)
    def advance(self, by):
        self.mock.clock.advance("a", by)

    @rule()
    def freeze(self):
        self.mock.clock.freeze("a")

    @rule()
    def resume(self):
        self.mock.clock.resume("a")

    @rule(factor=st.sampled_from([0.5, 3, 1_000]))
    def scale(self, factor):
        self.mock.clock.scale("a", factor)

    @rule()
    def wait_for_the_end(self):
        """Whatever the mode, there is a way to the end."""
        self.mock.clock.advance("a", 700)
        for _ in range(8 if self.progress is Progress.POLLS else 1):
            view = self.look()
        assert view.status is (JobStatus.FAILED if self.fails else JobStatus.COMPLETED)
        assert self.fails or view.chunks == self.full


ResearchJob.TestCase.settings = settings(stateful_step_count=20)
TestResearchJob = ResearchJob.TestCase


async def test_two_jobs_of_one_scope_move_by_themselves():
    mock = ApexMock(Settings(), clock=Clock(lambda: NOON))
    request = ChatRequest((Message("user", PROMPTS[0]),), seed=1)
    slow = Caller(scope="a", owner="me", headers={"x-apex-research": "progress=manual;duration=10"})
    quick = Caller(scope="a", owner="me", headers={"x-apex-research": "progress=immediate"})
    first = await mock.submit_research(request, slow)
    second = await mock.submit_research(request, quick)
    assert (await mock.get_research(first.id, slow)).status is JobStatus.PENDING
    assert (await mock.get_research(second.id, slow)).status is JobStatus.COMPLETED
    mock.clock.advance("a", 10)
    assert (await mock.get_research(first.id, quick)).status is JobStatus.COMPLETED
