"""Apex: what a test holds of the fake. Its calls, stubs, chats, jobs and clock are this test's own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from math import inf
from typing import Any, TypeVar

from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Stub
from apex_mock.core.types import Chat, Micros, Operation, ResearchMode
from apex_mock.environment import environment
from apex_mock.mock import ApexMock
from apex_mock.researchmode import research_mode
from apex_mock.stubfile import read_chats
from apex_mock.testing.asked import Asked, operation_named
from apex_mock.testing.backend import Backend
from apex_mock.testing.builders import Builder, ChatStub, OperationStub, ResearchStub, SearchStub
from apex_mock.testing.conditions import match_of, named
from apex_mock.testing.faulty import LaidFault, fault_of
from apex_mock.testing.mistakes import told_plainly
from apex_mock.wire.times import EPOCH, micros
from apex_mock.world import PARTS

B = TypeVar("B", bound=Builder)
SLOWEST = 5
LARGEST = 2**63  # a seed is an int64


@told_plainly
class ApexClock:
    """The time in this test's world, in which its jobs move and its streams flow. Others keep theirs."""

    def __init__(self, backend: Backend, scope: str) -> None:
        self._backend, self._scope = backend, scope

    @property
    def now(self) -> datetime:
        """In UTC."""
        return _datetime(self._backend.now(self._scope))

    def advance(self, seconds: float) -> datetime:
        """What falls due in the next `seconds` happens now; returns the new now. Raises ValueError below 0.

        Stands in for time.sleep: `monkeypatch.setattr(time, "sleep", apex.clock.advance)`.
        """
        return _datetime(self._backend.advance(self._scope, seconds))

    def set(self, time: datetime | str) -> datetime:
        """It is now `time`, forward or back, a datetime with a time zone or "2025-06-01T12:00:00Z"; the pace stays.

        A job that is younger than the new now is pending until its time comes again. Raises ValueError.
        """
        return _datetime(self._backend.set_clock(self._scope, micros(time)))

    def freeze(self) -> datetime:
        """Time stands still, until `advance`, `set`, `resume` or `scale`."""
        return self.scale(0.0)

    def resume(self) -> datetime:
        """Time goes on from where it is, as fast as the system's."""
        return self.scale(1.0)

    def scale(self, factor: float) -> datetime:
        """Time runs `factor` times as fast as the system's; 0 freezes it. Raises ValueError below 0."""
        return _datetime(self._backend.scale(self._scope, factor))


@told_plainly
class Apex(Asked):
    """A test's handle on the fake. `key` is the test's own API key, and what is sent with it is the test's own world.

    A handle may be used from any thread, in sync and async tests; each call of it takes a fraction of a millisecond.
    """

    def __init__(self, backend: Backend, key: str, *, defaults: Mapping[str, Any] | None = None) -> None:
        """`defaults` are what `choose` takes."""
        super().__init__(backend, key)
        backend.begin(key)
        self._defaults = dict(defaults or {})
        self.surprises_allowed = False
        self.clock = ApexClock(backend, key)
        self._spared: set[str] = set()
        self._complaints: list[str] = []
        self._unfinished: dict[int, Builder] = {}
        if self._defaults:
            self.choose(**self._defaults)

    # --- Where it is --------------------------------------------------------------------------------------------------

    @cached_property
    def url(self) -> str:
        """http(s)://host:port. A server in this process starts when this is first asked for."""
        return self._backend.url

    @property
    def address(self) -> str:
        """host:port, as the SDKs want it for `base_url`."""
        return self.url.partition("://")[2]

    @property
    def env(self) -> dict[str, str]:
        """The variables that point every client at this test's world; while it runs, they are set in this process."""
        return environment(self.url, self.key, self._backend.ca)

    @property
    def mock(self) -> ApexMock:
        """The fake itself, which all tests of the session share; `key` is this test's scope in it.

        Raises RuntimeError when it is not in this process.
        """
        mock = getattr(self._backend, "mock", None)
        if not isinstance(mock, ApexMock):
            raise RuntimeError(f"apex.mock is in another process, behind {self.url}")
        return mock

    # --- Stubs --------------------------------------------------------------------------------------------------------

    def chat(self, containing: str | None = None, **conditions: Any) -> ChatStub:
        """A stub for chat calls, streamed or not, over every wire. It is laid down by its first answer.

        On the last user message: `containing`, `equals`, `regex`, `glob`. Besides: `system`, `any_message`, `model`,
        `app`, `key`, `header={name: text}` (a text that must be contained, a compiled pattern or a Text), `mode`,
        `stream`, `uids`, `nth` (from 1), `where` (a predicate of the request), sampling parameters (`temperature=0`).
        All that is given must hold. Raises TypeError or ValueError for a condition that cannot be.
        """
        return self._stub(ChatStub, "chat", Operation.CHAT, {"containing": containing, **conditions})

    def search(self, containing: str | None = None, **conditions: Any) -> SearchStub:
        """A stub for web retrieval; conditions as for `chat`, those on a text being about the query."""
        return self._stub(SearchStub, "search", Operation.SEARCH, {"containing": containing, **conditions})

    def research(self, containing: str | None = None, **conditions: Any) -> ResearchStub:
        """A stub for deep-research jobs, by what is submitted; conditions as for `chat`."""
        return self._stub(ResearchStub, "research", Operation.SUBMIT_RESEARCH, {"containing": containing, **conditions})

    def operation(self, operation: Operation | str, **conditions: Any) -> OperationStub:
        """A stub for any other operation, to fail, to be late, or to answer with chats or rows that are not stored:
        `apex.operation("get_research").fails("unavailable")`.

        Raises ValueError for an operation that does not exist.
        """
        known = operation_named(operation)
        return self._stub(OperationStub, f"operation {known}", known, conditions)

    def _stub(self, kind: type[B], verb: str, operation: Operation, conditions: Mapping[str, Any]) -> B:
        return kind(self, match_of(operation, **conditions), named(verb, conditions))

    def stored_chats(self, chats: Iterable[Mapping[str, Any]]) -> list[Chat]:
        """Stores chats for this test's key, oldest first: {"title", "chat_type", "id", "rows": [{"prompt",
        "completion", "completion_type", "metadata", "id"}]}; all but a row's prompt may be left out.

        Returns them as stored, with their ids. Raises ValueError for a chat that cannot be, or is there already.
        """
        return self._backend.seed_chats(self.key, read_chats(list(chats)))

    def lay(self, stub: Stub) -> Stub:
        """Lays down a Stub, in the place of the one with its id."""
        return self._backend.lay(self.key, stub)

    def used(self, stub: Stub) -> int:
        """How many calls have had a stub."""
        return self._backend.used(self.key, stub)

    def remove(self, stub: Stub) -> None:
        """Takes a stub away."""
        self._backend.remove(self.key, stub.id)

    def spare(self, stub: Stub) -> None:
        """The test does not fail when no call gets this stub."""
        self._spared.add(stub.id)

    def unfinished(self, builder: Builder, waiting: bool) -> None:
        """Keeps account of the stubs that were begun and have no answer."""
        if waiting:
            self._unfinished[id(builder)] = builder
        else:
            self._unfinished.pop(id(builder), None)

    # --- Faults -------------------------------------------------------------------------------------------------------

    def fault(self, fault: str | Mapping[str, Any], /, **given: Any) -> LaidFault:
        """Something goes wrong on purpose, on this test's calls: `apex.fault("drop", after=3, containing="story")`.

        `fault` is a name, or the short form "drop; after=3". Beside its options: conditions as for `chat` (and
        `operation`), `probability`, `count`, `first`, `every`, `since`, `until`; see docs/faults.md.
        Raises BadRule (a ValueError), TypeError or ValueError for what there is not, listing what there is.
        """
        return LaidFault(self, self._backend.lay_fault(self.key, fault_of(fault, given)))

    def acted(self, fault: Fault) -> int:
        """On how many calls a fault has acted."""
        return self._backend.acted(self.key, fault)

    def mend(self, fault: Fault) -> None:
        """Takes a fault away."""
        self._backend.remove_fault(self.key, fault.id)

    # --- How things are -----------------------------------------------------------------------------------------------

    def choose(
        self,
        *,
        seed: int | None = None,
        profile: str | None = None,
        strict: bool | None = None,
        research: Mapping[str, Any] | str | ResearchMode | None = None,
        clock: str | float | datetime | None = None,
        stubs: Sequence[Stub] = (),
        faults: Sequence[Fault] = (),
    ) -> None:
        """How things are in this test's world: what the marker says, for the middle of a test.

        `research` is what moves jobs ("immediate", "polls", "manual", "elapsed"), or fields of ResearchMode by name;
        `clock` is "frozen", or how many times as fast as the system's it runs, or a time at which it is frozen. What is
        not given stays as it is. Raises InvalidRequest for a profile or a research mode that does not exist, ValueError
        for such a clock, and for a seed or a strict that cannot be.
        """
        if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < LARGEST):
            raise ValueError(f"the seed is a whole number from 0 up to {LARGEST - 1}, not {seed!r}")
        if not isinstance(strict, bool | None):
            raise ValueError(f"strict is True or False, not {strict!r}")
        if clock is not None:
            at, scale = pace(clock)
            self.clock.scale(scale)
            if at is not None:
                self.clock.set(at)
        if not isinstance(research, str | Mapping | ResearchMode | None):
            raise ValueError(f'research is a word like "immediate", or a mapping like {{"polls": 3}}, not {research!r}')
        if isinstance(research, str):
            research = {"progress": research}
        mode = research if research is None or isinstance(research, ResearchMode) else research_mode(dict(research))
        if any(chosen is not None for chosen in (seed, profile, strict, mode)):
            self._backend.choose(self.key, profile=profile, research=mode, strict=strict, seed=seed)
        for stub in stubs:
            self.spare(self.lay(stub))
        for fault in faults:
            self._backend.lay_fault(self.key, fault)

    def reset(self, *parts: str) -> None:
        """Forgets this test's chats and jobs, stubs, faults, calls, choices and clock, or only the `parts` named
        ("state", "stubs", "faults", "journal", "choices", "clock"); with all, what the marker says holds anew.

        Raises InvalidRequest for a part that does not exist.
        """
        self._backend.reset(self.key, parts or PARTS)
        if not parts or "stubs" in parts:
            self._unfinished.clear()
        if not parts:
            self.choose(**self._defaults)

    def allow_surprises(self) -> None:
        """The test does not fail at its end for what surprised the fake, nor for stubs that were not used."""
        self.surprises_allowed = True

    # --- The end of the test ------------------------------------------------------------------------------------------

    def complaints(self) -> list[str]:
        """What has surprised the fake in this test, one a line."""
        self._complaints += self._backend.take_surprises(self.key)
        return list(self._complaints)

    def unused(self) -> list[str]:
        """The stubs that no call has had, and those that were begun and never got an answer; one a line."""
        stubs = (stub for stub in self._backend.unused(self.key) if stub.id not in self._spared)
        idle = [f"the stub {stub.title} was never used" for stub in stubs]
        return idle + [f"the stub {builder.name} was given no answer" for builder in self._unfinished.values()]

    def close(self) -> None:
        """Forgets all of this test's world."""
        self._backend.reset(self.key)

    def summary(self) -> dict[str, Any]:
        """The test's calls in figures, as JSON has them: what --apex-report adds up."""
        calls = self.calls()
        slowest = sorted(calls, key=lambda entry: entry.duration or 0.0, reverse=True)[:SLOWEST]
        return {
            "calls": dict(Counter(str(entry.operation) for entry in calls)),
            "failed": sum(entry.outcome not in ("ok", "open") for entry in calls),
            "surprises": self.complaints(),
            "slowest": [[entry.duration or 0.0, entry.describe()] for entry in slowest],
        }


def _datetime(at: Micros) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def pace(clock: str | float | datetime) -> tuple[datetime | None, float]:
    """What time a clock is to show, None for the present one, and at what pace it is to run. Raises ValueError."""
    if clock == "frozen":
        return None, 0.0
    if isinstance(clock, datetime) or (isinstance(clock, str) and clock[:1].isdigit()):
        return _datetime(micros(clock)), 0.0
    if isinstance(clock, bool) or not isinstance(clock, int | float) or not 0 <= clock < inf:
        raise ValueError(
            f'the clock is "frozen", so many times as fast as the system\'s, or a time like "2025-06-01T12:00:00Z" at '
            f"which it is frozen; not {clock!r}"
        )
    return None, float(clock)
