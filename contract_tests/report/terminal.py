"""A report on the terminal: the table first, then each failure once, in full."""

import re
from collections.abc import Sequence

from rich.console import Console
from rich.segment import Segments
from rich.table import Table
from rich.text import Text

from ..results import Outcome, Result
from .model import LEGEND, SIGNS, Cell, Failure, Report
from .parity import KINDS, Parity

GAP = 2  # columns between two of a table's
SHORTEST = 12  # characters of an operation's name
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
        if every_clause:
            console.print(_clauses(report))
        else:
            cells = [(operation, [_cell(cell) for cell in row]) for operation, row in report.table]
            _by_operation(report.transports, cells, console)
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


def _by_operation(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Text]]], console: Console, *, right: bool = False
) -> None:
    """A row for each operation. Where there is little room, the operations' names give way; counts are always whole."""
    widths = [max(len(name), *(len(cells[n]) for _, cells in rows)) for n, name in enumerate(columns)]
    taken = sum(widths) + GAP * len(widths)
    longest = max(len("operation"), *(len(operation) for operation, _ in rows))
    room = max(SHORTEST, min(longest, console.width - taken))
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    table.add_column("operation", no_wrap=True, width=room)
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, no_wrap=True, width=width, justify="right" if right else "left")
    for operation, cells in rows:
        table.add_row(operation, *cells)
    # What is still too wide the terminal itself wraps: rich would leave columns out.
    lines = console.render_lines(table, console.options.update(width=room + taken), new_lines=True)
    console.print(Segments([part for line in lines for part in line]), end="", soft_wrap=True)


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
    rows = [(operation, [Text(str(count) if count else "") for count in counts]) for operation, counts in parity.table]
    if rows:
        _by_operation(KINDS, rows, console, right=True)
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
