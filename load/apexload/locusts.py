"""What hangs on Locust's events: options, start and end of a run, workers' measures, the files that are written.

At the end of a run nothing new begins, what is under way may finish (`--grace`), and only then are the users stopped.
With workers, the master tells them to, waits for their last measures, and writes what all of them saw.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.shape import LoadTestShape

from apexload import options as given
from apexload import pieces
from apexload.measures import Measures
from apexload.meter import Meter, recording_cost
from apexload.options import Options
from apexload.result import Result

LIVE_EVERY = 0.4  # seconds
SPAWN_AT_ONCE = 10_000.0
METER = Meter()  # a process of Locust has one run at a time
_NOTES: list[str] = []


def note(text: str) -> None:
    """A sentence for the report; each once."""
    if text not in _NOTES:
        _NOTES.append(text)


class Shape(LoadTestShape):
    """The closed model's shape: so many users at each time. Made by hand: Locust takes no class of that name."""

    abstract = True

    def __init__(self, environment: Environment, options: Options, seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no annotation there
        self._environment = environment
        self._pieces = pieces.shape(options.shape, _number(environment, "num_users", 1), seconds)

    def tick(self) -> tuple[int, float] | None:
        at: float = self.get_run_time()  # type: ignore[no-untyped-call]  # nor there
        if at >= self._pieces.duration:
            return None
        return max(1, round(self._pieces.level(at))), SPAWN_AT_ONCE


def _number(environment: Environment, name: str, default: float) -> int:
    return int(getattr(environment.parsed_options, name, None) or default)


class Lead:
    """The process that leads a run: alone, or as a master. Keeps the merged measures and writes the files."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.started = ""
        self.seconds = 0.0  # of a master: how long its workers made load
        self.recording = 0.0
        self.workers = 1
        self.waiting: set[str] = set()
        self.saved = False
        self.finished = False

    @property
    def options(self) -> Options:
        return given.read(self.environment.parsed_options)

    def start(self) -> None:
        runner = self.environment.runner
        duration = _number(self.environment, "run_time", 0)
        if isinstance(runner, MasterRunner):
            workers = sorted(client.id for client in runner.clients.ready)
            self.workers = len(workers)
            for index, worker in enumerate(workers):
                told = {"index": index, "workers": self.workers, "duration": duration}
                runner.send_message("apex_share", told, client_id=worker)
        else:
            gevent.spawn(METER.watch_lag)
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.recording = recording_cost()
        self.finished = self.saved = False
        self.seconds = 0.0
        METER.start(self.options, duration, makes_load=not isinstance(runner, MasterRunner))

    def finish(self) -> None:
        """Blocks until what is under way has ended; then the measures are whole."""
        if self.finished or not METER.begun:
            return
        self.finished = True
        runner = self.environment.runner
        if not isinstance(runner, MasterRunner):
            METER.drain()
            return
        METER.stop()
        self.waiting = {client.id for client in runner.clients.all}
        for worker in self.waiting:
            runner.send_message("apex_drain", client_id=worker)
        with gevent.Timeout(self.options.grace + 5, False):
            while self.waiting:
                gevent.sleep(0.02)
        for worker in sorted(self.waiting):
            note(f"worker {worker} did not report its last measures: its share of them is missing")

    def done(self, worker: str, told: dict[str, Any]) -> None:
        METER.measures.merge(Measures.load(told["measures"]))
        self.seconds = max(self.seconds, told["seconds"])
        self.waiting.discard(worker)

    def result(self) -> Result:
        options, environment = self.options, self.environment
        runner = environment.runner
        broken: dict[str, int] = {}
        for found in runner.exceptions.values() if runner else ():
            broken[found["msg"]] = broken.get(found["msg"], 0) + found["count"]
        METER.count_processor()
        return Result(
            scenario=Path(environment.locustfile or "").stem,
            host=environment.host or "",
            started=self.started,
            seconds=self.seconds or METER.seconds,
            users=_number(environment, "num_users", 1),
            shape=options.shape,
            rate=options.rate,
            workers=self.workers,
            recording=self.recording,
            notes=list(_NOTES),
            exceptions=broken,
            measures=METER.measures,
        )

    def save(self) -> None:
        self.finish()
        if self.options.save and not self.saved and METER.begun:
            self.saved = True
            self.result().save(Path(self.options.save))

    def page(self) -> str:
        """The report of the run so far, for Locust's web page."""
        from apexload.report import html
        from apexload.report.verdict import Verdict

        if not METER.begun:
            return "No run has begun."
        return html.page(Verdict(self.result(), []))

    def watch(self) -> None:
        """A greenlet: how many users there are, and the file for whoever shows the run while it goes on."""
        while True:
            gevent.sleep(LIVE_EVERY)
            runner = self.environment.runner
            if runner is None or not METER.begun:
                continue
            if METER.running:
                part = METER.measures.series.at(METER.seconds)
                part.users = max(part.users, runner.user_count)
            if self.options.live:
                _write_whole(Path(self.options.live), json.dumps(self.state(runner.user_count)))

    def state(self, users: int) -> dict[str, Any]:
        found = METER.measures
        operations = {}
        for name, operation in sorted(found.operations.items()):
            measures = {measure: histogram for measure, histogram in operation.values.items() if histogram.count}
            operations[name] = {
                "requests": operation.requests,
                "failures": operation.failures,
                **{f"{measure} p50": histogram.percentile(50) for measure, histogram in measures.items()},
                **{f"{measure} p95": histogram.percentile(95) for measure, histogram in measures.items()},
            }
        return {
            "seconds": METER.seconds,
            "draining": bool(METER.ended),
            "users": users,
            "operations": operations,
            "failures": dict(sorted(found.total().kinds.items(), key=lambda item: -item[1])[:3]),
        }


def _write_whole(path: Path, text: str) -> None:
    """Whoever reads it sees the old or the new, never half."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(text, "utf-8")
    beside.replace(path)


def _lead(environment: Environment, lead: Lead) -> None:
    runner = environment.runner
    options = lead.options
    if options.shape != "constant" and not options.rate:
        seconds = _number(environment, "run_time", 0)
        if not seconds:
            raise SystemExit(f"--shape {options.shape} needs --run-time")
        environment.shape_class = Shape(environment, options, seconds)
        environment.shape_class.runner = runner
    if isinstance(runner, MasterRunner):
        runner.register_message("apex_done", lambda environment, msg, **_: lead.done(msg.node_id, msg.data))

        def merge(client_id: str, data: dict[str, Any]) -> None:
            if "apex" in data:
                METER.measures.merge(Measures.load(data["apex"]))

        environment.events.worker_report.add_listener(merge)
    environment.events.test_start.add_listener(lambda **_: lead.start())
    environment.events.test_stopping.add_listener(lambda **_: lead.finish())
    environment.events.test_stop.add_listener(lambda **_: lead.save())
    environment.events.quitting.add_listener(lambda **_: lead.save())
    gevent.spawn(lead.watch)
    if environment.web_ui is not None and environment.web_ui.app is not None:
        environment.web_ui.app.add_url_rule("/apex", "apex", lead.page)


def _follow(environment: Environment, runner: WorkerRunner) -> None:
    """A worker: its part of the load, and its measures to the master."""
    duration = 0.0

    def share(environment: Environment, msg: Any, **_: Any) -> None:
        nonlocal duration
        METER.share, duration = (msg.data["index"], msg.data["workers"]), msg.data["duration"]

    def drain(environment: Environment, msg: Any, **_: Any) -> None:
        METER.drain()
        runner.send_message("apex_done", {"measures": METER.take(), "seconds": METER.seconds})

    def report(client_id: str, data: dict[str, Any]) -> None:
        if METER.running:
            data["apex"] = METER.take()

    runner.register_message("apex_share", share)
    runner.register_message("apex_drain", drain, concurrent=True)
    environment.events.report_to_master.add_listener(report)
    environment.events.test_start.add_listener(
        lambda **_: METER.start(given.read(environment.parsed_options), duration)
    )
    gevent.spawn(METER.watch_lag)


def _on_parser(parser: Any, **_: Any) -> None:
    given.add_to(parser)


def _on_init(environment: Environment, **_: Any) -> None:
    # gevent's timers start from when its loop last looked at the clock, which was before half a second of imports:
    # without this a run of 3 seconds takes 2.4.
    gevent.get_hub().loop.update_now()
    if isinstance(environment.runner, WorkerRunner):
        _follow(environment, environment.runner)
    else:
        _lead(environment, Lead(environment))


events.init_command_line_parser.add_listener(_on_parser)
events.init.add_listener(_on_init)
