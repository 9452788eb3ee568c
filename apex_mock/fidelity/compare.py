"""Planned against achieved: what a run's streams came to, and whether that keeps the targets."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from apex_mock.fidelity.streams import Run


@dataclass(frozen=True, slots=True)
class Timetable:
    """What was planned for each stream, in seconds: the first chunk, and each further one."""

    first: float
    next: float
    chunks: int

    def due(self, number: int) -> float:
        return self.first + number * self.next

    @property
    def length(self) -> float:
        return self.due(self.chunks - 1)


@dataclass(frozen=True, slots=True)
class Quantiles:
    median: float
    p99: float
    worst: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quantiles":
        """Of at least one value: the nearest rank."""
        ordered = sorted(values)
        last = len(ordered) - 1
        return cls(ordered[last // 2], ordered[min(last, round(last * 0.99))], ordered[last])


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on one figure of one measure; `share` when it is a share of the plan instead of seconds."""

    measure: str
    quantile: str
    limit: float
    share: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One run in seconds, but for `excess`, which is the share by which streams took longer than planned.

    `late` is how long after its time each chunk came in, `own` how late the client's timer was.
    """

    plan: Timetable
    ttft: Quantiles
    itl: Quantiles
    late: Quantiles
    excess: Quantiles
    own: Quantiles
    lates: Sequence[float]

    @classmethod
    def of(cls, run: Run, plan: Timetable) -> "Compared":
        streams = [[at - one.sent for at in one.arrivals] for one in run.streams]
        lates = [at - plan.due(n) for one in streams for n, at in enumerate(one)]
        return cls(
            plan,
            Quantiles.of([one[0] for one in streams]),
            Quantiles.of([b - a for one in streams for a, b in itertools.pairwise(one)] or [0.0]),
            Quantiles.of(lates),
            Quantiles.of([one[-1] / plan.length - 1 for one in streams]),
            Quantiles.of(run.own or [0.0]),
            lates,
        )

    def value(self, target: Target) -> float:
        found: float = getattr(getattr(self, target.measure), target.quantile)
        return found

    def keeps(self, target: Target) -> bool:
        return self.value(target) <= target.limit


# 500 streams of 20 chunks at 50 ms, the server on one core, the client on another of the same machine.
SPREAD = (Target("late", "median", 0.002), Target("late", "p99", 0.010))
TOGETHER = {
    "sse": (Target("excess", "p99", 0.05, share=True),),
    "grpc": (Target("excess", "p99", 0.08, share=True),),
}
