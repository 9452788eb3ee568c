"""A report: every result of one run against one target, and what they come to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..operations import OPERATIONS, Op, Transport
from ..results import Outcome, Result

TRANSPORTS = tuple(Transport)
RAN = (Outcome.HOLDS, Outcome.BROKEN)
SIGNS = {Outcome.HOLDS: "✓", Outcome.BROKEN: "✗", Outcome.NOT_RUN: "·", Outcome.NOT_OFFERED: "-"}
LEGEND = "✓ holds   ✗ does not hold   · not run   - not offered"


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one operation's clauses over one transport, by the signs of LEGEND."""

    counts: Mapping[Outcome, int]

    @property
    def parts(self) -> list[tuple[Outcome, str]]:
        """What to print, and as what; nothing where the operation has no such transport."""
        told = (Outcome.BROKEN, Outcome.HOLDS, Outcome.NOT_RUN)
        found = [(outcome, f"{self.counts[outcome]} {SIGNS[outcome]}") for outcome in told if self.counts[outcome]]
        return found or ([(Outcome.NOT_OFFERED, SIGNS[Outcome.NOT_OFFERED])] if any(self.counts.values()) else [])


@dataclass(frozen=True, slots=True)
class Failure:
    """How a clause does not hold, over all transports that say the same of it; the result is the first one's."""

    result: Result
    transports: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """`at` is when the run began, `seconds` how long it took."""

    target: str
    results: Sequence[Result]
    at: datetime
    seconds: float
    version: str

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        return Counter(result.outcome for result in self.results)

    @property
    def ran(self) -> int:
        return sum(self.counts[outcome] for outcome in RAN)

    @property
    def ok(self) -> bool:
        """Every clause that ran holds, and some did run."""
        return self.ran > 0 and not self.counts[Outcome.BROKEN]

    @property
    def verdict(self) -> str:
        """One sentence."""
        clauses = len({result.clause for result in self.results if result.outcome in RAN})
        checks = f"{self.ran} check{'s' * (self.ran != 1)} of {clauses} clause{'s' * (clauses != 1)}"
        if not self.ran:
            return f"Nothing could be checked at {self.target}."
        if self.ok:
            return f"Every clause that ran holds: {checks}."
        broken = sorted({result.clause for result in self.broken})
        return f"{len(broken)} clause{'s do' if len(broken) > 1 else ' does'} not hold, of {checks}."

    @property
    def broken(self) -> list[Result]:
        return [result for result in self.results if result.outcome is Outcome.BROKEN]

    @property
    def left_behind(self) -> list[str]:
        return [f"{result.clause}: {left}" for result in self.results for left in result.left_behind]

    @cached_property
    def transports(self) -> list[Transport]:
        return [transport for transport in TRANSPORTS if any(r.transport == transport for r in self.results)]

    @cached_property
    def failures(self) -> list[Failure]:
        alike: dict[tuple[str, ...], list[Result]] = {}
        for result in self.broken:
            alike.setdefault((result.clause, result.what, result.expected, result.got), []).append(result)
        return [Failure(results[0], tuple(r.transport for r in results)) for results in alike.values()]

    @property
    def lacking(self) -> list[str]:
        """The operations that the target does not have over any transport."""
        return [name for name in self._operations if name not in [row for row, _ in self.table]]

    @property
    def _operations(self) -> list[str]:
        there = {result.operation for result in self.results}
        return [op.value for op in OPERATIONS if op in there]

    @cached_property
    def table(self) -> list[tuple[str, list[Cell]]]:
        """For each operation that the target has over some transport, a cell for each transport."""
        counted: dict[tuple[str, str], Counter[Outcome]] = {}
        for result in self.results:
            counted.setdefault((result.operation, result.transport), Counter())[result.outcome] += 1
        had = {result.operation for result in self.results if result.outcome is not Outcome.NOT_OFFERED}
        rows = [name for name in self._operations if name in had]
        return [(row, [Cell(counted.get((row, t), Counter())) for t in self.transports]) for row in rows]

    @cached_property
    def reasons(self) -> list[tuple[str, int]]:
        """Why clauses did not run, each reason once, with how many checks it kept from running."""
        found: Counter[str] = Counter()
        for result in self.results:
            if result.outcome not in RAN:
                found[f"{result.outcome}: {result.reason}"] += 1
        return found.most_common()

    def to_json(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "at": self.at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "version": self.version,
            "ok": self.ok,
            "verdict": self.verdict,
            "counts": {outcome.value: self.counts[outcome] for outcome in Outcome},
            "results": [result.to_json() for result in self.results],
        }


def report_of(target: str, results: Sequence[Result], at: datetime, seconds: float) -> Report:
    from importlib.metadata import version

    order = {op.value: i for i, op in enumerate(Op)}
    ranked = sorted(results, key=lambda r: (order[r.operation], r.clause, TRANSPORTS.index(Transport(r.transport))))
    return Report(target, ranked, at.astimezone(UTC), seconds, version("apex-mock"))
