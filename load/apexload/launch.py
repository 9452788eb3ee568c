"""`apex-mock load`: look at the target, run Locust, show how it goes, judge, write the reports.

Ends with 0 when every gate holds, 1 when one does not or the run is worse than its baseline, 2 for a wrong call or a
run that could not be made.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from apexload import options, preflight
from apexload.baseline import TOLERANCE, Compared, compare
from apexload.gates import Gate, judge, read_gates
from apexload.options import header
from apexload.report.verdict import Verdict
from apexload.result import Result, read_result
from apexload.scenarios import SCENARIOS, Scenario

POLL = 0.1  # seconds between two looks at the run
LOG_LINES = 12
WIDTH = 120
MASTER_PORT = 5557  # Locust's own
ENDS_WITHIN = 20.0  # seconds, beyond --grace


@dataclass(frozen=True, slots=True)
class Asked:
    """What `apex-mock load` was asked for. Texts are passed on to Locust as they are."""

    scenario: str
    host: str
    users: int = 10
    duration: float = 30.0  # seconds
    spawn_rate: float = 0.0  # users a second; 0: all at once
    shape: str = "constant"
    rate: str = ""
    arrivals: str = "even"
    think: str = ""
    api_key: str = ""
    headers: tuple[str, ...] = ()
    seed: int = 0
    variety: int = 1_000_001
    poll: str = "1s"
    grace: str = "10s"
    timeout: str = "60s"
    gates: Path | None = None
    use_gates: bool = True
    report: Path = Path("load-report")
    baselines: tuple[Path, ...] = ()
    tolerance: float = TOLERANCE
    master: bool = False
    worker: bool = False
    processes: int = 0
    expect_workers: int = 0
    master_host: str = ""
    master_port: int = 0
    extra: tuple[str, ...] = field(default=())


class CannotRun(Exception):
    """The run could not be made; the message says why."""


def run(asked: Asked, console: Console | None = None) -> int:
    """The exit code. Raises CannotRun, BadGates, BadResult, BadOption, NotReady for what ends with 2."""
    console = console or Console()
    if not console.is_terminal:
        console.width = WIDTH  # a log has room
    scenario = SCENARIOS[asked.scenario]
    if asked.worker:
        master = f"{asked.master_host or '127.0.0.1'}:{asked.master_port or MASTER_PORT}"
        console.print(f"{scenario.name}: a worker for the master at {master}, for which it waits", soft_wrap=True)
        return subprocess.run(_command(asked, scenario), check=False).returncode
    gates = _gates(asked, scenario)
    olds = [read_result(path) for path in asked.baselines]
    headers = dict(header(text) for text in asked.headers)
    if asked.api_key:
        headers["authorization"] = f"Bearer {asked.api_key}"
    preflight.look(asked.host, scenario.probe, headers, asked.api_key)
    try:
        asked.report.mkdir(parents=True, exist_ok=True)  # before the run: afterwards there would be no place for it
    except OSError as error:
        raise CannotRun(f"--report: {asked.report}: {error.strerror or error}") from None
    with tempfile.TemporaryDirectory(prefix="apex-mock-load-") as folder:
        result = _measure(asked, scenario, Path(folder), console)
    result.scenario = scenario.name
    for path, old in zip(asked.baselines, olds, strict=True):
        if old.load_said != result.load_said:
            result.notes.append(f"{path} is of another load ({old.load_said}): what differs need not be the target")
    compared: list[Compared] = compare(olds, result, tolerance=asked.tolerance) if olds else []
    return conclude(Verdict(result, judge(gates, result), compared), asked.report, console)


def conclude(verdict: Verdict, folder: Path, console: Console) -> int:
    """Writes the reports, prints the tables; the exit code."""
    from apexload.report import html, junit, terminal  # not needed to say that nobody listens

    verdict.result.save(folder / "result.json", verdict=verdict.dump())
    (folder / "report.html").write_text(html.page(verdict), "utf-8")
    (folder / "junit.xml").write_text(junit.document(verdict), "utf-8")
    terminal.tell(verdict, console)
    console.print(f"Report: {folder / 'report.html'}  (result.json is a --baseline for later runs)", soft_wrap=True)
    return 0 if verdict.passed else 1


def _gates(asked: Asked, scenario: Scenario) -> list[Gate]:
    if not asked.use_gates:
        return []
    return read_gates(asked.gates or scenario.gates)


def _command(asked: Asked, scenario: Scenario, *files: str) -> list[str]:
    command = [sys.executable, "-m", "locust", "-f", str(scenario.path), "--headless", "--only-summary"]
    if asked.worker:
        command = [sys.executable, "-m", "locust", "-f", str(scenario.path), "--worker"]
    else:
        command += [
            "--host",
            asked.host,
            "--users",
            str(asked.users),
            "--run-time",
            f"{max(1, round(asked.duration))}s",
        ]
        command += ["--spawn-rate", str(asked.spawn_rate or asked.users), "--exit-code-on-error", "0"]
        command += [
            "--shape",
            asked.shape,
            "--arrivals",
            asked.arrivals,
            "--seed",
            str(asked.seed),
            "--variety",
            str(asked.variety),
        ]
        command += ["--poll", asked.poll, "--grace", asked.grace, "--timeout", asked.timeout, *files]
        command += ["--rate", asked.rate] if asked.rate else []
        command += ["--think", asked.think] if asked.think else []
        command += [part for text in asked.headers for part in ("--header", text)]
    command += ["--master"] if asked.master else []
    command += ["--processes", str(asked.processes)] if asked.processes else []
    command += ["--expect-workers", str(asked.expect_workers)] if asked.expect_workers else []
    command += ["--master-host", asked.master_host] if asked.master_host else []
    # One flag for both ends: where the master listens, and where a worker finds it; --processes has both.
    ends = [] if asked.worker else ["--master-bind-port"]
    ends += ["--master-port"] if asked.worker or asked.processes else []
    command += [part for end in ends for part in (end, str(asked.master_port))] if asked.master_port else []
    return [*command, *asked.extra]


def _measure(asked: Asked, scenario: Scenario, folder: Path, console: Console) -> Result:
    from apexload.progress import Progress

    saved, live, log = folder / "result.json", folder / "live.json", folder / "locust.log"
    command = _command(asked, scenario, "--save", str(saved), "--live", str(live))
    with log.open("wb") as output:
        # In a session of its own: Ctrl-C comes to us alone, and Locust gets one signal to end by.
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {options.KEYS[0]: asked.api_key},  # arguments are there for all to see
        )
        told = signal.signal(signal.SIGTERM, _interrupt)
        try:
            with Progress(console, asked, live) as progress:
                while _running(process):
                    progress.update()
        except KeyboardInterrupt:
            console.print("Interrupted: judging what was measured so far.")
            process.terminate()
        finally:
            signal.signal(signal.SIGTERM, told)
            _end(process, options.seconds(asked.grace))
    if not saved.exists():
        said = log.read_text("utf-8", "replace").splitlines()
        raise CannotRun(f"locust ended with {process.returncode} and no result:\n" + "\n".join(said[-LOG_LINES:]))
    return read_result(saved)


def _running(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(POLL)
    except subprocess.TimeoutExpired:
        return True
    return False


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    try:
        process.wait(grace + ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def names() -> Sequence[str]:
    return tuple(SCENARIOS)
