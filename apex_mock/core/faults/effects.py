"""What a fault can do to a call: the ground that all of them share, and the words for what is done to the bytes.

A fault is an Effect: a frozen value with a hook for each place where a call can go wrong. Each hook is pure, and does
nothing unless the fault says otherwise. What only a transport can do is told as a Damage.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from apex_mock.core.types import Operation, Plan, ResearchMode, WebResult
from apex_mock.errors import ApexError


class How(StrEnum):
    """What a transport does to an answer's bytes."""

    DROP = "drop"
    TRUNCATE = "truncate"
    NO_END = "no_end"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    EMPTY = "empty"
    OVERSIZE = "oversize"


class Damage(NamedTuple):
    """`at` is a number of chunks or of bytes, `text` a content type, as `how` needs them."""

    how: How
    at: int = 0
    text: str = ""


class Moment(NamedTuple):
    """The call that is about to be made: `since` is in seconds from when the fault came into force, `roll` a number in
    [0, 1) that is this call's own."""

    operation: Operation
    since: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Nothing at all: what every fault is apart from what it does."""

    name: ClassVar[str] = "none"
    only: ClassVar[frozenset[Operation] | None] = None  # the operations it can act on; None: all

    def acts(self, moment: Moment) -> bool:
        """Whether it does anything to this call."""
        return self.only is None or moment.operation in self.only

    def delay(self, moment: Moment) -> float:
        """Seconds before anything happens."""
        return 0.0

    def error(self, moment: Moment) -> ApexError | None:
        """What the call fails with, before there is an answer."""
        return None

    def plan(self, plan: Plan) -> Plan:
        """A chat's plan, as the fault leaves it."""
        return plan

    def stream(self, plan: Plan) -> Plan:
        """The plan of a chat that is streamed; what would be lost on an answer in one piece."""
        return plan

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        """A search's results, as the fault leaves them."""
        return found

    def research(self, mode: ResearchMode) -> ResearchMode:
        """How a job goes on that is submitted now."""
        return mode

    def absent(self) -> tuple[int, int]:
        """How many of the miners that are asked are dead, and how many late."""
        return 0, 0

    def damage(self, operation: Operation) -> Damage | None:
        """What is done to the answer's bytes."""
        return None


def at_least(least: float, **given: float | None) -> None:
    """Raises ValueError for the first that is given and lower, or no number that can be used."""
    for name, value in given.items():
        if value is not None and not least <= value < 1e9:
            raise ValueError(f"{name} must be a number from {least:g} up, not {value}")
