"""python -m bench [--quick] [--only NAME] [--json FILE] [--profile ROW]"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from bench.figures import MISSED, Figure, show
from bench.loads import missing
from bench.profiling import profile
from bench.rows import ROWS, Stage
from bench.servers import LOAD_CORE, SERVER_CORE


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="The fake's speed, as ratios within one run.")
    parser.add_argument("--quick", action="store_true", help="3 rounds instead of 7")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="NAME", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--profile", choices=ROWS, metavar="ROW", help="where the time of a row's server goes")
    asked = parser.parse_args()
    if asked.profile:
        profile(asked.profile)
        return 0
    if SERVER_CORE == LOAD_CORE:
        print("bench: only one core may be used: server and load share it, so the figures mean little")
    absent = missing()
    for line in absent.values():
        print(f"bench: {line}")
    names = [name for name in asked.only or ROWS if ROWS[name].tool not in absent]
    figures = measure(names, rounds=3 if asked.quick else 7)
    show(figures)
    if asked.json:
        found = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
        asked.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 1 if any(figure.verdict == MISSED for figure in figures) else 0


def measure(names: list[str], rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="apex-bench-") as folder, Stage(Path(folder), rounds) as stage:
        length = len(json.loads(stage.works["rest"].answer)["choices"][0]["message"]["content"])
        print(
            f"The work: an answer of {length} characters, 32 connections, auth and journal on; server on core"
            f" {SERVER_CORE}, load on core {LOAD_CORE}; medians of {rounds} rounds,"
            f" load average {os.getloadavg()[0]:.1f}"
        )
        for name in names:
            print(f"  {time.monotonic() - begun:4.0f} s  {name}", file=sys.stderr, flush=True)
            try:
                figures += ROWS[name].run(stage)
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                # One row that cannot be measured must not take the others' figures with it.
                figures.append(Figure(name, "failed", 0.0, 0.0, errors=1, note=str(error).splitlines()[-1]))
    return figures


if __name__ == "__main__":
    sys.exit(main())
