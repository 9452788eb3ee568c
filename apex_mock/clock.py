"""Time: the only file that asks the system what time it is, and the virtual clock that each scope may move.

Times are whole microseconds since the Unix epoch (`Micros`), so that they compare, store and print exactly.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

Micros = int
SECOND: Micros = 1_000_000
LAST: Micros = 253_402_300_800 * SECOND  # the year 10000


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


class Clock:
    """One time for every scope, and a virtual one for each scope that has moved its own. Scope "" means all others.

    `system` gives the microseconds now; tests pass their own.
    """

    def __init__(self, system: Callable[[], Micros] = system_now) -> None:
        self.system = system
        self._states: dict[str, ClockState] = {}
        self._sleepers: dict[str, dict[asyncio.Future[None], Micros]] = {}

    def state(self, scope: str = "") -> ClockState:
        """A scope's own time if it has moved it, else that of all scopes (""), else the system's."""
        states = self._states
        return states.get(scope) or states.get("") or SYSTEM_TIME

    def now(self, scope: str = "") -> Micros:
        system = self.system()
        return self.state(scope).now(system) if self._states else system

    def advance(self, scope: str, seconds: float) -> Micros:
        """Moves the scope's time forward and wakes whoever it has made late; returns the new now."""
        if seconds < 0:
            raise ValueError("time only moves forward: seconds must not be negative")
        return self._set(scope, self.state(scope).advance(round(seconds * SECOND), self.system()))

    def set(self, scope: str, to: Micros) -> Micros:
        """Sets the scope's time, forward or back; its pace stays. Wakes whoever is due by then."""
        if not 0 <= to < LAST:
            raise ValueError("a time is from 1970 to 9999")
        return self._set(scope, self.state(scope).set(to, self.system()))

    def freeze(self, scope: str) -> Micros:
        return self.scale(scope, 0.0)

    def resume(self, scope: str) -> Micros:
        return self.scale(scope, 1.0)

    def scale(self, scope: str, factor: float) -> Micros:
        """Lets the scope's time run `factor` times as fast as the system's; 0 stops it."""
        if factor < 0:
            raise ValueError("time only moves forward: the factor must not be negative")
        return self._set(scope, self.state(scope).run(factor, self.system()))

    def reset(self, scope: str | None = None) -> None:
        """Back to the system's time, for one scope or for all."""
        for name in list(self._states) if scope is None else [scope]:
            self._states.pop(name, None)
            self._wake(name)

    def _set(self, scope: str, state: ClockState) -> Micros:
        self._states[scope] = state
        self._wake(scope)
        return self.now(scope)

    def _wake(self, scope: str) -> None:
        # In the order in which they are due, as if the time had passed; and from whichever thread moves the clock.
        heard = [self._sleepers.get(scope, {})] if scope else list(self._sleepers.values())
        sleepers = [entry for waiting in heard for entry in list(waiting.items())]
        for sleeper, _ in sorted(sleepers, key=lambda entry: entry[1]):
            sleeper.get_loop().call_soon_threadsafe(_finish, sleeper)

    async def sleep_until(self, scope: str, due: Micros) -> None:
        """Returns when the scope's time has reached `due`, however it got there."""
        while due > self.now(scope):
            loop = asyncio.get_running_loop()
            sleeper: asyncio.Future[None] = loop.create_future()
            waiting = self._sleepers.setdefault(scope, {})
            waiting[sleeper] = due
            timer = None
            try:
                # Read only now that the clock knows of this sleeper: a move in between would wake nobody.
                state = self.state(scope)
                missing = due - state.now(self.system())
                if missing <= 0:
                    return
                if state.scale:
                    timer = loop.call_later(missing / SECOND / state.scale, _finish, sleeper)
                await sleeper
            finally:
                del waiting[sleeper]
                if timer is not None:
                    timer.cancel()


def _finish(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
