"""Two workers against one, on the same kind of store and on every core there is.

The load generator needs a core too, so the work is one that costs the servers far more than it: a different prompt each
time, some hundred times as dear as its request. What a worker costs beside the others (locks, above all) shows in the
processor time for one answer, so that is told as well, for this work and for the cheapest call there is.
"""

import statistics
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.figures import Figure
from bench.loads import BUSY, Load, wrk, wrk_script
from bench.servers import FAKE, Server, free_port
from bench.work import CHAT, Work

FLOOR = 1.6
_ALL_CORES = sorted(psutil.Process().cpu_affinity())
Drive = Callable[[Server], Load]


class Many(Server):
    """Free to use every core; its workers' processor time counts."""

    def __init__(self, *arguments: str) -> None:
        port = free_port()
        super().__init__([*FAKE, "serve", "--port", str(port), *arguments], port, cores=_ALL_CORES)

    def cpu(self) -> float:
        """Seconds of processor time of the process and of those that it has started and that still run."""
        process = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        return sum(time.user + time.system for time in times)


def measure(
    compare: Callable[[Callable[[], Load], Callable[[], Load]], list[tuple[Load, Load]]],
    costed: Callable[[Server, Callable[[], Load]], Callable[[], Load]],
    distinct: Drive,
    cheapest: Work,
    folder: Path,
) -> list[Figure]:
    script = wrk_script(cheapest, folder)

    def cheap(server: Server) -> Load:
        return wrk(server.port, CHAT, script)

    found = []
    with (
        Many("--store", f"sqlite:{folder / 'one.db'}") as one,
        Many("--store", f"sqlite:{folder / 'two.db'}", "--workers", "2") as two,
        Many() as memory,
    ):
        for what, drive, floor in (("different prompts", distinct, FLOOR), ("the cheapest call", cheap, 0.0)):
            pairs = compare(costed(two, lambda drive=drive: drive(two)), costed(one, lambda drive=drive: drive(one)))
            alone = costed(memory, lambda drive=drive: drive(memory))
            alone()
            found.append(_figure(what, floor, pairs, alone()))
    return found


def _figure(what: str, floor: float, pairs: list[tuple[Load, Load]], memory: Load) -> Figure:
    """By rate where both servers could have what cores they can use; else by processor time: twice one's over two's."""
    by_rate = statistics.median(two.rate / one.rate for two, one in pairs)
    by_cpu = statistics.median(2 * one.cpu / two.cpu for two, one in pairs)
    two, one = (statistics.median(pair[i].cpu for pair in pairs) * 1e6 for i in (0, 1))
    had = min(min(two.busy / 2, one.busy) for two, one in pairs)
    note = f"CPU {two:,.0f} vs {one:,.0f} µs a call (2 cores for one: {by_cpu:.2f})"
    if had < BUSY:
        note += f"; ratio by CPU: the servers had {had:.0%} of their cores (by rate {by_rate:.2f})"
    note += f"; one on memory {memory.rate:,.0f}/s, {memory.cpu * 1e6:,.0f} µs"
    return Figure(
        f"two workers vs one, SQLite, {what}",
        f"{statistics.median(two.rate for two, _ in pairs):,.0f}/s",
        by_rate if had >= BUSY else by_cpu,
        floor,
        baseline=f"{statistics.median(one.rate for _, one in pairs):,.0f}/s",
        errors=sum(two.errors + one.errors for two, one in pairs) + memory.errors,
        note=note,
        rounds=tuple(round(two.rate / one.rate, 3) for two, one in pairs),
    )
