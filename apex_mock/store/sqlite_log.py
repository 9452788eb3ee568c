"""The journal in an SQLite file: a ring. Entry `seq` lies in slot `seq % slots`, in the place of the one that it
pushes out: half the work of adding at one end and removing at the other. The row of `world` counts what bounds it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from apex_mock.store.engine import Written
from apex_mock.store.sqlite_file import Database, File, one

PUTTING = "INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class _Counts:
    """The journal's part of `world`, as it is in one transaction: the last sequence number, the first that may still be
    there, how many are there, their bytes, how many were pushed out, and how many there may be."""

    seq: int = 0
    first: int = 1
    entries: int = 0
    size: int = 0
    evicted: int = 0
    slots: int = 0


class SqliteLog:
    def __init__(self, file: File) -> None:
        self._file = file
        self._slots, self._most_size = 0, 0
        self._counts = _Counts()
        self._begun = 0  # the transaction that the counts are of
        file.before_commit = self._settle

    def bound(self, entries: int, size: int) -> None:
        self._slots, self._most_size = entries, size

    # --- Writing ------------------------------------------------------------------------------------------------------

    async def write(self, seq: int, entry: Written) -> int:
        return await self._file.write(lambda db: self._replace(db, seq, entry) if seq else self._add(db, entry))

    def _add(self, database: Database, entry: Written) -> int:
        counts = self._load(database)
        counts.seq += 1
        if not counts.slots:
            counts.evicted += 1
            return counts.seq
        if counts.seq - counts.slots >= counts.first:
            self._push_out(database)
        database.execute(PUTTING, (counts.seq % counts.slots, counts.seq, *entry))
        counts.entries += 1
        counts.size += entry.size
        return counts.seq

    def _replace(self, database: Database, seq: int, entry: Written) -> int:
        counts = self._load(database)
        found = self._size_of(database, seq)
        if found is not None:
            database.execute(PUTTING, (seq % counts.slots, seq, *entry))
            counts.size += entry.size - found
        return seq

    def _push_out(self, database: Database) -> None:
        """The first, if nobody has cleared it away. Its row goes when another takes its place, or with `_settle`."""
        counts = self._counts
        size = self._size_of(database, counts.first)
        if size is not None:
            counts.entries -= 1
            counts.size -= size
            counts.evicted += 1
        counts.first += 1

    def _size_of(self, database: Database, seq: int) -> int | None:
        slots = self._counts.slots
        asked = "SELECT size FROM journal WHERE slot = ? AND seq = ?"
        found = one(database, asked, (seq % slots, seq)) if slots else None
        return None if found is None else int(found[0])

    def _load(self, database: Database) -> _Counts:
        if self._begun != self._file.begun:
            self._begun = self._file.begun
            self._counts = _Counts(*one(database, "SELECT seq, first, entries, size, evicted, slots FROM world"))
            if self._counts.slots != self._slots:
                self._lay_anew(database)
        return self._counts

    def _lay_anew(self, database: Database) -> None:
        """In as many slots as there may be now."""
        counts = self._counts
        rows = database.execute("SELECT * FROM journal ORDER BY seq DESC").fetchall()
        kept = rows[: self._slots]
        database.execute("DELETE FROM journal")
        database.executemany(PUTTING, [(seq % self._slots, seq, *rest) for _, seq, *rest in kept])
        counts.slots = self._slots
        counts.first = max(counts.first, counts.seq - counts.slots + 1)
        counts.evicted += len(rows) - len(kept)
        counts.entries, counts.size = len(kept), sum(row[-2] for row in kept)

    def _settle(self, database: Database) -> None:
        """Makes room in bytes, and writes the counts, of a transaction that has changed them."""
        counts = self._counts
        if self._begun != self._file.begun:
            return
        if counts.entries and counts.size > self._most_size:
            begun = counts.first
            while counts.entries and counts.size > self._most_size:
                self._push_out(database)
            database.execute("DELETE FROM journal WHERE seq >= ? AND seq < ?", (begun, counts.first))
        writing = "UPDATE world SET seq = ?, first = ?, entries = ?, size = ?, evicted = ?, slots = ?"
        database.execute(writing, astuple(counts))

    async def clear(self, scope: str | None) -> None:
        def work(database: Database) -> None:
            if scope is None:
                database.execute("DELETE FROM journal")
            else:
                database.execute("DELETE FROM journal WHERE scope = ?", (scope,))
            counts = self._load(database)
            counts.entries, counts.size = one(database, "SELECT count(*), ifnull(sum(size), 0) FROM journal")

        await self._file.write(work)

    # --- Reading ------------------------------------------------------------------------------------------------------

    async def read(self, since: int, wanted: Sequence[tuple[str, str]]) -> Sequence[tuple[int, bytes]]:
        fields = "".join(f" AND {name} = ?" for name, _ in wanted)
        asked = f"SELECT seq, data FROM journal WHERE seq > ?{fields} ORDER BY seq"  # noqa: S608  # names of ours
        values = (since, *(value for _, value in wanted))
        return await self._file.read(lambda database: database.execute(asked, values).fetchall())

    async def named(self, seqs: Iterable[int]) -> Sequence[tuple[int, bytes]]:
        wanted = list(seqs)
        asked = f"SELECT seq, data FROM journal WHERE seq IN ({', '.join('?' * len(wanted))}) ORDER BY seq"  # noqa: S608  # marks alone
        return await self._file.read(lambda database: database.execute(asked, wanted).fetchall())

    async def owners(self) -> set[str]:
        asked = "SELECT DISTINCT owner FROM journal"
        return {owner for (owner,) in await self._file.read(lambda database: database.execute(asked).fetchall())}

    async def tally(self) -> tuple[int, int]:
        seq, evicted = await self._file.read(lambda database: one(database, "SELECT seq, evicted FROM world"))
        return seq, evicted
