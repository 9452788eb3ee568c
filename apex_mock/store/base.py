"""The protocol that every store keeps: records by kind, scope and id, in the order in which they were added.

A record is one of core's frozen dataclasses with an `id`. `update` is atomic: two at once happen one after the other.
A row belongs to its chat: it is added only while that is there, and goes with it.

A store may have other users: other workers of this server, other machines. Each call begins with `look`, and sees all
that was acknowledged to anybody before; of the WATCHED kinds it goes on to see that, whatever others do meanwhile.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from apex_mock.clock import ClockState
from apex_mock.core.faults.rules import Fault
from apex_mock.core.faults.times import Quota
from apex_mock.core.stubs import Stub
from apex_mock.core.types import ApiKey, Chat, Completion, Job, LaidStubs, ScopeChoice, Surprises
from apex_mock.store.bounds import Kept

ALL_SCOPES = ""
Record = Job | Chat | Completion | ApiKey | ScopeChoice | Stub | ClockState | Surprises | LaidStubs | Fault | Quota
R = TypeVar("R", Job, Chat, Completion, ApiKey, ScopeChoice, Stub, ClockState, Surprises, LaidStubs, Fault, Quota)
# Few, seldom written, and asked for by every call: a shared store keeps them in each process.
WATCHED: frozenset[type[Record]] = frozenset({ScopeChoice, Stub, Fault, ClockState})


class Orphan(LookupError):
    """A row that cannot be added, since its chat is not there."""


class Store(Protocol):
    async def look(self, scope: str) -> None:
        """Sees what others have done, in a scope and in all."""
        ...

    async def add(self, scope: str, *records: Record) -> None:
        """Adds the records, all or none. Raises ValueError unless each is new, Orphan, TooMuch."""
        ...

    async def get(self, kind: type[R], scope: str, id: str) -> R | None: ...

    async def update(self, kind: type[R], scope: str, id: str, change: Callable[[R], R]) -> R | None:
        """Replaces a record by what `change` makes of it and returns that; None when there is no such record. Raises
        TooMuch."""
        ...

    async def remove(self, kind: type[R], scope: str, ids: Iterable[str]) -> int:
        """Removes what is there of these, in one step, and returns how many that were."""
        ...

    async def list(self, kind: type[R], scope: str) -> Sequence[R]:
        """All records of a kind in a scope, oldest first."""
        ...

    def may_hold(self, *kinds: type[Record]) -> bool:
        """False when it is certain, without asking, that there is no record of any of these kinds in any scope."""
        ...

    async def kept(self) -> Kept:
        """How much there is."""
        ...

    async def ordinal(self, scope: str, name: str) -> int:
        """How often next_ordinal has been called for a name in a scope."""
        ...

    async def next_ordinal(self, scope: str, name: str) -> int:
        """0 for the first call with a name in a scope, then 1, 2, 3..."""
        ...

    async def forget(self, kind: type[R], scope: str | None = None) -> None:
        """Removes all records of a kind in a scope, or in all."""
        ...

    async def reset(self, scope: str | None = None, keep: Iterable[type[Record]] = ()) -> None:
        """Forgets everything in a scope, or in all, but the records of the kinds to keep."""
        ...

    async def close(self) -> None: ...
