"""What came of one clause over one transport, with every key taken out of every word of it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .clause import Clause
from .operations import Transport


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
