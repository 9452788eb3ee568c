"""The load tools: wrk for HTTP/1.1, h2load for gRPC. Each run is one second or so, over 32 connections."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.servers import run_on_load_core
from bench.work import Work, headers

CONNECTIONS = 32
BUSY = 0.85  # a server that had less of its core was waiting, for the load or for other work on the machine
PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client"}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw."""

    rate: float  # answers a second
    answers: int
    errors: int
    cpu: float = 0.0  # the server's seconds of processor time for one answer

    @property
    def busy(self) -> float:
        """The share of its core that the server had."""
        return self.cpu * self.rate


def missing() -> dict[str, str]:
    """The tools that are not installed, with a line to say so."""
    return {
        tool: f"{tool} is not installed (Debian: apt-get install {package}): the rows that need it are left out"
        for tool, package in PACKAGES.items()
        if shutil.which(tool) is None
    }


def _lua(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string without escapes beyond \n, \" and \\ is Lua's too


def wrk_script(work: Work, folder: Path) -> Path:
    """A script that sends one request again and again."""
    lines = ["wrk.method = 'POST'", f"wrk.body = {_lua(work.body.decode())}"]
    lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers().items()]
    path = folder / f"{work.name}.lua"
    path.write_text("\n".join(lines), "utf-8")
    return path


def wrk_script_of_many(bodies: Path, first: int, folder: Path) -> Path:
    """A script that sends the lines of a file one after the other, from the line `first` on."""
    sent = ", ".join(f"[{_lua(name)}] = {_lua(value)}" for name, value in headers().items())
    path = folder / f"many-{first}.lua"
    path.write_text(
        f"""local bodies, at = {{}}, {first}
for line in io.lines({_lua(str(bodies))}) do bodies[#bodies + 1] = line end
local sent = {{ {sent} }}
request = function()
  at = at % #bodies + 1
  return wrk.format("POST", nil, sent, bodies[at])
end
""",
        "utf-8",
    )
    return path


def wrk(port: int, path: str, script: Path, seconds: int = 1, connections: int = CONNECTIONS) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}{path}"]
    said = run_on_load_core(command, seconds + 20)
    done = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not done or not rate:
        raise RuntimeError(f"wrk said what nobody understands: {said}")
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    errors = (int(bad[1]) if bad else 0) + (sum(map(int, broken.groups())) if broken else 0)
    return Load(float(rate[1]), int(done[1]), errors)


def h2load(port: int, work: Work, folder: Path, seconds: int = 1, connections: int = CONNECTIONS) -> Load:
    """One call at a time on each connection. An answer of another length than the work's counts as an error."""
    command = [
        "h2load",
        f"-c{connections}",
        "-m1",
        "-t1",
        f"--duration={seconds}",
        "-d",
        str(folder / f"{work.name}.body"),
    ]
    for name, value in {**headers("application/grpc"), "te": "trailers"}.items():
        command += ["-H", f"{name}: {value}"]
    said = run_on_load_core([*command, f"http://127.0.0.1:{port}{work.path}"], seconds + 20)
    rate = re.search(r"finished in [\d.]+m?s, ([\d.]+) req/s", said)
    counts = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", said)
    data = re.search(r"\((\d+)\) data", said)
    if not rate or not counts or not data:
        raise RuntimeError(f"h2load said what nobody understands: {said}")
    done, _, failed, errored, late = map(int, counts.groups())
    wanted = done * sum(len(part) + 5 for part in work.parts)
    # What was under way when the time was over may have sent some of its bytes: a call for each connection at most.
    unlike = abs(int(data[1]) - wanted) > (connections + 1) * sum(len(part) + 5 for part in work.parts)
    return Load(float(rate[1]), done, failed + errored + late + (done if unlike else 0))
