"""The SQLite store: a file that outlives its process, is shared by several, and says what is wrong with it."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apex_mock import ApexMock, Settings
from apex_mock.cli import app
from apex_mock.core.stubs import Match, Reply, Stub
from apex_mock.core.types import ApiKey, Chat, Completion
from apex_mock.errors import InvalidRequest, StoreFailed
from apex_mock.settings import BadSetting
from apex_mock.store import sqlite_file
from apex_mock.store.base import Store
from apex_mock.store.engine import CannotOpen
from apex_mock.store.opening import open_store
from apex_mock.store.sqlite_file import VERSION


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "apex.db"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[Store]:
    made = open_store(f"sqlite:{file}")
    yield made
    await made.close()


@pytest.fixture
def other(file: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """Another program on the same file."""
    with sqlite3.connect(file, isolation_level=None) as connection:
        yield connection
    connection.close()


def counted(key: ApiKey) -> ApiKey:
    return replace(key, used=key.used + 1)


async def test_what_was_stored_is_there_for_the_next_process(file):
    """Records with all that is in them, in their order, and ordinals."""
    rows = [
        Completion(f"{n}", "c", "öwner", "basic", n, metadata={"deep": [1, {"x": None}], "much": float("inf")})
        for n in range(3)
    ]
    chat = Chat("c", "öwner", "u", "t", "apex", 0, 0)
    first = open_store(f"sqlite:{file}")
    await first.add("s", chat, *rows)
    await first.next_ordinal("s", "a")
    await first.close()
    second = open_store(f"sqlite:{file}")
    assert await second.list(Completion, "s") == rows
    assert await second.next_ordinal("s", "a") == 1
    await second.close()


CLIENT = """
import asyncio, sys
from tests.store.test_sqlite import counted
from apex_mock.core.types import ApiKey
from apex_mock.store.opening import open_store

async def main(store):
    drawn = []
    for _ in range(20):
        await asyncio.gather(*(store.update(ApiKey, "s", "k", counted) for _ in range(5)))
        drawn.append(await store.next_ordinal("s", "name"))
    print(*drawn)

asyncio.run(main(open_store(sys.argv[1])))
"""


@pytest.mark.inner
def test_processes_at_once_lose_nothing_and_draw_nothing_twice(file):
    """Every update is counted, and every ordinal is one process's own."""
    store = open_store(f"sqlite:{file}")
    asyncio.run(store.add("s", ApiKey("k", 1)))
    clients = [
        subprocess.Popen([sys.executable, "-c", CLIENT, f"sqlite:{file}"], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    drawn = [int(number) for client in clients for number in client.communicate(timeout=60)[0].split()]
    assert sorted(drawn) == list(range(40))
    assert asyncio.run(store.get(ApiKey, "s", "k")).used == 200
    asyncio.run(store.close())


async def test_a_file_that_somebody_has_locked_is_waited_for(store, other):
    """The call is answered once the lock is gone."""
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(store.next_ordinal("s", "a"))
    for _ in range(2 * sqlite_file.EAGER_TRIES):
        await asyncio.sleep(0)
    assert not waiting.done()
    other.execute("COMMIT")
    assert await waiting == 0


async def test_a_file_that_stays_locked_is_an_error_and_not_a_hang(store, other, file, monkeypatch):
    """It names the file; reading goes on; and once the lock is gone, so does writing."""
    await store.add("s", ApiKey("k", 1))
    monkeypatch.setattr(store._engine._file, "_patience", 0.05)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match=f"another process has locked {file}"):
        await store.update(ApiKey, "s", "k", counted)
    assert await store.get(ApiKey, "s", "k") == ApiKey("k", 1)
    other.execute("ROLLBACK")
    assert await store.update(ApiKey, "s", "k", counted) == ApiKey("k", 1, used=1)


async def test_a_full_disk_is_an_error_that_passes(store, file):
    """Nothing is half-written; when there is room again, all is well."""
    await store.add("s", ApiKey("k", 1), Chat("c", "o", "u", "t", "apex", 0, 0))
    pages = store._engine._file.database.execute("PRAGMA page_count").fetchone()[0]
    store._engine._file.database.execute(
        f"PRAGMA max_page_count = {pages}"
    )  # SQLite's own limit fails as a full disk does
    big = [Completion(f"{n}", "c", "o", "basic", 0, completion_text="x" * 10_000) for n in range(2)]
    results = await asyncio.gather(
        store.add("s", *big), store.update(ApiKey, "s", "k", counted), return_exceptions=True
    )
    assert isinstance(results[0], StoreFailed)
    assert "full" in str(results[0])
    assert results[1] == ApiKey("k", 1, used=1), "one that cannot be done does not take the others with it"
    assert await store.list(Completion, "s") == []
    store._engine._file.database.execute("PRAGMA max_page_count = 1000000")
    await store.add("s", *big)
    assert await store.list(Completion, "s") == big


async def test_a_predicate_stays_in_this_process(store):
    """A stub with one is refused, by name, and nothing is stored."""
    stub = Stub("s1", Match(where=lambda request, caller: True), (Reply("x"),), name="mine")
    with pytest.raises(InvalidRequest, match="the stub mine has a Python predicate, which only the memory store"):
        await store.add("s", stub)
    assert await store.list(Stub, "s") == []


def size(file: Path) -> int:
    return file.stat().st_size


async def test_the_log_of_writes_begins_anew(store, file, monkeypatch):
    """However much is written, it does not grow for ever."""
    monkeypatch.setattr(sqlite_file, "MOST_LOGGED", 50_000)
    monkeypatch.setattr(sqlite_file, "LOOK_EVERY", 5)
    for n in range(400):
        await store.add("s", ApiKey(f"{n}", 1))
        if n % 20 == 0 and (moving := store._engine._file._moving) is not None:
            await asyncio.wait([moving])  # as clients do that ask now and then
    written = 400 * 6 * 4096
    assert size(Path(f"{file}-wal")) < written / 4
    assert len(await store.list(ApiKey, "s")) == 400


async def test_a_journal_may_be_given_more_or_less_room(file):
    """The next process keeps as many calls as it is told to, the newest."""
    for room, calls, kept in (
        (5, 7, [3, 4, 5, 6, 7]),
        (2, 1, [7, 8]),
        (4, 3, [8, 9, 10, 11]),
        (0, 1, []),
        (3, 2, [13, 14]),
    ):
        mock = ApexMock(Settings(store=f"sqlite:{file}", journal_entries=room))
        for _ in range(calls):
            await mock.list_chats()
        entries = await mock.journal.select()
        assert [e.seq for e in entries] == kept
        seq, evicted = await mock.journal.tally()
        assert seq - evicted == len(kept)
        await mock.close()


# --- Opening ----------------------------------------------------------------------------------------------------------


def broken(file: Path, how: str) -> None:
    if how == "text":
        file.write_text("this is no database " * 100)
        return
    with sqlite3.connect(file) as connection:
        if how == "foreign":
            connection.execute("CREATE TABLE other (x)")
        else:
            connection.execute(f"PRAGMA user_version = {sqlite_file.VERSION + (1 if how == 'newer' else -1)}")
    connection.close()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("text", "file is not a database; name another file"),
        ("foreign", "is another program's database; name another file"),
        ("newer", f"was made by a newer apex-mock: its tables have version {VERSION + 1}, this one reads {VERSION};"),
        ("older", f"was made by an older apex-mock: its tables have version {VERSION - 1}, this one reads {VERSION};"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_and_left_alone(file, how, message):
    """Whoever made it: the message says what to do."""
    if how in ("newer", "older"):
        await open_store(f"sqlite:{file}").close()
    broken(file, how)
    before = file.read_bytes()
    with pytest.raises(CannotOpen, match=re.escape(f"{file} ") + ".*" + message):
        open_store(f"sqlite:{file}")
    assert file.read_bytes() == before


async def test_the_way_on_from_a_file_of_another_version_is_as_it_is_told(file, monkeypatch):
    """The apex-mock that made it goes on with it, and once it is moved away another begins anew in its place."""
    made = ApexMock(Settings(store=f"sqlite:{file}"))
    await made.create_chat("Hello", "apex", "basic")
    with monkeypatch.context() as another:
        another.setattr(sqlite_file, "VERSION", VERSION + 1)
        with pytest.raises(BadSetting) as said:
            ApexMock(Settings(store=f"sqlite:{file}"))
    await made.close()
    same = ApexMock(Settings(store=f"sqlite:{file}"))
    assert len(await same.list_chats()) == 1
    await same.close()
    way = re.search(
        r"serve it with the apex-mock that made it; .* or move it away \((mv .* ELSEWHERE)\)", str(said.value)
    )
    elsewhere = file.parent / "elsewhere"
    elsewhere.mkdir()
    moving = await asyncio.create_subprocess_shell(way[1].replace("ELSEWHERE", str(elsewhere)))
    assert await moving.wait() == 0
    monkeypatch.setattr(sqlite_file, "VERSION", VERSION + 1)
    anew = ApexMock(Settings(store=f"sqlite:{file}"))
    assert await anew.list_chats() == []
    await anew.close()
    assert (elsewhere / file.name).exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """As a bad setting, of which the command line makes one line and exit code 2."""
    with pytest.raises(BadSetting, match=r"store: there is no folder .*/nowhere; make it, or name another file"):
        ApexMock(Settings(store=f"sqlite:{tmp_path}/nowhere/apex.db"))


@pytest.fixture
def foreign() -> Iterator[Path]:
    """A folder of root's, for somebody who is not root."""
    folder = Path(tempfile.mkdtemp())
    asyncio.run(open_store(f"sqlite:{folder}/apex.db").close())
    (folder / "apex.db").chmod(0o444)
    folder.chmod(0o555)
    if root := os.geteuid() == 0:
        os.seteuid(65_534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("name", "problem"), [("new.db", "made: Permission denied"), ("apex.db", "written")])
def test_what_cannot_be_written_is_named(foreign, name, problem):
    """A folder without rights, and a file."""
    with pytest.raises(CannotOpen, match=rf"{name} cannot be {problem}"):
        open_store(f"sqlite:{foreign}/{name}")


@pytest.mark.parametrize("url", ["", "sqlite:", "sqlite://", "file.db", "postgres://x", "Memory"])
def test_an_address_that_names_no_store_is_refused(url):
    """With the forms that there are."""
    with pytest.raises(CannotOpen, match="names no store; say memory, sqlite:PATH"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://:HIDDEN@127.0.0.1:99999/0", "names no Redis; say redis://HOST:PORT/DB"),
        ("redis://:HID/DEN@127.0.0.1:1/0", "names no Redis; say redis://HOST:PORT/DB"),
        ("redis://:HIDDEN@127.0.0.1:1/staging", "where DB is a number"),
        ("redis://:HIDDEN@127.0.0.1:1/0?colour=HIDDEN", "does not know an option"),
        ("redis://:HIDDEN@127.0.0.1:1/0", "cannot be used"),
        ("Redis://:HIDDEN@127.0.0.1:1/0", "'Redis' names no store"),
        ("redis::HIDDEN@127.0.0.1:1/0", "'redis' names no store"),
    ],
)
def test_no_password_is_told(url, said):
    """Whatever is wrong with its address. A database that is no number is not taken for the first."""
    with pytest.raises(CannotOpen, match=said) as caught:
        open_store(url)
    assert "HID" not in str(caught.value)


async def test_nobody_else_may_read_the_file(file):
    """There are keys in it."""
    await open_store(f"sqlite:{file}").close()
    assert file.stat().st_mode & 0o077 == 0


async def test_a_path_may_be_written_as_a_url(tmp_path):
    """sqlite:///path is the path from the root."""
    await open_store(f"sqlite://{tmp_path}/apex.db").close()
    assert (tmp_path / "apex.db").exists()


@pytest.mark.parametrize("url", ["sqlite:/nowhere/apex.db", "redis://127.0.0.1:1", "files:/x"])
def test_the_command_line_says_in_one_line_what_to_mend(url):
    """And ends with 2."""
    done = CliRunner().invoke(app, ["serve", "--port", "0", "--store", url])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("apex-mock: store: ")
