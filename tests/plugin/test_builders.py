"""The Python form of stubs: what a line of a test says, as the Stub that it lays down."""

import re

import pytest

from apex_mock.core.stubs import Match, Piece, Stub, Text
from apex_mock.core.types import Caller, Mode, Operation, ToolCall, WebResult
from apex_mock.errors import Code
from apex_mock.testing.builders import ChatStub, OperationStub, ResearchStub, SearchStub, timed
from apex_mock.testing.conditions import match_of, named


class Ledger:
    """Where stubs are laid, without a fake."""

    def __init__(self):
        self.laid: dict[str, Stub] = {}
        self.spared, self.waiting, self.removed = set(), set(), []

    def lay(self, stub):
        stub = Stub(stub.id or f"s{len(self.laid)}", stub.when, stub.replies, stub.times, stub.name)
        self.laid[stub.id] = stub
        return stub

    def used(self, stub):
        return 3

    def remove(self, stub):
        self.removed.append(stub.id)

    def spare(self, stub):
        self.spared.add(stub.id)

    def unfinished(self, builder, waiting):
        (self.waiting.add if waiting else self.waiting.discard)(builder)

    @property
    def only(self):
        (stub,) = self.laid.values()
        return stub


@pytest.fixture
def ledger():
    return Ledger()


def stub(ledger, kind=ChatStub):
    return kind(ledger, Match(), "it")


def test_a_verb_lays_the_stub_down_there_and_then(ledger):
    made = stub(ledger)
    assert not ledger.laid
    assert made in ledger.waiting
    made.replies("hello", finish_reason="length", model="m")
    (reply,) = ledger.only.replies
    assert (reply.text, reply.finish_reason, reply.model) == ("hello", "length", "m")
    assert (ledger.only.times, ledger.only.name, made.used) == (None, "it", 3)
    assert not ledger.waiting
    made.remove()
    assert ledger.removed == ["s0"]
    assert repr(made) == "<stub it>"


def test_every_kind_of_answer(ledger):
    """Each as the field of Reply that is for it."""
    stub(ledger).replies_json({"a": [1]})
    stub(ledger).replies_json(None)
    stub(ledger).template("{{ prompt }}!")
    stub(ledger).streams(["a", "b"], every=0.5)
    stub(ledger).streams([("a", 1), ("b", 2.5)])
    stub(ledger).calls_tool("weather", {"city": "Paris"}).calls_tool("time").calls_tool("raw", "{")
    stub(ledger).fails(Code.UNAVAILABLE, "later", retry_after=2)
    stub(ledger, SearchStub).returns([{"url": "u", "content": "c"}, WebResult("v", "d", "r")])
    stub(ledger, ResearchStub).completes(["one", "two"])
    stub(ledger, ResearchStub).fails_after(2, "gone")
    json, null, template, every, at, tools, error, found, research, broken = (
        laid.replies[0] for laid in ledger.laid.values()
    )
    assert json.json == {"a": [1]}
    assert null.text == "null"
    assert template.template == "{{ prompt }}!"
    assert every.chunks == (Piece("a", 0), Piece("b", 0.5))
    assert at.chunks == (Piece("a", 1), Piece("b", 2.5))
    assert tools.tool_calls == (ToolCall("weather", '{"city": "Paris"}'), ToolCall("time", "{}"), ToolCall("raw", "{"))
    assert (error.error.code, error.error.message, error.error.retry_after) == (Code.UNAVAILABLE, "later", 2)
    assert found.results == (WebResult("u", "c", "c"), WebResult("v", "d", "r"))
    assert research.research == (Piece("one"), Piece("two"))
    assert (broken.error.after_chunks, broken.error.message) == (2, "gone")


@pytest.mark.parametrize("made", [lambda s: s.then("two"), lambda s: s.then.replies("two")], ids=["short", "long"])
def test_then_goes_on_to_the_next_answer(ledger, made):
    made(stub(ledger).replies("one"))
    assert [reply.text for reply in ledger.only.replies] == ["one", "two"]
    assert ledger.only.times is None, "the last is given again and again"


def test_times_counts_the_answer_before_it_or_the_one_to_come(ledger):
    stub(ledger).fails("unavailable").times(2).then.replies("ok")
    assert [bool(reply.error) for reply in ledger.only.replies] == [True, True, False]
    assert ledger.only.times is None
    ledger.laid.clear()
    stub(ledger).replies("a").then.times(2).replies("b")
    assert ([reply.text for reply in ledger.only.replies], ledger.only.times) == (["a", "b", "b"], 3)


@pytest.mark.parametrize("made", [lambda s: s.delays(2).replies("x"), lambda s: s.replies("x").delays(2)])
def test_delays_speaks_of_the_answer_before_it_or_the_one_to_come(ledger, made):
    made(stub(ledger)).then("y")
    assert [(reply.text, reply.delay) for reply in ledger.only.replies] == [("x", 2.0), ("y", 0.0)]


def test_a_stream_breaks_after_some_of_its_chunks(ledger):
    stub(ledger).streams(["a", "b", "c"]).fails(Code.UNAVAILABLE, after_chunks=2)
    (reply,) = ledger.only.replies
    assert len(reply.chunks) == 3
    assert reply.error.after_chunks == 2
    ledger.laid.clear()
    stub(ledger, ResearchStub).completes(["a", "b"]).fails_after(1)
    assert ledger.only.replies[0].research
    assert ledger.only.replies[0].error.after_chunks == 1


def test_an_operation_may_only_be_late(ledger):
    stub(ledger, OperationStub).delays(3).answers()
    assert ledger.only.replies[0].delay == 3


@pytest.mark.parametrize("made", [lambda s: s.optional().replies("x"), lambda s: s.replies("x").optional()])
def test_an_optional_stub_may_be_left_over(ledger, made):
    made(stub(ledger))
    assert ledger.spared == {"s0"}


@pytest.mark.parametrize(
    ("write", "error", "says"),
    [
        (lambda s: s.replies("a").replies("b"), TypeError, "write .then before the next one"),
        (lambda s: s.then, TypeError, r"it has no answer yet: end it with .replies\(...\) or .streams"),
        (lambda s: s.replies("a").then.used, TypeError, "no answer yet"),
        (lambda s: s.times(0), ValueError, "not 0 times"),
        (lambda s: s.delays(-1), ValueError, "not -1"),
        (lambda s: s.fails("sideways"), ValueError, "sideways"),
        (lambda s: s.replies("a", finish_reason="tired"), ValueError, "tired"),
        (lambda s: s.template("{{"), ValueError, "template"),
        (lambda s: s.streams("abc"), ValueError, "not one text"),
        (lambda s: s.streams([]), ValueError, "at least one"),
        (lambda s: s.streams(["a"], every=-1), ValueError, "every"),
        (lambda s: s.streams([("a", 2), ("b", 1)]), ValueError, "piece 1 is due at 1 s, before"),
        (lambda s: SearchStub.returns(s, [{"uri": "x"}]), ValueError, "no 'uri'"),
        (lambda s: SearchStub.returns(s, [{"content": "x"}]), ValueError, "needs a url"),
        (lambda s: ResearchStub.fails_after(s, -1), ValueError, "not -1"),
    ],
)
def test_a_line_that_makes_no_sense_says_so(ledger, write, error, says):
    with pytest.raises(error, match=says):
        write(stub(ledger))


def test_conditions():
    """A plain text is one that must be contained; a pattern and a Text say otherwise."""
    match = match_of(
        Operation.CHAT,
        containing="refund",
        regex="^I",
        system="terse",
        any_message=re.compile("a.b", re.IGNORECASE | re.DOTALL),
        model=Text(equals="m"),
        app=re.compile("x"),
        header={"X-Tenant": "7"},
        mode="chain-of-thought",
        stream=True,
        uids=[1, 2],
        nth=2,
        temperature=0,
    )
    assert match.prompt == Text(contains="refund", regex="^I")
    assert match.system == Text(contains="terse")
    assert match.any_message == Text(regex="(?is)a.b")
    assert match.model == Text(equals="m")
    assert match.app == Text(regex="x")
    assert match.headers == {"x-tenant": Text(contains="7")}
    assert (match.mode, match.stream, match.uids, match.nth) == (Mode.CHAIN_OF_THOUGHT, True, (1, 2), 2)
    assert match.sampling == {"temperature": 0}
    assert match_of(None).prompt is None


@pytest.mark.parametrize(
    "where",
    [lambda request: request == 1, lambda request, caller: request == 1 and caller.app == "a", lambda *a: a[0] == 1],
)
def test_a_predicate_wants_the_request_or_the_caller_too(where):
    predicate = match_of(None, where=where).where
    assert predicate(1, Caller(app="a"))
    assert not predicate(2, Caller(app="a"))


def test_a_predicate_of_which_nothing_can_be_known_gets_the_request():
    assert match_of(None, where=bool).where(1, Caller())


@pytest.mark.parametrize(
    ("conditions", "error", "says"),
    [
        ({"temprature": 1}, TypeError, "no condition 'temprature'; there are containing, .* key, .* temperature"),
        ({"nth": 0}, ValueError, "counts from 1"),
        ({"mode": "fast"}, ValueError, "no mode 'fast'; there are base, mixture"),
        ({"containing": 3}, TypeError, "containing is a text, not 3"),
        ({"system": 3}, TypeError, "system is a text, a compiled pattern or a Text, not 3"),
        ({"header": {"x-tenant": 7}}, TypeError, "header x-tenant is a text, .* not 7"),
        ({"regex": "("}, ValueError, "regex"),
    ],
)
def test_a_condition_that_cannot_be_says_so(conditions, error, says):
    with pytest.raises(error, match=says):
        match_of(Operation.CHAT, **conditions)


def test_a_stub_is_named_after_the_line_that_made_it():
    def late(request):
        return True

    given = {"containing": "refund", "model": None, "where": late, "temperature": 0}
    assert named("chat", given) == "chat(containing='refund', where=late, temperature=0)"
    assert named("chat", {"key": "a-secret"}) == "chat(key=…)"


def test_pieces_without_times_go_at_the_pace_of_the_profile():
    assert timed(["a", ("b", 3.0)]) == (Piece("a"), Piece("b", 3.0))
