"""The journal's table in an SQLite file. What bounds it is counted in one row, written once a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apex_mock.store.engine import Written
from apex_mock.store.sqlite_file import Database, File, one

FORGET_AT_ONCE = 100  # rows that are looked at in one go when room is made


@dataclass(slots=True)
class _Counts:
    """The journal's part of the row in `world`, as it is in one transaction."""

    begun: int = 0
    seq: int = 0
    entries: int = 0
    size: int = 0
    evicted: int = 0


class SqliteLog:
    def __init__(self, file: File) -> None:
        self._file = file
        self._most_entries, self._most_size = 0, 0
        self._counts = _Counts()
        file.before_commit = self._settle

    def bound(self, entries: int, size: int) -> None:
        self._most_entries, self._most_size = entries, size

    async def write(self, seq: int, entry: Written) -> int:
        return await self._file.write(lambda db: self._replace(db, seq, entry) if seq else self._add(db, entry))

    def _add(self, database: Database, entry: Written) -> int:
        counts = self._load(database)
        counts.seq += 1
        counts.entries += 1
        counts.size += entry.size
        database.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (counts.seq, *entry))
        return counts.seq

    def _replace(self, database: Database, seq: int, entry: Written) -> int:
        found = one(database, "SELECT size FROM journal WHERE seq = ?", (seq,))
        if found is not None:
            self._load(database).size += entry.size - found[0]
            changing = "UPDATE journal SET outcome = ?, size = ?, data = ? WHERE seq = ?"
            database.execute(changing, (entry.outcome, entry.size, entry.data, seq))
        return seq

    def _load(self, database: Database) -> _Counts:
        if self._counts.begun != self._file.begun:
            counted = one(database, "SELECT seq, entries, size, evicted FROM world")
            self._counts = _Counts(self._file.begun, *counted)
        return self._counts

    def _settle(self, database: Database) -> None:
        """Makes room, and writes the counts, of a transaction that has written entries."""
        counts = self._counts
        if counts.begun != self._file.begun:
            return
        while counts.entries and (counts.entries > self._most_entries or counts.size > self._most_size):
            last = 0
            for seq, size in one_lot(database):
                if counts.entries <= self._most_entries and counts.size <= self._most_size:
                    break
                last = seq
                counts.entries -= 1
                counts.size -= size
                counts.evicted += 1
            database.execute("DELETE FROM journal WHERE seq <= ?", (last,))
        values = (counts.seq, counts.entries, counts.size, counts.evicted)
        database.execute("UPDATE world SET seq = ?, entries = ?, size = ?, evicted = ?", values)

    async def read(self, since: int, wanted: Sequence[tuple[str, str]]) -> Sequence[tuple[int, bytes]]:
        fields = "".join(f" AND {name} = ?" for name, _ in wanted)
        asked = f"SELECT seq, data FROM journal WHERE seq > ?{fields} ORDER BY seq"  # noqa: S608  # names of ours
        values = (since, *(value for _, value in wanted))
        return await self._file.read(lambda database: database.execute(asked, values).fetchall())

    async def named(self, seqs: Iterable[int]) -> Sequence[tuple[int, bytes]]:
        asked = "SELECT seq, data FROM journal WHERE seq = ?"
        wanted = list(seqs)
        found = await self._file.read(lambda database: [one(database, asked, (seq,)) for seq in wanted])
        return [row for row in found if row is not None]

    async def owners(self) -> set[str]:
        asked = "SELECT DISTINCT owner FROM journal"
        return {owner for (owner,) in await self._file.read(lambda database: database.execute(asked).fetchall())}

    async def tally(self) -> tuple[int, int]:
        seq, evicted = await self._file.read(lambda database: one(database, "SELECT seq, evicted FROM world"))
        return seq, evicted

    async def clear(self, scope: str | None) -> None:
        def work(database: Database) -> None:
            if scope is None:
                database.execute("DELETE FROM journal")
            else:
                database.execute("DELETE FROM journal WHERE scope = ?", (scope,))
            counts = self._load(database)
            counts.entries, counts.size = one(database, "SELECT count(*), ifnull(sum(size), 0) FROM journal")

        await self._file.write(work)


def one_lot(database: Database) -> list[tuple[int, int]]:
    """The oldest entries, with their sizes."""
    return database.execute("SELECT seq, size FROM journal ORDER BY seq LIMIT ?", (FORGET_AT_ONCE,)).fetchall()
