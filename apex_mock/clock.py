"""Time: the only file that asks the system what time it is, and the virtual clock that each scope may move.

Times are whole microseconds since the Unix epoch (`Micros`), so that they compare, store and print exactly.
"""

import asyncio
import math
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from typing import ClassVar
from weakref import WeakKeyDictionary

Micros = int
SECOND: Micros = 1_000_000
LAST: Micros = 253_402_300_800 * SECOND  # the year 10000
BATCH = 32  # sleepers that one turn of the loop wakes


def system_now() -> Micros:
    return time.time_ns() // 1000


def stopwatch() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a scope's time relates to the system's: at system time `anchor` it was `at`, and runs `scale` times as fast.

    `moved` is the sum of all explicit advances: what a job that moves only when the clock is moved counts.
    """

    id: ClassVar[str] = "clock"
    anchor: Micros = 0
    at: Micros = 0
    scale: float = 1.0
    moved: Micros = 0

    @property
    def frozen(self) -> bool:
        return self.scale == 0.0

    def now(self, system: Micros) -> Micros:
        if self.scale == 1.0:
            return self.at + system - self.anchor
        return self.at + round((system - self.anchor) * self.scale)

    def advance(self, by: Micros, system: Micros) -> "ClockState":
        return replace(self, anchor=system, at=self.now(system) + by, moved=self.moved + by)

    def set(self, to: Micros, system: Micros) -> "ClockState":
        """Goes on from another instant at the same pace. A leap forward counts as an advance; one back takes nothing
        of `moved` away."""
        return replace(self, anchor=system, at=to, moved=self.moved + max(0, to - self.now(system)))

    def run(self, scale: float, system: Micros) -> "ClockState":
        """Goes on from the present instant at another pace; 0 freezes."""
        return replace(self, anchor=system, at=self.now(system), scale=scale)


SYSTEM_TIME = ClockState()
Change = Callable[[ClockState, Micros], ClockState]  # from a state and the system's time to another state


def advancing(seconds: float) -> Change:
    """Raises ValueError below 0, and for what is no number of seconds."""
    if seconds < 0:
        raise ValueError("time only moves forward: seconds must not be negative")
    if not math.isfinite(seconds):
        raise ValueError(f"time moves by a number of seconds, not {seconds}")
    return lambda state, system: state.advance(round(seconds * SECOND), system)


def setting(to: Micros) -> Change:
    """Raises ValueError before 1970 and after 9999."""
    if not 0 <= to < LAST:
        raise ValueError("a time is from 1970 to 9999")
    return lambda state, system: state.set(to, system)


def running(factor: float) -> Change:
    """Raises ValueError below 0, and for what is no number."""
    if factor < 0:
        raise ValueError("time only moves forward: the factor must not be negative")
    if not math.isfinite(factor):
        raise ValueError(f"time runs a number of times as fast, not {factor}")
    return lambda state, system: state.run(factor, system)


class Clock:
    """One time for every scope, and a virtual one for each scope that has moved its own. Scope "" means all others.

    `system` gives the microseconds now; tests pass their own.
    """

    def __init__(self, system: Callable[[], Micros] = system_now) -> None:
        self.system = system
        self._states: MutableMapping[str, ClockState] = {}
        self._sleepers: dict[str, dict[asyncio.Future[None], Micros]] = {}
        self._alarms: WeakKeyDictionary[asyncio.AbstractEventLoop, Alarm] = WeakKeyDictionary()

    def keep_in(self, states: MutableMapping[str, ClockState]) -> None:
        """Keeps the scopes' times there from now on, where they are forgotten with all else of a scope."""
        states.update(self._states)
        self._states = states

    def state(self, scope: str = "") -> ClockState:
        """A scope's own time if it has moved it, else that of all scopes (""), else the system's."""
        states = self._states
        return states.get(scope) or states.get("") or SYSTEM_TIME

    def now(self, scope: str = "", system: Micros | None = None) -> Micros:
        """A scope's time at the system's time `system`, or at this moment."""
        if system is None:
            system = self.system()
        return self.state(scope).now(system) if self._states else system

    def advance(self, scope: str, seconds: float) -> Micros:
        """Moves the scope's time forward and wakes whoever it has made late; returns the new now."""
        return self.move(scope, advancing(seconds))

    def set(self, scope: str, to: Micros) -> Micros:
        """Sets the scope's time, forward or back; its pace stays. Wakes whoever is due by then."""
        return self.move(scope, setting(to))

    def freeze(self, scope: str) -> Micros:
        return self.scale(scope, 0.0)

    def resume(self, scope: str) -> Micros:
        return self.scale(scope, 1.0)

    def scale(self, scope: str, factor: float) -> Micros:
        """Lets the scope's time run `factor` times as fast as the system's; 0 stops it."""
        return self.move(scope, running(factor))

    def move(self, scope: str, change: Change) -> Micros:
        self._states[scope] = change(self.state(scope), self.system())
        self._wake(scope)
        return self.now(scope)

    async def moved(self, scope: str, change: Change) -> Micros:
        """`move` for whoever is on the server's loop, where a clock that is shared cannot be waited for otherwise."""
        return self.move(scope, change)

    def reset(self, scope: str | None = None) -> None:
        """Back to the system's time, for one scope or for all."""
        for name in list(self._states) if scope is None else [scope]:
            self._states.pop(name, None)
            self._wake(name)

    async def restored(self, scope: str | None = None) -> None:
        """`reset` for whoever is on the server's loop."""
        self.reset(scope)

    async def close(self) -> None:
        pass

    def _wake(self, scope: str) -> None:
        # In the order in which they are due, as if the time had passed; and from whichever thread moves the clock.
        heard = [self._sleepers.get(scope, {})] if scope else list(self._sleepers.values())
        sleepers = [entry for waiting in heard for entry in list(waiting.items())]
        for sleeper, _ in sorted(sleepers, key=lambda entry: entry[1]):
            sleeper.get_loop().call_soon_threadsafe(_finish, sleeper)

    async def sleep_until(self, scope: str, due: Micros) -> Micros:
        """Returns the scope's time once it has reached `due`, however it got there."""
        while (now := self.now(scope)) < due:
            loop = asyncio.get_running_loop()
            sleeper: asyncio.Future[None] = loop.create_future()
            waiting = self._sleepers.setdefault(scope, {})
            waiting[sleeper] = due
            alarm = None
            try:
                # Read only now that the clock knows of this sleeper: a move in between would wake nobody.
                state, system = self.state(scope), self.system()
                missing = due - state.now(system)
                if missing <= 0:
                    continue
                if state.scale:
                    alarm = self._alarms.get(loop) or self._alarms.setdefault(loop, Alarm(loop, self.system))
                    alarm.set(system + (missing if state.scale == 1.0 else math.ceil(missing / state.scale)), sleeper)
                await sleeper
            except BaseException:
                if alarm is not None:
                    alarm.dropped()
                raise
            finally:
                del waiting[sleeper]
                if not waiting and self._sleepers.get(scope) is waiting:
                    del self._sleepers[scope]
        return now


class Alarm:
    """Wakes a loop's sleepers when the system's time has come for them: one timer for all, set to the first.

    Timers of the loop count whole milliseconds, so those due in the same one wake together; but no more than BATCH in
    one turn of the loop, so that what the first have to say leaves before the last are woken.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, system: Callable[[], Micros]) -> None:
        self._loop, self._system = loop, system
        self._heap: list[tuple[Micros, int, asyncio.Future[None]]] = []
        self._order = count()
        self._at: Micros | None = None
        self._timer: asyncio.Handle
        self._dropped = 0

    def set(self, due: Micros, sleeper: "asyncio.Future[None]") -> None:
        """`due` is in the system's time. A sleeper that is done by then is left alone."""
        heappush(self._heap, (due, next(self._order), sleeper))
        if self._at is None:
            self._arm()
        elif due < self._at:
            self._timer.cancel()
            self._arm()

    def dropped(self) -> None:
        """Says that a sleeper waits no longer; when most do not, they are cleared away."""
        self._dropped += 1
        if self._dropped > BATCH + len(self._heap) // 2:
            self._heap = [entry for entry in self._heap if not entry[2].done()]
            heapify(self._heap)
            self._dropped = 0

    def _arm(self) -> None:
        self._at = self._heap[0][0]
        # The loop counts whole milliseconds, down, and wakes within the one after those it was told: told those before
        # the due time, it is half a millisecond late in the mean; where it is early, it is told one more.
        now = time.monotonic() * 1000
        due = now + (self._at - self._system()) / 1000
        self._timer = self._loop.call_later(max(1, math.floor(due) - math.floor(now)) / 1000, self._ring)

    def _ring(self) -> None:
        heap, now = self._heap, self._system()
        for _ in range(BATCH):
            if not heap or heap[0][0] > now:
                break
            sleeper = heappop(heap)[2]
            if not sleeper.done():
                sleeper.set_result(None)
        if not heap:
            self._at = None
        elif heap[0][0] <= now:
            self._at = now
            self._timer = self._loop.call_soon(self._ring)
        else:
            self._arm()


def _finish(sleeper: "asyncio.Future[None]") -> None:
    if not sleeper.done():
        sleeper.set_result(None)
