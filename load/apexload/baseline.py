"""Two runs side by side: is the new one worse, or is it noise?

A run's requests are not independent: a pause of the target makes a whole second slow. So what is resampled is not
requests but stretches of time (a block bootstrap): a thousand times, as many stretches as there were are drawn from
each run with replacement, their histograms are merged, and the new figure is divided by the old. The middle 99 % of
these ratios is the interval. A figure is

    worse    when the whole interval is on the worse side of 1, and the change is more than the tolerance
    better   the same on the better side
    same     otherwise
    unknown  when a run has fewer than eight stretches in which it was measured: too short to tell

With several old runs a draw first picks one of them, so what differs from run to run widens the interval.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random

from apex_mock.seed import rng
from apexload.histogram import value_of
from apexload.measures import KINDS
from apexload.result import Result
from apexload.series import Slice

DRAWS = 1000
BLOCKS = 24  # at most, of equal length: more make the intervals no better, only slower
LEAST = 8
COVERED = 0.99
TOLERANCE = 0.05
WORSE, BETTER, SAME, UNKNOWN = "worse", "better", "same", "unknown"
PERCENTILES = (50, 95)
_SMALL = 0.5  # added to both counts of a rate, so that none to none is no division by nothing


@dataclass(frozen=True, slots=True)
class Compared:
    """`change` and the interval are of the ratio new to old, less 1: 0.1 is 10 % more."""

    name: str
    unit: str
    old: float
    new: float
    change: float
    low: float
    high: float
    verdict: str


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
    compared = []
    for figure in _figures(olds, new):
        mine = _blocks(new, figure)
        theirs = [blocks for old in olds if (blocks := _blocks(old, figure)).count]
        if mine.count and theirs:
            compared.append(_compare(figure, theirs, mine, tolerance, rng(seed, figure.name)))
    return compared


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
    """Stretches of time of the same length; `value` is the figure over those that are named, by index."""

    count: int
    value: Callable[[Sequence[int]], float]
    shown: float

    @property
    def all(self) -> Sequence[int]:
        return range(self.count)


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

    def throughput(chosen: Sequence[int]) -> float:
        return (sum(requests[i] for i in chosen) + _SMALL) / (len(chosen) * seconds)

    def error_rate(chosen: Sequence[int]) -> float:
        return (sum(failures[i] for i in chosen) + _SMALL) / (sum(requests[i] for i in chosen) + _SMALL)

    if not sum(requests):
        return _Blocks(0, throughput, 0.0)
    if figure.more_is_better:
        return _Blocks(len(blocks), throughput, sum(requests) / (len(blocks) * seconds))
    return _Blocks(len(blocks), error_rate, sum(failures) / sum(requests))


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

    return _Blocks(len(counts), value, value(range(len(counts))) if counts else 0.0)


def _compare(figure: _Figure, olds: Sequence[_Blocks], new: _Blocks, tolerance: float, random: Random) -> Compared:
    ratios = []
    for _ in range(DRAWS):
        old = random.choice(olds)
        before = old.value(random.choices(old.all, k=old.count))
        ratios.append(new.value(random.choices(new.all, k=new.count)) / before)
    ratios.sort()
    before = sum(old.value(old.all) for old in olds) / len(olds)
    out = round(DRAWS * (1 - COVERED) / 2)
    change, low, high = new.value(new.all) / before - 1, ratios[out] - 1, ratios[-1 - out] - 1
    verdict = _verdict(change, low, high, figure.more_is_better, tolerance)
    if min(new.count, *(old.count for old in olds)) < LEAST:
        verdict = UNKNOWN
    shown = sum(old.shown for old in olds) / len(olds)
    return Compared(figure.name, figure.unit, shown, new.shown, change, low, high, verdict)


def _verdict(change: float, low: float, high: float, more_is_better: bool, tolerance: float) -> str:
    if low > 0 and change > tolerance:
        return BETTER if more_is_better else WORSE
    if high < 0 and change < -tolerance:
        return WORSE if more_is_better else BETTER
    return SAME
