"""Faults that depend on when a call comes, and on how many came before it."""

from dataclasses import dataclass, replace
from typing import ClassVar

from apex_mock.core.faults.effects import Effect, Moment, at_least
from apex_mock.core.types import Micros
from apex_mock.errors import ApexError, Code, Prepared, RateLimited

SECOND: Micros = 1_000_000


@dataclass(frozen=True, slots=True)
class Outage(Effect):
    """For so many `seconds` every call fails with `code`, and says when to try again."""

    name: ClassVar[str] = "outage"
    seconds: float = 60.0
    code: Code = Code.UNAVAILABLE
    message: str = ""

    def __post_init__(self) -> None:
        at_least(0, seconds=self.seconds)

    def acts(self, moment: Moment) -> bool:
        return 0 <= moment.since < self.seconds

    def error(self, moment: Moment) -> ApexError | None:
        message = self.message or "the service is down"
        return Prepared(Code(self.code), message, retry_after=self.seconds - moment.since)


@dataclass(frozen=True, slots=True)
class Brownout(Effect):
    """It gets worse over `seconds`, and then stays so: calls take up to `lag` seconds longer, and a growing share of
    them, up to `share`, fails with `code`."""

    name: ClassVar[str] = "brownout"
    seconds: float = 60.0
    share: float = 1.0
    lag: float = 0.0
    code: Code = Code.UNAVAILABLE
    message: str = ""

    def __post_init__(self) -> None:
        at_least(0, seconds=self.seconds, share=self.share, lag=self.lag)
        if self.share > 1:
            raise ValueError(f"share must be at most 1, not {self.share}")

    def _part(self, moment: Moment) -> float:
        return min(1.0, moment.since / self.seconds) if self.seconds else 1.0

    def _fails(self, moment: Moment) -> bool:
        return moment.roll < self.share * self._part(moment)

    def acts(self, moment: Moment) -> bool:
        return self._fails(moment) or self.delay(moment) > 0

    def delay(self, moment: Moment) -> float:
        return self.lag * self._part(moment)

    def error(self, moment: Moment) -> ApexError | None:
        message = self.message or "the service is overloaded"
        return Prepared(Code(self.code), message) if self._fails(moment) else None


@dataclass(frozen=True, slots=True)
class Quota:
    """What one key has used of a limit since `window`; `admitted` tells of the last call that asked."""

    id: str
    window: Micros
    requests: int = 0
    tokens: int = 0
    admitted: bool = True


@dataclass(frozen=True, slots=True)
class RateLimit(Effect):
    """A key may make so many `requests`, or use so many `tokens`, in `seconds` from its first call on."""

    name: ClassVar[str] = "rate_limit"
    requests: int | None = None
    tokens: int | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        at_least(0, requests=self.requests, tokens=self.tokens)
        at_least(0.001, seconds=self.seconds)
        if self.requests is None and self.tokens is None:
            raise ValueError("say how many requests or tokens a key has")

    def counted(self, quota: Quota, tokens: int, now: Micros) -> Quota:
        """The quota with one more call of so many tokens; or as it was, if that is not to be had."""
        if now - quota.window >= self.seconds * SECOND:
            quota = Quota(quota.id, now)
        fits = (self.requests is None or quota.requests < self.requests) and (
            self.tokens is None or quota.tokens + tokens <= self.tokens
        )
        if not fits:
            return replace(quota, admitted=False)
        return replace(quota, requests=quota.requests + 1, tokens=quota.tokens + tokens, admitted=True)

    def refusal(self, quota: Quota, now: Micros) -> ApexError:
        """Says in how many seconds the window is over."""
        wait = (quota.window - now) / SECOND + self.seconds
        given = ((self.requests, "requests"), (self.tokens, "tokens"))
        limits = [f"{limit} {unit}" for limit, unit in given if limit is not None]
        hint = f"a key has {' and '.join(limits)} in {self.seconds:g} s; try again in {wait:g} s"
        return RateLimited("Rate limit exceeded", hint=hint, retry_after=wait)
