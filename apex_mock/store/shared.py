"""A Store on an Engine: records in, bytes out. Many processes may use one store at once."""

from collections.abc import Callable, Iterable, Sequence

from apex_mock.store.base import R, Record
from apex_mock.store.engine import Engine, Row
from apex_mock.store.records import decode, encode


class SharedStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, scope: str, *records: Record) -> None:
        rows = [Row(type(record).__name__, scope, record.id, encode(record)) for record in records]
        if (taken := await self._engine.add(rows)) is not None:
            raise ValueError(f"{taken.kind} {taken.id} is already there")

    async def get(self, kind: type[R], scope: str, id: str) -> R | None:
        data = await self._engine.get(kind.__name__, scope, id)
        return None if data is None else decode(kind, data)

    async def update(self, kind: type[R], scope: str, id: str, change: Callable[[R], R]) -> R | None:
        data = await self._engine.update(kind.__name__, scope, id, lambda found: encode(change(decode(kind, found))))
        return None if data is None else decode(kind, data)

    async def remove(self, kind: type[R], scope: str, ids: Iterable[str]) -> int:
        return await self._engine.remove(kind.__name__, scope, ids)

    async def list(self, kind: type[R], scope: str) -> Sequence[R]:
        return [decode(kind, data) for data in await self._engine.all(kind.__name__, scope)]

    def may_hold(self, kind: type[R]) -> bool:
        return True

    async def count(self, kind: type[R]) -> int:
        return await self._engine.count(kind.__name__)

    async def ordinal(self, scope: str, name: str) -> int:
        return await self._engine.ordinal(scope, name)

    async def next_ordinal(self, scope: str, name: str) -> int:
        return await self._engine.next_ordinal(scope, name)

    async def forget(self, kind: type[R], scope: str | None = None) -> None:
        await self._engine.forget(kind.__name__, scope)

    async def reset(self, scope: str | None = None, keep: Iterable[type[Record]] = ()) -> None:
        await self._engine.reset(scope, [kind.__name__ for kind in keep])

    async def close(self) -> None:
        await self._engine.close()
