"""The stubs that are laid down, by scope: adding, finding the one for a call, saying which came near."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from apex_mock.core.stubs import SECRET, Difference, Reply, Stub, differences, miscounts, nearest, ranked
from apex_mock.core.types import Caller, Micros, Operation
from apex_mock.errors import BadStub, Unstubbed
from apex_mock.seed import ident
from apex_mock.store.base import Store

ALL_SCOPES = ""
# What strict mode wants a stub for; the other operations answer from what is stored.
ANSWERED = frozenset({Operation.CHAT, Operation.SEARCH, Operation.SUBMIT_RESEARCH})


class Found(NamedTuple):
    """The stub for a call and its reply; without one, the headers that stubs asked for, None where one was not sent."""

    stub: Stub | None = None
    reply: Reply | None = None
    headers: Mapping[str, str | None] = MappingProxyType({})


class StubBook:
    """Stubs of a scope, and those of all scopes (""), which come after equally specific ones of the scope's own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, scope: str, stub: Stub, now: Micros = 0, *, order: int | None = None) -> Stub:
        """Lays a stub down; it gets an id, and its place as the newest unless `order` gives it that of another. Raises
        ValueError for one without a reply."""
        if not stub.replies:
            raise ValueError("a stub needs at least one reply")
        if order is None:
            order = await self._newest(scope)
        laid = replace(stub, id=stub.id or ident(0, "stub", scope, order), created_at=now, order=order)
        await self._store.add(scope, laid)
        return laid

    async def _newest(self, scope: str) -> int:
        # Counted in the scope: what others lay down must not show in its stubs' ids.
        newest = max((stub.order for stub in await self._store.list(Stub, scope)), default=-1)
        order = await self._store.next_ordinal(scope, "stubs")
        while order <= newest:  # the count began anew: the state was reset and the stubs were kept
            order = await self._store.next_ordinal(scope, "stubs")
        return order

    async def laid(self, scope: str) -> list[Stub]:
        """A scope's own stubs, in the order in which they are tried."""
        return ranked(await self._store.list(Stub, scope))

    async def remove(self, scope: str, id: str) -> bool:
        return bool(await self._store.remove(Stub, scope, [id]))

    async def clear(self, scope: str) -> None:
        await self._store.remove(Stub, scope, [stub.id for stub in await self._store.list(Stub, scope)])

    async def unused(self, scope: str) -> list[Stub]:
        """A scope's stubs that no call has had yet."""
        return [stub for stub in await self._store.list(Stub, scope) if not await self.used(scope, stub)]

    async def used(self, scope: str, stub: Stub) -> int:
        """How many calls have had a stub."""
        found = await self._store.ordinal(scope, f"stub {stub.id}")  # calls that came after its times count here, too
        return found if stub.times is None else min(found, stub.times)

    async def find(self, operation: Operation, request: Any, caller: Caller) -> Found:
        """The stub for a call, used up by one, and what it replies."""
        laid, found = await self.tried(caller.scope), Found()
        for scope, stub in laid:
            counts = stub.when.nth is not None
            if (found.stub is not None and not counts) or any(_points(stub, operation, request, caller)):
                continue
            # Every call that fits counts, also one that a stub ahead of this one answers.
            nth = await self._store.next_ordinal(scope, f"nth {stub.id}") + 1 if counts else None
            if found.stub is not None or nth != stub.when.nth:
                continue
            used = await self._store.next_ordinal(scope, f"stub {stub.id}")
            if stub.times is None or used < stub.times:
                found = Found(stub, stub.reply(used))
        if found.stub is not None:
            return found
        asked = {name.lower() for _, stub in laid for name in stub.when.headers} if operation in ANSWERED else ()
        return Found(headers={name: caller.headers.get(name) for name in asked if f"header {name}" not in SECRET})

    async def refuse(self, operation: Operation, request: Any, caller: Caller) -> None:
        """What strict mode does to a call without a stub. Raises Unstubbed, for the operations that want one."""
        if operation in ANSWERED:
            missed = await self.near_misses(operation, request, caller, counted=True)
            raise Unstubbed(f"no stub fits this {operation} call", hint=describe(missed))

    async def near_misses(
        self, operation: Operation, request: Any, caller: Caller, *, counted: bool = False
    ) -> list[tuple[Stub, list[Difference]]]:
        """The stubs that are not for a call, the nearest first: one that came and was `counted`, or one to come."""
        found = []
        for scope, stub in await self.tried(caller.scope):
            points = list(_points(stub, operation, request, caller))
            if not points:
                fitted = await self._store.ordinal(scope, f"nth {stub.id}") + (not counted)
                used = await self._store.ordinal(scope, f"stub {stub.id}") - counted
                points = list(miscounts(stub, fitted, used))
            found.append((stub, points))
        return nearest(found)

    async def tried(self, scope: str) -> list[tuple[str, Stub]]:
        """The stubs that are for a scope, with those that they belong to, in the order in which they are tried."""
        laid = [(scope, stub) for stub in await self._store.list(Stub, scope)]
        if scope != ALL_SCOPES:
            laid += [(ALL_SCOPES, stub) for stub in await self._store.list(Stub, ALL_SCOPES)]
        return sorted(laid, key=lambda e: (e[1].when.specificity, e[0] != ALL_SCOPES, e[1].order), reverse=True)


def _points(stub: Stub, operation: Operation, request: Any, caller: Caller) -> Iterator[Difference]:
    """`differences`, which says whose predicate failed."""
    try:
        yield from differences(stub.when, operation, request, caller)
    except BadStub as error:
        raise BadStub(f"the stub {stub.title}: {error.message}") from error


def describe(missed: Sequence[tuple[Stub, Sequence[Difference]]]) -> str:
    """The nearest stub and where the call differs from it, in words."""
    if not missed:
        return "there are no stubs; lay one down, or turn strict off"
    stub, found = missed[0]
    return f"the nearest, {stub.title}, differs in {'; '.join(map(str, found))}"
