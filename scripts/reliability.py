#!/usr/bin/env python
"""Writes docs/reliability.md from the figures of the failure suite's last run: python scripts/reliability.py"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent.parent
FIGURES = HOME / ".cache" / "failures"
PAGE = HOME / "docs" / "reliability.md"
KINDS = {
    "create": "chats made",
    "add": "rows added",
    "write": "texts written",
    "delete": "chats deleted",
    "submit": "jobs taken on",
    "poll": "polls",
    "issue_key": "keys issued",
    "chat": "answers",
    "stream": "streams",
}
HEAD = """# What was thrown at it

Real processes, real signals, a real redis-server and nginx, real limits on files. This page is made by
`scripts/reliability.py` from the figures of the last run of the failure suite, `tests/failures/`. Under `make test` a
server is killed a few times and crowds are small; the longer mode kills as often as the variable `FAILURES` says:

```console
$ FAILURES=100 make failures
```

An answer is *wrong* when something acknowledged is missing or changed, when something is half there, when the `seq_id`s
have a gap or a job goes back, or when an error is not the wire's own `unavailable`. A call *without an answer* may have
been done or not; it must not be half done.

"""


def main() -> int:
    told = [json.loads(path.read_text("utf-8")) for path in sorted(FIGURES.glob("test_*.json"))]
    if not told:
        print(f"there are no figures in {FIGURES}: run `FAILURES=100 make failures` first", file=sys.stderr)
        return 1
    told.sort(key=lambda one: one["thrown"])
    crowds = [one for one in told if "memory" in one["counts"]]
    parts = [HEAD, calls([one for one in told if one not in crowds]), crowd(crowds) if crowds else "", ran(told)]
    PAGE.write_text("".join(parts), "utf-8")
    print(f"{PAGE.relative_to(HOME)}: {len(told)} rows")
    return 0


def calls(told: list[dict[str, Any]]) -> str:
    """A row for each test under load, and what was acknowledged by kind."""
    rows = [
        (
            one["thrown"],
            ", ".join(f"{what}: {times:,}" for what, times in one["counts"]["times"].items()),
            *(f"{count:,}" for count in (total(one), one["counts"]["unanswered"], one["counts"]["wrong"])),
        )
        for one in told
    ]
    kinds = [(one["thrown"], *(f"{one['counts']['acknowledged'].get(kind, 0):,}" for kind in KINDS)) for one in told]
    return "\n".join(
        [
            *lines(("thrown at it", "how often", "calls acknowledged", "without an answer", "wrong"), rows),
            "What was acknowledged, by kind:",
            "",
            *lines(("", *KINDS.values()), kinds),
            "",
        ]
    )


def crowd(told: list[dict[str, Any]]) -> str:
    """A row for each crowd: how many, and what they took."""
    memory = [name for one in told[:1] for name in one["counts"]["memory"]]
    rows = [
        (
            one["thrown"],
            *(f"{one['counts'][what]:,}" for what in ("idle", "streams")),
            *(f"{one['counts']['memory'][name] / 1e6:.0f} MB" for name in memory),
        )
        for one in told
    ]
    head = ("thrown at it", "idle connections", "slow streams", *(f"memory {name}" for name in memory))
    text = "One process under very many at once, each stream on a connection of its own:"
    return "\n".join([text, "", *lines(head, rows), ""])


def ran(told: list[dict[str, Any]]) -> str:
    """When and where."""
    runs = sorted({(one["at"][:10], one["on"]) for one in told})
    return f"Ran on {'; '.join(f'{on}, on {day}' for day, on in runs)}.\n"


def total(one: dict[str, Any]) -> int:
    return sum(one["counts"]["acknowledged"].values())


def lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [*(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)), ""]


if __name__ == "__main__":
    sys.exit(main())
