"""What a handle asks of a fake: in this process (`local`), or by the control API of one that runs elsewhere (`remote`).

Every method speaks of one scope, a test's own. Times are microseconds since the epoch.
"""

from collections.abc import Sequence
from typing import Protocol

from apex_mock.core.chats import GivenChat
from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Stub
from apex_mock.core.types import Chat, Micros, Operation, ResearchMode
from apex_mock.journal import Entry
from apex_mock.world import PARTS


class Backend(Protocol):
    """Raises InvalidRequest or ValueError for what cannot be."""

    @property
    def url(self) -> str:
        """http(s)://host:port, where clients are sent."""

    @property
    def ca(self) -> str:
        """The file of the authority that clients are to trust under TLS; "" for the usual ones."""

    def begin(self, scope: str) -> None:
        """A test begins: its scope is as new."""

    # --- Stubs and what is stored -------------------------------------------------------------------------------------

    def lay(self, scope: str, stub: Stub) -> Stub:
        """Lays a stub down, in the place of the one with its id if there is one."""

    def remove(self, scope: str, id: str) -> None: ...

    def used(self, scope: str, stub: Stub) -> int:
        """How many calls have had a stub."""

    def unused(self, scope: str) -> list[Stub]:
        """The scope's own stubs that no call has had."""

    def seed_chats(self, scope: str, chats: Sequence[GivenChat]) -> list[Chat]: ...

    # --- Faults -------------------------------------------------------------------------------------------------------

    def lay_fault(self, scope: str, fault: Fault) -> Fault: ...

    def remove_fault(self, scope: str, id: str) -> None: ...

    def acted(self, scope: str, fault: Fault) -> int:
        """On how many calls a fault has acted."""

    # --- Time and choices ---------------------------------------------------------------------------------------------

    def now(self, scope: str) -> Micros: ...

    def advance(self, scope: str, seconds: float) -> Micros: ...

    def scale(self, scope: str, factor: float) -> Micros: ...

    def set_clock(self, scope: str, at: Micros) -> Micros: ...

    def choose(
        self, scope: str, *, seed: int | None, profile: str | None, strict: bool | None, research: ResearchMode | None
    ) -> None: ...

    def reset(self, scope: str, parts: Sequence[str] = PARTS) -> None: ...

    # --- What was asked -----------------------------------------------------------------------------------------------

    def calls(
        self,
        scope: str,
        *,
        operation: Operation | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        text: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """As Journal.select has it."""

    def strangers(self, scope: str) -> list[str]:
        """Whose calls came from elsewhere since the test began, by the digests of their keys, if that can be told."""

    def take_surprises(self, scope: str) -> list[str]:
        """What has surprised the fake since this was last asked."""
