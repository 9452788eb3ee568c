"""What one run measured, by operation. A worker's go to the master as JSON and are merged there.

latency is from sending a request to the whole of its answer. In the open model `response` is the same from when the
request was due: where a slow target holds the generator up, latency does not show it and response does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apexload.histogram import Histogram
from apexload.series import Series

MOST_KINDS = 50  # of failures, for each operation: a target that puts an id in each message must not fill the memory
OTHER = "other failures"


@dataclass(frozen=True, slots=True)
class Kind:
    """A measure: what it is, its unit ("ms", "/s" or "" for a count), and whether more of it is better."""

    title: str
    unit: str = "ms"
    more_is_better: bool = False


KINDS: dict[str, Kind] = {
    "latency": Kind("from sending to the whole answer"),
    "response": Kind("from when it was due to the whole answer (open model)"),
    "ttft": Kind("from sending to the first non-empty content delta"),
    "itl": Kind("between two content deltas"),
    "tokens_per_second": Kind(
        "content deltas after the first, a second; of streams with ten or more", "/s", more_is_better=True
    ),
    "job_time": Kind("from submitting a job to seeing it completed"),
    "polls": Kind("polls until a job was seen completed", ""),
    "lateness": Kind("how late the generator sent what was due (open model)"),
    "lag": Kind("how late the generator's own timers were"),
}
GENERATOR = "generator"


class Operation:
    """Counts and histograms of one operation, such as `chat` or `research.poll`."""

    def __init__(self) -> None:
        self.requests = 0  # that ended, well or not
        self.failures = 0
        self.in_time = 0  # of the requests, those that ended well, and before the run's time was over
        self.unfinished = 0  # cut off by the end of the run
        self.streams = 0
        self.complete = 0  # of the streams
        self.kinds: dict[str, int] = {}  # of failures, by what was wrong
        self.checks: dict[str, int] = {}  # that did not hold
        self.values: dict[str, Histogram] = {}

    _COUNTS = ("requests", "failures", "in_time", "unfinished", "streams", "complete")

    def value(self, measure: str) -> Histogram:
        return self.values.setdefault(measure, Histogram())

    def fail(self, kind: str) -> None:
        self.failures += 1
        known = kind in self.kinds or len(self.kinds) < MOST_KINDS
        _count(self.kinds, kind if known else OTHER)

    def merge(self, other: "Operation") -> None:
        for name in self._COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.kinds, other.kinds), (self.checks, other.checks)):
            for key, count in theirs.items():
                known = key in mine or len(mine) < MOST_KINDS
                _count(mine, key if known else OTHER, count)
        for measure, histogram in other.values.items():
            self.value(measure).merge(histogram)

    @property
    def error_rate(self) -> float:
        return self.failures / self.requests if self.requests else 0.0

    @property
    def completeness(self) -> float:
        """The share of its streams that came whole; 1 where it has none."""
        return self.complete / self.streams if self.streams else 1.0

    def dump(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in self._COUNTS}
        values = {measure: histogram.dump() for measure, histogram in sorted(self.values.items())}
        return {**counts, "kinds": self.kinds, "checks": self.checks, "values": values}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Operation":
        made = cls()
        for name in cls._COUNTS:
            setattr(made, name, dumped[name])
        made.kinds, made.checks = dict(dumped["kinds"]), dict(dumped["checks"])
        made.values = {measure: Histogram.load(values) for measure, values in dumped["values"].items()}
        return made


def _count(counts: dict[str, int], key: str, by: int = 1) -> None:
    counts[key] = counts.get(key, 0) + by


@dataclass(slots=True)
class Finished:
    """One request that ended: `failure` says what was wrong; `complete` is None for what is no stream."""

    operation: str
    at: float  # seconds since the start
    values: Iterable[tuple[str, float]] = ()
    failure: str | None = None
    check: str | None = None
    complete: bool | None = None
    in_time: bool = True


class Measures:
    """All that is kept of a run. `cpu` and `wall` are seconds, summed over the processes that made the load."""

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.generator: dict[str, Histogram] = {}
        self.series = Series()
        self.cpu = 0.0
        self.wall = 0.0
        self.unsent = 0  # of the open model: due, but all users were busy until the end

    def operation(self, name: str) -> Operation:
        return self.operations.setdefault(name, Operation())

    def add(self, finished: Finished) -> None:
        operation = self.operation(finished.operation)
        operation.requests += 1
        if finished.failure is not None:
            operation.fail(finished.failure)
        else:
            operation.in_time += finished.in_time
        if finished.check is not None:
            _count(operation.checks, finished.check)
        if finished.complete is not None:
            operation.streams += 1
            operation.complete += finished.complete
        part = self.series.at(finished.at)
        part.add(finished.operation, finished.failure is not None)
        for measure, value in finished.values:
            part.add_value(f"{finished.operation} {measure}", operation.value(measure).add(value))

    def add_generator(self, measure: str, value: float) -> None:
        self.generator.setdefault(measure, Histogram()).add(value)

    def total(self) -> Operation:
        """All operations as one."""
        total = Operation()
        for operation in self.operations.values():
            total.merge(operation)
        return total

    def merge(self, other: "Measures") -> None:
        for name, operation in other.operations.items():
            self.operation(name).merge(operation)
        for measure, histogram in other.generator.items():
            self.generator.setdefault(measure, Histogram()).merge(histogram)
        self.series.merge(other.series)
        self.cpu += other.cpu
        self.wall += other.wall
        self.unsent += other.unsent

    def dump(self) -> dict[str, Any]:
        return {
            "operations": {name: self.operations[name].dump() for name in sorted(self.operations)},
            "generator": {name: self.generator[name].dump() for name in sorted(self.generator)},
            "series": self.series.dump(),
            "cpu": self.cpu,
            "wall": self.wall,
            "unsent": self.unsent,
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Measures":
        made = cls()
        made.operations = {name: Operation.load(found) for name, found in dumped["operations"].items()}
        made.generator = {name: Histogram.load(found) for name, found in dumped["generator"].items()}
        made.series = Series.load(dumped["series"])
        made.cpu, made.wall, made.unsent = dumped["cpu"], dumped["wall"], dumped["unsent"]
        return made
