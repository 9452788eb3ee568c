"""State in an SQLite file: it outlives the process, and several processes of one machine share it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from apex_mock.core.types import Chat, Completion
from apex_mock.store.base import Orphan
from apex_mock.store.bounds import NAME_SIZE, Bounds, Kept
from apex_mock.store.engine import Row, View
from apex_mock.store.sqlite_file import Database, File, one
from apex_mock.store.sqlite_log import SqliteLog
from apex_mock.store.sqlite_room import NAMES, Room, size_of, stored_of


class SqliteEngine:
    def __init__(self, path: str, bounds: Bounds) -> None:
        """Opens the file, or makes it. Raises CannotOpen."""
        self._bounds, self._room = bounds, Room(bounds)
        self._most = {kind.__name__: most for kind, most in bounds.records.items()}
        self._file = File(path)
        self.log = SqliteLog(self._file)

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, rows: Sequence[Row], *, tell: bool) -> None:
        scope, kinds = rows[0].scope, {row.kind for row in rows}

        def work(database: Database) -> None:
            _check(database, rows)
            size = sum(size_of(row.data) for row in rows)
            self._room.check(database, scope, size)
            database.executemany("INSERT INTO records (kind, scope, id, data, chat) VALUES (?, ?, ?, ?, ?)", rows)
            kept = self._room.change(database, scope, size, stored_of(row.kind for row in rows))
            for kind in kinds & self._most.keys():
                self._forget_oldest(database, kind, scope)
            told = self._room.make(database, scope, kept)
            knowing = "INSERT INTO kinds VALUES (?) ON CONFLICT DO NOTHING"
            first = [database.execute(knowing, (kind,)).rowcount > 0 for kind in kinds]
            if tell or told or any(first):
                _tell(database)

        await self._file.write(work)

    def _forget_oldest(self, database: Database, kind: str, scope: str) -> None:
        """Of a kind of which a scope keeps so many."""
        asked = "SELECT count(*), min(n) FROM records WHERE scope = ? AND kind = ?"
        count, oldest = one(database, asked, (scope, kind))
        if count > self._most[kind]:
            self._delete(database, scope, "n = ?", (oldest,))

    def _delete(self, database: Database, scope: str, which: str, values: Sequence[Any]) -> int:
        deleting = f"DELETE FROM records WHERE {which} RETURNING kind, data"  # noqa: S608  # words of ours
        gone = database.execute(deleting, values).fetchall()
        if gone:
            size = sum(size_of(data) for _, data in gone)
            self._room.change(database, scope, -size, -stored_of(kind for kind, _ in gone))
        return len(gone)

    async def get(self, kind: str, scope: str, id: str) -> bytes | None:
        asked = "SELECT data FROM records WHERE scope = ? AND kind = ? AND id = ?"
        found = await self._file.read(lambda database: one(database, asked, (scope, kind, id)))
        return None if found is None else found[0]

    async def update(
        self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes], *, tell: bool
    ) -> bytes | None:
        asked = "SELECT n, data FROM records WHERE scope = ? AND kind = ? AND id = ?"

        def work(database: Database) -> bytes | None:
            found = one(database, asked, (scope, kind, id))
            if found is None:
                return None
            changed = change(found[1])
            more, told = len(changed) - len(found[1]), False
            if more:
                self._room.check(database, scope, more)
                told = self._room.make(database, scope, self._room.change(database, scope, more))
            database.execute("UPDATE records SET data = ? WHERE n = ?", (changed, found[0]))
            if tell or told:
                _tell(database)
            return changed

        return await self._file.write(work)

    async def remove(self, kind: str, scope: str, ids: Sequence[str], *, tell: bool) -> int:
        def work(database: Database) -> int:
            count = 0
            for id in ids:
                count += self._delete(database, scope, "scope = ? AND kind = ? AND id = ?", (scope, kind, id))
                if kind == Chat.__name__:
                    rows = "scope = ? AND kind = ? AND chat = ?"
                    self._delete(database, scope, rows, (scope, Completion.__name__, id))
            if tell:
                _tell(database)
            return count

        return await self._file.write(work) if ids else 0

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        asked = "SELECT data FROM records WHERE scope = ? AND kind = ? ORDER BY n"
        return [data for (data,) in await self._file.read(lambda db: db.execute(asked, (scope, kind)).fetchall())]

    def use(self, scope: str) -> "asyncio.Future[None]":
        return self._file.write(lambda database: self._room.use(database, scope))

    async def kept(self) -> Kept:
        return await self._file.read(self._room.kept)

    async def forget(self, kind: str, scope: str | None) -> None:
        def work(database: Database) -> None:
            if scope is None:
                database.execute("DELETE FROM records WHERE kind = ?", (kind,))
                database.execute("DELETE FROM kinds WHERE kind = ?", (kind,))
            else:
                database.execute("DELETE FROM records WHERE kind = ? AND scope = ?", (kind, scope))
            self._room.measure(database, scope)
            _tell(database)

        await self._file.write(work)

    async def reset(self, scope: str | None, keep: Iterable[str]) -> None:
        kept = tuple(keep)
        values: tuple[str, ...] = () if scope is None else (scope,)
        here = "1" if scope is None else "scope = ?"
        others = f"kind NOT IN ({_marks(kept)})"

        def work(database: Database) -> None:
            database.execute(f"DELETE FROM records WHERE {here} AND {others}", (*values, *kept))  # noqa: S608  # marks
            database.execute(f"DELETE FROM ordinals WHERE {here}", values)  # noqa: S608  # marks alone
            self._room.measure(database, scope)
            _tell(database)

        await self._file.write(work)

    # --- What has changed ---------------------------------------------------------------------------------------------

    async def version(self) -> int:
        return await self._file.read(_version)

    async def view(self, scopes: Iterable[str], kinds: Iterable[str]) -> View:
        here, wanted = tuple(scopes), tuple(kinds)
        asked = (
            "SELECT kind, scope, id, data FROM records"  # noqa: S608  # marks alone
            f" WHERE kind IN ({_marks(wanted)}) AND scope IN ({_marks(here)}) ORDER BY n"
        )

        def work(database: Database) -> View:
            # The version first: what others write meanwhile is then read anew next time.
            version = _version(database)
            known = frozenset(kind for (kind,) in database.execute("SELECT kind FROM kinds"))
            return View(version, known, [Row(*row) for row in database.execute(asked, (*wanted, *here))])

        return await self._file.read(work)

    # --- Ordinals -----------------------------------------------------------------------------------------------------

    async def ordinal(self, scope: str, name: str) -> int:
        asked = "SELECT value FROM ordinals WHERE scope = ? AND name = ?"
        found = await self._file.read(lambda database: one(database, asked, (scope, name)))
        return 0 if found is None else int(found[0])

    async def next_ordinal(self, scope: str, name: str) -> int:
        return await self._file.write(lambda database: self._count(database, scope, name))

    def _count(self, database: Database, scope: str, name: str) -> int:
        most = self._bounds.names
        counting = "UPDATE ordinals SET value = value + 1 WHERE scope = ? AND name = ? RETURNING value, n"
        found = database.execute(counting, (scope, name)).fetchone()
        newest = one(database, "SELECT max(n) FROM ordinals WHERE scope = ?", (scope,))[0]
        n = 0 if newest is None else newest + 1
        if found:
            if found[1] < n - most // 2:  # among the older half: only then is it worth a place among the new
                database.execute("UPDATE ordinals SET n = ? WHERE scope = ? AND name = ?", (n, scope, name))
            return int(found[0]) - 1
        database.execute("INSERT INTO ordinals (scope, name, value, n) VALUES (?, ?, 1, ?)", (scope, name, n))
        forgetting = "DELETE FROM ordinals WHERE scope = ? AND n <= ?"
        forgotten = database.execute(forgetting, (scope, n - most)).rowcount
        if n % NAMES == 0 and not forgotten:
            kept = self._room.change(database, scope, NAMES * NAME_SIZE)
            if self._room.make(database, scope, kept):
                _tell(database)
        return 0

    async def close(self) -> None:
        await self._file.close()


def _tell(database: Database) -> None:
    database.execute("UPDATE world SET version = version + 1")


def _version(database: Database) -> int:
    return int(one(database, "SELECT version FROM world")[0])


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _check(database: Database, rows: Sequence[Row]) -> None:
    """Raises ValueError, Orphan, before anything is added."""
    there = "SELECT 1 FROM records WHERE scope = ? AND kind = ? AND id = ?"
    for row in rows:
        if one(database, there, (row.scope, row.kind, row.id)):
            raise ValueError(f"{row.kind} {row.id} is already there")
        chat = (row.scope, Chat.__name__, row.chat)
        if row.chat and not any((r.scope, r.kind, r.id) == chat for r in rows) and not one(database, there, chat):
            raise Orphan(f"{row.kind} {row.id} cannot be added: its chat {row.chat} is not there")
