"""A deep-research job: its lifecycle, and what a poll sees. Nothing here moves a job: a view is computed.

Two rules. A job changes only by a move of the table below; anything else raises. And a chunk, once seen, is never
changed, moved or taken away: the chunks are fixed when the job is submitted, and time only shows more of them.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from apex_mock.core.types import Chunk, Job, JobStatus, JobView, Micros, Progress

SECOND: Micros = 1_000_000


class Move(StrEnum):
    START = "start"
    CHUNK = "chunk"
    FINISH = "finish"
    FAIL = "fail"


MOVES: dict[tuple[JobStatus, Move], JobStatus] = {
    (JobStatus.PENDING, Move.START): JobStatus.RUNNING,
    (JobStatus.PENDING, Move.FAIL): JobStatus.FAILED,
    (JobStatus.RUNNING, Move.CHUNK): JobStatus.RUNNING,
    (JobStatus.RUNNING, Move.FINISH): JobStatus.COMPLETED,
    (JobStatus.RUNNING, Move.FAIL): JobStatus.FAILED,
}


def move(status: JobStatus, by: Move) -> JobStatus:
    """The status after a move. Raises ValueError when the table has no such move."""
    try:
        return MOVES[status, by]
    except KeyError:
        raise ValueError(f"a job that is {status} cannot {by}") from None


def timetable(job: Job) -> Iterator[tuple[float, Move, str]]:
    """Every move of the job's life: seconds after submission, the move, and the chunk's text if it is one."""
    yield job.starts_after, Move.START, ""
    for chunk in job.chunks:
        yield chunk.after, Move.CHUNK, chunk.text
    if job.error is not None:
        yield job.duration, Move.FAIL, ""
    elif not job.stuck:
        yield job.duration, Move.FINISH, ""


def view(job: Job, now: Micros, moved: Micros = 0) -> JobView:
    """The job as it is at `now`; `moved` is how far the scope's clock has been moved by hand in all.

    Source of the statuses and of updated_at's behaviour: D1.
    """
    status, updated_at = JobStatus.PENDING, job.created_at
    chunks = []
    for after, step, text in timetable(job):
        at = _happens_at(job, after, now, moved)
        if at is None:
            break
        status, updated_at = move(status, step), max(updated_at, at)
        if step is Move.CHUNK:
            chunks.append(text)
    error = job.error if status is JobStatus.FAILED else None
    return JobView(job.id, status, job.created_at, updated_at, tuple(chunks), error)


def _happens_at(job: Job, after: float, now: Micros, moved: Micros) -> Micros | None:
    """When a move that is planned for `after` happened, or None if it has not."""
    planned = job.created_at + round(after * SECOND)
    if job.progress is Progress.IMMEDIATE:
        return job.created_at
    if job.progress is Progress.POLLS:
        needed = max(1, math.ceil(after / job.duration * job.polls_needed)) if job.duration else 1
        return job.polls[needed - 1] if needed <= len(job.polls) else None
    if job.progress is Progress.MANUAL:
        return planned if planned - job.created_at <= moved - job.moved else None
    return planned if planned <= now else None


def failing(job: Job, at_stage: int, error: str) -> Job:
    """The job as one that fails once `at_stage` of its chunks have been seen; it never gets to its final answer."""
    shown = max(0, min(at_stage, len(job.chunks) - 1))
    return replace(job, chunks=job.chunks[:shown], error=error)


def stuck(job: Job, at_stage: int) -> Job:
    """The job as one that runs on for ever once `at_stage` of its chunks have been seen."""
    return replace(job, chunks=job.chunks[: min(at_stage, len(job.chunks) - 1)], stuck=True)


def paced(texts: tuple[str, ...], duration: float) -> tuple[float, tuple[Chunk, ...]]:
    """When the job starts, and its chunks over `duration` seconds: the last one at the end, the others before it."""
    starts = duration * 0.1
    gap = (duration - starts) / len(texts)
    return starts, tuple(Chunk(text, starts + gap * (i + 1)) for i, text in enumerate(texts))
