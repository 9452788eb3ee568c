"""`apex-mock fidelity`: how near a fake keeps to its own timetable."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from apex_mock.fidelity.streams import Load

PROFILE = "steady"
SPREAD = 1.0  # seconds over which the starts are spread


def fidelity(
    url: Annotated[
        str | None, typer.Argument(help="A running fake, http://HOST:PORT. Without it one is started.")
    ] = None,
    streams: Annotated[int, typer.Option(help="How many streams are under way together.")] = 500,
    chunks: Annotated[int, typer.Option(help="How many chunks each of them has.")] = 20,
    wire: Annotated[str, typer.Option(help="sse, grpc, or both.")] = "both",
    api_key: Annotated[str, typer.Option(help="The key to call it with.")] = "test-key",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there too.", metavar="FILE")
    ] = None,
) -> None:
    """Measure how near a fake keeps to its timetable: planned against achieved TTFT and ITL, seen from a client.

    Streams of the profile `steady`, a chunk every 50 ms, are started over a second and then all at once. Ends with 0
    when the targets are kept, with 1 when one is missed.
    """
    from apex_mock.fidelity.streams import Failed

    if wire not in ("sse", "grpc", "both"):
        _fail(f"--wire: there is no {wire!r}; there are sse, grpc, both")
    if streams < 1 or chunks < 2:
        _fail("--streams must be at least 1, --chunks at least 2")
    if json_file is not None and not json_file.parent.is_dir():
        _fail(f"--json: there is no folder {json_file.parent}")
    wires = ["sse", "grpc"] if wire == "both" else [wire]
    try:
        with _fake(url) as (host, port):
            found = _measure(wires, host, port, api_key, streams, chunks)
    except Failed as error:
        _fail(str(error))
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    raise SystemExit(0 if all(row["kept"] for row in found) else 1)


def _measure(wires: Sequence[str], host: str, port: int, key: str, streams: int, chunks: int) -> list[dict[str, Any]]:
    import gc

    import uvloop

    from apex_mock.fidelity.compare import SPREAD as SPREAD_TARGETS
    from apex_mock.fidelity.compare import TOGETHER, Compared, Timetable
    from apex_mock.fidelity.rpc import over_grpc
    from apex_mock.fidelity.shown import print_shown, shown
    from apex_mock.fidelity.sse import over_sse
    from apex_mock.fidelity.streams import Load
    from apex_mock.fixtures import PROFILES, load_profiles

    profile = load_profiles(PROFILES)[PROFILE]
    plan = Timetable(profile.first_token.median, profile.next_token.median, chunks)
    drive = {"sse": over_sse, "grpc": over_grpc}
    found = []
    gc.disable()  # the client is to be no later than it must
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for wire in wires:
            load = Load(host=host, port=port, key=key, profile=PROFILE, streams=streams, chunks=chunks)
            runner.run(_warm(load, drive[wire]))
            for spread, targets in ((SPREAD, SPREAD_TARGETS), (0.0, TOGETHER[wire])):
                compared = Compared.of(runner.run(drive[wire](_spread(load, spread))), plan)
                starts = f"starts spread over {spread:g} s" if spread else "all started at once"
                every = f"every {profile.next_token.median * 1000:g} ms"
                title = (
                    f"{wire.upper().replace('GRPC', 'gRPC')}: {streams} streams of {chunks} chunks {every}, {starts}"
                )
                print_shown([shown(title, compared, targets)])
                figures = {name: value for name, value in asdict(compared).items() if name not in ("lates", "plan")}
                kept = all(compared.keeps(target) for target in targets)
                found.append({"wire": wire, "spread": spread, "kept": kept, **figures})
                gc.collect()
    return found


def _spread(load: "Load", seconds: float) -> "Load":
    from dataclasses import replace

    return replace(load, spread=seconds)


async def _warm(load: "Load", drive: Any) -> None:
    """A few streams that are not measured: they show what is wrong, and let the fake get ready."""
    from dataclasses import replace

    from apex_mock.fidelity.sse import over_sse

    await over_sse(replace(load, streams=1, chunks=2))
    await drive(replace(load, streams=min(50, load.streams)))


@contextmanager
def _fake(url: str | None) -> Iterator[tuple[str, int]]:
    """Where the fake is; without an address, one of our own on a core of its own, as far as there are two."""
    if url is not None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme != "http":
            _fail(f"{url}: streams are measured over plain HTTP; start the fake without --tls")
        yield parts.hostname or "127.0.0.1", parts.port or 80
        return
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[:1])  # the child inherits it
    else:
        print("apex-mock: there is only one core for server and client: the figures mean little", file=sys.stderr)
    command = [sys.executable, "-m", "apex_mock", "serve", "--port", "0"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("APEX_MOCK_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean) as server:  # noqa: S603  # our own words
        try:
            if len(cores) > 1:
                os.sched_setaffinity(0, cores[1:])
            said = server.stdout.readline() if server.stdout else ""
            where = re.search(r"http://([^\s:]+):(\d+)", said)
            if where is None:
                _fail("the fake did not start; try apex-mock serve")
            yield where[1], int(where[2])
        finally:
            server.terminate()


def _fail(message: str) -> NoReturn:
    print(f"apex-mock: {message}", file=sys.stderr)
    raise SystemExit(2)
