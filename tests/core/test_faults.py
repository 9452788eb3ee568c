"""Each fault by itself: what it does to a plan, to results, to a moment. Values in, values out."""

import pytest

from apex_mock.core.faults.acting import Acting, Struck, delay_of, error_of
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
from apex_mock.core.faults.effects import Damage, Effect, How, Moment
from apex_mock.core.faults.rules import FAULTS, Fault
from apex_mock.core.faults.times import SECOND, Brownout, Outage, Quota, RateLimit
from apex_mock.core.faults.wire import Drop, Malformed, NoEnd, Truncate, WrongType
from apex_mock.core.types import Chunk, FinishReason, Operation, Plan, ResearchMode, ToolCall, WebResult
from apex_mock.errors import Code

TEXTS = ("one ", "two ", "three ", "four")
PLAN = Plan("id", 0, "m", "".join(TEXTS), tuple(Chunk(text, n * 0.5) for n, text in enumerate(TEXTS)))
CHAT, SEARCH, LIST = (Moment(op) for op in (Operation.CHAT, Operation.SEARCH, Operation.LIST_CHATS))
PAGES = tuple(WebResult(f"u{n}", f"page {n}", "page") for n in range(3))


def texts(plan: Plan) -> list[str]:
    assert plan.text == "".join(chunk.text for chunk in plan.chunks)
    return [chunk.text for chunk in plan.chunks]


def afters(plan: Plan) -> list[float]:
    return [chunk.after for chunk in plan.chunks]


@pytest.mark.parametrize("kind", FAULTS.values(), ids=FAULTS)
def test_every_fault_goes_by_its_own_name(kind):
    """Under which it is registered."""
    assert FAULTS[kind.name] is kind


def test_the_fault_that_does_nothing_does_nothing():
    """In every place where another could."""
    none = Effect()
    assert none.acts(CHAT)
    assert (none.delay(CHAT), none.error(CHAT), none.absent(), none.damage(Operation.CHAT)) == (0.0, None, (0, 0), None)
    assert none.plan(PLAN) is PLAN
    assert none.results(PAGES) is PAGES
    assert none.research(ResearchMode()) == ResearchMode()


def test_an_error_is_told_before_there_is_an_answer():
    """With its code, its words and when to come again."""
    error = Error(Code.RESOURCE_EXHAUSTED, "slow down", 2.5).error(CHAT)
    assert (error.code, error.message, error.retry_seconds) == (Code.RESOURCE_EXHAUSTED, "slow down", 3)


def test_an_error_after_chunks_ends_the_plan_of_a_chat():
    """Of another call it is an error like any."""
    late = Error(after=2)
    assert late.error(CHAT) is None
    assert late.error(SEARCH).code == Code.UNAVAILABLE
    plan = late.plan(PLAN)
    assert texts(plan) == ["one ", "two "]
    assert plan.error.code == Code.UNAVAILABLE


def test_an_error_after_no_chunks_still_has_its_time():
    """In one empty chunk, as a plan has at least one."""
    assert texts(Error(after=0).plan(PLAN)) == [""]


def test_a_delay_comes_before_everything():
    """And leaves the plan alone."""
    assert Delay(3.0).delay(SEARCH) == 3.0
    assert Delay(3.0).plan(PLAN) is PLAN


def test_a_slow_start_delays_the_chunks_and_not_the_head():
    """A call without chunks is late as a whole."""
    assert SlowStart(3.0).delay(CHAT) == 0.0
    assert SlowStart(3.0).delay(SEARCH) == 3.0
    assert afters(SlowStart(3.0).plan(PLAN)) == [3.0, 3.5, 4.0, 4.5]


@pytest.mark.parametrize(
    ("after", "expected"), [(0, [9.0, 9.5, 10.0, 10.5]), (2, [0.0, 0.5, 10.0, 10.5]), (99, [0.0, 0.5, 1.0, 10.5])]
)
def test_a_stall_holds_the_rest_back(after, expected):
    """After so many chunks; after more than there are, the last."""
    assert afters(Stall(after=after, seconds=9.0).plan(PLAN)) == expected


@pytest.mark.parametrize("kind", [Drop, Truncate])
@pytest.mark.parametrize(("after", "left"), [(0, [""]), (2, ["one ", "two "]), (99, list(TEXTS))])
def test_a_cut_plan_ends_without_a_word(kind, after, left):
    """With so many of its chunks."""
    plan = kind(after=after).stream(PLAN)
    assert texts(plan) == left
    assert plan.cut
    assert plan.error is None


def test_what_a_transport_has_to_do_is_told():
    """By each of the wire's faults, in its own words."""
    told = [kind.damage(Operation.CHAT) for kind in (Drop(2), Truncate(2), NoEnd(), Malformed(3), WrongType("a/b"))]
    assert told == [
        Damage(How.DROP, 2),
        Damage(How.TRUNCATE),
        Damage(How.NO_END),
        Damage(How.MALFORMED, 3),
        Damage(How.WRONG_TYPE, text="a/b"),
    ]


def test_a_duplicate_is_a_chunk_of_its_own():
    """Encoders know the first and the last chunk by being the very same object."""
    plan = Duplicate(at=4).plan(PLAN)
    assert texts(plan) == [*TEXTS, "four"]
    assert plan.chunks[3] is not plan.chunks[4]
    assert texts(Duplicate(at=1).plan(PLAN)) == ["one ", *TEXTS]
    assert Duplicate(at=2).results(PAGES) == (PAGES[0], PAGES[1], PAGES[1], PAGES[2])
    assert Duplicate(at=9).results(PAGES) == PAGES


def test_reordered_chunks_keep_the_times_of_their_places():
    """So that time goes on forwards."""
    plan = Reorder(at=2).plan(PLAN)
    assert texts(plan) == ["one ", "three ", "two ", "four"]
    assert afters(plan) == afters(PLAN)
    assert Reorder(at=1).results(PAGES) == (PAGES[1], PAGES[0], PAGES[2])
    assert Reorder(at=4).plan(PLAN) is PLAN
    assert Reorder(at=3).results(PAGES) == PAGES


def test_an_empty_answer_says_nothing_and_calls_nothing():
    """A search finds nothing; of other calls the message is emptied by the transport."""
    plan = Empty().plan(PLAN._replace(tool_calls=(ToolCall("f"),)))
    assert texts(plan) == [""]
    assert plan.tool_calls == ()
    assert plan.finish_reason is FinishReason.STOP
    assert Empty().results(PAGES) == ()
    assert Empty().damage(Operation.CHAT) is None
    assert Empty().damage(Operation.LIST_CHATS) == Damage(How.EMPTY)


def test_an_oversize_answer_is_as_long_as_was_asked():
    """At least; the rest of it as it would have been."""
    plan = Oversize(1000).plan(PLAN)
    assert len(plan.text) >= 1000 + len(PLAN.text)
    assert texts(plan)[1:] == list(TEXTS[1:])
    assert len(Oversize(1000).results(PAGES)[0].content) >= 1000
    assert Oversize(1000).results(()) == ()
    assert Oversize(1000).damage(Operation.LIST_CHATS) == Damage(How.OVERSIZE, 1000)


def test_miners_are_kept_from_chats_and_searches():
    """Late ones keep a chat waiting; a search has a time of its own for that."""
    late = Miners(dead=1, late=2, seconds=7.0)
    assert late.absent() == (1, 2)
    assert (late.delay(CHAT), late.delay(SEARCH)) == (7.0, 0.0)
    assert not late.acts(LIST)


def test_research_is_told_how_far_it_gets():
    """And with which words it fails."""
    assert Research(fail_at=3, message="gone").research(ResearchMode()) == ResearchMode(fail_at=3, error="gone")
    assert Research(stuck_at=2).research(ResearchMode()).stuck_at == 2
    assert not Research(stuck_at=2).acts(CHAT)


# --- What depends on the time -----------------------------------------------------------------------------------------


def at(since: float, roll: float = 0.0) -> Moment:
    return Moment(Operation.CHAT, since, roll)


def test_an_outage_says_how_long_it_lasts_still():
    """And is over when it is over."""
    outage = Outage(seconds=30)
    assert outage.acts(at(29.9))
    assert outage.error(at(10)).retry_after == 20
    assert not outage.acts(at(30))


def test_a_brownout_gets_worse_and_stays_so():
    """In its share of failures, and in how late it is."""
    brown = Brownout(seconds=10, share=0.8, lag=4)
    assert [brown.delay(at(t)) for t in (0, 5, 10, 99)] == [0, 2, 4, 4]
    assert brown.error(at(5, 0.39)) is not None
    assert brown.error(at(5, 0.41)) is None
    assert not brown.acts(at(0, 0.0))
    assert brown.acts(at(5, 0.99))


def test_requests_are_counted_in_a_window():
    """Which the first of them opens; one that is refused does not count."""
    limit, quota = RateLimit(requests=2, seconds=60), Quota("q", 0)
    seen = []
    for now in (0, 1, 2, 59, 60):
        quota = limit.counted(quota, 0, now * SECOND)
        seen.append(quota.admitted)
    assert seen == [True, True, False, False, True]
    assert quota.window == 60 * SECOND


def test_tokens_are_counted_in_a_window():
    """What does not fit any more is refused, and a smaller one still fits."""
    limit, quota = RateLimit(tokens=10), Quota("q", 0)
    seen = []
    for tokens in (6, 5, 4, 1):
        quota = limit.counted(quota, tokens, SECOND)
        seen.append(quota.admitted)
    assert seen == [True, False, True, False]


def test_a_refusal_says_when_the_window_is_over():
    """To the second."""
    error = RateLimit(requests=1, seconds=60).refusal(Quota("q", 10 * SECOND), 25 * SECOND)
    assert error.code == Code.RESOURCE_EXHAUSTED
    assert error.retry_after == 45
    assert "1 requests in 60 s; try again in 45 s" in str(error)


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_a_rule_is_in_force_in_its_window():
    """Its own time begins where the window does. A clock that is set back ends no rule."""
    rule = Fault("f", "delay", since=10, until=40, created_at=100 * SECOND)
    assert [rule.in_force(s * SECOND) for s in (109, 110, 125, 139, 140)] == [None, 0, 15, 29, None]
    assert Fault("f", "delay", created_at=100 * SECOND).in_force(0) == 0


def test_a_rule_has_its_turns():
    """The first so many, every so-manieth, or both."""
    assert [Fault("f", "delay", first=2).turn(n) for n in range(4)] == [True, True, False, False]
    assert [Fault("f", "delay", every=3).turn(n) for n in range(6)] == [False, False, True] * 2
    assert [Fault("f", "delay", every=2, first=3).turn(n) for n in range(6)] == [False, True, False] + [False] * 3


def test_what_acts_together_acts_in_order():
    """Delays add up, plans go through one after the other, the first error counts."""
    struck = tuple(
        Struck(effect.name, effect, CHAT)
        for effect in (Delay(1), Reorder(), Delay(2), Error(message="first"), Error(message="second"), Drop(1))
    )
    acting = Acting(struck)
    assert acting.title == "delay, reorder, delay, error, error, drop"
    assert delay_of(struck) == 3
    assert error_of(struck).message == "first"
    assert texts(acting.plan(PLAN, streamed=True)) == ["two "]
    assert texts(acting.plan(PLAN, streamed=False)) == ["two ", "one ", "three ", "four"]
    assert acting.lost
    assert acting.damage == (Damage(How.DROP, 1),)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Delay, {"seconds": -1}),
        (Delay, {"seconds": float("nan")}),
        (Stall, {"after": -1}),
        (Drop, {"after": -1}),
        (Malformed, {"at": 0}),
        (Oversize, {"bytes": 1 << 30}),
        (WrongType, {"type": "html"}),
        (WrongType, {"type": "text/html\r\nx: y"}),
        (RateLimit, {}),
        (RateLimit, {"requests": 1, "seconds": 0}),
        (Brownout, {"share": 1.5}),
        (Miners, {}),
        (Research, {}),
        (Research, {"fail_at": 1, "stuck_at": 1}),
    ],
)
def test_options_that_make_no_sense_are_refused(kind, options):
    """When the fault is made, not when it acts."""
    with pytest.raises(ValueError, match=r"must|say"):
        kind(**options)
