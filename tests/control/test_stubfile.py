"""Stubs as people write them: short forms, the whole model, one line for each fault, and back again."""

import dataclasses

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.chats import GivenChat, GivenRow
from apex_mock.core.stubs import Failure, Match, Piece, Reply, Stub, Text
from apex_mock.core.types import Mode, Operation, ToolCall, WebResult
from apex_mock.errors import Code
from apex_mock.reading import BadRule
from apex_mock.stubfile import read_stub, read_stubs, write_stub
from tests.examples.documents import DOCS, blocks


def test_short_forms():
    """A plain text is a part of a text, an answer, a chunk, or an error's code."""
    stub = read_stub(
        {
            "when": {"prompt": "refund", "headers": {"x-tenant": "acme"}},
            "replies": ["hello", {"chunks": ["a", {"text": "b", "after": 1}]}, {"error": "UNAVAILABLE"}],
        }
    )
    assert stub.when == Match(prompt=Text(contains="refund"), headers={"x-tenant": Text(contains="acme")})
    assert stub.replies == (
        Reply(text="hello"),
        Reply(chunks=(Piece("a"), Piece("b", 1))),
        Reply(error=Failure(Code.UNAVAILABLE)),
    )


def test_the_documented_file_holds_every_key():
    """Each stub of docs/stubs.md can be read, and is what it looks like."""
    (text,) = blocks(DOCS / "stubs.md", "yaml")
    stubs = {stub.name: stub for stub in read_stubs(yaml.safe_load(text))}
    assert len(stubs) == 10
    assert stubs["flaky, then well"].when.prompt == Text(regex="(?i)^status of order [0-9]+")
    assert stubs["weather"].replies[0].tool_calls == (ToolCall("get_weather", '{"city":"Oslo"}', "call_1"),)
    assert stubs["as JSON"].when.mode is Mode.BASE
    assert stubs["as JSON"].when.uids == (1, 2)
    assert stubs["news"].when.operation is Operation.SEARCH
    assert stubs["news"].replies[0].results == (WebResult("https://example.com/", "All is well.", "well"),)
    assert stubs["research"].replies[0].research[1] == Piece("Found it.", 30)
    assert stubs["one chat"].replies[0].chats == (GivenChat("Bees", "gravity", "chat-1"),)
    row = GivenRow("Do bees sleep?", "They do.", "basic", {"source": "test"}, "row-1", "chat-1")
    assert stubs["its rows"].replies[0].rows == (row,)
    assert stubs["its rows"].scope == "worker-1"
    assert stubs["breaks off"].replies[0].error == Failure(Code.INTERNAL, after_chunks=2)
    for stub in stubs.values():
        assert read_stub(write_stub(stub)) == stub


def test_null_is_as_if_it_were_not_there():
    """As clients in other languages send what they leave out."""
    written = {"name": None, "when": {"prompt": None, "headers": None}, "times": None, "replies": None}
    assert read_stub({**written, "reply": {"text": "a", "chunks": None, "error": None}}) == read_stub({"reply": "a"})
    assert read_stub({"when": None, "reply": "a"}) == read_stub({"reply": None, "replies": ["a"]})


def test_a_file_may_name_the_scope_of_its_stubs():
    """Which a stub's own wins over; and it is text."""
    read = read_stubs({"scope": "a", "stubs": [{"reply": "x"}, {"reply": "y", "scope": "b"}]})
    assert [stub.scope for stub in read] == ["a", "b"]
    with pytest.raises(BadRule, match="scope: must be a text, not a number"):
        read_stubs({"scope": 5, "stubs": [{"reply": "x"}]})


def test_a_file_holds_one_stub_a_list_or_a_list_by_name():
    """And nothing at all is no stubs."""
    one = {"reply": "hello"}
    assert read_stubs(one) == read_stubs([one]) == read_stubs({"stubs": [one]})
    assert read_stubs(None) == read_stubs([]) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (5, "expected a stub or a list of stubs, not a number"),
        ("hello", "stub 1 (hello): expected a mapping, not a text"),
        (["hello", 5], "stub 1 (hello): expected a mapping, not a text"),
        ({"stubs": [], "version": 1}, "version: there is no such key beside stubs"),
        ({}, "stub 1: reply: say one of reply"),
        ({"reply": "a", "replies": ["b"]}, "stub 1: reply: say one of reply"),
        ({"replies": []}, "stub 1: replies: must not be empty"),
        ({"replies": "a"}, "stub 1: replies: expected a list, not a text"),
        ({"name": "n", "reply": 42}, "stub 1 (n): reply: expected a text or a mapping, not a number"),
        ({"reply": {}}, "stub 1: reply: says nothing: give one of text, chunks, json"),
        ({"reply": {"text": "a", "template": "b"}}, "stub 1: reply: say only one of text and template"),
        ({"reply": {"text": "a", "error": "internal"}}, "stub 1: reply.error: with an answer beside it"),
        ({"reply": {"error": "sad"}}, "stub 1: reply.error.code: input should be 'canceled', 'unknown'"),
        ({"reply": {"error": {"code": "internal", "status": 1}}}, "stub 1: reply.error.status: there is no such key"),
        ({"reply": {"template": "{{ prompt"}}, "stub 1: reply.template: template '{{ prompt'"),
        ({"reply": {"finish_reason": "done", "text": "a"}}, "reply.finish_reason: must be one of stop, length"),
        ({"reply": {"text": "a", "delay": -1}}, "reply.delay: must be a number from 0 up"),
        ({"reply": {"text": "a", "delay": float("nan")}}, "reply.delay: must be a number from 0 up"),
        ({"reply": {"chunks": ["a", {"text": "b", "after": -1}]}}, "reply.chunks.1.after: must be a number"),
        ({"reply": {"chunks": ["a", 5]}}, "reply.chunks.1: expected a text or a mapping, not a number"),
        ({"reply": {"results": [{"link": "x"}]}}, "reply.results.0.link: there is no such key; a result has url"),
        ({"reply": {"tool_calls": [{"arguments": {}}]}}, "reply.tool_calls.0.name: field required"),
        ({"reply": "a", "when": {"promt": "b"}}, "when.promt: there is no such key; a when has operation, prompt"),
        ({"reply": "a", "when": {"where": "b"}}, "when.where: there is no such key"),
        ({"reply": "a", "when": {"prompt": {"has": "b"}}}, "when.prompt.has: there is no such key"),
        ({"reply": "a", "when": {"prompt": {"regex": "("}}}, "when.prompt: regex '(': missing )"),
        ({"reply": "a", "when": {"prompt": {}}}, "when.prompt: say one of equals, contains, regex, glob"),
        ({"reply": "a", "when": {"prompt": 5}}, "when.prompt: expected a text or a mapping, not a number"),
        ({"reply": "a", "when": {"headers": "b"}}, "when.headers: expected a mapping, not a text"),
        ({"reply": "a", "when": {"sampling": {"heat": 1}}}, "when.sampling.heat: there is no such key"),
        ({"reply": "a", "when": {"operation": "chatt"}}, "when.operation: input should be 'chat'"),
        ({"reply": "a", "when": {"nth": 0}}, "when.nth: must be at least 1"),
        ({"reply": "a", "times": 0}, "times: must be at least 1"),
        ({"reply": "a", "times": "often"}, "times: input should be a valid integer"),
        ({"when": {"operation": "chat"}, "reply": {"rows": []}}, "reply.rows: answer list_completions, "),
        ({"reply": {"rows": [{"completion": "x"}]}}, "reply.rows.0.prompt: field required"),
        (
            {"reply": {"chats": [{"rows": [{"prompt": "x", "chat_id": "y"}]}]}},
            "reply.chats.0.rows.0.chat_id: is that of",
        ),
        ({"reply": {"chats": [{"chat_type": "diary"}]}}, "reply.chats.0: chat_type must be one of apex, gravity"),
        ({"reply": {"rows": [], "chats": []}}, "reply: say only one of chats and rows"),
        ({"reply": "a", "scope": 5}, "scope: "),
        ({"reply": "a", "created_at": 1}, "created_at: there is no such key; a stub has id, name, scope, when"),
        ([{"reply": "a"}, {"name": "second", "reply": 5}], "stub 2 (second): reply: expected a text"),
    ],
)
def test_a_fault_is_one_line_that_names_the_stub_and_the_field(value, said):
    """As the person wrote it."""
    with pytest.raises(BadRule) as caught:
        read_stubs(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


WORDS = st.text("abc é{}%\n", min_size=1, max_size=8)
TEXTS = st.builds(Text, equals=WORDS) | st.builds(Text, contains=WORDS, glob=st.none() | WORDS)
PIECES = st.lists(st.builds(Piece, WORDS, st.none() | st.floats(0, 100)), min_size=1, max_size=3).map(tuple)
REPLIES = (
    st.builds(Reply, text=WORDS | st.just(""), delay=st.floats(0, 5), model=st.none() | WORDS)
    | st.builds(Reply, chunks=PIECES, finish_reason=st.sampled_from([None, "stop", "length"]))
    | st.builds(Reply, json=st.sampled_from([{"a": [1, None]}, [], {}, False, 0, ""]))
    | st.builds(Reply, research=PIECES, error=st.none() | st.just(Failure(Code.INTERNAL, after_chunks=0)))
    | st.builds(Reply, results=st.just((WebResult("https://e.org/", "c", "r"),)) | st.just(()))
    | st.builds(Reply, tool_calls=st.just((ToolCall("f", '{"a":1}', "id"), ToolCall("g"))))
    | st.builds(Reply, error=st.builds(Failure, st.sampled_from(Code), WORDS, st.none() | st.floats(0, 9)))
)
MATCHES = st.builds(
    Match,
    operation=st.none() | st.sampled_from(Operation),
    prompt=st.none() | TEXTS,
    system=st.none() | TEXTS,
    key=st.none() | TEXTS,
    mode=st.none() | st.sampled_from(Mode),
    stream=st.none() | st.booleans(),
    sampling=st.dictionaries(st.sampled_from(["top_p", "temperature"]), st.floats(0, 1)),
    uids=st.none() | st.lists(st.integers(0, 9), max_size=2).map(tuple),
    headers=st.dictionaries(WORDS, TEXTS, max_size=2),
    nth=st.none() | st.integers(1, 3),
)
STUBS = st.builds(
    Stub,
    id=WORDS | st.just(""),
    when=MATCHES,
    replies=st.lists(REPLIES, min_size=1, max_size=3).map(tuple),
    times=st.none() | st.integers(1, 9),
    name=WORDS | st.just(""),
)


@given(stub=STUBS)
def test_what_is_written_reads_as_the_same_stub(stub):
    """Through YAML too."""
    written = write_stub(stub)
    assert read_stub(written) == stub
    assert read_stub(yaml.safe_load(yaml.safe_dump(written, allow_unicode=True))) == stub


def test_a_predicate_is_told_of():
    """It cannot be read back."""
    written = write_stub(Stub("x", Match(where=lambda request, caller: True), (Reply("a"),)))
    assert written["when"] == {"where": "a predicate in Python"}


def test_the_place_in_time_stays_out():
    """When a stub was laid down is the book's."""
    stub = dataclasses.replace(read_stub({"reply": "a"}), created_at=5, order=7)
    assert write_stub(stub) == {"reply": {"text": "a"}}
