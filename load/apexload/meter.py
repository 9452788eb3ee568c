"""What one process of the generator keeps while it runs, and the one place where a request is counted.

with user.call("chat") as call:
    ...                      # an exception is a failure
    call.check(checks.completion(answer))
"""

from collections.abc import Iterator
from itertools import takewhile
from time import perf_counter, process_time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import gevent

from apex_mock.seed import rng
from apexload import pieces
from apexload.arrivals import arrivals
from apexload.measures import Finished, Measures
from apexload.options import Options

if TYPE_CHECKING:
    from locust.env import Environment

FOREVER = 1e7  # seconds: the wait of a user that has nothing more to do; whoever ends the run ends the wait
ENDLESS = 7 * 86_400.0
LAG_EVERY = 0.02
_TRIALS = 2000


class Wrong(Exception):
    """An answer that is an error; the message is what is counted."""


class Meter:
    """`share` is which worker this is, of how many."""

    def __init__(self) -> None:
        self.measures = Measures()
        self.options = Options()
        self.share = (0, 1)
        self.duration = 0.0
        self.begun = 0.0
        self.ended = 0.0  # when the run's time was over; 0 while it is not
        self.active: set[Call] = set()
        self.makes_load = True
        self._due: Iterator[float] = iter(())
        self._spent = 0.0
        self._counted_to = 0.0

    def start(self, options: Options, duration: float, *, makes_load: bool = True) -> None:
        """`duration` in seconds; 0: until somebody ends it. A master makes no load: its processor time is no matter."""
        self.makes_load = makes_load
        self.measures, self.options = Measures(), options
        self.duration = duration or ENDLESS
        self.ended, self.active = 0.0, set()
        if options.rate:
            index, workers = self.share
            self._due = arrivals(
                pieces.shape(options.shape, options.rate, self.duration),
                kind=options.arrivals,
                random=rng(options.seed, "arrivals"),
                index=index,
                workers=workers,
            )
        self._spent = process_time()
        self.begun = self._counted_to = perf_counter()

    @property
    def running(self) -> bool:
        return bool(self.begun and not self.ended)

    @property
    def seconds(self) -> float:
        """How long load has been made."""
        return (self.ended or perf_counter()) - self.begun if self.begun else 0.0

    def next_due(self) -> float | None:
        """When the next arrival is due, on perf_counter's clock; None when there is none any more."""
        due = next(self._due, None)
        return None if due is None else self.begun + due

    def stop(self) -> None:
        """No user begins anything more."""
        if self.running:
            self.count_processor()
            self.ended = perf_counter()
            if self.makes_load:
                self.measures.unsent += sum(1 for _ in takewhile(lambda due: due < self.seconds, self._due))

    def drain(self) -> None:
        """Stops, and lets what is under way finish, for `grace` seconds at most."""
        self.stop()
        until = perf_counter() + self.options.grace
        gevent.sleep(0.01)  # whoever had been told to go on just before the end begins now
        while self.active and perf_counter() < until:
            gevent.sleep(0.01)
        for call in self.active:
            self.measures.operation(call.operation).unfinished += 1

    def count_processor(self) -> None:
        """The processor time since this was last asked, and the time that has passed."""
        if self.running and self.makes_load:
            spent, now = process_time(), perf_counter()
            self.measures.cpu += spent - self._spent
            self.measures.wall += now - self._counted_to
            self._spent, self._counted_to = spent, now

    def take(self) -> dict[str, Any]:
        """What was measured since this was last asked, for the master."""
        self.count_processor()
        taken, self.measures = self.measures, Measures()
        return taken.dump()

    def watch_lag(self) -> None:
        """A greenlet: how late the generator's own timers are, for as long as it makes load."""
        while True:
            asked = perf_counter()
            gevent.sleep(LAG_EVERY)
            if self.running and asked >= self.begun:  # what held it up before is none of the run's
                self.measures.add_generator("lag", max(0.0, 1000 * (perf_counter() - asked - LAG_EVERY)))


class Call:
    """One request, from its sending to the end of its answer."""

    def __init__(self, meter: Meter, environment: "Environment", operation: str, kind: str, due: float | None) -> None:
        self.operation, self.kind, self.due = operation, kind, due
        self.begun = 0.0
        self.failure: str | None = None
        self.complete: bool | None = None
        self.length = 0
        self.values: list[tuple[str, float]] = []
        self._meter, self._environment = meter, environment
        self._check: str | None = None

    def fail(self, why: str) -> None:
        self.failure = self.failure or why

    def check(self, wrong: str | None) -> None:
        """A rule for answers that did not hold fails the request."""
        if wrong is not None:
            self._check = wrong
            self.fail(wrong)

    def __enter__(self) -> "Call":
        self._meter.active.add(self)
        self.begun = perf_counter()
        if self.due is not None:
            self._meter.measures.add_generator("lateness", max(0.0, 1000 * (self.begun - self.due)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        ended = perf_counter()
        meter = self._meter
        meter.active.discard(self)
        if error is not None:
            if not isinstance(error, Exception):  # the run is over, and this user with it
                return False
            self.fail(describe(error))
        took = 1000 * (ended - self.begun)
        # An error that comes at once would make a failing target look fast, and half a stream a fluent one.
        values = [] if self.failure is not None else [*self.values, ("latency", took)]
        if self.failure is None and self.due is not None:
            values.append(("response", 1000 * (ended - self.due)))
        in_time = not meter.ended or ended <= meter.ended
        meter.measures.add(
            Finished(
                self.operation,
                ended - meter.begun,
                values,
                self.failure,
                self._check,
                self.complete,
                in_time,
            )
        )
        self._environment.events.request.fire(
            request_type=self.kind,
            name=self.operation,
            response_time=took,
            response_length=self.length,
            exception=None if self.failure is None else RuntimeError(self.failure),
            context={},
        )
        return True


def describe(error: Exception) -> str:
    """In words that add up: without addresses and ids."""
    if isinstance(error, Wrong):
        return str(error)
    code = getattr(error, "code", None)
    if callable(code):  # gRPC's
        return f"grpc {getattr(code(), 'name', code())}"
    if isinstance(getattr(error, "status_code", None), int):  # openai's
        return f"HTTP {error.status_code}"  # type: ignore[attr-defined]  # looked at just above
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {str(error)[:80]}" if str(error) else type(error).__name__


def recording_cost() -> float:
    """Seconds that keeping one request's measures takes here."""
    measures = Measures()
    begun = perf_counter()
    for number in range(_TRIALS):
        measures.add(Finished("trial", number / _TRIALS, [("latency", 1.0 + number % 7)]))
    return (perf_counter() - begun) / _TRIALS
