"""A fault that is laid down: what it does, to which calls, how often and when.

Every rule that fits a call acts on it, in the order in which they were laid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apex_mock.core.faults.answers import (
    Delay,
    Duplicate,
    Empty,
    Error,
    Miners,
    Oversize,
    Reorder,
    Research,
    SlowStart,
    Stall,
)
from apex_mock.core.faults.effects import Effect
from apex_mock.core.faults.times import SECOND, Brownout, Outage, RateLimit
from apex_mock.core.faults.wire import Drop, Malformed, NoEnd, Truncate, WrongType
from apex_mock.core.stubs import FaultSpec, Match
from apex_mock.core.types import ChatRequest, Micros
from apex_mock.seed import digest

ANY_CALL = Match()
FAULTS: Mapping[str, type[Effect]] = {
    effect.name: effect
    for effect in (
        Error,
        Delay,
        SlowStart,
        Stall,
        Drop,
        Truncate,
        NoEnd,
        Malformed,
        Duplicate,
        Reorder,
        Empty,
        Oversize,
        WrongType,
        RateLimit,
        Outage,
        Brownout,
        Miners,
        Research,
        Effect,
    )
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`fault` is a name in FAULTS, `options` its fields. It acts on the calls that fit `when`:

    on a `probability` of them, on the `first` so many, on `every` so-manieth, at most `count` times; and only from
    `since` to `until`, in seconds from when it was laid, by the clock of the call's scope. What is not given is no
    condition. With `scope`, it is laid for that scope only.
    """

    id: str
    fault: str
    options: Mapping[str, Any] = field(default_factory=dict)
    when: Match = ANY_CALL
    scope: str = ""
    probability: float = 1.0
    count: int | None = None
    first: int | None = None
    every: int | None = None
    since: float = 0.0
    until: float | None = None
    name: str = ""
    created_at: Micros = 0
    order: int = 0

    @property
    def title(self) -> str:
        """What journal and headers call it."""
        return f"{self.fault} ({self.name})" if self.name else self.fault

    @property
    def effect(self) -> Effect:
        return effect_of(self)

    def in_force(self, now: Micros) -> float | None:
        """For how many seconds it has been in force, or None when it is not."""
        age = max(0.0, (now - self.created_at) / SECOND)  # a clock may be set back
        if age < self.since or (self.until is not None and age >= self.until):
            return None
        return age - self.since

    def turn(self, number: int) -> bool:
        """Whether it is the turn of the call after `number` others that it fits."""
        return (self.first is None or number < self.first) and (self.every is None or (number + 1) % self.every == 0)


def effect_of(spec: "FaultSpec | Fault") -> Effect:
    return FAULTS[spec.fault](**spec.options)


def fingerprint(request: Any) -> str:
    """What tells a request from others, whichever wire it comes over."""
    return request.fingerprint if isinstance(request, ChatRequest) else digest(0, repr(request)).hex()
