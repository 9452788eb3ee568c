"""Histograms and time slices: what they keep is near the truth, and merging loses nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apexload.histogram import Histogram
from apexload.series import MOST, Series

VALUES = st.lists(st.floats(0.002, 1e6), min_size=1, max_size=200)


def nearest_rank(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[max(1, -(-len(ordered) * percent // 100).__int__()) - 1]


@given(VALUES, st.sampled_from([1, 50, 95, 99, 100]))
def test_a_percentile_is_within_one_percent_of_the_truth(values, percent):
    """By the nearest rank, whatever the values are."""
    assert Histogram(values).percentile(percent) == pytest.approx(nearest_rank(values, percent), rel=0.0101)


@given(VALUES, VALUES)
def test_merging_two_gives_what_one_would_have(first, second):
    """So percentiles over workers are those of all their requests."""
    merged, whole = Histogram(first), Histogram(first + second)
    merged.merge(Histogram(second))
    assert merged.counts == whole.counts
    assert (merged.count, merged.least, merged.greatest) == (whole.count, whole.least, whole.greatest)
    assert merged.total == pytest.approx(whole.total)


@given(VALUES)
def test_a_histogram_goes_through_json(values):
    """As it does from a worker to the master, and into the result's file."""
    made = Histogram(values)
    back = Histogram.load(json.loads(json.dumps(made.dump())))
    assert back.counts == made.counts
    assert back.percentile(95) == made.percentile(95)


def test_what_is_too_small_or_too_large_is_counted_at_the_ends():
    """Nothing is lost, and the extremes stay exact."""
    found = Histogram([0.0, 1e12])
    assert (found.count, found.least, found.greatest) == (2, 0.0, 1e12)
    assert found.percentile(50) == 0.0


def test_a_percentile_of_nothing_is_refused():
    """Zero would look like a measurement."""
    with pytest.raises(ValueError, match="no values"):
        Histogram().percentile(50)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60))
def test_a_long_run_takes_no_more_slices(times):
    """They get wider, and every request is still in one of them, in the right one."""
    series = Series()
    for time in times:
        series.at(time).add("chat", failed=False)
    assert len(series.slices) <= MOST
    assert sum(part.requests.get("chat", 0) for part in series.slices) == len(times)
    for time in times:
        assert series.slices[int(time / series.width)].requests["chat"] >= 1


@given(st.lists(st.floats(0, 300), max_size=30), st.lists(st.floats(0, 300), max_size=30))
def test_slices_of_two_workers_merge_at_their_times(first, second):
    """Whichever of the two had wider slices."""
    one, other, whole = Series(), Series(), Series()
    for series, times in ((one, first), (other, second), (whole, first + second)):
        for time in times:
            series.at(time).add("chat", failed=time > 100)
            series.at(time).add_value("chat latency", int(time))
    one.merge(other)
    shown = [(part.requests, part.failures, part.values) for part in one.slices]
    assert one.width == whole.width
    assert shown == [(part.requests, part.failures, part.values) for part in whole.slices][: len(shown)]
    assert len(one.slices) == len(whole.slices)


def test_a_series_goes_through_json():
    """With its width, or the times would be wrong."""
    series = Series()
    series.at(100).add("chat", failed=True)
    series.at(100).users = 7
    back = Series.load(json.loads(json.dumps(series.dump())))
    assert back.dump() == series.dump()
    assert back.width == series.width > 0.5
