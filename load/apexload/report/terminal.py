"""The verdict as tables on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from apexload.baseline import BETTER, UNKNOWN, WORSE, Compared
from apexload.figures import shown
from apexload.gates import Judged
from apexload.measures import KINDS
from apexload.report.verdict import Verdict
from apexload.result import Result

_STYLES = {WORSE: "bold red", BETTER: "green", UNKNOWN: "yellow"}


def tell(verdict: Verdict, console: Console) -> None:
    """Measures, then what was judged, then the verdict, which is what one looks for."""
    console.print(_measures(verdict.result))
    kinds = sorted(verdict.result.measures.total().kinds.items(), key=lambda item: -item[1])
    for kind, count in kinds[:5]:
        console.print(Text(f"  {count} x {kind}", style="red"))
    console.print(f"\nGenerator: {verdict.generator}", soft_wrap=True)
    for note in verdict.result.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    for warning in verdict.warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"), soft_wrap=True)
    if verdict.judged:
        console.print()
        console.print(_gates(verdict.judged))
    if verdict.compared:
        console.print()
        console.print(_compared(verdict.compared))
    console.print()
    console.print(Text(verdict.headline, style="bold green" if verdict.passed else "bold red"))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    return table


def _measures(result: Result) -> Table:
    table = _table("operation", "requests", "/s", "failed", "measure", "p50", "p95", "p99", "max")
    for name, operation in sorted(result.measures.operations.items()):
        first = [name, f"{operation.requests:,}", shown(result.throughput(operation.in_time), ""), ""]
        first[3] = f"{operation.failures:,}"
        for measure in sorted(operation.values, key=list(KINDS).index):
            histogram, unit = operation.values[measure], KINDS[measure].unit
            figures = [shown(histogram.percentile(p), unit) for p in (50, 95, 99)]
            table.add_row(*first, measure, *figures, shown(histogram.greatest, unit))
            first = [""] * 4
        if first[0]:
            table.add_row(*first)
    return table


def _gates(judged: list[Judged]) -> Table:
    table = _table("gate", "limit", "measured", "margin", "")
    for one in judged:
        margin = "" if one.margin is None else f"{one.margin * 100:+.0f} %"
        verdict = Text("ok", style="green") if one.passed else Text("FAILED", style="bold red")
        limit = f"{'≥' if one.gate.at_least else '≤'} {shown(one.gate.limit, one.gate.unit)}"
        table.add_row(one.gate.name, limit, shown(one.measured, one.gate.unit), margin, verdict)
        if one.why:
            table.add_row(Text(f"  {one.why}", style="dim"))
    return table


def _compared(compared: list[Compared]) -> Table:
    table = _table("against the baseline", "before", "now", "change", "99 % interval", "")
    for one in compared:
        table.add_row(
            one.name,
            shown(one.old, one.unit),
            shown(one.new, one.unit),
            one.changed,
            one.interval,
            Text(one.verdict, style=_STYLES.get(one.verdict, "dim")),
        )
    return table
