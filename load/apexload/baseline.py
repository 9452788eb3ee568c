"""Two runs side by side: is the new one worse, or is it noise?

A run's requests are not independent: a pause of the target makes a whole second slow. So what is resampled is not
requests but stretches of time (a block bootstrap): a few hundred times, as many stretches as there were are drawn from
each run with replacement, their histograms are merged, and new and old figure are compared: times by their logarithms,
rates by their square roots, which a count of nothing has too. The spread of these differences gives the interval of the
change. Of a hundred pairs of equal runs one may have a figure that looks worse, however many figures are compared: the
interval is as wide as that takes (Bonferroni). A figure is

    worse    when the whole interval is on the worse side of 1, and the change is more than the tolerance
    better   the same on the better side
    same     otherwise
    unknown  when a run has fewer than eight stretches in which it was measured: too short to tell

With several old runs a draw first picks one of them, so what differs from run to run widens the interval. An error rate
is never surer than its number of requests allows (Poisson): where no failure was seen, no draw has one either.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, sqrt
from random import Random
from statistics import NormalDist, fmean, variance

from apex_mock.seed import rng
from apexload.histogram import value_of
from apexload.measures import KINDS
from apexload.result import Result
from apexload.series import Slice

DRAWS = 400
MANIFOLD = 9.0  # from ten times as much on, a change is told as a multiple
BLOCKS = 24  # at most, of equal length: more make the intervals no better, only slower
LEAST = 8
COVERED = 0.99  # by the intervals of all figures together
TOLERANCE = 0.05
WORSE, BETTER, SAME, UNKNOWN = "worse", "better", "same", "unknown"
PERCENTILES = (50, 95)
_HALF = 0.5  # a failure: what none counts as where something is divided by it
_ANSCOMBE = 3 / 8  # added to a count, makes the spread of its root the same for all: a quarter


@dataclass(frozen=True, slots=True)
class Compared:
    """`change` and the interval are of the ratio new to old, less 1: 0.1 is 10 % more. Of an error rate, which may have
    been nothing, they are the difference: 0.1 is ten points more."""

    name: str
    unit: str
    old: float
    new: float
    change: float
    low: float
    high: float
    verdict: str

    @property
    def changed(self) -> str:
        return self._said(self.change)

    @property
    def interval(self) -> str:
        return f"{self._said(self.low)} to {self._said(self.high)}"

    def _said(self, change: float) -> str:
        if self.unit == "%":
            return f"{change * 100:+.2f} points"
        return f"{change:+.1%}" if change < MANIFOLD else f"×{1 + change:,.0f}"


@dataclass(frozen=True, slots=True)
class _Figure:
    """What to compare: a percentile of a measure; or, without one, the error rate or the throughput."""

    name: str
    unit: str
    more_is_better: bool
    operation: str
    measure: str = ""
    percent: int = 0


def compare(olds: Sequence[Result], new: Result, *, tolerance: float = TOLERANCE, seed: int = 0) -> list[Compared]:
    """Every figure that old and new both have."""
    both = []
    for figure in _figures(olds, new):
        mine = _blocks(new, figure)
        theirs = [blocks for old in olds if (blocks := _blocks(old, figure)).count]
        if mine.count and theirs:
            both.append((figure, theirs, mine))
    wide = NormalDist().inv_cdf(1 - (1 - COVERED) / 2 / max(1, len(both)))
    return [_compare(figure, old, mine, tolerance, wide, rng(seed, figure.name)) for figure, old, mine in both]


def _figures(olds: Sequence[Result], new: Result) -> list[_Figure]:
    figures = []
    for operation in sorted(new.measures.operations):
        figures.append(_Figure(f"{operation} error rate", "%", False, operation))
        figures.append(_Figure(f"{operation} throughput", "/s", True, operation))
        for measure in sorted(new.measures.operations[operation].values):
            kind = KINDS[measure]
            for percent in PERCENTILES:
                name = f"{operation} {measure} p{percent}"
                figures.append(_Figure(name, kind.unit, kind.more_is_better, operation, measure, percent))
    known = {name for old in olds for name in old.measures.operations}
    return [figure for figure in figures if figure.operation in known]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Stretches of time of the same length. `drawn` is the figure over some of them, by index, on the scale on which it
    is compared, and `shown` the plain one over all; `least` stands for none below a fraction, `noise` is the least
    variance."""

    count: int
    drawn: Callable[[Sequence[int]], float]
    shown: float
    least: float = 1e-6
    noise: float = 0.0

    def draw(self, random: Random) -> float:
        return self.drawn(random.choices(range(self.count), k=self.count))


def _blocks(result: Result, figure: _Figure) -> _Blocks:
    series = result.measures.series
    # Without the end, in which what was under way finished and nothing new was sent.
    slices = series.slices[: max(1, int(result.seconds / series.width))]
    together = max(1, -(-len(slices) // BLOCKS))
    blocks = []
    for start in range(0, len(slices) - together + 1, together):
        blocks.append(Slice())
        for part in slices[start : start + together]:
            blocks[-1].merge(part)
    if figure.measure:
        return _percentiles(figure, blocks)
    return _rates(figure, blocks, together * series.width)


def _rates(figure: _Figure, blocks: Sequence[Slice], seconds: float) -> _Blocks:
    requests = [block.requests.get(figure.operation, 0) for block in blocks]
    failures = [block.failures.get(figure.operation, 0) for block in blocks]
    if not sum(requests):
        return _Blocks(0, lambda chosen: 0.0, 0.0)
    if figure.more_is_better:
        counts = [asked - failed for asked, failed in zip(requests, failures, strict=True)]
        whole = len(blocks) * seconds
        return _Blocks(
            len(blocks), lambda chosen: sqrt(sum(counts[i] for i in chosen) / whole), sum(counts) / whole, _HALF / whole
        )

    def error_rate(chosen: Sequence[int]) -> float:
        return sqrt((sum(failures[i] for i in chosen) + _ANSCOMBE) / max(1, sum(requests[i] for i in chosen)))

    of = sum(requests)
    return _Blocks(len(blocks), error_rate, sum(failures) / of, _HALF / of, noise=0.25 / of)


def _percentiles(figure: _Figure, blocks: Sequence[Slice]) -> _Blocks:
    name = f"{figure.operation} {figure.measure}"
    counts = [block.values[name] for block in blocks if name in block.values]
    buckets = sorted({bucket for found in counts for bucket in found})
    # How many values of a block lie in the first k buckets: so a percentile of any mixture of blocks is a search.
    sums = []
    for found in counts:
        sums.append([0])
        for bucket in buckets:
            sums[-1].append(sums[-1][-1] + found.get(bucket, 0))

    def value(chosen: Sequence[int]) -> float:
        wanted = max(1, ceil(sum(sums[i][-1] for i in chosen) * figure.percent / 100))
        below = bisect_left(range(len(buckets) + 1), wanted, key=lambda k: sum(sums[i][k] for i in chosen))
        return max(value_of(buckets[below - 1]), 1e-6)

    return _Blocks(len(counts), lambda chosen: log(value(chosen)), value(range(len(counts))) if counts else 0.0)


def _compare(
    figure: _Figure, olds: Sequence[_Blocks], new: _Blocks, tolerance: float, wide: float, random: Random
) -> Compared:
    """`wide` is how many standard deviations the interval goes to each side."""
    differences = [new.draw(random) - random.choice(olds).draw(random) for _ in range(DRAWS)]
    before = fmean(old.shown for old in olds)
    base = before or max(old.least for old in olds)
    change = new.shown / base - 1 if new.shown or before else 0.0
    spread = sqrt(max(variance(differences), new.noise + max(old.noise for old in olds)))
    middle, away = fmean(differences), wide * spread
    low, high = (_changed(figure, base, middle + side) for side in (-away, away))
    verdict = _verdict(change, low, high, figure.more_is_better, tolerance)
    if min(new.count, *(old.count for old in olds)) < LEAST:
        verdict = UNKNOWN
    if figure.unit == "%":
        change, low, high = new.shown - before, (1 + low) * base - before, min(1.0, (1 + high) * base) - before
    return Compared(figure.name, figure.unit, before, new.shown, change, low, high, verdict)


def _changed(figure: _Figure, base: float, difference: float) -> float:
    """A difference on the figure's scale as a share of its plain value."""
    if figure.measure:
        return exp(difference) - 1
    return max(0.0, sqrt(base) + difference) ** 2 / base - 1


def _verdict(change: float, low: float, high: float, more_is_better: bool, tolerance: float) -> str:
    if low > 0 and change > tolerance:
        return BETTER if more_is_better else WORSE
    if high < 0 and change < -tolerance:
        return WORSE if more_is_better else BETTER
    return SAME
