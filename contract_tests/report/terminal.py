"""A report on the terminal: the table first, then each failure once, in full."""

import re

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..results import Outcome, Result
from .model import LEGEND, SIGNS, Cell, Failure, Report
from .parity import KINDS, Parity

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
STYLES = {
    Outcome.HOLDS: "green",
    Outcome.BROKEN: "bold red",
    Outcome.NOT_RUN: "yellow",
    Outcome.NOT_OFFERED: "dim",
}


def plain(text: str, style: str = "") -> Text:
    """What a target said cannot speak to the terminal: control characters are shown by their codes."""
    return Text(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text), style=style)


def print_report(report: Report, console: Console, *, every_clause: bool = False) -> None:
    """With `every_clause` the table has a row for each clause."""
    if report.ran or every_clause:
        console.print()
        console.print(plain(f"The Apex contract at {report.target}", style="bold"))
        console.print(_clauses(report) if every_clause else _operations(report))
        console.print(plain(LEGEND, style="dim"))
        if report.lacking and not every_clause:
            console.print(plain(f"not offered at all: {', '.join(report.lacking)}", style="dim"))
    for failure in report.failures:
        console.print()
        _print_failure(failure, console)
    if report.reasons:
        console.print()
        for reason, count in report.reasons:
            console.print(plain(f"{count:>5}  {reason}", style="dim"))
    for left in report.left_behind:
        console.print(plain(f"left behind: {left}", style="yellow"))
    console.print()
    console.print(plain(report.verdict, style="bold green" if report.ok else "bold red"))


def _print_failure(failure: Failure, console: Console) -> None:
    result = failure.result
    head = plain(f"✗ {result.clause} ", style="bold red")
    head.append(f"over {', '.join(failure.transports)}  ", style="bold")
    head.append(f"{result.operation}, {' '.join(result.sources)}", style="dim")
    console.print(head)
    console.print(plain(f"  {result.sentence}"))
    console.print(plain(f"    {result.what}"))
    console.print(plain("      expected  ", style="dim").append(plain(result.expected, "green")))
    console.print(plain("      got       ", style="dim").append(plain(result.got, "red")))
    if result.command:
        # Not wrapped: it is there to be copied.
        console.print(plain("      again     ", style="dim").append(plain(result.command, "cyan")), soft_wrap=True)


def _operations(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("operation", no_wrap=True)
    rows = [(operation, [_cell(cell) for cell in cells]) for operation, cells in report.table]
    for n, transport in enumerate(report.transports):
        # Where there is little room, the operations' names give way.
        table.add_column(transport, no_wrap=True, min_width=max(len(transport), *(len(cells[n]) for _, cells in rows)))
    for operation, cells in rows:
        table.add_row(operation, *cells)
    return table


def _cell(cell: Cell) -> Text:
    return Text("  ").join([plain(text, style=STYLES[outcome]) for outcome, text in cell.parts])


def _clauses(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("clause", no_wrap=True)
    for transport in report.transports:
        table.add_column(transport, justify="center", no_wrap=True)
    table.add_column("states", ratio=1)
    by_clause: dict[str, dict[str, Result]] = {}
    for result in report.results:
        by_clause.setdefault(result.clause, {})[result.transport] = result
    for id, found in by_clause.items():
        outcomes = [found[t].outcome if t in found else None for t in report.transports]
        signs = (plain(SIGNS[o], style=STYLES[o]) if o else Text() for o in outcomes)
        table.add_row(id, *signs, next(iter(found.values())).sentence)
    return table


def print_parity(parity: Parity, console: Console) -> None:
    console.print()
    console.print(plain(f"A is {parity.a.target}", style="bold"))
    console.print(plain(f"B is {parity.b.target}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("operation", no_wrap=True)
    for name in KINDS:
        table.add_column(name, no_wrap=True, justify="right", min_width=len(name))
    for operation, counts in parity.table:
        table.add_row(operation, *(str(count) if count else "" for count in counts))
    console.print(table)
    for pair in parity.differing:
        console.print()
        console.print(plain(f"≠ {pair.clause} over {', '.join(pair.transports)}  ", style="bold yellow"))
        console.print(plain(f"  {pair.sentence}"))
        for line in pair.how:
            console.print(plain(f"    {line}"))
    for where, names in (("A", parity.only_in_a), ("B", parity.only_in_b)):
        if names:
            console.print()
            console.print(plain(f"only in {where}: {', '.join(names)}"))
    console.print()
    console.print(plain(parity.verdict, style="bold green" if parity.ok else "bold yellow"))
