"""State in an SQLite file: it outlives the process, and several processes of one machine share it.

Two rules. Writes that are asked for in one turn of the loop go into one transaction, and nobody hears of a write before
it is committed. And the loop never waits: a file that another process has locked is tried again, for PATIENCE seconds.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from apex_mock.clock import stopwatch
from apex_mock.errors import StoreFailed
from apex_mock.store.engine import KEPT_ORDINALS, PATIENCE, CannotOpen, Row

T = TypeVar("T")
Database = sqlite3.Connection
Work = Callable[[Database], Any]
APPLICATION = 0x41504558  # "APEX": marks the file as ours
VERSION = 1  # of the tables; a file with another one is refused
EAGER_TRIES = 20  # for a lock that is held for a transaction's length, before each try waits
PAUSE = 0.002  # seconds between two tries
SCHEMA = """
CREATE TABLE records (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
    data BLOB NOT NULL, UNIQUE (kind, scope, id));
CREATE TABLE ordinals (scope TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE UNIQUE INDEX ordinals_by_age ON ordinals (scope, n);
"""


class SqliteEngine:
    def __init__(self, path: str) -> None:
        """Opens the file, or makes it. Raises CannotOpen."""
        self.path = path
        self._database = open_file(Path(path))
        self._queue: list[_Asked] = []
        self._tries = 0
        self._since = 0.0

    # --- Records ------------------------------------------------------------------------------------------------------

    async def add(self, rows: Sequence[Row]) -> Row | None:
        def work(database: Database) -> Row | None:
            for row in rows:
                if _one(database, "SELECT 1 FROM records WHERE kind = ? AND scope = ? AND id = ?", row[:3]):
                    return row
            database.executemany("INSERT INTO records (kind, scope, id, data) VALUES (?, ?, ?, ?)", rows)
            return None

        return await self._write(work)

    async def get(self, kind: str, scope: str, id: str) -> bytes | None:
        asked = "SELECT data FROM records WHERE kind = ? AND scope = ? AND id = ?"
        found = await self._read(lambda database: _one(database, asked, (kind, scope, id)))
        return None if found is None else found[0]

    async def update(self, kind: str, scope: str, id: str, change: Callable[[bytes], bytes]) -> bytes | None:
        def work(database: Database) -> bytes | None:
            found = _one(
                database, "SELECT n, data FROM records WHERE kind = ? AND scope = ? AND id = ?", (kind, scope, id)
            )
            if found is None:
                return None
            changed = change(found[1])
            database.execute("UPDATE records SET data = ? WHERE n = ?", (changed, found[0]))
            return changed

        return await self._write(work)

    async def remove(self, kind: str, scope: str, ids: Iterable[str]) -> int:
        wanted = [(kind, scope, id) for id in ids]

        def work(database: Database) -> int:
            removing = "DELETE FROM records WHERE kind = ? AND scope = ? AND id = ?"
            return sum(database.execute(removing, one).rowcount for one in wanted)

        return await self._write(work) if wanted else 0

    async def all(self, kind: str, scope: str) -> Sequence[bytes]:
        asked = "SELECT data FROM records WHERE kind = ? AND scope = ? ORDER BY n"
        return [data for (data,) in await self._read(lambda db: db.execute(asked, (kind, scope)).fetchall())]

    async def count(self, kind: str) -> int:
        found = await self._read(lambda db: _one(db, "SELECT count(*) FROM records WHERE kind = ?", (kind,)))
        return int(found[0])

    async def forget(self, kind: str, scope: str | None) -> None:
        where, values = ("", (kind,)) if scope is None else (" AND scope = ?", (kind, scope))
        await self._write(lambda db: db.execute(f"DELETE FROM records WHERE kind = ?{where}", values))  # noqa: S608

    async def reset(self, scope: str | None, keep: Iterable[str]) -> None:
        kept = tuple(keep)
        here, values = ("1", ()) if scope is None else ("scope = ?", (scope,))
        others = f"kind NOT IN ({', '.join('?' * len(kept))})"

        def work(database: Database) -> None:
            database.execute(f"DELETE FROM records WHERE {here} AND {others}", (*values, *kept))  # noqa: S608
            database.execute(f"DELETE FROM ordinals WHERE {here}", values)  # noqa: S608

        await self._write(work)

    # --- Ordinals -----------------------------------------------------------------------------------------------------

    async def ordinal(self, scope: str, name: str) -> int:
        asked = "SELECT value FROM ordinals WHERE scope = ? AND name = ?"
        found = await self._read(lambda database: _one(database, asked, (scope, name)))
        return 0 if found is None else int(found[0])

    async def next_ordinal(self, scope: str, name: str) -> int:
        return await self._write(lambda database: _count(database, scope, name))

    # --- Transactions -------------------------------------------------------------------------------------------------

    async def _read(self, work: Callable[[Database], T]) -> T:
        until = stopwatch() + PATIENCE
        while True:
            try:
                return work(self._database)
            except sqlite3.Error as error:
                if not _is_busy(error) or stopwatch() > until:
                    raise self._failed(error) from None
            await asyncio.sleep(PAUSE)

    def _write(self, work: Callable[[Database], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.append((work, done))
        if len(self._queue) == 1:
            self._tries, self._since = 0, stopwatch()
            loop.call_soon(self._flush, loop)
        return done

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        """All that is queued, in one transaction."""
        queue, self._queue = self._queue, []
        try:
            told = self._commit(queue)
        except sqlite3.Error as error:
            if _is_busy(error) and stopwatch() - self._since < PATIENCE:
                self._again(loop, queue)
                return
            # One that cannot be done must not take the others with it.
            told = [one for item in queue for one in self._commit_alone(item, error)]
        _tell(told)

    def _again(self, loop: asyncio.AbstractEventLoop, queue: list["_Asked"]) -> None:
        self._queue = queue  # whoever comes meanwhile goes along
        self._tries += 1
        if self._tries < EAGER_TRIES:
            loop.call_soon(self._flush, loop)
        else:
            loop.call_later(PAUSE, self._flush, loop)

    def _commit(self, queue: "Sequence[_Asked]") -> list["_Told"]:
        """What a work raises is its own. What the database says is raised, and then nothing is done."""
        told: list[_Told] = []
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            for work, done in queue:
                try:
                    told.append((done, work(database), None))
                except sqlite3.Error:
                    raise
                except Exception as error:  # handed on to whoever asked
                    told.append((done, None, error))
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return told

    def _commit_alone(self, item: "_Asked", error: sqlite3.Error) -> list["_Told"]:
        if not _is_busy(error):
            try:
                return self._commit([item])
            except sqlite3.Error as its_own:
                error = its_own
        return [(item[1], None, self._failed(error))]

    def _failed(self, error: sqlite3.Error) -> StoreFailed:
        if _is_busy(error):
            hint = f"another process has locked {self.path} for {PATIENCE:g} seconds"
        else:
            hint = f"{self.path}: {error}"
        return StoreFailed("The store cannot be used", hint=hint)

    async def close(self) -> None:
        if self._queue:
            self._flush(asyncio.get_running_loop())
        self._database.close()


_Asked = tuple[Work, "asyncio.Future[Any]"]
_Told = tuple["asyncio.Future[Any]", Any, Exception | None]


def _tell(told: Sequence[_Told]) -> None:
    for done, result, error in told:
        if done.done():  # whoever asked has gone
            continue
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)


def _one(database: Database, asked: str, values: Sequence[Any] = ()) -> Any:
    return database.execute(asked, values).fetchone()


def _count(database: Database, scope: str, name: str) -> int:
    counting = "UPDATE ordinals SET value = value + 1 WHERE scope = ? AND name = ? RETURNING value"
    found = database.execute(counting, (scope, name)).fetchall()
    if found:
        return int(found[0][0]) - 1
    newest = _one(database, "SELECT max(n) FROM ordinals WHERE scope = ?", (scope,))[0]
    n = 0 if newest is None else newest + 1
    database.execute("INSERT INTO ordinals (scope, name, value, n) VALUES (?, ?, 1, ?)", (scope, name, n))
    database.execute("DELETE FROM ordinals WHERE scope = ? AND n <= ?", (scope, n - KEPT_ORDINALS))
    return 0


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


# --- Opening ----------------------------------------------------------------------------------------------------------


def open_file(path: Path) -> Database:
    """A connection to a file with the tables of VERSION. Raises CannotOpen."""
    if not path.parent.is_dir():
        raise CannotOpen(f"there is no folder {path.parent}; make it, or name another file")
    if not path.exists():
        try:
            # It holds keys: nobody else may read it.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise CannotOpen(f"{path} cannot be made: {error.strerror}; name a file in a folder of yours") from None
    if not (_writable(path) and _writable(path.parent)):
        raise CannotOpen(f"{path} cannot be written, it and its folder must be; name another file, or mend the rights")
    try:
        database = sqlite3.connect(path, PATIENCE, isolation_level=None, check_same_thread=False)
        _prepare(database, path)
    except sqlite3.Error as error:
        raise CannotOpen(f"{path} cannot be used: {error}; name another file, or remove this one") from None
    return database


def _writable(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _prepare(database: Database, path: Path) -> None:
    try:
        _check(database, path)  # before anything is changed
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        if _check(database, path):  # nobody else has made the tables meanwhile
            for statement in SCHEMA.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
        database.execute("PRAGMA busy_timeout = 0")
    except BaseException:
        database.close()
        raise


def _check(database: Database, path: Path) -> bool:
    """True for a file without tables. Raises CannotOpen for one whose tables are not those of VERSION."""
    if not _one(database, "SELECT count(*) FROM sqlite_master")[0]:
        return True
    if _one(database, "PRAGMA application_id")[0] != APPLICATION:
        raise CannotOpen(f"{path} is another program's database; name another file")
    version = _one(database, "PRAGMA user_version")[0]
    if version != VERSION:
        newer = "a newer" if version > VERSION else "an older"
        raise CannotOpen(
            f"{path} was made by {newer} apex-mock (version {version} of the tables, this one has {VERSION});"
            " remove it, or name another file"
        )
    return False
