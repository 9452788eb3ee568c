"""The stubs of a folder of files: laid down when the server starts, laid anew when a file changes.

They are for all scopes, or for the one that they name. A new set that cannot be used changes nothing: the one before
stays, and the fault is named in the log and at /__apex/stubs until it is mended.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from apex_mock.core.stubs import Stub
from apex_mock.core.types import LaidStubs, Micros
from apex_mock.fixtures import BadFixture, Seen, parse_yaml, read_text, seen
from apex_mock.reading import BadRule
from apex_mock.seed import digest
from apex_mock.store.base import ALL_SCOPES, Store
from apex_mock.stubbing import StubBook
from apex_mock.stubfile import read_stubs, write_stub
from apex_mock.world import World

INTERVAL = 0.5  # seconds between two looks at the folder
SUFFIXES = (".yaml", ".yml", ".json")
log = logging.getLogger("apex_mock")


def read_folder(folder: Path) -> list[Stub]:
    """The stubs of every file, by path and place. Raises BadFixture, which names the file, the stub and the field."""
    if not folder.is_dir():
        raise BadFixture(folder, "is not a folder")
    stubs: list[Stub] = []
    for path in stub_files(folder):
        stubs += read_file(path, path.relative_to(folder).as_posix())
    return stubs


def read_file(path: Path, name: str = "") -> list[Stub]:
    """The stubs of one file, each with an id and, unless it has its own, a name that say where it stands in which."""
    text = read_text(path)
    try:
        read = read_stubs(orjson.loads(text) if path.suffix == ".json" else parse_yaml(text, path))
    except orjson.JSONDecodeError as error:
        raise BadFixture(path, f"line {error.lineno}: not valid JSON: {error.msg}") from None
    except BadRule as error:
        raise BadFixture(path, str(error)) from None
    placed = []
    for number, stub in enumerate(read, 1):
        place = f"{name or path.name}#{number}"
        # With its content in its id, a stub that was changed counts its calls anew, and one that was not goes on.
        content = digest(0, orjson.dumps(write_stub(stub)).decode()).hex()[:8]
        placed.append(replace(stub, id=f"{place}-{content}", name=stub.name or place))
    return placed


def _place(id: str) -> str:
    """The file and the place in it, from an id that `read_file` has given."""
    return id.rpartition("-")[0]


def stub_files(folder: Path) -> list[Path]:
    """The files of stubs below a folder, in one order everywhere. Links that lead out of it are not followed."""
    root = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES)
    return [path for path in found if path.is_file() and path.resolve().is_relative_to(root)]


def folder_of(mock: World) -> "StubFolder | None":
    """The folder that a mock's settings name. Raises BadFixture."""
    folder = mock.settings.stubs
    return None if folder is None else StubFolder(folder, mock.stubs, mock.store, mock.clock.now)


class StubFolder:
    """Keeps a StubBook as a folder says. `start` lays the stubs down and looks for changes until `stop`."""

    def __init__(self, folder: Path, book: StubBook, store: Store, now: Callable[[], Micros]) -> None:
        """Reads the folder. Raises BadFixture."""
        self.folder, self.fault = folder, ""
        self._book, self._store, self._now = book, store, now
        self._seen = self._look()
        self._wanted = read_folder(folder)
        self._laid = False
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.lay()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None

    async def ready(self) -> None:
        """Lays the stubs down unless that is done: for an application that no server has started."""
        if not self._laid:
            await self.lay()

    async def lay(self) -> None:
        """Lays down what is in the files and not yet there, and takes away what was and is no longer.

        What comes in the place of another, in its file, is as old as that: an edit makes no stub the newest.
        """
        self._laid = True
        wanted = tuple((stub.scope, stub.id) for stub in self._wanted)
        before = await self._note(wanted)
        scopes = dict.fromkeys(scope for scope, _ in (*before, *wanted))
        there = {scope: {stub.id: stub for stub in await self._book.laid(scope)} for scope in scopes}
        places: dict[tuple[str, str], int] = {}
        for scope, id in before:
            laid = there[scope].get(id)
            if laid is not None and (scope, id) not in wanted:
                places[scope, _place(id)] = laid.order
                await self._book.remove(scope, id)
        for stub in self._wanted:
            if stub.id not in there[stub.scope]:
                order = places.get((stub.scope, _place(stub.id)))
                with suppress(ValueError):  # another worker of this server has just laid it down
                    await self._book.add(stub.scope, stub, self._now(), order=order)

    async def _note(self, wanted: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Keeps what is laid down of the folder, for other workers and the next run, and returns what was so far."""
        id, before = str(self.folder.resolve()), LaidStubs("")

        def noted(laid: LaidStubs) -> LaidStubs:
            nonlocal before
            before = laid
            return LaidStubs(id, wanted)

        with suppress(ValueError):  # it is there
            await self._store.add(ALL_SCOPES, LaidStubs(id))
        await self._store.update(LaidStubs, ALL_SCOPES, id, noted)
        return before.stubs

    async def refresh(self) -> bool:
        """Reads the folder if a file of it has changed; tells whether it is in use as it is now."""
        looks = self._look()
        if looks == self._seen:
            return not self.fault
        self._seen = looks
        try:
            self._wanted = read_folder(self.folder)
        except BadFixture as error:
            self.fault = str(error)
            log.warning("%s; the stubs from before stay", self.fault)
            return False
        if self.fault:
            self.fault = ""
            log.warning("%s is good again; its stubs are in use as they are now", self.folder)
        await self.lay()
        return True

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.refresh()
            except Exception:
                log.exception("cannot look at %s", self.folder)

    def _look(self) -> Seen | None:
        """None where the folder is not there: an empty one is something else."""
        return seen(*stub_files(self.folder)) if self.folder.is_dir() else None
