#!/usr/bin/env python
"""Writes docs/reliability.md from the figures of the failure suite's last run: python scripts/reliability.py"""

import json
import sys
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent.parent
FIGURES = HOME / ".cache" / "failures"
PAGE = HOME / "docs" / "reliability.md"
HEAD = """# What was thrown at it

Real processes, real signals, a real redis-server and nginx, real limits on files. This page is made by
`scripts/reliability.py` from the figures of the last run of the failure suite, `tests/failures/`. Under `make test` a
server is killed a few times; the longer mode kills as often as the variable `FAILURES` says:

```console
$ FAILURES=100 make failures
```

An answer is *wrong* when something acknowledged is missing or changed, when something is half there, when the `seq_id`s
have a gap or a job goes back, or when an error is not the wire's own `unavailable`. A call *without an answer* may have
been done or not; it must not be half done.

"""


def main() -> int:
    told = [json.loads(path.read_text("utf-8")) for path in sorted(FIGURES.glob("*.json"))]
    if not told:
        print(f"there are no figures in {FIGURES}: run `FAILURES=100 make failures` first", file=sys.stderr)
        return 1
    PAGE.write_text(HEAD + table(sorted(told, key=lambda one: one["thrown"])), "utf-8")
    print(f"{PAGE.relative_to(HOME)}: {len(told)} rows")
    return 0


def table(told: list[dict[str, Any]]) -> str:
    """A row for each test, then when and where they ran."""
    lines = [
        "| thrown at it | how often | acknowledged | without an answer | wrong |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in told:
        counts = one["counts"]
        cells = [
            one["thrown"],
            often(counts),
            *(number(counts.get(name)) for name in ("acknowledged", "unanswered", "wrong")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    runs = sorted({(one["at"][:10], one["on"]) for one in told})
    ran = "; ".join(f"{on}, on {day}" for day, on in runs)
    return "\n".join([*lines, "", f"Ran on {ran}."]) + "\n"


def often(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number(times)}" for name, times in counts.get("times", {}).items())


def number(count: Any) -> str:
    """Calls by kind as their sum, with the kinds."""
    if isinstance(count, dict):
        kinds = ", ".join(f"{name} {times:,}" for name, times in sorted(count.items(), key=lambda kind: -kind[1]))
        return f"{sum(count.values()):,} ({kinds})"
    return "" if count is None else f"{count:,}"


if __name__ == "__main__":
    sys.exit(main())
