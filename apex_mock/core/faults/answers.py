"""Faults of the answer itself: they change what is said and when, and mean the same over every wire."""

from dataclasses import dataclass, replace
from typing import ClassVar

from apex_mock.core.faults.effects import Damage, Effect, How, Moment, at_least
from apex_mock.core.types import Chunk, Operation, Plan, ResearchMode, WebResult
from apex_mock.errors import ApexError, Code, Prepared

CHAT = frozenset({Operation.CHAT})
SAYING = frozenset({Operation.CHAT, Operation.SEARCH})
SUBMIT = frozenset({Operation.SUBMIT_RESEARCH})


@dataclass(frozen=True, slots=True)
class Error(Effect):
    """The call fails with `code`; `retry_after` is in seconds. With `after`, a chat does so after so many chunks."""

    name: ClassVar[str] = "error"
    code: Code = Code.UNAVAILABLE
    message: str = ""
    retry_after: float | None = None
    after: int | None = None

    def __post_init__(self) -> None:
        at_least(0, retry_after=self.retry_after, after=self.after)

    def _error(self) -> ApexError:
        return Prepared(Code(self.code), self.message or f"a fault answers {self.code}", retry_after=self.retry_after)

    def error(self, moment: Moment) -> ApexError | None:
        return self._error() if self.after is None or moment.operation is not Operation.CHAT else None

    def plan(self, plan: Plan) -> Plan:
        return plan if self.after is None else shortened(plan, self.after)._replace(error=self._error())


@dataclass(frozen=True, slots=True)
class Delay(Effect):
    """Nothing happens for so many `seconds`; then the answer comes as it would have."""

    name: ClassVar[str] = "delay"
    seconds: float = 1.0

    def __post_init__(self) -> None:
        at_least(0, seconds=self.seconds)

    def delay(self, moment: Moment) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class SlowStart(Delay):
    """The answer begins at once, and its first chunk comes `seconds` later than it would have."""

    name: ClassVar[str] = "slow_start"

    def delay(self, moment: Moment) -> float:
        return 0.0 if moment.operation is Operation.CHAT else self.seconds

    def plan(self, plan: Plan) -> Plan:
        return later(plan, 0, self.seconds)


@dataclass(frozen=True, slots=True)
class Stall(Delay):
    """`after` so many chunks nothing comes for so many `seconds`; then the rest does."""

    name: ClassVar[str] = "stall"
    after: int = 1
    seconds: float = 60.0

    def __post_init__(self) -> None:
        at_least(0, after=self.after, seconds=self.seconds)

    def delay(self, moment: Moment) -> float:
        return 0.0 if moment.operation is Operation.CHAT else self.seconds

    def plan(self, plan: Plan) -> Plan:
        return later(plan, min(self.after, len(plan.chunks) - 1), self.seconds)


@dataclass(frozen=True, slots=True)
class Duplicate(Effect):
    """Chunk `at` (from 1) comes twice; of a search, that result."""

    name: ClassVar[str] = "duplicate"
    only: ClassVar[frozenset[Operation] | None] = SAYING
    at: int = 1

    def __post_init__(self) -> None:
        at_least(1, at=self.at)

    def plan(self, plan: Plan) -> Plan:
        twice = plan.chunks[min(self.at, len(plan.chunks)) - 1]
        # A chunk of its own: the first and the last of a plan are known by being the very same object.
        return said(plan, (*plan.chunks[: self.at], Chunk(*twice), *plan.chunks[self.at :]))

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        return (*found[: self.at], *found[self.at - 1 : self.at], *found[self.at :])


@dataclass(frozen=True, slots=True)
class Reorder(Effect):
    """Chunk `at` (from 1) and the one after it change places; of a search, these results."""

    name: ClassVar[str] = "reorder"
    only: ClassVar[frozenset[Operation] | None] = SAYING
    at: int = 1

    def __post_init__(self) -> None:
        at_least(1, at=self.at)

    def plan(self, plan: Plan) -> Plan:
        one, two = plan.chunks[self.at - 1 : self.at], plan.chunks[self.at : self.at + 1]
        if not two:
            return plan
        swapped = (Chunk(two[0].text, one[0].after), Chunk(one[0].text, two[0].after))
        return said(plan, (*plan.chunks[: self.at - 1], *swapped, *plan.chunks[self.at + 1 :]))

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        before, one, two = found[: self.at - 1], found[self.at - 1 : self.at], found[self.at : self.at + 1]
        return (*before, *two, *one, *found[self.at + 1 :])


@dataclass(frozen=True, slots=True)
class Empty(Effect):
    """An answer without content: no text, no results; of any other call, a message without fields."""

    name: ClassVar[str] = "empty"

    def plan(self, plan: Plan) -> Plan:
        return said(plan, (Chunk("", plan.chunks[0].after),))._replace(tool_calls=())

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        return ()

    def damage(self, operation: Operation) -> Damage | None:
        return None if operation in SAYING else Damage(How.EMPTY)


@dataclass(frozen=True, slots=True)
class Oversize(Effect):
    """An answer of at least so many `bytes`: of a chat its first chunk, of a search its first result."""

    name: ClassVar[str] = "oversize"
    bytes: int = 5_000_000

    def __post_init__(self) -> None:
        at_least(1, bytes=self.bytes)
        if self.bytes > MOST_BYTES:
            raise ValueError(f"bytes must be at most {MOST_BYTES}, not {self.bytes}")

    def plan(self, plan: Plan) -> Plan:
        first, *rest = plan.chunks
        return said(plan, (Chunk(first.text + FILLING * (self.bytes // len(FILLING) + 1), first.after), *rest))

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        filled = found[0].content + FILLING * (self.bytes // len(FILLING) + 1) if found else ""
        return (replace(found[0], content=filled), *found[1:]) if found else found

    def damage(self, operation: Operation) -> Damage | None:
        return None if operation in SAYING else Damage(How.OVERSIZE, self.bytes)


@dataclass(frozen=True, slots=True)
class Miners(Effect):
    """Of the miners that a call asks, the first `dead` answer nothing, and the next `late` are late by `seconds`."""

    name: ClassVar[str] = "miners"
    only: ClassVar[frozenset[Operation] | None] = SAYING
    dead: int = 0
    late: int = 0
    seconds: float = 5.0

    def __post_init__(self) -> None:
        at_least(0, dead=self.dead, late=self.late, seconds=self.seconds)
        if not (self.dead or self.late):
            raise ValueError("say how many miners are dead or late")

    def delay(self, moment: Moment) -> float:
        return self.seconds if self.late and moment.operation is Operation.CHAT else 0.0

    def absent(self) -> tuple[int, int]:
        return self.dead, self.late


@dataclass(frozen=True, slots=True)
class Research(Effect):
    """A job that is submitted now fails once it has `fail_at` chunks, with `message`; or stays at `stuck_at` chunks."""

    name: ClassVar[str] = "research"
    only: ClassVar[frozenset[Operation] | None] = SUBMIT
    fail_at: int | None = None
    stuck_at: int | None = None
    message: str = ""

    def __post_init__(self) -> None:
        at_least(0, fail_at=self.fail_at, stuck_at=self.stuck_at)
        if (self.fail_at is None) == (self.stuck_at is None):
            raise ValueError("say one of fail_at and stuck_at")

    def research(self, mode: ResearchMode) -> ResearchMode:
        return replace(mode, fail_at=self.fail_at, stuck_at=self.stuck_at, error=self.message or mode.error)


MOST_BYTES = 64 * 1024 * 1024
FILLING = "All work and no play makes a dull answer. "


def later(plan: Plan, from_chunk: int, seconds: float) -> Plan:
    """The plan with its chunks from one on `seconds` later."""
    waiting = (Chunk(chunk.text, chunk.after + seconds) for chunk in plan.chunks[from_chunk:])
    return plan._replace(chunks=(*plan.chunks[:from_chunk], *waiting))


def said(plan: Plan, chunks: tuple[Chunk, ...]) -> Plan:
    """The plan with other chunks; its text is theirs."""
    return plan._replace(chunks=chunks, text="".join(chunk.text for chunk in chunks))


def shortened(plan: Plan, after: int) -> Plan:
    """The plan's first chunks; an empty one if there are none, since a plan has at least one."""
    return said(plan, plan.chunks[:after] or (Chunk("", plan.chunks[0].after),))
