"""The journal's entries in a Redis."""

from collections.abc import Iterable, Sequence

import orjson

from apex_mock.store import redis_log_scripts as scripts
from apex_mock.store.engine import Written
from apex_mock.store.redis_link import PREFIX, Link


class RedisLog:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._most_entries, self._most_size = 0, 0

    def bound(self, entries: int, size: int) -> None:
        self._most_entries, self._most_size = entries, size

    async def write(self, seq: int, entry: Written) -> int:
        *found_by, size, data = entry
        head = orjson.dumps(dict(zip(Written._fields, found_by, strict=False)))
        value = b"%d\n%b\n%b" % (size, head, data)
        return int(await self._link.run(scripts.WRITE, seq, value, self._most_entries, self._most_size))

    async def read(self, since: int, wanted: Sequence[tuple[str, str]]) -> Sequence[tuple[int, bytes]]:
        found = await self._link.run(scripts.READ, since, *(part for pair in wanted for part in pair))
        return list(zip(found[::2], found[1::2], strict=True))

    async def named(self, seqs: Iterable[int]) -> Sequence[tuple[int, bytes]]:
        wanted = list(seqs)
        found = await self._link.ask("HMGET", f"{PREFIX}:journal", *wanted) if wanted else []
        return [(seq, value.split(b"\n", 2)[2]) for seq, value in zip(wanted, found, strict=True) if value is not None]

    async def owners(self) -> set[str]:
        return {owner.decode() for owner in await self._link.run(scripts.OWNERS)}

    async def tally(self) -> tuple[int, int]:
        seq, evicted = await self._link.ask("HMGET", f"{PREFIX}:world", "seq", "evicted")
        return int(seq or 0), int(evicted or 0)

    async def clear(self, scope: str | None) -> None:
        await self._link.run(scripts.CLEAR, *(("all", "") if scope is None else ("one", scope)))
