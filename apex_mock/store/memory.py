"""State in this process's memory: gone with the process."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence, Set
from typing import Any

from apex_mock.clock import ClockState
from apex_mock.core.types import Chat, Completion
from apex_mock.store.base import Orphan, R, Record
from apex_mock.store.bounds import BY_THE_WAY, NAME_SIZE, Bounds, Kept, size_of, too_much


class _World:
    """What is kept of a scope; insertion order is the order of the records. `used` grows with each use."""

    __slots__ = ("ordinals", "scope", "size", "sort", "tables", "used")

    def __init__(self, scope: str, sort: "OrderedDict[str, _World]") -> None:
        self.scope, self.sort, self.size, self.used = scope, sort, 0, 0
        self.tables: dict[type[Any], dict[str, Any]] = {}
        self.ordinals: OrderedDict[str, int] = OrderedDict()


class MemoryStore:
    def __init__(self, bounds: Bounds | None = None) -> None:
        self.clocks = Clocks(self)
        self._bounds = bounds or Bounds()
        self._worlds: dict[str, _World] = {}
        # The same, but for that of all scopes, the longest unused first: those that were only called, and those in
        # which something was stored.
        self._called: OrderedDict[str, _World] = OrderedDict()
        self._stored: OrderedDict[str, _World] = OrderedDict()
        self._kinds: set[type[Any]] = set()
        self._size = 0
        self._uses = 0

    async def look(self, scope: str) -> None:
        if (world := self._worlds.get(scope)) is not None:
            self._use(world)

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, scope: str, *records: Record) -> None:
        self.add_now(scope, *records)

    def add_now(self, scope: str, *records: Record) -> None:
        for record in records:
            if record.id in self.table(type(record), scope):
                raise ValueError(f"{type(record).__name__} {record.id} is already there")
            if isinstance(record, Completion) and not self._has_chat(scope, record.chat_id, records):
                raise Orphan(f"Chat {record.chat_id} is not there")
        world = self._worlds.get(scope) or _World(scope, self._called)
        self._grow(world, sum(map(size_of, records)))
        for record in records:
            kind = type(record)
            self._kinds.add(kind)
            table = world.tables.setdefault(kind, {})
            table[record.id] = record
            if len(table) > self._bounds.records.get(kind, len(table)):
                self._count(world, -size_of(table.pop(next(iter(table)))))
        self._file(world)
        self._use(world)

    async def get(self, kind: type[R], scope: str, id: str) -> R | None:
        found: R | None = self.table(kind, scope).get(id)
        return found

    async def update(self, kind: type[R], scope: str, id: str, change: Callable[[R], R]) -> R | None:
        table = self.table(kind, scope)
        if id not in table:
            return None
        before = table[id]
        changed: R = change(before)
        self._grow(self._worlds[scope], size_of(changed) - size_of(before))
        table[id] = changed
        return changed

    def _has_chat(self, scope: str, id: str, others: Iterable[Record]) -> bool:
        return id in self.table(Chat, scope) or any(isinstance(other, Chat) and other.id == id for other in others)

    async def remove(self, kind: type[R], scope: str, ids: Iterable[str]) -> int:
        return self.remove_now(kind, scope, ids)

    def remove_now(self, kind: type[Any], scope: str, ids: Iterable[str]) -> int:
        world = self._worlds.get(scope)
        if world is None:
            return 0
        removed = self._take(world, kind, ids)
        if kind is Chat and removed:
            rows = self.table(Completion, scope).values()
            self._take(world, Completion, [row.id for row in rows if row.chat_id in removed])
        self._file(world)
        return len(removed)

    def _take(self, world: _World, kind: type[Any], ids: Iterable[str]) -> Set[str]:
        table = world.tables.get(kind, {})
        taken = {id: record for id in ids if (record := table.pop(id, None)) is not None}
        if not table:
            world.tables.pop(kind, None)
        self._count(world, -sum(map(size_of, taken.values())))
        return taken.keys()

    async def list(self, kind: type[R], scope: str) -> Sequence[R]:
        return list(self.table(kind, scope).values())

    def may_hold(self, *kinds: type[Record]) -> bool:
        return not self._kinds.isdisjoint(kinds)

    async def kept(self) -> Kept:
        return Kept(len(self._called), len(self._stored), self._size)

    def scopes_with(self, kind: type[Any]) -> Sequence[str]:
        return [scope for scope, world in tuple(self._worlds.items()) if kind in world.tables]

    def table(self, kind: type[Any], scope: str) -> dict[str, Any]:
        """A scope's records of a kind by their ids, to be read only."""
        world = self._worlds.get(scope)
        return {} if world is None else world.tables.get(kind, {})

    # --- Ordinals -----------------------------------------------------------------------------------------------------

    async def ordinal(self, scope: str, name: str) -> int:
        world = self._worlds.get(scope)
        return 0 if world is None else world.ordinals.get(name, 0)

    async def next_ordinal(self, scope: str, name: str) -> int:
        world = self._worlds.get(scope) or _World(scope, self._called)
        ordinals = world.ordinals
        ordinal = ordinals.get(name, 0)
        ordinals[name] = ordinal + 1
        if ordinal:
            ordinals.move_to_end(name)
        elif len(ordinals) > self._bounds.names:
            ordinals.popitem(last=False)
        else:
            self._make_room(world, NAME_SIZE)
            self._count(world, NAME_SIZE)
            if len(ordinals) == 1:
                self._file(world)
            self._use(world)
        return ordinal

    # --- Starting anew ------------------------------------------------------------------------------------------------

    async def forget(self, kind: type[R], scope: str | None = None) -> None:
        for world in self._of(scope):
            self._drop(world, [kind])
        if scope is None:
            self._kinds.discard(kind)

    async def reset(self, scope: str | None = None, keep: Iterable[type[Record]] = ()) -> None:
        kept = set(keep)
        for world in self._of(scope):
            self._count(world, -NAME_SIZE * len(world.ordinals))
            world.ordinals.clear()
            self._drop(world, world.tables.keys() - kept)

    async def close(self) -> None:
        pass

    def _of(self, scope: str | None) -> Sequence[_World]:
        worlds = self._worlds
        if scope is None:
            return tuple(worlds.values())
        return (worlds[scope],) if scope in worlds else ()

    def _drop(self, world: _World, kinds: Iterable[type[Any]]) -> None:
        for kind in tuple(kinds):
            self._count(world, -sum(map(size_of, world.tables.pop(kind, {}).values())))
        self._file(world)

    # --- Room ---------------------------------------------------------------------------------------------------------

    def _use(self, world: _World) -> None:
        if not world.scope:
            return
        self._uses += 1
        world.used = self._uses
        try:  # noqa: SIM105  # half the price
            world.sort.move_to_end(world.scope)
        except KeyError:  # another thread moves its clock at this moment
            pass

    def _file(self, world: _World) -> None:
        """Keeps a world under its sort, while there is anything in it; in a new one as the one that was used last."""
        scope, before = world.scope, world.sort
        if not world.tables and not world.ordinals:
            self._worlds.pop(scope, None)
            before.pop(scope, None)
            return
        self._worlds[scope] = world
        if not scope:
            return
        world.sort = sort = self._called if world.tables.keys() <= BY_THE_WAY else self._stored
        sort[scope] = world
        if sort is not before:
            before.pop(scope, None)
        while len(sort) > self._bounds.scopes:
            self._forget(next(iter(sort.values())))

    def _forget(self, world: _World) -> None:
        world.sort.pop(world.scope, None)
        self._worlds.pop(world.scope, None)
        self._size -= world.size

    def _grow(self, world: _World, by: int) -> None:
        """Raises TooMuch for a scope that has not enough room, whoever else is forgotten."""
        if by > 0:
            always = self._worlds[""].size if world.scope and "" in self._worlds else 0
            if always + world.size + by > self._bounds.size:
                raise too_much(world.size, self._bounds)
            self._make_room(world, by)
        self._count(world, by)

    def _make_room(self, world: _World, by: int) -> None:
        while self._size + by > self._bounds.size:
            first = (next(iter(sort.values()), world) for sort in (self._called, self._stored))
            oldest = min((other for other in first if other is not world), key=lambda other: other.used, default=None)
            if oldest is None:
                break
            self._forget(oldest)

    def _count(self, world: _World, by: int) -> None:
        world.size += by
        self._size += by


class Clocks(MutableMapping[str, ClockState]):
    """The scopes' clocks, as records like others: they go when their scope is forgotten."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __bool__(self) -> bool:
        return self._store.may_hold(ClockState)

    def get(self, scope: str, default: Any = None) -> Any:
        return self._store.table(ClockState, scope).get(ClockState.id, default)

    def __getitem__(self, scope: str) -> ClockState:
        state: ClockState = self._store.table(ClockState, scope)[ClockState.id]
        return state

    def __setitem__(self, scope: str, state: ClockState) -> None:
        table = self._store.table(ClockState, scope)
        if ClockState.id in table:
            table[ClockState.id] = state
        else:
            self._store.add_now(scope, state)

    def __delitem__(self, scope: str) -> None:
        if not self._store.remove_now(ClockState, scope, [ClockState.id]):
            raise KeyError(scope)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.scopes_with(ClockState))

    def __len__(self) -> int:
        return len(self._store.scopes_with(ClockState))
