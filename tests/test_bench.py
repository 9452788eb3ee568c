"""The benchmark's table says plainly when a floor is missed."""

import pytest

from bench.figures import MET, MISSED, Figure, ratio_of, table
from bench.loads import Load


def pair(ours: float, theirs: float, errors: int = 0) -> tuple[Load, Load]:
    return Load(ours, 100, errors, 1 / ours), Load(theirs, 100, 0, 1 / theirs)


def test_ratio_below_its_floor_is_missed() -> None:
    assert ratio_of("row", 0.45, [pair(44, 100)]).verdict == MISSED
    assert ratio_of("row", 0.45, [pair(45, 100)]).verdict == MET


def test_ratio_is_the_median_of_the_pairs() -> None:
    figure = ratio_of("row", 0.45, [pair(10, 100), pair(50, 100), pair(90, 100)])
    assert figure.value == pytest.approx(0.5)


def test_errors_miss_however_fast() -> None:
    assert ratio_of("row", 0.45, [pair(90, 100, errors=1)]).verdict == MISSED


def test_time_must_stay_below_its_floor() -> None:
    assert Figure("start", "0.5 s", 0.5, 0.5, at_least=False).verdict == MISSED
    assert Figure("start", "0.49 s", 0.49, 0.5, at_least=False).verdict == MET


def test_table_shows_the_verdict() -> None:
    made = table([ratio_of("row", 0.45, [pair(10, 100)])])
    verdicts = next(column for column in made.columns if column.header == "verdict")
    assert MISSED in "".join(map(str, verdicts.cells))


def test_a_server_that_waited_is_judged_by_its_processor_time() -> None:
    # Half as many answers a second, but for ten times the work: the baseline waited for the load.
    waited = (Load(50, 50, 0, 0.02), Load(100, 100, 0, 0.002))
    figure = ratio_of("row", 0.45, [waited])
    assert figure.value == pytest.approx(0.1)
    assert figure.verdict == MISSED
