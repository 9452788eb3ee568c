"""Faults of the wire: the answer is as it should be, and its bytes are not. Each transport carries them out."""

from dataclasses import dataclass
from typing import ClassVar

from apex_mock.core.faults.answers import shortened
from apex_mock.core.faults.effects import Damage, Effect, How, at_least
from apex_mock.core.types import Operation, Plan


@dataclass(frozen=True, slots=True)
class Cut(Effect):
    """A stream goes no further than `after` so many chunks."""

    after: int = 1

    def __post_init__(self) -> None:
        at_least(0, after=self.after)

    def stream(self, plan: Plan) -> Plan:
        return shortened(plan, self.after)._replace(cut=True)


@dataclass(frozen=True, slots=True)
class Drop(Cut):
    """The connection is reset `after` so many chunks; an answer in one piece, in its middle, or before it with 0."""

    name: ClassVar[str] = "drop"

    def damage(self, operation: Operation) -> Damage | None:
        return Damage(How.DROP, self.after)


@dataclass(frozen=True, slots=True)
class Truncate(Cut):
    """The answer ends `after` so many chunks as if that were all of it; an answer in one piece, in its middle."""

    name: ClassVar[str] = "truncate"

    def damage(self, operation: Operation) -> Damage | None:
        return Damage(How.TRUNCATE)


@dataclass(frozen=True, slots=True)
class NoEnd(Effect):
    """Everything comes but the end that the wire wants: [DONE], the end of the stream, the trailers."""

    name: ClassVar[str] = "no_end"

    def damage(self, operation: Operation) -> Damage | None:
        return Damage(How.NO_END)


@dataclass(frozen=True, slots=True)
class Malformed(Effect):
    """Chunk `at` (from 1) is well framed and cannot be read; so is an answer in one piece."""

    name: ClassVar[str] = "malformed"
    at: int = 1

    def __post_init__(self) -> None:
        at_least(1, at=self.at)

    def damage(self, operation: Operation) -> Damage | None:
        return Damage(How.MALFORMED, self.at)


@dataclass(frozen=True, slots=True)
class WrongType(Effect):
    """The answer says of itself that it is of another content `type`."""

    name: ClassVar[str] = "wrong_type"
    type: str = "text/html"

    def __post_init__(self) -> None:
        if not (self.type.isascii() and self.type.isprintable() and "/" in self.type):
            raise ValueError(f"type must be a content type such as text/html, not {self.type!r}")

    def damage(self, operation: Operation) -> Damage | None:
        return Damage(How.WRONG_TYPE, text=self.type)
