"""Time: the only file that asks the system what time it is, and the virtual clock that each scope may move.

Times are whole microseconds since the Unix epoch (`Micros`), so that they compare, store and print exactly.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

Micros = int
SECOND: Micros = 1_000_000


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

    def run(self, scale: float, system: Micros) -> "ClockState":
        """Goes on from the present instant at another pace; 0 freezes."""
        return replace(self, anchor=system, at=self.now(system), scale=scale)


class Clock:
    """One time for every scope, and a virtual time for each scope that has moved its own.

    `system` gives the microseconds now; tests pass their own.
    """

    def __init__(self, system: Callable[[], Micros] = system_now) -> None:
        self.system = system
        self._states: dict[str, ClockState] = {}
        self._sleepers: dict[str, set[asyncio.Future[None]]] = {}

    def state(self, scope: str) -> ClockState:
        return self._states.get(scope) or ClockState()

    def now(self, scope: str = "") -> Micros:
        state = self._states.get(scope)
        return self.system() if state is None else state.now(self.system())

    def advance(self, scope: str, seconds: float) -> Micros:
        """Moves the scope's time forward and wakes whoever it has made late; returns the new now."""
        if seconds < 0:
            raise ValueError("time only moves forward: seconds must not be negative")
        return self._set(scope, self.state(scope).advance(round(seconds * SECOND), self.system()))

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
        for sleeper in self._sleepers.get(scope, ()):
            _finish(sleeper)

    async def sleep_until(self, scope: str, due: Micros) -> None:
        """Returns when the scope's time has reached `due`, however it got there."""
        while (missing := due - self.now(scope)) > 0:
            loop = asyncio.get_running_loop()
            sleeper: asyncio.Future[None] = loop.create_future()
            waiting = self._sleepers.setdefault(scope, set())
            waiting.add(sleeper)
            scale = self.state(scope).scale
            timer = loop.call_later(missing / SECOND / scale, _finish, sleeper) if scale else None
            try:
                await sleeper
            finally:
                waiting.discard(sleeper)
                if timer is not None:
                    timer.cancel()


def _finish(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
