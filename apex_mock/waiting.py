"""How long the server waits for its clients: one look a second goes through what is waited for, over every wire."""

import asyncio
from typing import Protocol

from apex_mock.settings import Settings

LOOK_EVERY = 1.0  # seconds
MOST_WAITS = 10  # what goes on, but slowly, may take this many times as long in all as it may stall


class Awaited(Protocol):
    """Something that its client must use before its `deadline`, in the loop's time: a connection, a call."""

    deadline: float

    def expired(self) -> None:
        """The deadline has passed."""
        ...


class Patience:
    """The limits, and what is waited for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._waiting: set[Awaited] = set()
        self._look: asyncio.TimerHandle | None = None

    def wait(self, awaited: Awaited, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        awaited.deadline = loop.time() + seconds
        self._waiting.add(awaited)
        if self._look is None:
            self._look = loop.call_later(LOOK_EVERY, self._sweep, loop)

    def over(self, awaited: Awaited) -> None:
        self._waiting.discard(awaited)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for awaited in [one for one in self._waiting if one.deadline <= now]:
            self._waiting.discard(awaited)
            awaited.expired()
        self._look = loop.call_later(LOOK_EVERY, self._sweep, loop) if self._waiting else None
