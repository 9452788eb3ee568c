"""State in this process's memory: gone with the process."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from apex_mock.store.base import R, Record
from apex_mock.store.engine import KEPT_ORDINALS


class MemoryStore:
    def __init__(self) -> None:
        # Insertion order is the order of the records.
        self._records: dict[tuple[type[Any], str], dict[str, Any]] = {}
        self._kinds: set[type[Any]] = set()
        self._ordinals: dict[str, OrderedDict[str, int]] = {}

    async def look(self, scope: str) -> None:
        pass  # nobody else writes here

    async def add(self, scope: str, *records: Record) -> None:
        for record in records:
            if record.id in self._records.get((type(record), scope), ()):
                raise ValueError(f"{type(record).__name__} {record.id} is already there")
        for record in records:
            self._kinds.add(type(record))
            self._records.setdefault((type(record), scope), {})[record.id] = record

    async def get(self, kind: type[R], scope: str, id: str) -> R | None:
        found: R | None = self._records.get((kind, scope), {}).get(id)
        return found

    async def update(self, kind: type[R], scope: str, id: str, change: Callable[[R], R]) -> R | None:
        table = self._records.get((kind, scope), {})
        if id not in table:
            return None
        changed: R = change(table[id])
        table[id] = changed
        return changed

    async def remove(self, kind: type[R], scope: str, ids: Iterable[str]) -> int:
        return await self.remove_all(scope, {kind: ids})

    async def remove_all(self, scope: str, ids: Mapping[type[Any], Iterable[str]]) -> int:
        wanted = ((self._records.get((kind, scope), {}), id) for kind, of_kind in ids.items() for id in of_kind)
        return sum(table.pop(id, None) is not None for table, id in wanted)

    async def list(self, kind: type[R], scope: str) -> Sequence[R]:
        return list(self._records.get((kind, scope), {}).values())

    def may_hold(self, kind: type[R]) -> bool:
        return kind in self._kinds

    async def count(self, kind: type[R]) -> int:
        return sum(len(table) for (stored, _), table in self._records.items() if stored is kind)

    async def ordinal(self, scope: str, name: str) -> int:
        return self._ordinals.get(scope, OrderedDict()).get(name, 0)

    async def next_ordinal(self, scope: str, name: str) -> int:
        names = self._ordinals.setdefault(scope, OrderedDict())
        ordinal = names.get(name, 0)
        names[name] = ordinal + 1
        if len(names) > KEPT_ORDINALS:
            names.popitem(last=False)
        return ordinal

    async def forget(self, kind: type[R], scope: str | None = None) -> None:
        for key in [key for key in self._records if key[0] is kind and scope in (None, key[1])]:
            del self._records[key]
        if scope is None:
            self._kinds.discard(kind)

    async def reset(self, scope: str | None = None, keep: Iterable[type[Record]] = ()) -> None:
        kept = tuple(keep)
        for key in [key for key in self._records if key[0] not in kept and scope in (None, key[1])]:
            del self._records[key]
        for name in [name for name in self._ordinals if scope in (None, name)]:
            del self._ordinals[name]

    async def close(self) -> None:
        pass
