"""The faults that act on one call, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from apex_mock.core.faults.effects import Damage, Effect, How, Moment
from apex_mock.core.types import Plan, ResearchMode, WebResult
from apex_mock.errors import ApexError


class Struck(NamedTuple):
    """One fault, at one call; `title` is what journal and headers call it, `refusal` the word of a limit."""

    title: str
    effect: Effect
    moment: Moment
    refusal: ApexError | None = None

    @property
    def delay(self) -> float:
        return self.effect.delay(self.moment)

    @property
    def error(self) -> ApexError | None:
        return self.refusal or self.effect.error(self.moment)


@dataclass(frozen=True, slots=True)
class Acting:
    """What each does to the call is done in order; `limits` are the ids of the quotas that the call draws on."""

    struck: tuple[Struck, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return ", ".join(one.title for one in self.struck)

    def plan(self, plan: Plan, *, streamed: bool) -> Plan:
        for one in self.struck:
            plan = one.effect.plan(plan)
            if streamed:
                plan = one.effect.stream(plan)
        return plan

    def results(self, found: tuple[WebResult, ...]) -> tuple[WebResult, ...]:
        for one in self.struck:
            found = one.effect.results(found)
        return found

    def research(self, mode: ResearchMode) -> ResearchMode:
        for one in self.struck:
            mode = one.effect.research(mode)
        return mode

    @property
    def dead(self) -> int:
        """How many of the miners that are asked answer nothing."""
        return sum(one.effect.absent()[0] for one in self.struck)

    @property
    def late(self) -> int:
        """How many of those after them come late."""
        return sum(one.effect.absent()[1] for one in self.struck)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What the transport is to do."""
        found = (one.effect.damage(one.moment.operation) for one in self.struck)
        return tuple(damage for damage in found if damage is not None)

    @property
    def lost(self) -> bool:
        """Whether the connection goes before the answer is there."""
        return any(damage.how is How.DROP for damage in self.damage)


def delay_of(struck: Sequence[Struck]) -> float:
    """Seconds before anything happens."""
    return sum(one.delay for one in struck)


def error_of(struck: Sequence[Struck]) -> ApexError | None:
    """What the call fails with: the first that there is."""
    return next((error for one in struck if (error := one.error) is not None), None)
