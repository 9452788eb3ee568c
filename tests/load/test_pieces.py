"""Shapes and the schedule of the open model."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apexload.arrivals import EVEN, POISSON, arrivals
from apexload.pieces import SHAPES, Pieces, shape

NAMES = st.sampled_from(sorted(SHAPES))


@given(NAMES, st.floats(1, 1000), st.floats(1, 10_000))
def test_a_shape_reaches_its_height_and_no_more(name, level, seconds):
    """And lasts as long as it was asked to."""
    made = shape(name, level, seconds)
    levels = [made.level(seconds * k / 200) for k in range(201)]
    assert max(levels) == pytest.approx(level)
    assert min(levels) >= 0
    assert made.duration == pytest.approx(seconds)


def test_each_shape_goes_up_and_down_where_it_says():
    """At a tenth, the middle and the end of 100 seconds, with 100 users."""
    seen = {name: [round(shape(name, 100, 100).level(t)) for t in (0, 10, 50, 70, 100)] for name in SHAPES}
    assert seen == {
        "constant": [100, 100, 100, 100, 100],
        "ramp": [0, 12, 62, 88, 100],
        "step": [20, 20, 60, 80, 100],
        "spike": [10, 10, 100, 10, 10],
        "soak": [0, 100, 100, 100, 0],
    }


@given(NAMES, st.floats(1, 500), st.floats(1, 100), st.floats(0, 0.999))
def test_the_time_of_an_area_is_where_that_much_has_passed(name, level, seconds, share):
    """`when` undoes the area under the line: arrivals come where the rate puts them."""
    made = shape(name, level, seconds)
    wanted = made.area * share
    time = made.when(wanted)
    steps = 4000
    found = sum(made.level(time * (k + 0.5) / steps) for k in range(steps)) * time / steps
    assert found == pytest.approx(wanted, rel=0.02, abs=0.02 * made.area)


def test_even_arrivals_are_evenly_spaced():
    """200 a second for two seconds are 400, five milliseconds apart."""
    times = list(arrivals(shape("constant", 200, 2), random=Random(0)))
    assert len(times) == 400
    assert [b - a for a, b in pairwise(times)] == pytest.approx([0.005] * 399)


def test_poisson_arrivals_have_the_rate_and_differ():
    """As many as asked for within chance; gaps of every length; the same again for the same seed."""
    rate = shape("constant", 100, 50)
    times = list(arrivals(rate, kind=POISSON, random=Random(5)))
    gaps = [b - a for a, b in pairwise(times)]
    assert len(times) == pytest.approx(5000, rel=0.05)
    assert min(gaps) < 0.001
    assert max(gaps) > 0.04
    assert times == list(arrivals(rate, kind=POISSON, random=Random(5)))


@pytest.mark.parametrize("kind", [EVEN, POISSON])
def test_workers_together_send_what_one_would(kind):
    """Each takes every third of one schedule."""
    rate = shape("ramp", 50, 4)
    alone = list(arrivals(rate, kind=kind, random=Random(1)))
    shares = [arrivals(rate, kind=kind, random=Random(1), index=i, workers=3) for i in range(3)]
    assert sorted(time for share in shares for time in share) == alone


def test_a_line_holds_before_its_first_point_and_after_its_last():
    """So a tick that comes late finds a level."""
    assert Pieces([(1, 5), (2, 9)]).level(0) == 5
    assert Pieces([(1, 5), (2, 9)]).level(3) == 9
