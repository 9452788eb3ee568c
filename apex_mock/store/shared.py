"""A Store on an Engine: records in, bytes out. Many processes may use one store at once.

What every call asks for (WATCHED) is kept in this process, scope by scope, and read anew when the store's version has
moved on; `look` asks for the version. Everything else is asked of the engine each time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from apex_mock.clock import SECOND, system_now
from apex_mock.store.base import ALL_SCOPES, WATCHED, R, Record
from apex_mock.store.bounds import Kept
from apex_mock.store.engine import Engine, Row
from apex_mock.store.records import decode, encode

MOST_SEEN = 10_000  # scopes whose records are kept; more than can be under way at once
_WATCHED = {kind.__name__: kind for kind in WATCHED}


class _Seen(NamedTuple):
    """What a scope held of the watched kinds at a version."""

    version: int
    records: Mapping[type[Any], dict[str, Any]]


class SharedStore:
    def __init__(self, engine: Engine) -> None:
        self.log = engine.log
        self.loop: asyncio.AbstractEventLoop | None = None
        self.version: int | None = None
        """As it was at the last look; None when this process has written since."""
        self._engine = engine
        self._kinds: frozenset[str] = frozenset()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._used: set[str] = set()
        self._second = 0

    # --- What is seen -------------------------------------------------------------------------------------------------

    async def look(self, scope: str) -> None:
        if scope and scope not in self._used_now():
            self._used.add(scope)
            self._engine.use(scope).add_done_callback(_unheard)  # nobody waits for it
        version = await self._engine.version()
        seen = self._seen.get(scope)
        if seen is None or not seen.version == self.version == version:
            await self._load(scope)

    def _used_now(self) -> set[str]:
        """The scopes of this second's calls: that one is in use is written once a second."""
        second = system_now() // SECOND
        if second != self._second:
            self._second = second
            self._used.clear()
        return self._used

    async def _load(self, scope: str) -> None:
        self.loop = asyncio.get_running_loop()
        scopes = (ALL_SCOPES, scope) if scope else (ALL_SCOPES,)
        version, kinds, rows = await self._engine.view(scopes, _WATCHED)
        for name in scopes:
            records: dict[type[Any], dict[str, Any]] = {kind: {} for kind in WATCHED}
            for row in rows:
                if row.scope == name:
                    kind: Any = _WATCHED[row.kind]
                    records[kind][row.id] = decode(kind, row.data)
            self._seen[name] = _Seen(version, records)
            self._seen.move_to_end(name)
        self.version, self._kinds = version, kinds
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)

    def seen(self, kind: type[R], scope: str, id: str) -> R | None:
        """A record of a watched kind, as it was when its scope was last looked at."""
        seen = self._seen.get(scope)
        found: R | None = None if seen is None else seen.records[kind].get(id)
        return found

    def _known(self, kind: type[R], scope: str) -> Mapping[str, R] | None:
        """A scope's records of a watched kind, unless they may have changed since the last look."""
        if kind not in WATCHED or self.version is None:
            return None
        seen = self._seen.get(scope)
        known: Mapping[str, R] = seen.records[kind] if seen is not None else {}
        return known if seen is not None and seen.version == self.version else None

    def may_hold(self, *kinds: type[Record]) -> bool:
        return self.version is None or any(kind.__name__ in self._kinds for kind in kinds)

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, scope: str, *records: Record) -> None:
        rows = [
            Row(type(record).__name__, scope, record.id, encode(record), getattr(record, "chat_id", ""))
            for record in records
        ]
        kinds = {type(record) for record in records}
        try:
            await self._engine.add(rows, tell=not WATCHED.isdisjoint(kinds))
        finally:
            self._written(*kinds)

    async def get(self, kind: type[R], scope: str, id: str) -> R | None:
        known = self._known(kind, scope)
        if known is not None:
            return known.get(id)
        data = await self._engine.get(kind.__name__, scope, id)
        return None if data is None else decode(kind, data)

    async def update(self, kind: type[R], scope: str, id: str, change: Callable[[R], R]) -> R | None:
        def changed(found: bytes) -> bytes:
            return encode(change(decode(kind, found)))

        try:
            data = await self._engine.update(kind.__name__, scope, id, changed, tell=kind in WATCHED)
        finally:
            self._written(kind)
        return None if data is None else decode(kind, data)

    async def remove(self, kind: type[R], scope: str, ids: Iterable[str]) -> int:
        try:
            return await self._engine.remove(kind.__name__, scope, list(ids), tell=kind in WATCHED)
        finally:
            self._written(kind)

    async def list(self, kind: type[R], scope: str) -> Sequence[R]:
        known: Mapping[str, R] | None = self._known(kind, scope)
        if known is None:
            return [decode(kind, data) for data in await self._engine.all(kind.__name__, scope)]
        return list(known.values())

    async def kept(self) -> Kept:
        return await self._engine.kept()

    def _written(self, *kinds: type[Any]) -> None:
        """This process has written, or may have: it must not go on by what it has seen."""
        if any(kind in WATCHED or kind.__name__ not in self._kinds for kind in kinds):
            self.version = None

    # --- Ordinals, and starting anew ----------------------------------------------------------------------------------

    async def ordinal(self, scope: str, name: str) -> int:
        return await self._engine.ordinal(scope, name)

    async def next_ordinal(self, scope: str, name: str) -> int:
        return await self._engine.next_ordinal(scope, name)

    async def forget(self, kind: type[R], scope: str | None = None) -> None:
        try:
            await self._engine.forget(kind.__name__, scope)
        finally:
            self.version = None
        if kind in WATCHED:
            for name, seen in self._seen.items():
                if scope in (None, name):
                    seen.records[kind].clear()

    async def reset(self, scope: str | None = None, keep: Iterable[type[Record]] = ()) -> None:
        try:
            await self._engine.reset(scope, [kind.__name__ for kind in keep])
        finally:
            self.version = None

    async def close(self) -> None:
        await self._engine.close()


def _unheard(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled():
        done.exception()
