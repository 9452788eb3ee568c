"""A comparison as people read it on a terminal: a table, where the chunks came in, and a verdict."""

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from apex_mock.fidelity.compare import Compared, Quantiles, Target

NOTABLE = 0.002  # seconds: a client that was later than this at p99 tells more of itself than of the server
WIDTH = 40
_BARS = " ▏▎▍▌▋▊▉█"
_BOUNDS = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1)
_NAMES = {"late": "a chunk late", "excess": "a stream longer"}


def shown(title: str, found: Compared, targets: Sequence[Target]) -> RenderableType:
    parts: list[RenderableType] = [Text(title, style="bold"), _table(found), _plot(found.lates)]
    for target in targets:
        kept = found.keeps(target)
        verdict = f"{_NAMES[target.measure]}, {target.quantile}: {_measured(found.value(target), target)}"
        limit = f", wanted {_measured(target.limit, target)} at most: "
        parts.append(Text.assemble("  ", verdict, limit, ("kept", "green") if kept else ("MISSED", "bold red")))
    if found.own.p99 > NOTABLE:
        said = f"  the client's own timer was {_ms(found.own.p99)} late at p99: something else had its core"
        parts.append(Text(said, style="yellow"))
    return Group(*parts, Text(""))


def _table(found: Compared) -> Table:
    plan = found.plan
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("", no_wrap=True)
    for name in ("planned", "median", "p99", "worst"):
        made.add_column(name, justify="right")
    length = Quantiles(*(plan.length * (1 + share) for share in _three(found.excess)))
    rows = (
        ("TTFT", _ms(plan.first), found.ttft),
        ("ITL", _ms(plan.next), found.itl),
        ("whole stream", _ms(plan.length), length),
        ("a chunk late", "", found.late),
        ("own timer late", "", found.own),
    )
    for name, planned, achieved in rows:
        made.add_row(name, planned, *map(_ms, _three(achieved)))
    return made


def _three(found: Quantiles) -> tuple[float, float, float]:
    return found.median, found.p99, found.worst


def _plot(lates: Sequence[float]) -> RenderableType:
    """How many chunks came in how late, as bars of the same scale."""
    bounds = (*_BOUNDS, float("inf"))
    counts = [sum(low < late <= high for late in lates) for low, high in zip((-1.0, *_BOUNDS), bounds, strict=True)]
    while len(counts) > 1 and not counts[-1]:
        counts.pop()
    lines = []
    for count, high in zip(counts, bounds, strict=False):
        label = f"up to {high * 1000:g} ms" if high != float("inf") else "later"
        lines.append(f"  {label:>14}  {_bar(count / max(counts))} {count / len(lates):6.1%}")
    return Text("\n".join(["  chunks by how late they came in", *lines, ""]))


def _bar(share: float) -> str:
    whole, rest = divmod(round(share * WIDTH * 8), 8)
    return ("█" * whole + (_BARS[rest] if rest else "")).ljust(WIDTH)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _measured(value: float, target: Target) -> str:
    return f"{value:+.1%}" if target.share else _ms(value)


def print_shown(parts: Sequence[RenderableType]) -> None:
    console = Console()
    for part in parts:
        console.print(part)
