"""What every operation shares: settings, state, time, the journal, and what a scope has chosen for itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, TypeVar

from apex_mock import fixtures
from apex_mock.auth import Gate
from apex_mock.clock import Clock, ClockState
from apex_mock.core.chats import GivenChat, GivenRow
from apex_mock.core.corpus import Corpus
from apex_mock.core.faults.acting import Acting, Struck, delay_of
from apex_mock.core.faults.acting import error_of as error_by
from apex_mock.core.faults.rules import Fault
from apex_mock.core.faults.times import Quota
from apex_mock.core.latency import Profile
from apex_mock.core.replies import error_of
from apex_mock.core.stubs import Reply, Stub
from apex_mock.core.types import Caller, LaidStubs, Micros, Operation, ResearchMode, ScopeChoice, Surprises
from apex_mock.errors import ApexError, BadStub, InvalidRequest, StoreFailed, TooMuch, Unstubbed
from apex_mock.faultfile import HEADER
from apex_mock.faulting import ACTING, FaultBook, strike
from apex_mock.journal import Entry, Journal, MemoryJournal
from apex_mock.metrics import Metrics
from apex_mock.researchmode import research_mode
from apex_mock.settings import BadSetting, Settings
from apex_mock.sharing.clock import SharedClock
from apex_mock.sharing.journal import SharedJournal
from apex_mock.standing import StandingFaults
from apex_mock.store.base import Record, Store
from apex_mock.store.bounds import Bounds
from apex_mock.store.engine import CannotOpen
from apex_mock.store.memory import MemoryStore
from apex_mock.store.opening import open_store
from apex_mock.store.shared import SharedStore
from apex_mock.stubbing import StubBook

ANYBODY = Caller()
ALL_SCOPES = ""
NO_CHOICE = ScopeChoice()
MOST_SURPRISES = 500  # of a scope
LONGEST_SURPRISE = 1000  # characters
PARTS = ("state", "stubs", "faults", "journal", "clock", "choices")
N = TypeVar("N", bound=tuple[Record, ...])


class World:
    """The ground that ApexMock stands on. Times come from `clock`, state goes to `store`; both may be passed in."""

    def __init__(
        self, settings: Settings | None = None, *, store: Store | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings = settings or Settings()
        self.store = store or _open(settings)
        self.clock = clock = clock or Clock()
        self.journal: Journal
        self.shared = isinstance(self.store, SharedStore)
        """Whether there are others on the same store: what only they need costs a fake in memory nothing."""
        if isinstance(self.store, SharedStore):
            self.clock = SharedClock(self.store, clock.system)
            self.journal = SharedJournal(self.store.log, settings.journal_entries, settings.journal_bytes)
        else:
            self.journal = MemoryJournal(settings.journal_entries, settings.journal_bytes)
            if isinstance(self.store, MemoryStore):
                clock.keep_in(self.store.clocks)
        self.metrics = Metrics()
        self.gate = Gate(settings, self.store)
        self.stubs = StubBook(self.store)
        self.faults = FaultBook(self.store)
        self.standing = StandingFaults(settings, self.faults, self.clock.now)
        if settings.corpus is not None:
            self.corpus = fixtures.load_corpus(settings.corpus)  # what is wrong with it is said now
        self.network = fixtures.load_network(settings.network or fixtures.NETWORK, strict=settings.strict_models)
        self.profiles = fixtures.load_profiles(settings.profiles or fixtures.PROFILES)
        self.in_flight = 0
        self.waiting = 0  # calls that wait for their time, and are not in flight yet
        self._surprising: set[asyncio.Task[None]] = set()
        if settings.profile not in self.profiles:
            raise BadSetting(f"profile: {self._unknown_profile(settings.profile)}")

    @cached_property
    def corpus(self) -> Corpus:
        """Read when it is first asked for: a test that stubs its answers need not wait for it."""
        return fixtures.load_corpus(self.settings.corpus)

    async def start(self) -> None:
        """Makes sure of the store before anybody is served. Raises StoreFailed."""
        await self.store.look(ALL_SCOPES)

    async def close(self) -> None:
        await self.clock.close()
        await self.journal.close()
        await self.store.close()

    def call(self, operation: Operation, request: Any, caller: Caller, came: Micros | None = None) -> "Call":
        """Journals an operation, start to outcome, and finds its stub: `async with self.call(...) as call`.

        It begins now, or at the system's time `came`.
        """
        return Call(self, operation, request, caller, came)

    async def ended(self, entry: Entry) -> None:
        """Counts a call that has ended, and lets the journal know.

        Raises StoreFailed for a call that was answered; one that failed says itself why.
        """
        self.metrics.ended(entry)
        if self.shared:  # whoever reads a journal in memory has the entry itself
            try:
                await self.journal.ended(entry)
            except StoreFailed:
                if entry.outcome == "ok":
                    raise

    def may_break(self, headers: Iterable[tuple[Any, Any]]) -> bool:
        """False when it is certain that no fault acts on a call with these headers."""
        store = self.store
        return store.may_hold(Fault, Stub) or any(name == HEADER for name, _ in headers)

    # --- What a scope chooses -----------------------------------------------------------------------------------------

    async def choice(self, scope: str) -> ScopeChoice:
        """What holds in a scope: its own choice, else the one made for all scopes, else nothing."""
        chosen = await self.store.get(ScopeChoice, scope, ScopeChoice.id)
        if chosen is None and scope:
            chosen = await self.store.get(ScopeChoice, ALL_SCOPES, ScopeChoice.id)
        return chosen or NO_CHOICE

    async def choose(
        self,
        scope: str,
        *,
        profile: str | None = None,
        research: ResearchMode | None = None,
        strict: bool | None = None,
        seed: int | None = None,
    ) -> None:
        """Sets how things are in a scope; scope "" means all that have not chosen for themselves."""
        if profile is not None:
            self.profile_named(profile)
        with suppress(ValueError):  # it is there
            await self.store.add(scope, ScopeChoice())
        await self.store.update(
            ScopeChoice,
            scope,
            ScopeChoice.id,
            lambda c: replace(
                c,
                profile=profile or c.profile,
                research=research or c.research,
                strict=c.strict if strict is None else strict,
                seed=c.seed if seed is None else seed,
            ),
        )

    async def add_new(self, scope: str, make: Callable[[], Awaitable[N]]) -> N:
        """Adds what is made, with ids that come of ordinals. A scope's oldest ordinals are forgotten and begin anew: it
        is made again until nothing has its ids."""
        while True:
            made = await make()
            with suppress(ValueError):
                await self.store.add(scope, *made)
                return made

    # --- Surprises, and starting anew ---------------------------------------------------------------------------------

    async def surprise(self, scope: str, what: str) -> None:
        """Notes what a test should hear of: a path that does not exist, a call without a stub, a bug of ours."""
        what = what if len(what) <= LONGEST_SURPRISE else f"{what[:LONGEST_SURPRISE]}…"
        # That there is no store, or no room, is a surprise of its own, told to whoever calls.
        with suppress(StoreFailed, TooMuch):
            with suppress(ValueError):  # they are there
                await self.store.add(scope, Surprises())
            await self.store.update(
                Surprises, scope, Surprises.id, lambda s: replace(s, told=(*s.told, what)[-MOST_SURPRISES:])
            )

    def surprise_soon(self, scope: str, what: str) -> None:
        """`surprise` for a place that cannot wait."""
        task = asyncio.get_running_loop().create_task(self.surprise(scope, what))
        self._surprising.add(task)
        task.add_done_callback(self._surprising.discard)

    async def take_surprises(self, scope: str) -> list[str]:
        """What has surprised the server in a scope since this was last asked."""
        taken: list[str] = []

        def take(surprises: Surprises) -> Surprises:
            taken[:] = surprises.told
            return Surprises()

        await self.store.update(Surprises, scope, Surprises.id, take)
        return taken

    async def reset(self, scope: str | None = None, what: Iterable[str] = PARTS) -> None:
        """Forgets a scope's state, stubs, faults, journal, clock or choices, or those of every scope.

        Raises InvalidRequest for a part that does not exist.
        """
        parts = set(what)
        if unknown := sorted(parts - set(PARTS)):
            raise InvalidRequest(f"no {unknown[0]!r} to reset; there are {', '.join(PARTS)}", ("what",))
        if "state" in parts:
            await self.store.reset(scope, keep=(Stub, LaidStubs, Fault, ScopeChoice, ClockState, Surprises))
        if "stubs" in parts:
            await self.store.forget(Stub, scope)
        if "faults" in parts:
            await self.store.forget(Fault, scope)
            await self.store.forget(Quota, scope)
            if scope is None:
                await self.standing.lay()
        if "choices" in parts:
            await self.store.forget(ScopeChoice, scope)
        if "journal" in parts:
            await self.journal.clear(scope)
            await self.store.forget(Surprises, scope)
        if "clock" in parts:
            await self.clock.restored(scope)

    def profile_named(self, name: str) -> Profile:
        """Raises InvalidRequest."""
        profile = self.profiles.get(name)
        if profile is None:
            raise InvalidRequest(self._unknown_profile(name), ("profile",))
        return profile

    def _unknown_profile(self, name: str) -> str:
        return f"there is no profile {name!r}; there are {', '.join(self.profiles)}"


def _open(settings: Settings) -> Store:
    try:
        return open_store(settings.store, Bounds(settings.max_scopes, settings.store_bytes))
    except CannotOpen as error:
        raise BadSetting(f"store: {error}") from None


class Call:
    """One operation under way. It ends the journal's entry, unless the answer still has to be sent; a stub or a fault
    that fails the call does so on entering."""

    __slots__ = ("_asked", "_world", "acting", "caller", "choice", "entry", "late", "open", "reply")

    def __init__(
        self, world: World, operation: Operation, request: Any, caller: Caller, came: Micros | None = None
    ) -> None:
        self._world, self._asked, self.caller = world, (operation, request, came), caller
        self.open = False
        """Whether the answer still has to be sent when this is left."""
        self.entry: Entry
        self.reply: Reply | None = None
        self.acting: Acting | None = None
        self.late: Micros = 0
        self.choice = NO_CHOICE

    async def __aenter__(self) -> "Call":
        world, store, caller = self._world, self._world.store, self.caller
        if (
            world.shared and caller.transport == ANYBODY.transport
        ):  # whoever comes over a wire was admitted, and that looks
            await store.look(caller.scope)
        operation, request, came = self._asked
        self.entry = world.journal.open(world.clock.now(caller.scope, came), operation, caller, request)
        if store.may_hold(ScopeChoice, Fault, Stub) or world.settings.strict or HEADER in caller.headers:
            try:
                await self._find()
            except BaseException as error:
                await self._end(error)
                raise
        return self

    async def _find(self) -> None:
        """What has been laid down for the call: its scope's choice, faults, and a stub."""
        world, store, caller = self._world, self._world.store, self.caller
        if store.may_hold(ScopeChoice):
            self.choice = await world.choice(caller.scope)
        if store.may_hold(Fault) or HEADER in caller.headers:
            await self._find_faults()
        strict = world.settings.strict if self.choice.strict is None else self.choice.strict
        if strict or store.may_hold(Stub):
            self.reply = await self._find_reply(strict)

    async def wait_until(self, due: Micros) -> None:
        """Waits for a time of the call's scope."""
        world = self._world
        world.waiting += 1
        try:
            await world.clock.sleep_until(self.caller.scope, due)
        finally:
            world.waiting -= 1

    @property
    def begins(self) -> Micros:
        """When its answer does: at once, unless a fault delays it."""
        return self.entry.at + self.late

    @property
    def chats(self) -> tuple[GivenChat, ...] | None:
        """What a stub says is there, in place of the stored chats."""
        return None if self.reply is None else self.reply.chats

    @property
    def rows(self) -> tuple[GivenRow, ...] | None:
        """Likewise, in place of the stored rows."""
        return None if self.reply is None else self.reply.rows

    @property
    def seed(self) -> int:
        """What this call's random choices derive from: the scope's seed, else the server's."""
        return self._world.settings.seed if self.choice.seed is None else self.choice.seed

    @property
    def profile(self) -> Profile:
        """The request's own header's profile, else its scope's, else the server's. Raises InvalidRequest."""
        named = self.caller.headers.get("x-apex-profile")
        return self._world.profile_named(named or self.choice.profile or self._world.settings.profile)

    @property
    def research(self) -> ResearchMode:
        """How a job goes on: by the request's own header, else by its scope's choice, else as the server does."""
        settings = self._world.settings
        mode = self.choice.research or ResearchMode(
            progress=settings.research, polls=settings.research_polls, scale=settings.time_scale
        )
        header = self.caller.headers.get("x-apex-research")
        if header is None:
            return mode
        parts = (part.partition("=") for part in header.split(";") if part.strip())
        return research_mode({name.strip(): value.strip() for name, _, value in parts}, mode)

    async def _find_reply(self, strict: bool) -> Reply | None:
        world, entry, caller = self._world, self.entry, self.caller
        stub, reply, headers = await world.stubs.find(entry.operation, entry.request, caller)
        if stub is None or reply is None:
            if headers:
                world.journal.unmatched(entry, headers)
            if strict:
                await world.stubs.refuse(entry.operation, entry.request, caller)
            return None
        entry.stub = stub.title
        if reply.delay and entry.operation is not Operation.CHAT:
            await self.wait_until(entry.at + round(reply.delay * 1_000_000))
        if reply.error is not None and reply.error.after_chunks is None:
            raise error_of(reply.error)
        if reply.fault is not None and (struck := strike(reply.fault, entry.operation)) is not None:
            before = self.acting or Acting()
            await self._suffer((struck,), replace(before, struck=(*before.struck, struck)))
        return reply

    async def _find_faults(self) -> None:
        entry, caller = self.entry, self.caller
        acting = await self._world.faults.find(entry.operation, entry.request, caller, entry.at, self.seed)
        await self._suffer(acting.struck, acting)

    async def _suffer(self, struck: tuple[Struck, ...], acting: Acting) -> None:
        """Names the faults that act, waits as they want, and raises what they fail the call with."""
        self.acting = acting
        if not struck:
            return
        ACTING.set(acting)
        self._world.metrics.faults.update(one.effect.name for one in struck)
        self.entry.fault, self.entry.lost = acting.title, acting.lost
        if delay := delay_of(struck):
            self.late += round(delay * 1_000_000)
            await self.wait_until(self.begins)
        if (error := error_by(struck)) is not None:
            raise error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self.open or error is not None:
            await self._end(error)

    async def _end(self, error: BaseException | None) -> None:
        world, entry = self._world, self.entry
        now = world.clock.now(entry.scope)
        if error is None:
            entry.end(now)
        elif isinstance(error, ApexError):
            entry.end(now, error.code, str(error))
        else:
            entry.end(now, "internal" if isinstance(error, Exception) else "canceled", repr(error))
        await world.ended(entry)
        if isinstance(error, Unstubbed | BadStub):
            await world.surprise(entry.scope, f"{entry.describe()}: {error}")
        elif isinstance(error, Exception) and not isinstance(error, ApexError):
            await world.surprise(entry.scope, f"{entry.describe()}: {error!r}")
