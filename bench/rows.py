"""The rows: what is measured, against what, and its floor."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from apex_mock.fixtures import load_corpus
from bench import sharing, timing
from bench.driving import driving
from bench.figures import Figure, ratio_of
from bench.loads import BUSY, CONNECTIONS, Load, h2load, wrk, wrk_script, wrk_script_of_many
from bench.prompts import distinct
from bench.servers import FAKE, Server, baseline, fake, free_port, run_on_load_core
from bench.work import CHAT, Work, capture, chat_body, post, save

Measure = Callable[[], Load]
STARTS = 7
STORM_CALLS, STORM_AT_ONCE = 20_000, 1_000
PROMPTS = 30_000
QUERIES = 300


class Stage:
    """The fake and its baselines, all running; only the one that is asked has work."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder, self.rounds = folder, rounds
        self._stack = ExitStack()
        self._baselines: dict[str, Server] = {}
        self.fake: Server
        self.works: dict[str, Work]

    def __enter__(self) -> "Stage":
        self.fake = self._stack.enter_context(fake())
        self.works = capture(*self.fake.ports)
        save(self.works, self.folder)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def baseline(self, kind: str) -> Server:
        if kind not in self._baselines:
            self._baselines[kind] = self._stack.enter_context(baseline(kind, self.folder))
        return self._baselines[kind]

    def compare(self, ours: Measure, theirs: Measure) -> list[tuple[Load, Load]]:
        """Turn by turn, the order turned round each time, after a run of each that does not count.

        A pair says nothing when other work took a core: a server that its load does not keep busy is not measured.
        Such pairs are tried again, up to three times as many; if that does not help, the busiest stand.
        """
        ours(), theirs()
        pairs: list[tuple[Load, Load]] = []
        while sum(min(a.busy, b.busy) >= BUSY for a, b in pairs) < self.rounds and len(pairs) < 3 * self.rounds:
            if len(pairs) % 2:
                b, a = theirs(), ours()
            else:
                a, b = ours(), theirs()
            pairs.append((a, b))
        pairs.sort(key=lambda pair: -min(pair[0].busy, pair[1].busy))
        return pairs[: self.rounds]


def costed(server: Server, run: Measure) -> Measure:
    """With the server's processor time for one answer."""

    def measure() -> Load:
        before = server.cpu()
        load = run()
        return replace(load, cpu=(server.cpu() - before) / max(1, load.answers))

    return measure


@dataclass(frozen=True, slots=True)
class Row:
    """`load` is what the profiler drives the row's server with; None where there is nothing to profile."""

    run: Callable[[Stage], list[Figure]]
    tool: str = ""
    load: Callable[[Server, dict[str, Work], Path], Load] | None = None


# --- Ratios -----------------------------------------------------------------------------------------------------------


def _wrk(server: Server, work: Work, folder: Path) -> Load:
    return wrk(server.port, work.path, wrk_script(work, folder))


def _against(kind: str, work_name: str, floor: float) -> Callable[[Stage], list[Figure]]:
    """REST and Connect rows: wrk on the fake, wrk on a baseline."""

    def run(stage: Stage) -> list[Figure]:
        work, other = stage.works[work_name], stage.baseline(kind)
        pairs = stage.compare(
            costed(stage.fake, lambda: _wrk(stage.fake, work, stage.folder)),
            costed(other, lambda: _wrk(other, work, stage.folder)),
        )
        name = {"asgi": "bare ASGI on uvicorn", "starlette": "Starlette, chunk by chunk"}[kind]
        return [ratio_of(f"{NAMES[work_name]} vs {name}", floor, pairs)]

    return run


def _grpc(work_name: str, floor: float) -> Callable[[Stage], list[Figure]]:
    def run(stage: Stage) -> list[Figure]:
        work, other = stage.works[work_name], stage.baseline("grpc")
        pairs = stage.compare(
            costed(stage.fake, lambda: h2load(stage.fake.ports[1], work, stage.folder)),
            costed(other, lambda: h2load(other.port, work, stage.folder)),
        )
        return [ratio_of(f"{NAMES[work_name]}, own port vs bare grpc.aio", floor, pairs)]

    return run


def _one_port(work_name: str, floor: float) -> Callable[[Stage], list[Figure]]:
    def run(stage: Stage) -> list[Figure]:
        work, (shared, own) = stage.works[work_name], stage.fake.ports
        pairs = stage.compare(
            costed(stage.fake, lambda: h2load(shared, work, stage.folder)),
            costed(stage.fake, lambda: h2load(own, work, stage.folder)),
        )
        return [ratio_of(f"{NAMES[work_name]}, the one port vs own port", floor, pairs)]

    return run


NAMES = {
    "rest": "REST unary",
    "connect": "Connect JSON unary",
    "rest-stream": "REST stream of 20 chunks",
    "grpc": "gRPC unary",
    "grpc-stream": "gRPC stream of 20",
}


# --- Absolute figures -------------------------------------------------------------------------------------------------


def _start(stage: Stage) -> list[Figure]:
    """From exec to the whole of a first chat answer, and the memory resident a little later."""
    body = stage.works["rest"].body
    times, spent, resident = [], [], []
    for _ in range(STARTS):
        port = free_port()
        begun = time.perf_counter()
        with Server([*FAKE, "serve", "--port", str(port)], port) as server:
            post(port, CHAT, body)
            times.append(time.perf_counter() - begun)
            spent.append(server.cpu())
            time.sleep(0.3)
            resident.append(server.resident())
    took, memory = statistics.median(times), statistics.median(resident)
    note = f"median of {STARTS}, {min(times):.2f} to {max(times):.2f} s; CPU {statistics.median(spent):.2f} s"
    common = {"unit": " s", "at_least": False, "rounds": tuple(round(t, 3) for t in times)}
    return [
        Figure("from exec to the first answer", f"{took:.2f} s", took, 0.5, note=note, **common),
        Figure("  the same, allowed with the rich corpus", f"{took:.2f} s", took, 0.7, **common),
        Figure(
            "resident memory after the first answer",
            f"{memory:.1f} MB",
            memory,
            90,
            unit=" MB",
            at_least=False,
            note="VmRSS in millions of bytes",
        ),
    ]


def _storm(stage: Stage) -> list[Figure]:
    body = stage.folder / "grpc.body"
    arguments = map(str, (stage.fake.port, STORM_CALLS, STORM_AT_ONCE, body))
    said = json.loads(run_on_load_core([sys.executable, "-m", "bench.storm", *arguments], 180))
    errors = sum(said["errors"].values())
    note = f"{STORM_CALLS / said['seconds']:,.0f} calls/s"
    if errors:
        note += "; " + "; ".join(f"{count} x {what}" for what, count in said["errors"].items())
    name = f"{STORM_CALLS:,} gRPC calls, {STORM_AT_ONCE:,} at once, the one port"
    return [Figure(name, f"{errors} errors", errors, 1, unit=" error", at_least=False, note=note)]


def _write_prompts(folder: Path) -> Path:
    path = folder / "prompts.jsonl"
    if not path.exists():
        bodies = (chat_body(1024, prompt=prompt) for prompt in distinct(load_corpus(), PROMPTS))
        path.write_bytes(b"\n".join(bodies))
    return path


def _distinct_load(server: Server, folder: Path, first: int = 0, seconds: int = 1) -> Load:
    script = wrk_script_of_many(_write_prompts(folder), first, folder)
    return wrk(server.port, CHAT, script, seconds)


def _distinct(stage: Stage) -> list[Figure]:
    """No prompt twice: every round begins where the one before ended."""
    first, loads = 0, []
    with fake(own_grpc_port=False) as server:
        post(server.port, CHAT, stage.works["rest"].body)  # the index is built once, for this first answer
        for _ in range(stage.rounds):
            load = costed(server, lambda at=first: _distinct_load(server, stage.folder, at))()
            loads.append(load)
            first += load.answers + CONNECTIONS
    rate, errors = statistics.median(load.rate for load in loads), sum(load.errors for load in loads)
    cost = statistics.median(load.cpu for load in loads) * 1e6
    note = f"CPU {cost:,.0f} µs a call; answers of natural length"
    if (least := min(load.busy for load in loads)) < BUSY:
        note += f"; from the CPU: the server had {least:.0%} of its core (by rate {rate:,.0f}/s)"
        rate = 1e6 / cost
    rounds = tuple(round(load.rate) for load in loads)
    return [
        Figure("different prompts a second, REST", f"{rate:,.0f}/s", rate, 1000, "", "/s", True, errors, note, rounds)
    ]


def _search(stage: Stage) -> list[Figure]:
    said = json.loads(run_on_load_core([sys.executable, "-m", "bench.searching", str(QUERIES)], 120))
    note = f"mean of {QUERIES} different queries; median {said['median']:.2f}, p99 {said['p99']:.2f} ms"
    name = "a search by five miners, CPU"
    return [Figure(name, f"{said['mean']:.2f} ms", said["mean"], 3, unit=" ms", at_least=False, note=note)]


def _workers(stage: Stage) -> list[Figure]:
    """Each round begins where the one before ended, on each server."""
    begins: dict[int, int] = {}

    def drive(server: Server) -> Load:
        # Longer than the others: two servers wait while wrk reads its prompts, which one makes up for.
        load = _distinct_load(server, stage.folder, begins.get(server.port, 0), seconds=4)
        begins[server.port] = begins.get(server.port, 0) + load.answers + CONNECTIONS
        return load

    return sharing.measure(stage.compare, costed, drive, stage.works["rest"], stage.folder)


ROWS: dict[str, Row] = {
    "rest": Row(_against("asgi", "rest", 0.45), "wrk", lambda s, w, f: _wrk(s, w["rest"], f)),
    "connect": Row(_against("asgi", "connect", 0.25), "wrk", lambda s, w, f: _wrk(s, w["connect"], f)),
    "rest-stream": Row(_against("starlette", "rest-stream", 3.0), "wrk", lambda s, w, f: _wrk(s, w["rest-stream"], f)),
    "grpc": Row(_grpc("grpc", 0.8), "h2load", lambda s, w, f: h2load(s.ports[1], w["grpc"], f)),
    "grpc-stream": Row(_grpc("grpc-stream", 0.8), "h2load", lambda s, w, f: h2load(s.ports[1], w["grpc-stream"], f)),
    "one-port": Row(_one_port("grpc", 0.85), "h2load", lambda s, w, f: h2load(s.port, w["grpc"], f)),
    "one-port-stream": Row(
        _one_port("grpc-stream", 0.85), "h2load", lambda s, w, f: h2load(s.port, w["grpc-stream"], f)
    ),
    "start": Row(_start),
    "storm": Row(_storm),
    "distinct": Row(_distinct, "wrk", lambda s, w, f: _distinct_load(s, f)),
    "search": Row(_search),
    "load": Row(lambda stage: driving(stage.fake.port, stage.folder)),
    "workers": Row(_workers, "wrk"),
    "timing-sse": Row(lambda s: timing.rows("sse", 5, s.fake.port, s.baseline("paced").port, s.rounds)),
    "timing-grpc": Row(lambda s: timing.rows("grpc", 8, s.fake.port, s.baseline("grpc-paced").port, s.rounds)),
}
