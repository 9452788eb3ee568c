"""What a store outside this process must be able to do, in bytes: SharedStore makes a Store of it.

Each call is atomic for every process that uses the same store. What fails raises StoreFailed, within PATIENCE seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

PATIENCE = 5.0  # seconds that a call waits for a store that is locked or does not answer
KEPT_ORDINALS = 50_000  # names of a scope, oldest forgotten first


class CannotOpen(Exception):
    """A store that cannot be used; the message says which, why, and what to mend, in one line."""


class Row(NamedTuple):
    kind: str
    scope: str
    id: str
    data: bytes


class Engine(Protocol):
    async def add(self, rows: Sequence[Row]) -> Row | None:
        """Adds all, or none: then it returns the first that is already there."""
        ...

    async def get(self, kind: str, scope: str, id: str) -> bytes | None: ...

    async def update(self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes]) -> bytes | None:
        """`change` may be called more than once; what it raises is raised, and nothing is changed."""
        ...

    async def remove(self, kind: str, scope: str, ids: Iterable[str]) -> int: ...

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        """In the order in which they were added."""
        ...

    async def count(self, kind: str) -> int: ...

    async def ordinal(self, scope: str, name: str) -> int: ...

    async def next_ordinal(self, scope: str, name: str) -> int: ...

    async def forget(self, kind: str, scope: str | None) -> None: ...

    async def reset(self, scope: str | None, keep: Iterable[str]) -> None: ...

    async def close(self) -> None: ...
