"""What a store outside this process must be able to do, in bytes: SharedStore makes a Store of it.

Each call is atomic for every process that uses the same store. What fails raises StoreFailed, within PATIENCE seconds.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from apex_mock.store.bounds import Kept

PATIENCE = 5.0  # seconds that a call waits for a store that is locked or does not answer


class CannotOpen(Exception):
    """A store that cannot be used; the message says which, why, and what to mend, in one line."""


class Row(NamedTuple):
    """A record; `chat` is the id of the chat that it belongs to."""

    kind: str
    scope: str
    id: str
    data: bytes
    chat: str = ""


class View(NamedTuple):
    """Records as they are at a version, in the order in which they were added, and the kinds that there may be."""

    version: int
    kinds: frozenset[str]
    rows: Sequence[Row]


class Engine(Protocol):
    """Records and ordinals. The version moves on with each write that is to be told to all (`tell`), and when there is
    a first record of a kind."""

    @property
    def log(self) -> "Log": ...

    async def add(self, rows: Sequence[Row], *, tell: bool) -> None:
        """Adds all, of one scope, or none. Raises ValueError for one that is already there, Orphan, TooMuch."""
        ...

    async def get(self, kind: str, scope: str, id: str) -> bytes | None: ...

    async def update(
        self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes], *, tell: bool
    ) -> bytes | None:
        """`change` may be called more than once; what it raises is raised, and nothing is changed. Raises TooMuch."""
        ...

    async def remove(self, kind: str, scope: str, ids: Sequence[str], *, tell: bool) -> int:
        """Removes what is there of these, with all that belongs to it, in one step. Returns how many of these that
        were."""
        ...

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        """In the order in which they were added."""
        ...

    def use(self, scope: str) -> "asyncio.Future[Any]":
        """Notes that a scope is in use, with what else is written at about this time."""
        ...

    async def kept(self) -> Kept: ...

    async def ordinal(self, scope: str, name: str) -> int: ...

    async def next_ordinal(self, scope: str, name: str) -> int: ...

    async def forget(self, kind: str, scope: str | None) -> None: ...

    async def reset(self, scope: str | None, keep: Iterable[str]) -> None: ...

    async def version(self) -> int: ...

    async def view(self, scopes: Iterable[str], kinds: Iterable[str]) -> View: ...

    async def close(self) -> None: ...


class Written(NamedTuple):
    """An entry of the journal: what it is found by, how much it counts, and all of it as `data`."""

    scope: str
    operation: str
    transport: str
    outcome: str
    owner: str
    size: int
    data: bytes


class Log(Protocol):
    """The journal's entries, in one sequence, within bounds."""

    def bound(self, entries: int, size: int) -> None:
        """How much is kept, from now on."""
        ...

    async def write(self, seq: int, entry: Written) -> int:
        """Adds an entry (0), which gives it the next sequence number, or replaces one if it is still there."""
        ...

    async def read(self, since: int, wanted: Sequence[tuple[str, str]]) -> Sequence[tuple[int, bytes]]:
        """Those after a sequence number whose fields are as wanted, oldest first."""
        ...

    async def named(self, seqs: Iterable[int]) -> Sequence[tuple[int, bytes]]: ...

    async def owners(self) -> set[str]: ...

    async def tally(self) -> tuple[int, int]:
        """The last sequence number, and how many entries were forgotten for want of room."""
        ...

    async def clear(self, scope: str | None) -> None: ...
