"""Which calls a rule acts on: its chances, its turns, its window, its limits. Time stands still unless it is moved."""

import asyncio
from typing import Any

import pytest

from apex_mock import ApexMock, Settings
from apex_mock.clock import Clock
from apex_mock.core.faults.rules import Fault
from apex_mock.core.prose import count_tokens
from apex_mock.core.types import Caller, ChatRequest, Message, Mode, SearchRequest
from apex_mock.errors import ApexError, Code, NoAnswer
from apex_mock.faultfile import read_fault
from apex_mock.stubfile import read_stub
from tests.conftest import NOON

ME, OTHER = Caller("mine", "me"), Caller("theirs", "them")


def asks(text: str = "hello", **more: Any) -> ChatRequest:
    return ChatRequest((Message("user", text),), **more)


async def lay(mock: ApexMock, text: str, scope: str = "") -> Any:
    return await mock.faults.add(scope, read_fault(text), mock.clock.now(scope))


async def met(mock: ApexMock, request: Any = None, caller: Caller = ME) -> str:
    """What acted on a call: the journal's word."""
    request = asks() if request is None else request
    try:
        if isinstance(request, ChatRequest):
            await mock.finish(await mock.chat(request, caller))
        else:
            await mock.search(request, caller)
    except ApexError:
        pass
    return list(mock.journal)[-1].fault


async def row(mock: ApexMock, times: int, **more: Any) -> list[bool]:
    return [bool(await met(mock, **more)) for _ in range(times)]


@pytest.mark.parametrize(("probability", "expected"), [("0", 0), ("1", 40)])
async def test_chance_is_never_at_0_and_always_at_1(mock, probability, expected):
    """Whatever the request."""
    await lay(mock, f"error; probability={probability}")
    assert sum([bool(await met(mock, asks(f"number {n}"))) for n in range(40)]) == expected


async def test_chance_is_what_was_asked_for(mock):
    """Near enough, over four hundred requests; and not all of a kind."""
    await lay(mock, "none; probability=0.25")
    same = sum(await row(mock, 200))
    different = sum([bool(await met(mock, asks(f"number {n}"))) for n in range(200)])
    assert 30 <= same <= 70
    assert 30 <= different <= 70


async def rolls(seed: int, *, at_once: bool) -> list[str]:
    mock = ApexMock(Settings(seed=seed), clock=Clock(lambda: NOON))
    await lay(mock, "none; probability=0.5")
    calls = [asks(f"number {n}") for n in range(50)]
    if at_once:
        await asyncio.gather(*(mock.chat(call, ME) for call in reversed(calls)))
    else:
        for call in calls:
            await mock.chat(call, ME)
    return sorted(f"{entry.prompt}: {entry.fault}" for entry in mock.journal)


async def test_the_same_seed_rolls_the_same(mock):
    """Fifty at once, and in another order, as fifty in a row; another seed rolls otherwise."""
    once = await rolls(7, at_once=False)
    assert once == await rolls(7, at_once=False)
    assert once == await rolls(7, at_once=True)
    assert once != await rolls(8, at_once=False)
    assert {line.rpartition(": ")[2] for line in once} == {"", "none"}


async def test_one_request_again_and_again_rolls_anew(mock):
    """By how often it was asked; in each scope by itself, and in both alike for the same key."""
    await lay(mock, "none; probability=0.5")
    mine = await row(mock, 20)
    assert True in mine
    assert False in mine
    await mock.reset("mine", ["state"])
    assert await row(mock, 20) == mine


async def test_two_rules_roll_apart(mock):
    """One's luck is not the other's."""
    for name in "ab":
        await lay(mock, f"none; probability=0.5; name={name}")
    seen = {await met(mock, asks(f"number {n}")) for n in range(40)}
    assert seen == {"", "none (a)", "none (b)", "none (a), none (b)"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("error; first=2", [1, 1, 0, 0, 0, 0]),
        ("error; every=3", [0, 0, 1, 0, 0, 1]),
        ("error; count=3", [1, 1, 1, 0, 0, 0]),
        ("error; every=2; count=2", [0, 1, 0, 1, 0, 0]),
        ("error; nth=2", [0, 1, 0, 0, 0, 0]),
        ("error; prompt=HELL", [1, 1, 1, 1, 1, 1]),
        ("error; prompt=goodbye", [0, 0, 0, 0, 0, 0]),
        ("error; operation=search", [0, 0, 0, 0, 0, 0]),
    ],
)
async def test_a_rule_has_its_turns(mock, rule, expected):
    """Among the calls that fit it."""
    await lay(mock, rule)
    assert await row(mock, 6) == [bool(turn) for turn in expected]


async def test_only_calls_that_fit_take_a_turn(mock):
    """Another prompt, or an operation on which it cannot act, is not counted."""
    await lay(mock, "duplicate; every=2; prompt=hello")
    seen = [await met(mock, request) for request in (asks(), asks("bye"), asks(), asks(), asks("bye"), asks())]
    assert seen == ["", "", "duplicate", "", "", "duplicate"]


async def test_a_window_is_in_the_scopes_own_time(mock):
    """From when the rule was laid."""
    await lay(mock, "error; since=10; until=30")
    seen = [await met(mock)]
    for seconds in (10, 19, 1):
        mock.clock.advance("mine", seconds)
        seen.append(await met(mock))
    assert seen == ["", "error", "error", ""]
    assert await met(mock, caller=OTHER) == ""


async def test_a_rule_of_a_scope_is_of_that_alone(mock):
    """One without acts in all of them, and what it does is counted together."""
    await lay(mock, "none; name=mine", "mine")
    await lay(mock, "none; name=all; count=3")
    assert await met(mock, caller=OTHER) == "none (all)"
    assert await met(mock) == "none (mine), none (all)"
    assert [await met(mock, caller=OTHER) for _ in range(2)] == ["none (all)", ""]


async def test_after_an_error_nothing_acts(mock):
    """What stands before it does."""
    for text in ("delay; seconds=0", "error", "drop"):
        await lay(mock, text)
    assert await met(mock) == "delay, error"


async def test_an_outage_says_how_long_still(mock):
    """And ends."""
    await lay(mock, "outage; seconds=60; code=internal")
    mock.clock.advance("mine", 20)
    with pytest.raises(ApexError) as caught:
        await mock.chat(asks(), ME)
    assert (caught.value.code, caught.value.retry_after) == (Code.INTERNAL, 40)
    mock.clock.advance("mine", 40)
    assert await met(mock) == ""


async def test_a_brownout_takes_more_and_more(mock):
    """From none to all."""
    await lay(mock, "brownout; seconds=100")
    shares = []
    for _ in range(3):
        shares.append(sum([bool(await met(mock, asks(f"number {n}"))) for n in range(40)]))
        mock.clock.advance("mine", 50)
    assert shares[0] == 0
    assert 8 <= shares[1] <= 32
    assert shares[2] == 40


async def test_a_key_has_so_many_requests(mock):
    """In a window that its first call opens; another key has its own, and Retry-After is true."""
    await lay(mock, "rate_limit; requests=2; seconds=60")
    assert await row(mock, 3) == [False, False, True]
    mock.clock.advance("mine", 45)
    with pytest.raises(ApexError) as caught:
        await mock.chat(asks(), ME)
    assert (caught.value.code, caught.value.retry_after) == (Code.RESOURCE_EXHAUSTED, 15)
    assert await row(mock, 3, caller=Caller("mine", "another key")) == [False, False, True]
    mock.clock.advance("mine", 15)
    assert await row(mock, 3) == [False, False, True]


async def test_a_key_has_so_many_tokens(mock):
    """Those of the request, and those of the answer once it is given."""
    await lay(mock, "rate_limit; tokens=200; seconds=60")
    answer = await mock.chat(asks("one two three four"), ME)
    used = len(answer.plan.chunks) + count_tokens("one two three four")
    assert used < 190
    assert await met(mock, asks("word " * (200 - used + 1))) == "rate_limit"
    assert await met(mock, SearchRequest("word")) == ""
    assert await met(mock, SearchRequest("word " * (200 - used))) == "rate_limit"
    mock.clock.advance("mine", 60)
    assert await met(mock, SearchRequest("word " * (200 - used))) == ""


async def test_fifty_at_once_do_not_get_past_a_limit(mock):
    """Exactly so many do."""
    await lay(mock, "rate_limit; requests=20")
    found = await asyncio.gather(*(mock.chat(asks(f"{n}"), ME) for n in range(50)), return_exceptions=True)
    assert sum(isinstance(one, ApexError) for one in found) == 30


async def test_limits_are_forgotten_with_the_faults(mock):
    """Of the scope, or of all."""
    await lay(mock, "rate_limit; requests=1", "mine")
    assert await row(mock, 2) == [False, True]
    await mock.reset("mine", ["faults"])
    assert await row(mock, 2) == [False, False]
    await lay(mock, "rate_limit; requests=1", "mine")
    assert await row(mock, 2) == [False, True]


async def test_late_miners_keep_a_chat_waiting(mock):
    """For the next that answers; a search waits as long as it was told to."""
    await lay(mock, "miners; late=2; seconds=9")
    mock.clock.freeze("mine")
    for begin, waited in (
        (mock.chat(asks(), ME), 9),
        (mock.search(SearchRequest("bees", max_response_time=20), ME), 20),
    ):
        call = asyncio.ensure_future(begin)
        await asyncio.sleep(0)
        mock.clock.advance("mine", waited - 1)
        await asyncio.sleep(0.001)
        assert not call.done()
        mock.clock.advance("mine", 1)
        await call


async def test_dead_miners_are_the_first_to_be_asked(mock):
    """The next one answers, in a mixture the rest."""
    mixed = asks("What is the capital of France?", seed=1, mode=Mode.MIXTURE)
    before = (await mock.chat(mixed, ME)).plan.miners
    await lay(mock, "miners; dead=2")
    assert (await mock.chat(mixed, ME)).plan.miners == before[2:]
    await lay(mock, "miners; dead=3")
    with pytest.raises(NoAnswer):
        await mock.chat(mixed, ME)


@pytest.mark.parametrize(
    ("rule", "status", "error"),
    [
        ("research; fail_at=2; message=no more", "failed", "no more"),
        ("research; stuck_at=2", "running", None),
    ],
)
async def test_a_job_fails_or_stays(mock, rule, status, error):
    """Once it has so many chunks; a job that was submitted before goes on."""
    before = await mock.submit_research(asks("Compare wind and solar power"), ME)
    fault = await lay(mock, rule)
    after = await mock.submit_research(asks("Compare wind and solar power"), ME)
    await mock.faults.remove("", fault.id)
    mock.clock.advance("mine", 100_000)
    view = await mock.get_research(after.id, ME)
    assert (view.status, len(view.chunks), view.error) == (status, 2, error)
    assert (await mock.get_research(before.id, ME)).status == "completed"


async def test_a_delay_comes_before_the_answers_own_time():
    """Which it does not use up."""
    mock = ApexMock(Settings(profile="fast"), clock=Clock(lambda: NOON))
    own = (await mock.chat(asks(seed=1), ME)).plan.chunks[0].after
    assert own > 0
    await lay(mock, "delay; seconds=30")
    mock.clock.freeze("mine")
    call = asyncio.ensure_future(mock.chat(asks(seed=1), ME))
    await asyncio.sleep(0)
    mock.clock.advance("mine", 30)
    answer = await call
    assert answer.started_at == answer.entry.at + 30_000_000


async def test_a_stub_may_bring_its_own_fault(mock):
    """Alone, and the answer is the usual one; or beside what it says. The rules' own come first."""
    await mock.stubs.add("mine", read_stub({"when": {"prompt": "hello"}, "reply": {"fault": "reorder"}}))
    said = {"text": "one two", "fault": {"fault": "error", "code": "aborted", "after": 1}}
    await mock.stubs.add("mine", read_stub({"when": {"prompt": "bye"}, "reply": said}))
    await lay(mock, "none")
    assert await met(mock) == "none, reorder"
    answer = await mock.chat(asks("bye", stream=True), ME)
    assert (answer.plan.text, answer.plan.error.code) == ("one", Code.ABORTED)


async def test_the_state_can_be_forgotten_and_the_faults_stay(mock):
    """Their counts begin anew, and more can be laid."""
    await lay(mock, "error; first=1", "mine")
    assert await row(mock, 2) == [True, False]
    await mock.reset("mine", ["state"])
    assert await row(mock, 2) == [True, False]
    await lay(mock, "none", "mine")
    assert len(await mock.faults.laid("mine")) == 2


async def test_a_fault_that_does_not_exist_cannot_be_laid(mock):
    """Not past the reader either."""
    with pytest.raises(ValueError, match="there is no fault 'dorp'; there are error, delay,"):
        await mock.faults.add("", Fault("", "dorp"))
