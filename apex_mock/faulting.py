"""The faults that are laid down, by scope: adding, and finding those that act on a call.

Whether one acts is drawn from the request's own random numbers, so a run replays; how often it may is counted.
"""

from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any

from apex_mock.core.faults.acting import Acting, Struck
from apex_mock.core.faults.effects import Moment
from apex_mock.core.faults.rules import FAULTS, Fault, effect_of, fingerprint
from apex_mock.core.faults.times import Brownout, Quota, RateLimit
from apex_mock.core.prose import count_tokens
from apex_mock.core.stubs import FaultSpec, differences
from apex_mock.core.types import Caller, ChatRequest, Micros, Operation, SearchRequest
from apex_mock.errors import BadStub, InvalidRequest
from apex_mock.faultfile import HEADER, read_header
from apex_mock.reading import BadRule
from apex_mock.seed import fraction, ident
from apex_mock.store.base import Store

ALL_SCOPES = ""
# What acts on the call under way in this task: each transport names it, and does to the bytes what it asks for.
ACTING: ContextVar[Acting | None] = ContextVar("acting", default=None)


class FaultBook:
    """Faults of a scope, and those of all scopes ("")."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, scope: str, fault: Fault, now: Micros = 0) -> Fault:
        """Lays a fault down; it gets an id, and from `now` on its time runs. Raises ValueError for an unknown name."""
        if fault.fault not in FAULTS:
            raise ValueError(f"there is no fault {fault.fault!r}; there are {', '.join(FAULTS)}")
        newest = max((laid.order for laid in await self._store.list(Fault, scope)), default=-1)
        order = await self._store.next_ordinal(ALL_SCOPES, "faults")
        while order <= newest:  # the count began anew: the state was reset and the faults were kept
            order = await self._store.next_ordinal(ALL_SCOPES, "faults")
        id = fault.id or await self._new_id(scope)
        laid = replace(fault, id=id, scope=scope, created_at=now, order=order)
        await self._store.add(scope, laid)
        return laid

    async def _new_id(self, scope: str) -> str:
        # Counted in the scope: its draws depend on it, and must not on what others lay down.
        there = {fault.id for fault in await self._store.list(Fault, scope)}
        while (id := ident(0, "fault", scope, await self._store.next_ordinal(scope, "faults laid"))) in there:
            pass  # the count began anew: the state was reset and the faults were kept
        return id

    async def laid(self, scope: str) -> Sequence[Fault]:
        """A scope's own faults, in the order in which they act."""
        return await self._store.list(Fault, scope)

    async def remove(self, scope: str, id: str) -> bool:
        return bool(await self._store.remove(Fault, scope, [id]))

    async def clear(self, scope: str) -> None:
        await self._store.remove(Fault, scope, [fault.id for fault in await self._store.list(Fault, scope)])

    async def acted(self, scope: str, fault: Fault) -> int:
        """How many calls it has acted on."""
        found = await self._store.ordinal(scope, f"fault acted {fault.id}")  # calls beyond its count are in it, too
        return found if fault.count is None else min(found, fault.count)

    # --- Finding ------------------------------------------------------------------------------------------------------

    async def find(self, operation: Operation, request: Any, caller: Caller, now: Micros, seed: int) -> Acting:
        """The faults that act on a call, up to the first that fails it; those of its own headers last.

        Raises InvalidRequest for a header that cannot be read.
        """
        own = own_faults(caller, now)
        struck: list[Struck] = []
        limits: list[str] = []
        failed = False
        for fault in [*await self._for(caller.scope), *own]:
            # Every call that fits counts for whose turn it is, also one that a fault ahead of this one fails.
            if not _fits(fault, operation, request, caller, now) or not await self._has_turn(fault) or failed:
                continue
            found = await self._strikes(fault, operation, request, caller, now, seed, limits)
            if found is not None:
                struck.append(found)
                failed = found.error is not None
        return Acting(tuple(struck), tuple(limits))

    async def _for(self, scope: str) -> list[Fault]:
        laid = [*await self._store.list(Fault, scope)]
        if scope != ALL_SCOPES:
            laid += await self._store.list(Fault, ALL_SCOPES)
        return sorted(laid, key=lambda fault: fault.order)

    async def _strikes(
        self,
        fault: Fault,
        operation: Operation,
        request: Any,
        caller: Caller,
        now: Micros,
        seed: int,
        limits: list[str],
    ) -> Struck | None:
        age, effect, store = fault.in_force(now) or 0.0, fault.effect, self._store
        roll = 0.0
        if fault.probability < 1 or isinstance(effect, Brownout):
            asked = fingerprint(request)
            ordinal = await store.next_ordinal(caller.scope, f"fault {fault.id} {asked}")
            if fraction(seed, caller.scope, asked, ordinal, "fault", fault.id) >= fault.probability:
                return None
            roll = fraction(seed, caller.scope, asked, ordinal, "fault", fault.id, "effect")
        moment = Moment(operation, age, roll)
        if not effect.acts(moment):
            return None
        refusal = None
        if isinstance(effect, RateLimit):
            quota = await self._count(fault, effect, request, caller, now)
            limits.append(quota.id)
            if quota.admitted:
                return None
            refusal = effect.refusal(quota, now)
        acted = await store.next_ordinal(fault.scope, f"fault acted {fault.id}")
        if fault.count is not None and acted >= fault.count:
            return None
        return Struck(fault.title, effect, moment, refusal)

    async def _has_turn(self, fault: Fault) -> bool:
        """Whether it is the turn of a call that fits; those before it are counted."""
        store, nth = self._store, fault.when.nth
        if nth is not None and await store.next_ordinal(fault.scope, f"fault nth {fault.id}") + 1 != nth:
            return False
        if fault.first is None and fault.every is None:
            return True
        return fault.turn(await store.next_ordinal(fault.scope, f"fault turn {fault.id}"))

    # --- Limits -------------------------------------------------------------------------------------------------------

    async def _count(self, fault: Fault, limit: RateLimit, request: Any, caller: Caller, now: Micros) -> Quota:
        """What the caller's key has used with this call, or that it has no more."""
        id, tokens = f"{fault.id} {caller.owner}", tokens_of(request)
        change = partial(limit.counted, tokens=tokens, now=now)
        counted = await self._store.update(Quota, caller.scope, id, change)
        if counted is None:
            with suppress(ValueError):  # two calls at once may both find it missing
                await self._store.add(caller.scope, Quota(id, now))
            counted = await self._store.update(Quota, caller.scope, id, change)
        return counted or Quota(id, now)

    async def spent(self, acting: Acting, scope: str, tokens: int) -> None:
        """Counts an answer's tokens against the limits that its call draws on."""
        for id in acting.limits:
            await self._store.update(Quota, scope, id, lambda quota: replace(quota, tokens=quota.tokens + tokens))


def _fits(fault: Fault, operation: Operation, request: Any, caller: Caller, now: Micros) -> bool:
    """Whether a fault is in force and for such a call. Raises BadStub for a predicate that fails."""
    if fault.in_force(now) is None or (fault.effect.only is not None and operation not in fault.effect.only):
        return False
    try:
        return not any(differences(fault.when, operation, request, caller))
    except BadStub as error:
        raise BadStub(f"the fault {fault.title}: {error.message}") from error


def own_faults(caller: Caller, now: Micros) -> list[Fault]:
    """What the request's own headers ask for, a line for each. Raises InvalidRequest."""
    text = caller.headers.get(HEADER)
    if text is None:
        return []
    try:
        return [
            replace(read_header(line), id=f"header {number}", scope=caller.scope, created_at=now)
            for number, line in enumerate(text.split("\n"), 1)
        ]
    except BadRule as error:
        raise InvalidRequest(str(error), (HEADER,)) from None


def strike(spec: FaultSpec, operation: Operation, roll: float = 0.0) -> Struck | None:
    """A fault that a stub's reply names, at one call."""
    effect, moment = effect_of(spec), Moment(operation, 0.0, roll)
    if effect.only is not None and operation not in effect.only:
        return None
    return Struck(spec.fault, effect, moment) if effect.acts(moment) else None


def tokens_of(request: Any) -> int:
    """What a request's own text has of tokens."""
    if isinstance(request, ChatRequest):
        return sum(count_tokens(message.content) for message in request.messages)
    return count_tokens(request.query) if isinstance(request, SearchRequest) else 0
