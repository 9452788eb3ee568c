"""How much one process of `apex-mock load` drives, on the load's core: the load tool is measured here, not the fake.

The chat is the same each time, which the fake answers from what it has kept: else its own work would be the limit.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.servers import FAKE, run_on_load_core

SECONDS, USERS = 4, 16
RUNS = (
    ("chat", "chat", "REST chats a second, one process of apex-mock load", 1500, ()),
    ("sdk", "sdk.chat", "gRPC chats a second, one process of apex-mock load", 300, ("--", "--tags", "chat")),
)


def driving(port: int, folder: Path) -> list[Figure]:
    return [_drive(port, folder, *run) for run in RUNS]


def _drive(port: int, folder: Path, name: str, operation: str, row: str, floor: int, more: Sequence[str]) -> Figure:
    report = folder / f"load-{name}"
    target = ("--host", f"http://127.0.0.1:{port}", "--api-key", "load-key", "--gates", "none", "--report", str(report))
    size = ("--users", str(USERS), "--duration", f"{SECONDS}s", "--variety", "1")
    run_on_load_core([*FAKE, "load", name, *target, *size, *more], SECONDS + 40)
    result = json.loads((report / "result.json").read_text("utf-8"))
    found = result["operations"][operation]
    rate = found["in_time"] / result["seconds"]
    cost, busy = result["cpu"] / found["requests"] * 1e6, result["cpu"] / result["wall"]
    note = f"{cost:,.0f} µs of CPU a request, {busy:.0%} of a core"
    return Figure(row, f"{rate:,.0f}/s", rate, floor, unit="/s", errors=found["failures"], note=note)
