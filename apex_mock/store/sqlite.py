"""State in an SQLite file: it outlives the process, and several processes of one machine share it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from apex_mock.store.bounds import Bounds
from apex_mock.store.engine import Place, Row, View
from apex_mock.store.sqlite_file import Database, File, one
from apex_mock.store.sqlite_log import SqliteLog


class SqliteEngine:
    def __init__(self, path: str, bounds: Bounds) -> None:
        """Opens the file, or makes it. Raises CannotOpen."""
        self._bounds = bounds
        self._file = File(path)
        self.log = SqliteLog(self._file)

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, rows: Sequence[Row], *, tell: bool) -> Row | None:
        def work(database: Database) -> Row | None:
            for row in rows:
                if one(database, "SELECT 1 FROM records WHERE kind = ? AND scope = ? AND id = ?", row[:3]):
                    return row
            database.executemany("INSERT INTO records (kind, scope, id, data) VALUES (?, ?, ?, ?)", rows)
            knowing = "INSERT INTO kinds VALUES (?) ON CONFLICT DO NOTHING"
            first = [database.execute(knowing, (kind,)).rowcount > 0 for kind in {row.kind for row in rows}]
            if tell or any(first):
                _tell(database)
            return None

        return await self._file.write(work)

    async def get(self, kind: str, scope: str, id: str) -> bytes | None:
        asked = "SELECT data FROM records WHERE kind = ? AND scope = ? AND id = ?"
        found = await self._file.read(lambda database: one(database, asked, (kind, scope, id)))
        return None if found is None else found[0]

    async def update(
        self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes], *, tell: bool
    ) -> bytes | None:
        asked = "SELECT n, data FROM records WHERE kind = ? AND scope = ? AND id = ?"

        def work(database: Database) -> bytes | None:
            found = one(database, asked, (kind, scope, id))
            if found is None:
                return None
            changed = change(found[1])
            database.execute("UPDATE records SET data = ? WHERE n = ?", (changed, found[0]))
            if tell:
                _tell(database)
            return changed

        return await self._file.write(work)

    async def remove(self, wanted: Sequence[Place], *, tell: bool) -> int:
        removing = "DELETE FROM records WHERE kind = ? AND scope = ? AND id = ?"

        def work(database: Database) -> int:
            if tell:
                _tell(database)
            return sum(database.execute(removing, which).rowcount for which in wanted)

        return await self._file.write(work) if wanted else 0

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        asked = "SELECT data FROM records WHERE kind = ? AND scope = ? ORDER BY n"
        return [data for (data,) in await self._file.read(lambda db: db.execute(asked, (kind, scope)).fetchall())]

    async def count(self, kind: str) -> int:
        found = await self._file.read(lambda db: one(db, "SELECT count(*) FROM records WHERE kind = ?", (kind,)))
        return int(found[0])

    async def forget(self, kind: str, scope: str | None) -> None:
        def work(database: Database) -> None:
            if scope is None:
                database.execute("DELETE FROM records WHERE kind = ?", (kind,))
                database.execute("DELETE FROM kinds WHERE kind = ?", (kind,))
            else:
                database.execute("DELETE FROM records WHERE kind = ? AND scope = ?", (kind, scope))
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
        return await self._file.write(lambda database: _count(database, scope, name, self._bounds.names))

    async def close(self) -> None:
        await self._file.close()


def _tell(database: Database) -> None:
    database.execute("UPDATE world SET version = version + 1")


def _version(database: Database) -> int:
    return int(one(database, "SELECT version FROM world")[0])


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _count(database: Database, scope: str, name: str, most: int) -> int:
    counting = "UPDATE ordinals SET value = value + 1 WHERE scope = ? AND name = ? RETURNING value"
    found = database.execute(counting, (scope, name)).fetchall()
    if found:
        return int(found[0][0]) - 1
    newest = one(database, "SELECT max(n) FROM ordinals WHERE scope = ?", (scope,))[0]
    n = 0 if newest is None else newest + 1
    database.execute("INSERT INTO ordinals (scope, name, value, n) VALUES (?, ?, 1, ?)", (scope, name, n))
    database.execute("DELETE FROM ordinals WHERE scope = ? AND n <= ?", (scope, n - most))
    return 0
