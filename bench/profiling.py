"""Where the time goes: a row's server under cProfile while the row's own load runs.

python -m bench.profiling FILE serve ... is the fake's command line; from SIGUSR1 on it is profiled, to be left in FILE.
"""

import cProfile
import pstats
import signal
import sys
import tempfile
from pathlib import Path

from bench.loads import missing
from bench.rows import ROWS
from bench.servers import fake
from bench.work import capture, save

TOP = 25


def profile(name: str) -> None:
    """Prints the functions that cost most, by their own time and with what they call."""
    row = ROWS[name]
    if row.load is None:
        raise SystemExit(f"bench: the row {name} has no load to profile under")
    if row.tool in missing():
        raise SystemExit(f"bench: {missing()[row.tool]}")
    with tempfile.TemporaryDirectory(prefix="apex-bench-") as place:
        folder = Path(place)
        kept = folder / "profile"
        with fake(launcher=(sys.executable, "-m", "bench.profiling", str(kept))) as server:
            works = capture(*server.ports)
            save(works, folder)
            row.load(server, works, folder)
            server.process.send_signal(signal.SIGUSR1)
            load = row.load(server, works, folder)
        print(
            f"{name}: {load.answers:,} answers under cProfile, which makes each call dearer; compare shares, not times"
        )
        stats = pstats.Stats(str(kept)).strip_dirs()
        stats.sort_stats("tottime").print_stats(TOP)
        stats.sort_stats("cumulative").print_stats(TOP)


def main() -> None:
    kept = sys.argv.pop(1)
    from apex_mock.cli import app

    profiler = cProfile.Profile()
    # Not from the start: imports and the first answer would hide what a call costs.
    signal.signal(signal.SIGUSR1, lambda number, at: profiler.enable())
    try:
        app()
    finally:
        profiler.disable()
        profiler.dump_stats(kept)


if __name__ == "__main__":
    main()
