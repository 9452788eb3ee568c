"""What came of one clause over one transport, with every key taken out of every word of it."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .clause import Clause
from .operations import Transport

LONGEST = 2000  # characters of what was expected or came
SHORT_KEY = 8  # a key shorter than this is taken out only where it stands as a word


class Outcome(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    NOT_OFFERED = "not offered"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """`reason` says why a clause did not run; `what`, `expected`, `got` and `command` how it does not hold.

    `shapes` is what the answers looked like, for comparing two targets.
    """

    clause: str
    sentence: str
    operation: str
    transport: str
    sources: tuple[str, ...]
    nature: str
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    what: str = ""
    expected: str = ""
    got: str = ""
    command: str = ""
    left_behind: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Result":
        lists = {name: tuple(value[name]) for name in ("sources", "left_behind", "shapes")}
        return cls(**{**value, **lists, "outcome": Outcome(value["outcome"])})

    @property
    def difference(self) -> str:
        """How it does not hold, in plain text."""
        lines = [f"{self.what}", f"  expected  {self.expected}", f"  got       {self.got}"]
        if self.command:
            lines.append(f"  again     {self.command}")
        return "\n".join(lines)


class Redactor:
    """Takes keys out of text, also where a target echoes them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: one key may be the beginning of another.
        ordered = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        patterns = [
            re.escape(secret) if len(secret) >= SHORT_KEY else rf"(?<!\w){re.escape(secret)}(?!\w)"
            for secret in ordered
        ]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def whole(self, text: str) -> str:
        """The text without keys."""
        return self._pattern.sub("$APEX_API_KEY", text) if self._pattern is not None else text

    def __call__(self, text: str) -> str:
        """The text without keys, and then shortened: the other way round half a key could be left."""
        text = self.whole(text)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more)"


def result_of(clause: Clause, transport: Transport, outcome: Outcome, **more: Any) -> Result:
    return Result(
        clause.id,
        clause.sentence,
        clause.operations[0],
        transport,
        clause.sources,
        clause.nature,
        outcome,
        **more,
    )
