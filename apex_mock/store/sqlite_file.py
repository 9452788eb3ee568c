"""An SQLite file with the store's tables: opening it, and its transactions.

Two rules. Writes that are asked for at about one time go into one transaction, and nobody hears of a write before it is
committed. And the loop never waits: a file that another process has locked is tried again, for PATIENCE seconds,
and what was written is moved from the log of writes (the -wal file) to its place by another thread.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from shlex import quote
from typing import Any, TypeVar

from apex_mock.clock import stopwatch
from apex_mock.errors import StoreFailed
from apex_mock.store.engine import PATIENCE, CannotOpen

T = TypeVar("T")
Database = sqlite3.Connection
Work = Callable[[Database], Any]
APPLICATION = 0x41504558  # "APEX": marks the file as ours
VERSION = 4  # of the tables; a file with another one is refused
EAGER_TRIES = 20  # for a lock that is held for a transaction's length, before each try waits
PAUSE = 0.002  # seconds between two tries
MOST_LOGGED = 16 * 1024 * 1024  # bytes in the log of writes before they are moved
LOOK_EVERY = 200  # transactions between two looks at how long it is
HURRY = 0.25  # seconds that a call waits for a lock after another has waited in vain: a call writes more than once
SCHEMA = """
CREATE TABLE records (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
    chat TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (scope, kind, id));
CREATE TABLE kinds (kind TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE ordinals (scope TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE UNIQUE INDEX ordinals_by_age ON ordinals (scope, n);
CREATE TABLE journal (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, scope TEXT NOT NULL, operation TEXT NOT NULL,
    transport TEXT NOT NULL, outcome TEXT NOT NULL, owner TEXT NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE scopes (scope TEXT PRIMARY KEY, size INTEGER NOT NULL, stored INTEGER NOT NULL, used INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX scopes_by_use ON scopes (stored > 0, used);
CREATE TABLE world (version INTEGER NOT NULL, seq INTEGER NOT NULL, first INTEGER NOT NULL, entries INTEGER NOT NULL,
    size INTEGER NOT NULL, evicted INTEGER NOT NULL, slots INTEGER NOT NULL, uses INTEGER NOT NULL,
    taken INTEGER NOT NULL, called INTEGER NOT NULL, stored INTEGER NOT NULL);
INSERT INTO world VALUES (1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
"""
_Asked = tuple[Work, "asyncio.Future[Any]"]
_Told = tuple["asyncio.Future[Any]", Any, Exception | None]


class File:
    """`before_commit` is done at the end of each transaction, in it; `begun` counts them."""

    def __init__(self, path: str) -> None:
        """Opens the file, or makes it. Raises CannotOpen."""
        self.path = path
        self.database = open_file(Path(path))
        self.before_commit: Work = lambda database: None
        self.begun = 0
        self._queue: list[_Asked] = []
        self._moving: asyncio.Future[None] | None = None
        self._tries = 0
        self._since = 0.0
        self._patience = PATIENCE

    async def read(self, work: Callable[[Database], T]) -> T:
        until = stopwatch() + PATIENCE
        while True:
            try:
                return work(self.database)
            except sqlite3.Error as error:
                if not _is_busy(error) or stopwatch() > until:
                    raise self._failed(error) from None
            await asyncio.sleep(PAUSE)

    def write(self, work: Callable[[Database], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.append((work, done))
        if len(self._queue) == 1:
            self._tries, self._since = 0, stopwatch()
            # Not in the next turn but in the one after: under load more come along.
            loop.call_soon(loop.call_soon, self._flush, loop)
        return done

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        """All that is queued, in one transaction."""
        queue, self._queue = self._queue, []
        try:
            told = self._commit(queue)
            self._patience = PATIENCE
        except sqlite3.Error as error:
            if _is_busy(error) and stopwatch() - self._since < self._patience:
                self._again(loop, queue)
                return
            self._patience = HURRY if _is_busy(error) else PATIENCE
            # One that cannot be done must not take the others with it.
            told = [one for item in queue for one in self._commit_alone(item, error)]
        if self.begun % LOOK_EVERY == 0:
            self._move(loop)
        for done, result, fault in told:
            if done.done():  # whoever asked has gone
                continue
            if fault is None:
                done.set_result(result)
            else:
                done.set_exception(fault)

    def _again(self, loop: asyncio.AbstractEventLoop, queue: list[_Asked]) -> None:
        self._queue = queue  # whoever comes meanwhile goes along
        self._tries += 1
        if self._tries < EAGER_TRIES:
            loop.call_soon(self._flush, loop)
        else:
            loop.call_later(PAUSE, self._flush, loop)

    def _commit(self, queue: Sequence[_Asked]) -> list[_Told]:
        """What a work raises is its own. What the database says is raised, and then nothing is done."""
        told: list[_Told] = []
        database = self.database
        try:
            database.execute("BEGIN IMMEDIATE")
            self.begun += 1
            for work, done in queue:
                try:
                    told.append((done, work(database), None))
                except sqlite3.Error:
                    raise
                except Exception as error:  # handed on to whoever asked
                    told.append((done, None, error))
            self.before_commit(database)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return told

    def _commit_alone(self, item: _Asked, error: sqlite3.Error) -> list[_Told]:
        if not _is_busy(error):
            try:
                return self._commit([item])
            except sqlite3.Error as its_own:
                error = its_own
        return [(item[1], None, self._failed(error))]

    def _move(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._moving is None or self._moving.done():
            with suppress(OSError):
                if Path(f"{self.path}-wal").stat().st_size > MOST_LOGGED:
                    self._moving = loop.run_in_executor(None, _move, self.path)

    def _failed(self, error: sqlite3.Error) -> StoreFailed:
        if _is_busy(error):
            return StoreFailed(f"The store cannot be used: another process has locked {self.path}")
        return StoreFailed(f"The store cannot be used: {self.path}: {error}")

    async def close(self) -> None:
        if self._queue:
            self._flush(asyncio.get_running_loop())
        if self._moving is not None:
            await asyncio.wait([self._moving])
        self.database.close()


def one(database: Database, asked: str, values: Sequence[Any] = ()) -> Any:
    """The first row, or None."""
    return database.execute(asked, values).fetchone()


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _move(path: str) -> None:
    """Most of it beside the writers, the rest while they wait: only then can the log begin anew."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as database:
        for how in ("PASSIVE", "RESTART"):
            database.execute(f"PRAGMA wal_checkpoint({how})")


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
        raise CannotOpen(f"{path} cannot be used: {error}; name another file") from None
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
        database.execute("PRAGMA wal_autocheckpoint = 0")
    except BaseException:
        database.close()
        raise


def _check(database: Database, path: Path) -> bool:
    """True for a file without tables. Raises CannotOpen for one whose tables are not those of VERSION."""
    if not one(database, "SELECT count(*) FROM sqlite_master")[0]:
        return True
    if one(database, "PRAGMA application_id")[0] != APPLICATION:
        raise CannotOpen(f"{path} is another program's database; name another file")
    version = one(database, "PRAGMA user_version")[0]
    if version != VERSION:
        newer = "a newer" if version > VERSION else "an older"
        raise CannotOpen(
            f"{path} was made by {newer} apex-mock: its tables have version {version}, this one reads {VERSION};"
            " to go on with what is in it, serve it with the apex-mock that made it;"
            f" to begin anew, name another file, or move it away (mv {quote(str(path))}* ELSEWHERE)"
        )
    return False
