"""How a run went over time, in at most 120 slices: when they are full, two and two become one, twice as long.

So an hour's soak takes no more memory than a minute, and what two workers saw merges slice by slice.
"""

from collections.abc import Mapping
from typing import Any

MOST = 120
FIRST_WIDTH = 0.5  # seconds


class Slice:
    """What finished in one stretch of time: by operation, how many, how many failed, and each measure's values."""

    __slots__ = ("failures", "requests", "users", "values")

    def __init__(self) -> None:
        self.users = 0
        self.requests: dict[str, int] = {}
        self.failures: dict[str, int] = {}
        self.values: dict[str, dict[int, int]] = {}  # "operation measure" -> bucket -> count

    def add(self, operation: str, failed: bool) -> None:
        self.requests[operation] = self.requests.get(operation, 0) + 1
        if failed:
            self.failures[operation] = self.failures.get(operation, 0) + 1

    def add_value(self, name: str, bucket: int) -> None:
        counts = self.values.setdefault(name, {})
        counts[bucket] = counts.get(bucket, 0) + 1

    def merge(self, other: "Slice") -> None:
        self.users = max(self.users, other.users)
        _add(self.requests, other.requests)
        _add(self.failures, other.failures)
        for name, counts in other.values.items():
            _add(self.values.setdefault(name, {}), counts)

    def dump(self) -> dict[str, Any]:
        values = {name: {str(b): counts[b] for b in sorted(counts)} for name, counts in sorted(self.values.items())}
        return {"users": self.users, "requests": self.requests, "failures": self.failures, "values": values}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Slice":
        made = cls()
        made.users = dumped["users"]
        made.requests, made.failures = dict(dumped["requests"]), dict(dumped["failures"])
        made.values = {n: {int(b): c for b, c in counts.items()} for n, counts in dumped["values"].items()}
        return made


def _add(into: dict[Any, int], other: Mapping[Any, int]) -> None:
    for key, count in other.items():
        into[key] = into.get(key, 0) + count


class Series:
    """The slices in order; slice i is from i times `width` seconds after the start."""

    def __init__(self, width: float = FIRST_WIDTH) -> None:
        self.width = width
        self.slices: list[Slice] = []

    def at(self, seconds: float) -> Slice:
        """The slice of a time since the start."""
        while seconds >= MOST * self.width:
            self._halve()
        index = max(0, int(seconds / self.width))
        while len(self.slices) <= index:
            self.slices.append(Slice())
        return self.slices[index]

    def _halve(self) -> None:
        for first, second in zip(self.slices[::2], self.slices[1::2], strict=False):
            first.merge(second)
        self.slices = self.slices[::2]
        self.width *= 2

    def merge(self, other: "Series") -> None:
        """Takes over what another process saw, at the wider of the two widths. `other` may change."""
        while self.width < other.width:
            self._halve()
        while other.width < self.width:
            other._halve()
        for index, part in enumerate(other.slices):
            self.at(index * self.width).merge(part)

    def dump(self) -> dict[str, Any]:
        return {"width": self.width, "slices": [part.dump() for part in self.slices]}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Series":
        made = cls(dumped["width"])
        made.slices = [Slice.load(part) for part in dumped["slices"]]
        return made
