"""Figures, their floors and the table."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table

from bench.loads import BUSY, Load

MET, MISSED = "met", "MISSED"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `value` is what the floor is for: a ratio, a time, a number of errors."""

    row: str
    measured: str
    value: float
    floor: float
    baseline: str = ""
    unit: str = ""
    at_least: bool = True
    errors: int = 0
    note: str = ""
    rounds: Sequence[float] = field(default=())
    ratio: float | None = None  # to the baseline, where that is not the value

    @property
    def verdict(self) -> str:
        kept = self.value >= self.floor if self.at_least else self.value < self.floor
        return MET if kept and not self.errors else MISSED


def ratio_of(row: str, floor: float, pairs: Sequence[tuple[Load, Load]]) -> Figure:
    """From runs in pairs, the fake and the baseline: the median of the pairs' ratios.

    Answers a second flatter whoever is slower where a server could not have its core to itself: the faster one waits
    for the load. Then the ratio is that of the processor time for one answer.
    """
    by_rate = statistics.median(a.rate / b.rate for a, b in pairs)
    by_cpu = statistics.median(b.cpu / a.cpu for a, b in pairs)
    ours, theirs = (statistics.median(pair[i].cpu for pair in pairs) * 1e6 for i in (0, 1))
    errors = sum(a.errors + b.errors for a, b in pairs)
    least = min(min(a.busy, b.busy) for a, b in pairs)
    notes = [f"{errors} errors"] if errors else []
    notes.append(f"CPU {ours:.0f} vs {theirs:.0f} µs a call ({by_cpu:.2f})")
    if least < BUSY:
        notes.append(f"ratio by CPU: a server had {least:.0%} of its core (by rate {by_rate:.2f})")
    return Figure(
        row,
        f"{statistics.median(a.rate for a, _ in pairs):,.0f}/s",
        by_rate if least >= BUSY else by_cpu,
        floor,
        baseline=f"{statistics.median(b.rate for _, b in pairs):,.0f}/s",
        errors=errors,
        note="; ".join(notes),
        rounds=tuple(round(a.rate / b.rate, 3) for a, b in pairs),
    )


def table(figures: Iterable[Figure]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("row", "measured", "baseline", "ratio", "floor", "verdict"):
        made.add_column(name, justify="left" if name in ("row", "verdict") else "right", no_wrap=name != "row")
    made.add_column("note", overflow="fold")
    for figure in figures:
        sign = "" if figure.at_least else "< "
        style = "bold red" if figure.verdict == MISSED else "green"
        made.add_row(
            figure.row,
            figure.measured,
            figure.baseline,
            f"{figure.value if figure.ratio is None else figure.ratio:.2f}" if figure.baseline else "",
            f"{sign}{figure.floor:g}{figure.unit}",
            f"[{style}]{figure.verdict}[/]",
            figure.note,
        )
    return made


def show(figures: Iterable[Figure]) -> None:
    # Piped, rich would fold the table to 80 columns.
    console = Console()
    Console(width=max(console.width, 150)).print(table(figures))
