"""Breaks of deep-research jobs."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apex_mock.core import research
from apex_mock.core.types import JobStatus, JobView, Message, Progress
from apex_mock.errors import InvalidRequest, NotFound
from apex_mock.mock import ApexMock
from apex_mock.transports.sn1 import Sn1
from apex_mock.wire import rpc, sn1
from apex_mock.world import Call

from .mutant import HttpAnswer, Patch, mutant

DONE = (JobStatus.COMPLETED, JobStatus.FAILED)


def views(patch: Patch, change: Callable[[JobView], JobView]) -> None:
    """Changes what a poll sees."""
    patch(research, "view", lambda was: lambda *args: change(was(*args)))


def receipts(patch: Patch, change: Callable[[JobView], JobView]) -> None:
    """Changes what a submission is answered with."""

    def submit(was: Any) -> Any:
        async def submitted(self: ApexMock, *args: Any) -> JobView:
            return change(await was(self, *args))

        return submitted

    patch(ApexMock, "submit_research", submit)


def chunks(patch: Patch, change: Callable[[int, str], tuple[Any, Any]]) -> None:
    """Changes the seq_id and the text of every chunk, on both surfaces."""
    for wire in (sn1, rpc):
        patch(wire, "job_chunks", lambda was: lambda view: (change(*chunk) for chunk in was(view)))


def times(patch: Patch, change: Callable[[str], str]) -> None:
    for wire in (sn1, rpc):
        patch(wire, "rfc3339", lambda was: lambda at: change(was(at)))


# --- Jobs -------------------------------------------------------------------------------------------------------------


@mutant("JOB-001")
def running_at_once(patch: Patch) -> None:
    """A job that was just submitted is running."""
    receipts(patch, lambda view: replace(view, status=JobStatus.RUNNING))


@mutant("JOB-002")
def updated_before_it_was(patch: Patch) -> None:
    """At submission updated_at is a second after created_at."""
    receipts(patch, lambda view: replace(view, updated_at=view.created_at + 1_000_000))


@mutant("JOB-003")
def times_without_a_zone(patch: Patch) -> None:
    """A job's times have no Z."""
    times(patch, lambda time: time.removesuffix("Z"))


@mutant("JOB-003")
def times_in_seconds(patch: Patch) -> None:
    """A job's times have no microseconds."""
    times(patch, lambda time: f"{time[:19]}Z")


@mutant("JOB-004")
def submitted_is_200(patch: Patch) -> None:
    """A submission on REST is answered with 200."""

    def change(answer: HttpAnswer) -> None:
        answer.status = 200 if answer.status == 202 else answer.status

    patch.answers(change)


@mutant("JOB-005")
def jobs_in_any_mode(patch: Patch) -> None:
    """On REST a job in any mode is taken on."""
    patch(sn1, "read_job", lambda was: sn1.read_chat)


@mutant("JOB-006")
def no_words_for_an_unknown_job(patch: Patch) -> None:
    """A job that does not exist is not found, in other words than the contract's."""

    def get(was: Any) -> Any:
        async def got(self: ApexMock, *args: Any) -> JobView:
            try:
                view: JobView = await was(self, *args)
            except NotFound:
                raise NotFound(f"There is no job {args[0]}") from None
            return view

        return got

    patch(ApexMock, "get_research", get)


@mutant("JOB-006")
def an_unknown_job_is_invalid(patch: Patch) -> None:
    """A job that does not exist is an invalid request."""

    def get(was: Any) -> Any:
        async def got(self: ApexMock, *args: Any) -> JobView:
            try:
                view: JobView = await was(self, *args)
            except NotFound as error:
                raise InvalidRequest(str(error), ("job_id",)) from None
            return view

        return got

    patch(ApexMock, "get_research", get)


@mutant("JOB-007")
def never_running(patch: Patch) -> None:
    """A job stays pending until it is completed."""
    views(patch, lambda view: view if view.status in DONE else replace(view, status=JobStatus.PENDING, chunks=()))


@mutant("JOB-007")
def completed_and_then_running(patch: Patch) -> None:
    """A job that has been completed for a while runs again."""
    seen: dict[str, int] = {}

    def change(view: JobView) -> JobView:
        if view.status is JobStatus.COMPLETED:
            seen[view.id] = seen.get(view.id, 0) + 1
        return replace(view, status=JobStatus.RUNNING) if seen.get(view.id, 0) > 1 else view

    views(patch, change)


@mutant("JOB-008")
def counted_from_0(patch: Patch) -> None:
    """The first chunk's seq_id is 0."""
    chunks(patch, lambda number, chunk: (number - 1, chunk))


@mutant("JOB-008")
def counted_by_twos(patch: Patch) -> None:
    """Every other seq_id is left out."""
    chunks(patch, lambda number, chunk: (number * 2 - 1, chunk))


@mutant("JOB-009")
def a_chunk_is_an_object(patch: Patch) -> None:
    """A chunk is one delta and not a list of one."""
    chunks(patch, lambda number, chunk: (number, chunk[1:-1]))


@mutant("JOB-009")
def a_chunk_is_text(patch: Patch) -> None:
    """A chunk is the text as it is."""
    chunks(patch, lambda number, chunk: (number, "## Generating Research Plan"))


@mutant("JOB-010")
def a_chunk_is_rewritten(patch: Patch) -> None:
    """A chunk changes when the next has come."""
    views(patch, lambda view: replace(view, chunks=(*(f"{text}." for text in view.chunks[:-1]), *view.chunks[-1:])))


@mutant("JOB-010")
def only_the_newest_chunk(patch: Patch) -> None:
    """A poll holds only the newest chunks."""
    views(patch, lambda view: replace(view, chunks=view.chunks[-2:]))


@mutant("JOB-011")
def updated_at_stands_still(patch: Patch) -> None:
    """updated_at is created_at for ever."""
    views(patch, lambda view: replace(view, updated_at=view.created_at))


@mutant("JOB-012")
def created_anew(patch: Patch) -> None:
    """created_at moves with updated_at."""
    views(patch, lambda view: replace(view, created_at=view.updated_at))


@mutant("JOB-013")
def all_at_the_end(patch: Patch) -> None:
    """A job that is running shows no chunks."""
    views(patch, lambda view: view if view.status in DONE else replace(view, chunks=()))


@mutant("JOB-013")
def chunks_before_the_start(patch: Patch) -> None:
    """A pending job shows a chunk."""
    views(patch, lambda view: replace(view, chunks=view.chunks or ("\n## Generating Research Plan\n",)))


@mutant("JOB-014", "SCRIPT-011")
def no_final_answer(patch: Patch) -> None:
    """A completed job lacks its last chunk."""
    views(
        patch,
        lambda view: replace(view, chunks=view.chunks[:-1] if view.status is JobStatus.COMPLETED else view.chunks),
    )


@mutant("JOB-015")
def failed_without_a_word(patch: Patch) -> None:
    """A failed job has no error."""
    views(patch, lambda view: replace(view, error=None))


@mutant("JOB-015")
def failed_and_empty(patch: Patch) -> None:
    """A failed job has lost its chunks."""
    views(patch, lambda view: replace(view, chunks=()) if view.status is JobStatus.FAILED else view)


@mutant("JOB-016")
def always_an_error(patch: Patch) -> None:
    """A job that went well has an error."""
    views(patch, lambda view: replace(view, error=view.error or "none"))


@mutant("JOB-017")
def seq_ids_as_text(patch: Patch) -> None:
    """On REST seq_id is a string."""
    patch(sn1, "job_chunks", lambda was: lambda view: ((str(number), chunk) for number, chunk in was(view)))


@mutant("JOB-018")
def rpc_wants_a_mode(patch: Patch) -> None:
    """On RPC a job without a mode is refused."""

    def request(was: Any) -> Any:
        def read(message: Any) -> Any:
            if message.inference_mode != "Chain-of-Thought":
                raise InvalidRequest("only Chain-of-Thought", ("inference_mode",))
            return was(message)

        return read

    patch(rpc, "research_request", request)


@mutant("JOB-019")
def a_job_about_nothing(patch: Patch) -> None:
    """A job without messages is taken on."""

    def submit(was: Any) -> Any:
        async def submitted(self: ApexMock, request: Any, *more: Any) -> Any:
            return await was(self, replace(request, messages=request.messages or (Message("user", "Hi"),)), *more)

        return submitted

    patch(ApexMock, "submit_research", submit)
    patch(
        sn1,
        "read_job",
        lambda was: lambda body: was(body.replace(b'"messages":[]', b'"messages":[{"role":"user","content":"Hi"}]')),
    )


@mutant("JOB-020")
def the_same_job_again(patch: Patch) -> None:
    """Who asks the same twice gets the first job's id."""

    def submit(was: Any) -> Any:
        made: dict[Any, JobView] = {}

        async def submitted(self: ApexMock, request: Any, caller: Any, *more: Any) -> JobView:
            view: JobView = await was(self, request, caller, *more)
            return made.setdefault((caller.scope, request.fingerprint), view)

        return submitted

    patch(ApexMock, "submit_research", submit)


@mutant("JOB-021")
def polls_move_a_job(patch: Patch) -> None:
    """Each poll moves a job on."""
    patch(
        Call,
        "research",
        lambda was: property(lambda self: replace(was.fget(self), progress=Progress.POLLS, polls=4)),
    )


@mutant("JOB-022")
def seq_ids_as_numbers(patch: Patch) -> None:
    """Over Connect seqId is a number."""

    def change(answer: HttpAnswer) -> None:
        answer.body = re.sub(rb'"seqId": ?"(\d+)"', rb'"seqId":\1', answer.body)

    patch.answers(change)


@mutant("AUTH-010")
def jobs_are_open_to_all(patch: Patch) -> None:
    """Who sends no key is told on REST that a job does not exist."""

    def get(was: Any) -> Any:
        async def got(self: Sn1, request: Any) -> Any:
            if not any(name in (b"api-key", b"authorization") for name, _ in request.raw_headers):
                raise NotFound(f"Job with ID {request.path_params['job_id']} not found")
            return await was(self, request)

        got.__name__ = "get_job"
        return got

    patch(Sn1, "get_job", get)
