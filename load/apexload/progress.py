"""The run as it goes, on the terminal: time, users, rate, failures, the figures that matter.

Drawn by the parent, so that drawing costs the generator nothing but a small file now and then.
"""

import json
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from apexload.figures import shown
from apexload.measures import KINDS

if TYPE_CHECKING:
    from apexload.launch import Asked

LINE_EVERY = 10.0  # seconds, where the output is no terminal
RATE_OVER = 3.0
SHOWN = ("ttft", "itl", "job_time", "response", "latency")


class Progress:
    """A live table on a terminal; a line now and then in a log."""

    def __init__(self, console: Console, asked: "Asked", live: Path) -> None:
        self._console, self._asked, self._file = console, asked, live
        self._state: dict[str, Any] = {}
        self._history: list[tuple[float, int]] = []
        self._next_line = LINE_EVERY
        self._begun = monotonic()
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.__enter__()
        else:
            load = f"{self._asked.rate} arrivals, " if self._asked.rate else ""
            self._console.print(
                f"{self._asked.scenario} against {self._asked.host}: {load}{self._asked.users} users,"
                f" {self._asked.shape}, {self._asked.duration:g} s",
                soft_wrap=True,
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.__exit__(None, None, None)

    def update(self) -> None:
        with suppress(OSError):  # nothing has been written yet
            self._state = json.loads(self._file.read_text("utf-8"))
        done = sum(found["requests"] for found in self._state.get("operations", {}).values())
        seconds = self._state.get("seconds", 0.0)
        if not self._history or self._history[-1][0] != seconds:
            self._history.append((seconds, done))
        self._history = [point for point in self._history if point[0] >= seconds - RATE_OVER]
        if self._live:
            self._live.update(self.table())
        elif seconds >= self._next_line:
            self._next_line += LINE_EVERY
            self._console.print(self._line(), soft_wrap=True)

    @property
    def rate(self) -> float:
        """Requests a second, of late."""
        (t0, n0), (t1, n1) = self._history[0], self._history[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0

    def _line(self) -> str:
        state = self._state
        failed = sum(found["failures"] for found in state["operations"].values())
        return f"{state['seconds']:5.0f} s  {state['users']} users  {self.rate:,.0f}/s  {failed} failed"

    def table(self) -> Group:
        state, asked = self._state, self._asked
        if not state:
            return Group(Text(f"{asked.scenario}: starting ({monotonic() - self._begun:.0f} s)"))
        head = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=asked.duration, completed=min(state["seconds"], asked.duration), width=30)
        ending = "letting what is under way finish" if state["draining"] else f"of {asked.duration:g} s"
        head.add_row(
            Text(asked.scenario, style="bold"),
            bar,
            f"{state['seconds']:.0f} s {ending}",
            f"{state['users']} users",
            f"{self.rate:,.0f} requests/s",
        )
        body = Table(box=None, pad_edge=False, header_style="dim")
        for title, justify in (("operation", "left"), ("requests", "right"), ("failed", "right")):
            body.add_column(title, justify=justify)  # type: ignore[arg-type]  # the two words rich wants
        measures = [m for m in SHOWN if any(f"{m} p50" in found for found in state["operations"].values())]
        for measure in measures:
            body.add_column(f"{measure} p50 / p95", justify="right")
        for name, found in state["operations"].items():
            failed = Text(str(found["failures"]), style="red" if found["failures"] else "")
            body.add_row(name, f"{found['requests']:,}", failed, *[_pair(found, measure) for measure in measures])
        failures = [Text(f"  {count} x {kind}", style="red") for kind, count in state["failures"].items()]
        return Group(head, body, *failures)


def _pair(found: dict[str, Any], measure: str) -> str:
    if f"{measure} p50" not in found:
        return ""
    unit = KINDS[measure].unit
    return f"{shown(found[f'{measure} p50'], unit)} / {shown(found[f'{measure} p95'], unit)}"
