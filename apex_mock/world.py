"""What every operation shares: settings, state, time, the journal, and what a scope has chosen for itself."""

from dataclasses import asdict, replace
from types import TracebackType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apex_mock import fixtures
from apex_mock.auth import Gate
from apex_mock.clock import Clock
from apex_mock.core.latency import Profile
from apex_mock.core.types import Caller, Operation, ResearchMode, ScopeChoice
from apex_mock.errors import ApexError, InvalidRequest
from apex_mock.journal import Entry, Journal
from apex_mock.settings import BadSetting, Settings
from apex_mock.store.base import Store
from apex_mock.store.memory import MemoryStore

ANYBODY = Caller()
ALL_SCOPES = ""
_MODE = TypeAdapter(ResearchMode)


class World:
    """The ground that ApexMock stands on. Times come from `clock`, state goes to `store`; both may be passed in."""

    def __init__(
        self, settings: Settings | None = None, *, store: Store | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings = settings or Settings()
        self.store = store or MemoryStore()
        self.clock = clock or Clock()
        self.journal = Journal(settings.journal_entries, settings.journal_bytes)
        self.gate = Gate(settings, self.store)
        self.corpus = fixtures.load_corpus(settings.corpus)
        self.network = fixtures.load_network(settings.network or fixtures.NETWORK, strict=settings.strict_models)
        self.profiles = fixtures.load_profiles(settings.profiles or fixtures.PROFILES)
        self.in_flight = 0
        if settings.profile not in self.profiles:
            raise BadSetting(f"profile: {self._unknown_profile(settings.profile)}")

    async def close(self) -> None:
        await self.store.close()

    def call(self, operation: Operation, request: Any, caller: Caller) -> "Call":
        """Journals an operation, from its start to its outcome: `with self.call(...) as call`."""
        return Call(self, self.journal.open(self.clock.now(caller.scope), operation, caller, request))

    # --- What a scope chooses -----------------------------------------------------------------------------------------

    async def choice(self, scope: str) -> ScopeChoice:
        """What holds in a scope: its own choice, else the one made for all scopes, else nothing."""
        chosen = await self.store.get(ScopeChoice, scope, ScopeChoice.id)
        if chosen is None and scope:
            chosen = await self.store.get(ScopeChoice, ALL_SCOPES, ScopeChoice.id)
        return chosen or ScopeChoice()

    async def choose(self, scope: str, *, profile: str | None = None, research: ResearchMode | None = None) -> None:
        """Sets a scope's latency profile or research mode; scope "" means all that have not chosen for themselves."""
        if profile is not None:
            self.profile_named(profile)
        chosen = await self.store.get(ScopeChoice, scope, ScopeChoice.id)
        if chosen is None:
            await self.store.add(scope, ScopeChoice())
        await self.store.update(
            ScopeChoice,
            scope,
            ScopeChoice.id,
            lambda c: replace(c, profile=profile or c.profile, research=research or c.research),
        )

    async def profile_for(self, caller: Caller) -> Profile:
        """The profile of a request: its own header's, else its scope's, else the server's."""
        name = caller.headers.get("x-apex-profile")
        if name is None:
            name = (await self.choice(caller.scope)).profile or self.settings.profile
        return self.profile_named(name)

    def profile_named(self, name: str) -> Profile:
        """Raises InvalidRequest."""
        profile = self.profiles.get(name)
        if profile is None:
            raise InvalidRequest(self._unknown_profile(name), ("profile",))
        return profile

    def _unknown_profile(self, name: str) -> str:
        return f"there is no profile {name!r}; there are {', '.join(self.profiles)}"

    async def research_mode(self, caller: Caller) -> ResearchMode:
        """How a job of this request goes on: by its own header, else by its scope's choice, else as the server does."""
        mode = (await self.choice(caller.scope)).research or ResearchMode(
            progress=self.settings.research, polls=self.settings.research_polls, scale=self.settings.time_scale
        )
        header = caller.headers.get("x-apex-research")
        if header is None:
            return mode
        parts = (part.partition("=") for part in header.split(";") if part.strip())
        return research_mode({name.strip(): value.strip() for name, _, value in parts}, mode)


def research_mode(changes: dict[str, Any], base: ResearchMode | None = None) -> ResearchMode:
    """A research mode from its fields by name, on top of another. Raises InvalidRequest, which names them."""
    known = asdict(base or ResearchMode())
    if unknown := sorted(set(changes) - set(known)):
        raise InvalidRequest(f"no {unknown[0]!r}; there are {', '.join(known)}", ("research",))
    try:
        return _MODE.validate_python({**known, **changes})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidRequest(first["msg"], ("research", *first["loc"])) from None


class Call:
    """Ends the journal's entry when its operation ends, unless the answer still has to be sent."""

    __slots__ = ("_open", "_world", "entry")

    def __init__(self, world: World, entry: Entry) -> None:
        self._world, self._open, self.entry = world, False, entry

    def keep_open(self) -> None:
        self._open = True

    def __enter__(self) -> "Call":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._open and error is None:
            return
        now = self._world.clock.now(self.entry.scope)
        if error is None:
            self.entry.end(now)
        elif isinstance(error, ApexError):
            self.entry.end(now, error.code, str(error))
        else:
            self.entry.end(now, "internal" if isinstance(error, Exception) else "canceled", repr(error))
