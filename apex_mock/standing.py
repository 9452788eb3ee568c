"""The faults that the settings name, for the whole run: those of --fault and of the file of --faults."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from apex_mock.core.faults.rules import Fault
from apex_mock.core.types import Micros
from apex_mock.faultfile import in_short, read_fault, read_faults, write_fault
from apex_mock.faulting import FaultBook
from apex_mock.fixtures import BadFixture, parse_yaml, read_text
from apex_mock.reading import BadRule
from apex_mock.seed import digest
from apex_mock.settings import BadSetting, Settings

PREFIX = "setting"


def read_fault_file(path: Path) -> list[Fault]:
    """The faults of one file. Raises BadFixture, which names the file, the fault and the field."""
    text = read_text(path)
    try:
        return read_faults(orjson.loads(text) if path.suffix == ".json" else parse_yaml(text, path))
    except orjson.JSONDecodeError as error:
        raise BadFixture(path, f"line {error.lineno}: not valid JSON: {error.msg}") from None
    except BadRule as error:
        raise BadFixture(path, str(error)) from None


class StandingFaults:
    """Laid down once, before the first call, and again whenever all faults are forgotten."""

    def __init__(self, settings: Settings, book: FaultBook, now: Callable[[str], Micros]) -> None:
        """Raises BadSetting, BadFixture."""
        self._book, self._now = book, now
        self.faults = [_named(fault, number) for number, fault in enumerate(_read(settings), 1)]
        self.waiting = bool(self.faults)

    async def ready(self) -> None:
        """Lays them down unless that is done."""
        if self.waiting:
            await self.lay()

    async def lay(self) -> None:
        """Lays down those that are not there, and takes away those of an earlier run in the same store."""
        self.waiting = False
        wanted = {fault.id for fault in self.faults}
        for scope in dict.fromkeys(["", *(fault.scope for fault in self.faults)]):
            for old in await self._book.laid(scope):
                if old.id.startswith(f"{PREFIX}-") and old.id not in wanted:
                    await self._book.remove(scope, old.id)
        for fault in self.faults:
            with suppress(ValueError):  # another worker has laid it
                await self._book.add(fault.scope, fault, self._now(fault.scope))


def in_force(settings: Settings) -> list[str]:
    """The faults of the settings, each on one line. Raises BadSetting, BadFixture."""
    return [in_short(fault) for fault in _read(settings)]


def _read(settings: Settings) -> list[Fault]:
    found = [] if settings.faults is None else read_fault_file(settings.faults)
    for text in settings.fault:
        try:
            found.append(read_fault(text))
        except BadRule as error:
            raise BadSetting(f"fault {text!r}: {error}") from None
    return found


def _named(fault: Fault, number: int) -> Fault:
    # With its content in its id, a fault that was changed between two runs counts anew.
    content = digest(0, orjson.dumps(write_fault(fault)).decode()).hex()[:8]
    return replace(fault, id=f"{PREFIX}-{number}-{content}")
