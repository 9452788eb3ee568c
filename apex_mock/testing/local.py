"""The fake in this process, as a handle asks it: everything that changes happens on the fake's own loop."""

from collections.abc import Sequence
from typing import Any

from apex_mock.core.chats import GivenChat
from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Stub
from apex_mock.core.types import Chat, Micros
from apex_mock.journal import Entry
from apex_mock.stubbing import ALL_SCOPES
from apex_mock.testing.ground import Ground
from apex_mock.world import PARTS


class Local:
    """One for each test: `url` is where clients are sent instead of a server of its own."""

    def __init__(self, ground: Ground, url: str = "") -> None:
        self.ground, self.mock = ground, ground.mock
        self._url, self._began = url, 0

    @property
    def url(self) -> str:
        """The server starts when this is first asked for."""
        return self._url or self.ground.server.url

    @property
    def ca(self) -> str:
        return self.ground.ca

    def begin(self, scope: str) -> None:
        """A test leaves nothing behind, so there is nothing to forget."""
        self._began = self.ground.run(self.mock.journal.tally()).seq

    # --- Stubs and what is stored -------------------------------------------------------------------------------------

    def lay(self, scope: str, stub: Stub) -> Stub:
        return self.ground.run(self._lay(scope, stub))

    async def _lay(self, scope: str, stub: Stub) -> Stub:
        if stub.id:
            await self.mock.stubs.remove(scope, stub.id)
        return await self.mock.stubs.add(scope, stub, self.mock.clock.now(scope))

    def remove(self, scope: str, id: str) -> None:
        self.ground.run(self.mock.stubs.remove(scope, id))

    def used(self, scope: str, stub: Stub) -> int:
        return self.ground.run(self.mock.stubs.used(scope, stub))

    def unused(self, scope: str) -> list[Stub]:
        return self.ground.run(self.mock.stubs.unused(scope))

    def seed_chats(self, scope: str, chats: Sequence[GivenChat]) -> list[Chat]:
        return self.ground.run(self.mock.seed_chats(scope, scope, chats))

    # --- Faults -------------------------------------------------------------------------------------------------------

    def lay_fault(self, scope: str, fault: Fault) -> Fault:
        return self.ground.run(self.mock.faults.add(scope, fault, self.mock.clock.now(scope)))

    def remove_fault(self, scope: str, id: str) -> None:
        self.ground.run(self.mock.faults.remove(scope, id))

    def acted(self, scope: str, fault: Fault) -> int:
        return self.ground.run(self.mock.faults.acted(scope, fault))

    # --- Time and choices ---------------------------------------------------------------------------------------------

    def now(self, scope: str) -> Micros:
        return self.mock.clock.now(scope)

    def advance(self, scope: str, seconds: float) -> Micros:
        return self.mock.clock.advance(scope, seconds)

    def scale(self, scope: str, factor: float) -> Micros:
        return self.mock.clock.scale(scope, factor)

    def set_clock(self, scope: str, at: Micros) -> Micros:
        return self.mock.clock.set(scope, at)

    def choose(self, scope: str, **choices: Any) -> None:
        self.ground.run(self.mock.choose(scope, **choices))

    def reset(self, scope: str, parts: Sequence[str] = PARTS) -> None:
        self.ground.run(self.mock.reset(scope, parts))

    # --- What was asked -----------------------------------------------------------------------------------------------

    def calls(self, scope: str, **filters: Any) -> list[Entry]:
        return self.ground.run(self.mock.journal.select(scope=scope, **filters))

    def strangers(self, scope: str) -> list[str]:
        calls = self.ground.run(self.mock.journal.select(since=self._began))
        return sorted({entry.by or "none" for entry in calls if entry.scope != scope})

    def take_surprises(self, scope: str) -> list[str]:
        # A call without a key is in nobody's world; tests of one process run one after another, so it is this one's.
        return [what for own in (scope, ALL_SCOPES) for what in self.ground.run(self.mock.take_surprises(own))]
