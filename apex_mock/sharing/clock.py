"""A clock whose states lie in a shared store, so that a move in one process holds in all and outlives them.

What a call sees is what `Store.look` saw at its beginning. Whoever sleeps is woken by a task that looks out for moves
elsewhere, while there are sleepers.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from apex_mock.clock import SYSTEM_TIME, Change, Clock, ClockState, Micros, system_now
from apex_mock.errors import StoreFailed
from apex_mock.store.base import ALL_SCOPES
from apex_mock.store.shared import SharedStore

LOOK_OUT = 0.025  # seconds between two looks for moves that other processes have made
LONGEST_MOVE = 30.0  # seconds for a move that another thread waits for


class SharedClock(Clock):
    def __init__(self, store: SharedStore, system: Callable[[], Micros] = system_now) -> None:
        super().__init__(system)
        self._store = store
        self._known: dict[str, ClockState] = {}  # the scopes with sleepers, and what these go by
        self._looking: asyncio.Task[None] | None = None

    def state(self, scope: str = ALL_SCOPES) -> ClockState:
        seen, id = self._store.seen, ClockState.id
        return seen(ClockState, scope, id) or seen(ClockState, ALL_SCOPES, id) or SYSTEM_TIME

    def now(self, scope: str = ALL_SCOPES, system: Micros | None = None) -> Micros:
        if system is None:
            system = self.system()
        return self.state(scope).now(system) if self._store.may_hold(ClockState) else system

    def move(self, scope: str, change: Change) -> Micros:
        """For other threads than the server's. Raises RuntimeError there: await `moved`."""
        return self._from_outside(self.moved(scope, change))  # type: ignore[no-any-return]  # what moved returns

    def reset(self, scope: str | None = None) -> None:
        """For other threads than the server's. Raises RuntimeError there: await `restored`."""
        self._from_outside(self.restored(scope))

    def _from_outside(self, moving: Any) -> Any:
        loop = self._store.loop
        with suppress(RuntimeError):
            if loop is asyncio.get_running_loop():
                loop = None
        if loop is None:
            moving.close()
            raise RuntimeError("a clock in a shared store is moved with `await clock.moved(...)` on the server's loop")
        return asyncio.run_coroutine_threadsafe(moving, loop).result(LONGEST_MOVE)

    async def moved(self, scope: str, change: Change) -> Micros:
        store = self._store
        await store.look(scope)
        begun = self.state(scope)
        while await store.update(ClockState, scope, ClockState.id, lambda s: change(s, self.system())) is None:
            with suppress(ValueError):  # somebody else has begun to move it at this moment
                await store.add(scope, begun)
        await store.look(scope)
        self._wake(scope)
        return self.now(scope)

    async def restored(self, scope: str | None = None) -> None:
        await self._store.forget(ClockState, scope)
        for name in [scope] if scope is not None else list(self._sleepers):
            await self._store.look(name)
            self._wake(name)

    async def sleep_until(self, scope: str, due: Micros) -> Micros:
        if due > self.now(scope):
            self._known.setdefault(scope, self.state(scope))
            if self._looking is None or self._looking.done():
                self._looking = asyncio.get_running_loop().create_task(self._look_out())
        return await super().sleep_until(scope, due)

    async def _look_out(self) -> None:
        version = None
        while self._known:
            await asyncio.sleep(LOOK_OUT)
            with suppress(StoreFailed):  # they sleep on by the time that they know
                await self._store.look(ALL_SCOPES)
                if self._store.version != version:
                    await self._wake_moved()
                    version = self._store.version
            self._known = {scope: state for scope, state in self._known.items() if scope in self._sleepers}

    async def _wake_moved(self) -> None:
        for scope, known in list(self._known.items()):
            await self._store.look(scope)
            state = self.state(scope)
            if state != known:
                self._known[scope] = state
                self._wake(scope)

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
