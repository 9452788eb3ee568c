#!/usr/bin/env python3
"""Draws docs/soak.svg from the last soak: SOAK=3600 pytest tests/failures/test_crowd.py, then python scripts/soak.py"""

import json
import sys
from pathlib import Path

import pygal
from pygal.style import CleanStyle

HOME = Path(__file__).parent.parent
FIGURES = HOME / ".cache" / "failures" / "soak.json"


def main() -> int:
    if not FIGURES.exists():
        print(f"soak: {FIGURES} is not there; run pytest tests/failures/test_crowd.py first", file=sys.stderr)
        return 1
    told = json.loads(FIGURES.read_text("utf-8"))
    chart = pygal.XY(
        title=f"{told['calls']:,} calls in {told['seconds']:,.0f} s",
        x_title="seconds",
        y_title="resident MB, open files",
        dots_size=2,
        style=CleanStyle,
        truncate_legend=-1,
        js=(),  # nothing from the network
        width=900,
        height=420,
        range=(0, 1.2 * max(max(memory, files) for _, memory, files in told["samples"])),
    )
    chart.add("resident memory, MB", [(at, memory) for at, memory, _ in told["samples"]])
    chart.add("open files", [(at, files) for at, _, files in told["samples"]])
    (HOME / "docs" / "soak.svg").write_text(chart.render(is_unicode=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
