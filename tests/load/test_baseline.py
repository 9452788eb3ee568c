"""Two runs side by side: what is worse is found, and noise is not."""

import pytest

from apexload.baseline import BETTER, SAME, UNKNOWN, WORSE, compare
from apexload.measures import Finished
from tests.load.runs import run


def verdict_of(name, olds, new, **more):
    return {one.name: one.verdict for one in compare(olds, new, **more)}[name]


@pytest.mark.parametrize("seed", range(8))
def test_two_runs_of_the_same_target_are_the_same(seed):
    """Whatever the luck of each: no figure is worse."""
    verdicts = {one.name: one.verdict for one in compare([run(seed=seed)], run(seed=100 + seed))}
    assert WORSE not in verdicts.values()
    assert verdicts["chat latency p50"] == SAME


def test_a_slower_target_is_worse_and_a_faster_one_better():
    """A quarter more at the median, with the interval that says so."""
    (found,) = [one for one in compare([run()], run(median=125.0, seed=1)) if one.name == "chat latency p50"]
    assert found.verdict == WORSE
    assert 0 < found.low < found.change < found.high
    assert found.change == pytest.approx(0.25, abs=0.1)
    assert verdict_of("chat latency p50", [run(median=125.0, seed=1)], run()) == BETTER


def test_a_change_within_the_tolerance_is_no_change():
    """Even one that is certain."""
    old, new = run(sigma=0.02, rate=100), run(sigma=0.02, rate=100, median=115.0, seed=1)
    assert verdict_of("chat latency p50", [old], new, tolerance=0.05) == WORSE
    assert verdict_of("chat latency p50", [old], new, tolerance=0.3) == SAME


def test_more_failures_are_worse():
    """None to a tenth; a single one is luck."""
    assert verdict_of("chat error rate", [run()], run(failing=0.1, seed=1)) == WORSE
    unlucky = run(seed=1)
    unlucky.measures.add(Finished("chat", 10.0, failure="HTTP 503"))
    assert verdict_of("chat error rate", [run()], unlucky) == SAME
    (found,) = [one for one in compare([run(rate=1, seconds=4)], run(failing=0.25)) if one.name == "chat error rate"]
    assert found.change == pytest.approx(found.new - found.old)  # in points, of few requests too
    assert found.changed.startswith("+")
    assert found.low <= found.change <= found.high <= 1
    (found,) = [one for one in compare([run()], run(median=2000.0)) if one.name == "chat latency p50"]
    assert found.changed == "×20"


def test_less_throughput_is_worse():
    """And more tokens a second better: there more is better."""
    assert verdict_of("chat throughput", [run(rate=20)], run(rate=12)) == WORSE
    old = run(measure="tokens_per_second", median=50.0)
    assert verdict_of("chat tokens_per_second p50", [old], run(measure="tokens_per_second", median=90.0)) == BETTER


def test_a_run_that_is_too_short_tells_nothing():
    """Three seconds have six stretches; the verdict says that it does not know."""
    assert verdict_of("chat latency p50", [run(seconds=3)], run(seconds=3, median=300.0)) == UNKNOWN


def test_a_slow_second_does_not_make_a_run_worse():
    """Requests that come together are slow together: as many requests as in a second are one piece of luck."""
    unlucky = run(seed=1)
    for _ in range(20):
        unlucky.measures.add(Finished("chat", 12.2, [("latency", 900.0)]))
    assert verdict_of("chat latency p95", [run()], unlucky) == SAME


def test_several_old_runs_widen_the_interval():
    """What differs from run to run is noise too."""
    olds = [run(median=100.0), run(median=140.0, seed=3)]
    assert verdict_of("chat latency p50", olds[:1], run(median=130.0, seed=1)) == WORSE
    assert verdict_of("chat latency p50", olds, run(median=130.0, seed=1)) == SAME


def test_the_same_runs_give_the_same_verdict():
    """The draws come from a seed."""
    assert compare([run()], run(seed=1)) == compare([run()], run(seed=1))


def test_what_only_one_run_has_is_not_compared():
    """A scenario may gain operations."""
    assert compare([run()], run(operation="search")) == []


def test_no_failures_are_no_news_however_many_requests_there_were():
    """A tenth of the requests, none failed: the rate is nothing in both runs."""
    for old, new in ((run(seconds=60), run(seconds=6)), (run(rate=40), run(rate=10)), (run(rate=10), run(rate=40))):
        (found,) = [one for one in compare([old], new) if one.name == "chat error rate"]
        assert (found.change, found.verdict) == (0.0, SAME)


def test_a_few_failures_among_few_requests_are_no_news():
    """None of 12 requests says little of a target of which a twentieth fails; and an error rate is told in points."""
    (found,) = [one for one in compare([run(rate=1, seconds=12)], run(failing=0.05)) if one.name == "chat error rate"]
    assert found.verdict == SAME
    assert found.changed.endswith("points")
    assert found.low <= 0 < found.high


def test_the_more_figures_are_compared_the_wider_is_each_interval():
    """One in a hundred pairs of equal runs may look worse as a whole, not one in a hundred figures."""

    def widths(count):
        old, new = run(seed=1), run(seed=2)
        for number in range(1, count):
            for whole in (old, new):
                whole.measures.merge(run(operation=str(number), rate=2).measures)
        (found,) = [one for one in compare([old], new) if one.name == "chat latency p50"]
        return found.high - found.low

    assert widths(1) < widths(4) < widths(16)


def test_throughput_is_of_what_went_well():
    """A target that refuses at once answers no more for it."""
    assert verdict_of("chat throughput", [run()], run(failing=0.5, seed=1)) == WORSE
