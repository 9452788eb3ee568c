"""Limits on what a run measured. A file of them is TOML, one table for each operation and measure:

    [stream]
    error_rate = "1 %"        # at most
    completeness = "100 %"    # at least
    throughput = "5 /s"       # at least
    checks = 0                # answers that broke a rule, at most

    [stream.ttft]
    p95 = "300 ms"            # at most, or at least where more is better

`all` stands for all operations together; `generator` for the load itself (`lateness`, `lag`).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apexload.histogram import Histogram
from apexload.measures import GENERATOR, KINDS, Operation
from apexload.result import Result

ALL = "all"
STATISTICS = ("p50", "p75", "p90", "p95", "p99", "p999", "mean", "min", "max")
_UNITS = {"ms": {"ms": 1.0, "s": 1000.0}, "/s": {"/s": 1.0, "/min": 1 / 60}, "%": {"%": 0.01}, "": {}}


class BadGates(Exception):
    """A file of gates that cannot be used; the message says where and what to mend."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a whole operation: its unit, and whether it must be at least the limit."""

    unit: str
    at_least: bool = False


FIGURES = {
    "error_rate": Figure("%"),
    "completeness": Figure("%", at_least=True),
    "throughput": Figure("/s", at_least=True),
    "checks": Figure(""),
    "unfinished": Figure(""),
    "requests": Figure("", at_least=True),
}


@dataclass(frozen=True, slots=True)
class Gate:
    """`measure` is one of KINDS with a `statistic`, or one of FIGURES without. The limit is in the unit's base."""

    operation: str
    measure: str
    statistic: str
    limit: float
    unit: str
    at_least: bool

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.operation, self.measure, self.statistic) if part)


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate and what was measured; None when nothing was, which fails."""

    gate: Gate
    measured: float | None
    why: str = ""

    @property
    def passed(self) -> bool:
        if self.measured is None:
            return False
        return self.measured >= self.gate.limit if self.gate.at_least else self.measured <= self.gate.limit

    @property
    def margin(self) -> float | None:
        """How far it was from the limit, as a share of it; negative beyond it. None where the limit is nothing."""
        if self.measured is None or not self.gate.limit:
            return None
        away = (self.measured - self.gate.limit) / self.gate.limit
        return away if self.gate.at_least else -away


def read_gates(path: Path) -> list[Gate]:
    """Raises BadGates."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise BadGates(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadGates(f"{path}: not UTF-8 at byte {error.start}") from None


def parse(text: str, where: str = "gates") -> list[Gate]:
    """Raises BadGates."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadGates(f"{where}: not TOML: {error}") from None
    gates = []
    for path, value in _leaves(table):
        try:
            gates.append(_gate(path, value))
        except BadGates as error:
            raise BadGates(f"{where}: {'.'.join(path)}: {error}") from None
    if not gates:
        raise BadGates(f"{where}: there is no gate in it")
    return gates


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _gate(path: tuple[str, ...], value: Any) -> Gate:
    *operation, last = path
    if last in FIGURES and operation:
        figure = FIGURES[last]
        return Gate(".".join(operation), last, "", _amount(value, figure.unit), figure.unit, figure.at_least)
    if last not in STATISTICS:
        raise BadGates(f"{last!r} is neither one of {', '.join(STATISTICS)} nor one of {', '.join(FIGURES)}")
    if len(operation) < 2 or operation[-1] not in KINDS:
        raise BadGates(f"write it as [OPERATION.MEASURE], with a measure of {', '.join(KINDS)}")
    kind = KINDS[operation[-1]]
    limit = _amount(value, kind.unit)
    return Gate(".".join(operation[:-1]), operation[-1], last, limit, kind.unit, kind.more_is_better)


def _amount(value: Any, unit: str) -> float:
    units = _UNITS[unit]
    if not units and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(\S+)", value) if isinstance(value, str) else None
    if found and found[2] in units:
        return float(found[1]) * units[found[2]]
    wanted = " or ".join(f'"20 {name}"' for name in units) if units else "a number such as 20"
    raise BadGates(f"{value!r} is not {wanted}")


def judge(gates: list[Gate], result: Result) -> list[Judged]:
    """Every gate with its verdict; a run that measured nothing, or in which the scenario's own code broke, fails."""
    judged = [Judged(gate, *_measured(gate, result)) for gate in gates]
    if not result.requests:
        judged.append(Judged(Gate(ALL, "requests", "", 1, "", True), 0, "nothing was measured"))
    if result.exceptions:
        broken = Gate("scenario", "exceptions", "", 0, "", False)
        judged.append(Judged(broken, sum(result.exceptions.values()), "; ".join(result.exceptions)))
    return judged


def _measured(gate: Gate, result: Result) -> tuple[float | None, str]:
    if gate.operation == GENERATOR:
        return _statistic(result.measures.generator.get(gate.measure), gate)
    operations = result.measures.operations
    operation = result.measures.total() if gate.operation == ALL else operations.get(gate.operation)
    if operation is None:
        return None, f"there was no {gate.operation!r} in this run, only {', '.join(sorted(operations)) or 'nothing'}"
    if gate.statistic:
        return _statistic(operation.values.get(gate.measure), gate)
    return _figure(operation, gate.measure, result), ""


def _figure(operation: Operation, name: str, result: Result) -> float:
    if name == "throughput":
        return result.throughput(operation.in_time)
    if name == "checks":
        return sum(operation.checks.values())
    return float(getattr(operation, name))


def _statistic(histogram: Histogram | None, gate: Gate) -> tuple[float | None, str]:
    if histogram is None or not histogram.count:
        return None, f"no {gate.measure} was measured"
    return statistic(histogram, gate.statistic), ""


def statistic(histogram: Histogram, name: str) -> float:
    """One of STATISTICS; the histogram must not be empty."""
    if name == "mean":
        return histogram.mean
    if name == "min":
        return histogram.least
    if name == "max":
        return histogram.greatest
    return histogram.percentile(float(name[1:]) if name != "p999" else 99.9)
