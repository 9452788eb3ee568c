"""A research job's lifecycle, move by move, and jobs that fail."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core import research
from apex_mock.core.research import MOVES, SECOND, Move
from apex_mock.core.types import Job, JobStatus, Progress

TEXTS = ("plan", "step", "summary", "answer")
START = 1_000 * SECOND


def a_job(duration: float = 40.0, **fields) -> Job:
    starts_after, chunks = research.paced(TEXTS, duration)
    return Job("job", "owner", START, chunks, starts_after, **fields)


@pytest.mark.parametrize(("status", "by"), list(product(JobStatus, Move)))
def test_a_move_is_in_the_table_or_raises(status, by):
    if (status, by) in MOVES:
        assert research.move(status, by) is MOVES[status, by]
    else:
        with pytest.raises(ValueError, match=f"a job that is {status} cannot {by}"):
            research.move(status, by)


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED])
def test_nothing_leads_out_of_an_end(status):
    assert not [move for state, move in MOVES if state is status]


@pytest.mark.parametrize(
    ("seconds", "status", "chunks"),
    [
        (0, JobStatus.PENDING, 0),
        (3.9, JobStatus.PENDING, 0),
        (4, JobStatus.RUNNING, 0),
        (13, JobStatus.RUNNING, 1),
        (39.9, JobStatus.RUNNING, 3),
        (40, JobStatus.COMPLETED, 4),
        (4_000, JobStatus.COMPLETED, 4),
    ],
)
def test_elapsed_time_shows_more_and_more(seconds, status, chunks):
    view = research.view(a_job(), START + round(seconds * SECOND))
    assert (view.status, view.chunks) == (status, TEXTS[:chunks])
    assert view.error is None


@given(st.floats(0, 1e5), st.lists(st.text(max_size=5), min_size=1, max_size=40))
def test_pacing_ends_with_the_duration_and_never_goes_back(duration, texts):
    starts_after, chunks = research.paced(tuple(texts), duration)
    times = [starts_after, *(chunk.after for chunk in chunks)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(duration)
    assert [chunk.text for chunk in chunks] == texts


@pytest.mark.parametrize(("stage", "shown"), [(-1, 0), (0, 0), (1, 1), (3, 3), (4, 3), (99, 3)])
def test_a_failing_job_stops_at_its_stage_and_never_shows_the_final_answer(stage, shown):
    job = research.failing(a_job(), stage, "no more miners")
    view = research.view(job, START + 4_000 * SECOND)
    assert (view.status, view.error, view.chunks) == (JobStatus.FAILED, "no more miners", TEXTS[:shown])
    assert "answer" not in view.chunks


def test_a_failing_job_says_nothing_of_it_before_its_time():
    job = research.failing(a_job(), 2, "no more miners")
    before = research.view(job, START + 15 * SECOND)
    assert (before.status, before.error, before.chunks) == (JobStatus.RUNNING, None, TEXTS[:1])


@pytest.mark.parametrize("progress", Progress)
def test_each_mode_fails_at_the_same_stage(progress):
    job = research.failing(a_job(progress=progress, polls_needed=2, polls=(START, START)), 2, "gone")
    view = research.view(job, START + 40 * SECOND, moved=40 * SECOND)
    assert (view.status, view.chunks) == (JobStatus.FAILED, TEXTS[:2])


def test_a_manual_job_waits_for_the_clock_to_be_moved():
    job = a_job(progress=Progress.MANUAL, moved=7 * SECOND)
    assert research.view(job, START + 4_000 * SECOND, moved=7 * SECOND).status is JobStatus.PENDING
    assert research.view(job, START + 4_000 * SECOND, moved=47 * SECOND).status is JobStatus.COMPLETED
