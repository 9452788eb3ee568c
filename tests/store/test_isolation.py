"""Two scopes on one fake: what one sees in company is, to the letter, what it would see alone.

Hypothesis makes up what each of them does: chats, searches, rows, jobs, stubs, faults, quotas, choices, clocks and
resets, also with ids of the other's. Every call is made twice, on the fake that they share and on one of the scope's
own; the answers must be equal, and after each step everything else that a scope can look at must be, too.
"""

import asyncio
import contextvars
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from apex_mock import ApexMock, Settings
from apex_mock.auth import SERVER_SCOPE
from apex_mock.clock import SECOND, Clock, advancing, running, setting
from apex_mock.core import research
from apex_mock.core.types import ApiKey, Caller, Chat, ChatRequest, Completion, Job, Message, SearchRequest
from apex_mock.errors import ApexError
from apex_mock.faultfile import read_fault
from apex_mock.researchmode import research_mode
from apex_mock.stubfile import read_stub
from apex_mock.world import PARTS
from tests.conftest import NOON

SCOPES = ("a", "b")
QUOTA = 8  # calls a minute with each key
TEXTS = ("refund", "story", "bees")
STUBS: tuple[dict[str, Any], ...] = (
    {"name": "once", "when": {"operation": "chat", "prompt": "refund"}, "times": 1, "reply": "five days"},
    {"name": "in turn", "when": {"operation": "chat"}, "replies": ["one", "two", {"error": "unavailable"}]},
    {"name": "second", "when": {"prompt": "story", "nth": 2}, "reply": "the second"},
    {"name": "rows", "when": {"operation": "list_completions"}, "reply": {"rows": [{"prompt": "x"}]}},
    {"name": "job", "when": {"operation": "submit_research"}, "reply": {"research": ["a", {"text": "b", "after": 60}]}},
)
FAULTS = (
    "error; code=unavailable; count=2",
    "error; every=2; operation=search",
    "error; probability=0.5",
    "rate_limit; requests=3; seconds=60",
    "outage; seconds=30",
    "empty; operation=chat",
)
Act = Callable[[ApexMock, Caller], Awaitable[Any]]
scopes, texts = st.sampled_from(SCOPES), st.sampled_from(TEXTS)


async def view(mock: ApexMock, scope: str) -> dict[str, Any]:
    """Everything that a scope can look at without changing it. Ids of stubs and faults count all scopes' together."""
    await mock.store.look(scope)
    now, state = mock.clock.now(scope), mock.clock.state(scope)
    return {
        "clock": (now, state.scale, state.moved),
        "choice": await mock.choice(scope),
        "chats": await mock.store.list(Chat, scope),
        "rows": await mock.store.list(Completion, scope),
        "jobs": [research.view(job, now, state.moved) for job in await mock.store.list(Job, scope)],
        "stubs": [(stub.title, await mock.stubs.used(scope, stub)) for stub in await mock.stubs.laid(scope)],
        "faults": [(fault.title, await mock.faults.acted(scope, fault)) for fault in await mock.faults.laid(scope)],
        "unused": [stub.title for stub in await mock.stubs.unused(scope)],
        "quota": await mock.store.get(ApiKey, SERVER_SCOPE, scope),
        "journal": [
            (e.operation, e.at, e.prompt, e.owner, e.outcome, e.message, e.stub, e.fault, e.plan and e.plan.text)
            for e in await mock.journal.select(scope=scope)
        ],
    }


class TwoScopes(RuleBasedStateMachine):
    """`together` is shared; `alone` are what it is compared to."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.at = NOON
        self.runner = asyncio.Runner()
        self.together = ApexMock(Settings(store=url), clock=Clock(lambda: self.at))
        self.alone = {scope: ApexMock(clock=Clock(lambda: self.at)) for scope in SCOPES}
        self.ids: dict[str, list[str]] = {"job": ["none"], "chat": ["none"], "row": ["none"]}
        self.profile = dict.fromkeys(SCOPES, "instant")
        self.run(self.begin())

    async def begin(self) -> None:
        await self.together.reset()
        for mock in (self.together, *self.alone.values()):
            await mock.store.look("")
            await mock.store.add(SERVER_SCOPE, *(ApiKey(scope, QUOTA) for scope in SCOPES))

    def run(self, made: Any) -> Any:
        return self.runner.run(made, context=contextvars.copy_context())

    def teardown(self) -> None:
        for mock in (self.together, *self.alone.values()):
            self.run(mock.close())
        self.runner.close()

    def both(self, scope: str, act: Act) -> Any:
        """What comes of a call, in company and alone: the same."""
        in_company, alone = (self.run(self.told(mock, scope, act)) for mock in (self.together, self.alone[scope]))
        assert in_company == alone
        return in_company

    async def told(self, mock: ApexMock, scope: str, act: Act) -> Any:
        try:
            caller = await mock.gate.admit(((b"authorization", f"Bearer {scope}".encode()),), "rest", mock.clock.now)
            return await act(mock, caller)
        except ApexError as error:
            return type(error).__name__, str(error)

    # --- Calls --------------------------------------------------------------------------------------------------------

    @rule(scope=scopes, text=texts, seed=st.none() | st.integers(0, 2))
    def chat(self, scope, text, seed):
        async def act(mock, caller):
            answer = await mock.chat(ChatRequest((Message("user", text),), seed=seed), caller)
            # A plan that takes its time would have to be waited for: then its call stays open.
            plan = answer.plan if answer.plan.duration else await mock.finish(answer)
            return plan._replace(error=None), str(plan.error)

        self.both(scope, act)

    @precondition(lambda self: set(self.profile.values()) == {"instant"})
    @rule(scope=scopes, text=texts)
    def search(self, scope, text):
        self.both(scope, lambda mock, caller: mock.search(SearchRequest(text), caller))

    @rule(scope=scopes, text=texts)
    def submit(self, scope, text):
        request = ChatRequest((Message("user", text),))
        job = self.both(scope, lambda mock, caller: mock.submit_research(request, caller))
        self.ids["job"] += [job.id] if not isinstance(job, tuple) else []

    @rule(scope=scopes, n=st.integers(0, 9))
    def poll(self, scope, n):
        """Of a job of its own, or of the other's, which is not there."""
        self.both(scope, lambda mock, caller: mock.get_research(self.one("job", n), caller))

    def one(self, kind: str, n: int) -> str:
        return self.ids[kind][n % len(self.ids[kind])]

    # --- Stored chats -------------------------------------------------------------------------------------------------

    @rule(scope=scopes, text=texts)
    def create_chat(self, scope, text):
        made = self.both(scope, lambda mock, caller: mock.create_chat(text, "", "basic", caller=caller))
        if isinstance(made[0], Chat):
            self.ids["chat"].append(made[0].id)
            self.ids["row"].append(made[1].id)

    @rule(scope=scopes, n=st.integers(0, 9), text=texts)
    def create_row(self, scope, n, text):
        self.both(scope, lambda mock, caller: mock.create_completion(self.one("chat", n), text, "basic", caller))

    @rule(scope=scopes, n=st.integers(0, 9), what=st.sampled_from(["chats", "rows", "row", "search"]))
    def read(self, scope, n, what):
        async def act(mock, caller):
            if what == "chats":
                return await mock.list_chats(caller=caller)
            if what == "rows":
                return await mock.list_completions(self.one("chat", n), caller)
            if what == "row":
                return await mock.get_completion(self.one("row", n), caller)
            return await mock.search_chats("e", caller)

        self.both(scope, act)

    @rule(scope=scopes, n=st.integers(0, 9), what=st.sampled_from(["chat", "row", "no chat", "no row"]))
    def change(self, scope, n, what):
        async def act(mock, caller):
            if what == "chat":
                return await mock.update_chat(self.one("chat", n), {"title": f"of {scope}"}, caller)
            if what == "row":
                return await mock.update_completion(self.one("row", n), text=f"of {scope}", caller=caller)
            if what == "no chat":
                return await mock.delete_chats([self.one("chat", n)], caller)
            return await mock.delete_completions([self.one("row", n)], caller)

        self.both(scope, act)

    # --- What a test lays down and chooses ----------------------------------------------------------------------------

    @rule(scope=scopes, stub=st.sampled_from(STUBS))
    def lay(self, scope, stub):
        async def act(mock, _):
            return replace(await mock.stubs.add(scope, read_stub(stub), mock.clock.now(scope)), id="", order=0)

        self.both(scope, act)

    @rule(scope=scopes, fault=st.sampled_from(FAULTS))
    def break_it(self, scope, fault):
        async def act(mock, _):
            named = replace(read_fault(fault), name=fault)
            return replace(await mock.faults.add(scope, named, mock.clock.now(scope)), id="", order=0)

        self.both(scope, act)

    @rule(scope=scopes, what=st.sampled_from(["stub", "fault", "stubs", "faults"]))
    def take_away(self, scope, what):
        async def act(mock, _):
            book = mock.stubs if what.startswith("stub") else mock.faults
            laid = await book.laid(scope)
            if what.endswith("s"):
                await book.clear(scope)
            elif laid:
                assert await book.remove(scope, laid[0].id)

        self.both(scope, act)

    @rule(
        scope=scopes,
        choice=st.sampled_from(
            [
                {"seed": 5},
                {"strict": True},
                {"strict": False},
                {"profile": "fast"},
                {"profile": "instant"},
                {"research": research_mode({"progress": "polls", "polls": 2})},
                {"research": research_mode({"progress": "manual"})},
            ]
        ),
    )
    def choose(self, scope, choice):
        chosen = self.both(scope, lambda mock, caller: mock.choose(scope, **choice))
        if chosen is None:
            self.profile[scope] = choice.get("profile", self.profile[scope])

    @rule(scope=scopes, by=st.sampled_from([advancing(0.5), advancing(90), setting(NOON), running(0), running(60)]))
    def move_the_clock(self, scope, by):
        async def act(mock, _):
            await mock.clock.moved(scope, by)

        self.both(scope, act)

    @rule(seconds=st.sampled_from([1, 30, 61]))
    def time_passes(self, seconds):
        self.at += seconds * SECOND

    @rule(scope=scopes, parts=st.sets(st.sampled_from(PARTS), min_size=1))
    def reset(self, scope, parts):
        if self.both(scope, lambda mock, caller: mock.reset(scope, parts)) is None and "choices" in parts:
            self.profile[scope] = "instant"

    @rule(scope=scopes)
    def be_surprised(self, scope):
        self.both(scope, lambda mock, caller: mock.surprise(scope, f"a surprise of {scope}"))

    @rule(scope=scopes)
    def take_surprises(self, scope):
        async def act(mock, _):
            # The journal numbers the calls of all scopes in one sequence, by design.
            return [re.sub(r"^#\d+ ", "", what) for what in await mock.take_surprises(scope)]

        self.both(scope, act)

    # --- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def each_sees_what_it_would_see_alone(self):
        for scope in SCOPES:
            assert self.run(view(self.together, scope)) == self.run(view(self.alone[scope], scope))


@pytest.mark.timeout(300)
def test_no_scope_sees_anything_of_another(url):
    """On every store. HYPOTHESIS_PROFILE=thorough looks at thirty times as many worlds."""
    examples = settings.default.max_examples // (1 if url == "memory" else 2)
    looked = settings(settings.default, max_examples=examples, stateful_step_count=40)
    run_state_machine_as_test(lambda: TwoScopes(url), settings=looked)
