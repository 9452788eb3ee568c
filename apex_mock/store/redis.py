"""State in a Redis: several machines share it, and it lives as long as that Redis keeps it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import orjson

from apex_mock.store import redis_scripts as scripts
from apex_mock.store.base import Orphan
from apex_mock.store.bounds import Bounds, Kept, too_much
from apex_mock.store.engine import Row, View
from apex_mock.store.redis_link import PREFIX, Link
from apex_mock.store.redis_log import RedisLog


class RedisEngine:
    def __init__(self, url: str, bounds: Bounds) -> None:
        """Makes sure that the Redis answers. Raises CannotOpen."""
        self._bounds = bounds
        self._room = (bounds.scopes, bounds.size)
        self._most = orjson.dumps({kind.__name__: most for kind, most in bounds.records.items()})
        self._link = Link(url)
        self.log = RedisLog(self._link)
        # Of one process's updates of a record, one after the other: only those of others are tried again.
        self._updates: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, rows: Sequence[Row], *, tell: bool) -> None:
        told = (value for row in rows for value in row)
        refused = await self._link.run(scripts.ADD, int(tell), *self._room, self._most, *told)
        if refused is None:
            return
        why, which = refused
        if why == b"full":
            raise too_much(which, self._bounds)
        row = rows[which]
        if why == b"there":
            raise ValueError(f"{row.kind} {row.id} is already there")
        raise Orphan(f"{row.kind} {row.id} cannot be added: its chat {row.chat} is not there")

    async def get(self, kind: str, scope: str, id: str) -> bytes | None:
        found = await self._link.ask("HGET", _table(kind, scope), id)
        return None if found is None else _split(found)[1]

    async def update(
        self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes], *, tell: bool
    ) -> bytes | None:
        lock = self._updates.setdefault((kind, scope, id), asyncio.Lock())
        async with lock:
            while (found := await self._link.ask("HGET", _table(kind, scope), id)) is not None:
                n, data = _split(found)
                changed = change(data)
                place = (kind, scope, id, found, b"%d %b" % (n, changed))
                swapped = await self._link.run(scripts.SWAP, int(tell), *self._room, *place)
                if isinstance(swapped, list):
                    raise too_much(swapped[0], self._bounds)
                if swapped:
                    return changed
        return None

    async def remove(self, kind: str, scope: str, ids: Sequence[str], *, tell: bool) -> int:
        return int(await self._link.run(scripts.REMOVE, int(tell), kind, scope, *ids)) if ids else 0

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        return [data for _, data in sorted(map(_split, await self._link.ask("HVALS", _table(kind, scope))))]

    def use(self, scope: str) -> "asyncio.Future[Any]":
        return self._link.run(scripts.USE, scope)

    async def kept(self) -> Kept:
        return Kept(*await self._link.run(scripts.KEPT))

    async def forget(self, kind: str, scope: str | None) -> None:
        await self._link.run(scripts.FORGET, *_which(scope), "only", kind)

    async def reset(self, scope: str | None, keep: Iterable[str]) -> None:
        await self._link.run(scripts.FORGET, *_which(scope), "but", *keep)

    # --- What has changed ---------------------------------------------------------------------------------------------

    async def version(self) -> int:
        return int(await self._link.ask("HGET", f"{PREFIX}:world", "version") or 0)

    async def view(self, scopes: Iterable[str], kinds: Iterable[str]) -> View:
        here, wanted = list(scopes), list(kinds)
        version, known, *tables = await self._link.run(scripts.VIEW, len(here), *here, *wanted)
        rows = []
        names = ((scope, kind) for scope in here for kind in wanted)
        for (scope, kind), table in zip(names, tables, strict=True):
            found = zip(table[::2], map(_split, table[1::2]), strict=True)
            rows += [(n, Row(kind, scope, id.decode(), data)) for id, (n, data) in found]
        return View(int(version), frozenset(kind.decode() for kind in known), [row for _, row in sorted(rows)])

    # --- Ordinals -----------------------------------------------------------------------------------------------------

    async def ordinal(self, scope: str, name: str) -> int:
        return int(await self._link.ask("HGET", f"{PREFIX}:o:{scope}", name) or 0)

    async def next_ordinal(self, scope: str, name: str) -> int:
        return int(await self._link.run(scripts.NEXT, *self._room, scope, name, self._bounds.names))

    async def close(self) -> None:
        await self._link.close()


def _table(kind: str, scope: str) -> str:
    return f"{PREFIX}:t:{kind}:{scope}"


def _which(scope: str | None) -> tuple[str, str]:
    return ("all", "") if scope is None else ("one", scope)


def _split(value: Any) -> tuple[int, bytes]:
    n, _, data = value.partition(b" ")
    return int(n), data
