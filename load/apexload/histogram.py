"""A histogram of fixed size: buckets that grow by 2 %, so any percentile is within 1 % of the truth.

Values are what the measure says: milliseconds, counts, rates. Two histograms merge by adding their buckets, whichever
process they come from, so a percentile over ten workers is as good as one over one.
"""

from collections.abc import Iterable, Mapping
from math import ceil, inf, log, sqrt
from typing import Any

GROWTH = 1.02
LOWEST = 0.001  # of milliseconds: one microsecond
BUCKETS = 1165  # up to 10^7 milliseconds, some three hours; what is above counts as that
_STEP = 1 / log(GROWTH)


def bucket_of(value: float) -> int:
    """0 for what is below LOWEST."""
    if value < LOWEST:
        return 0
    return min(1 + int(log(value / LOWEST) * _STEP), BUCKETS - 1)


def value_of(bucket: int) -> float:
    """The geometric middle of a bucket."""
    return 0.0 if bucket < 1 else LOWEST * GROWTH ** (bucket - 1) * sqrt(GROWTH)


def percentile_of(counts: Mapping[int, int], percent: float) -> int:
    """The bucket in which that percentile lies; counts must not be empty."""
    wanted = max(1, ceil(sum(counts.values()) * percent / 100))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return bucket
    raise ValueError("no values")


class Histogram:
    """Counts by bucket, with the exact count, sum, least and greatest."""

    __slots__ = ("count", "counts", "greatest", "least", "total")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.counts: dict[int, int] = {}
        self.count = 0
        self.total = 0.0
        self.least, self.greatest = inf, -inf
        for value in values:
            self.add(value)

    def add(self, value: float) -> int:
        """Returns the bucket."""
        bucket = bucket_of(value)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.count += 1
        self.total += value
        if value < self.least:
            self.least = value
        if value > self.greatest:
            self.greatest = value
        return bucket

    def merge(self, other: "Histogram") -> None:
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """The value that so many percent do not exceed, within 1 %. Raises ValueError when nothing was measured."""
        if not self.count:
            raise ValueError("no values")
        return min(max(value_of(percentile_of(self.counts, percent)), self.least), self.greatest)

    def dump(self) -> dict[str, Any]:
        """As JSON has it, with percentiles for whoever reads it there; only the buckets that are not empty."""
        if not self.count:
            return {"count": 0}
        return {
            "count": self.count,
            "sum": round(self.total, 6),
            "min": self.least,
            "max": self.greatest,
            **{f"p{percent}": round(self.percentile(percent), 6) for percent in (50, 95, 99)},
            "buckets": {str(bucket): self.counts[bucket] for bucket in sorted(self.counts)},
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Histogram":
        made = cls()
        if dumped["count"]:
            made.count, made.total = dumped["count"], dumped["sum"]
            made.least, made.greatest = dumped["min"], dumped["max"]
            made.counts = {int(bucket): count for bucket, count in dumped["buckets"].items()}
        return made
