"""Streams: server-sent events on REST, messages on gRPC and Connect."""

from typing import Any

from .. import expect
from ..answer import Answer
from ..clause import RPC, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .chat import DEFAULTS, STORY

COSTS = Nature.COSTS
CHUNK_FIELDS = {"id", "choices", "created", "model", "object"}


def streamed(client: Client, **fields: Any) -> Answer:
    """A stream that came to its end."""
    return expect.succeeds(client.stream(**fields))


@clause("STREAM-001", "D2", Op.STREAM, nature=COSTS, transports=[Transport.REST])
def event_stream(client: Client) -> None:
    """A streamed answer is text/event-stream."""
    answer = streamed(client)
    expect.matches(answer.headers.get("content-type"), r"text/event-stream.*", "content-type", answer)


@clause("STREAM-002", "V", Op.STREAM, nature=COSTS, transports=[Transport.REST])
def not_cached(client: Client) -> None:
    """A streamed answer says Cache-Control: no-cache."""
    answer = streamed(client)
    expect.holds(
        "no-cache" in answer.headers.get("cache-control", ""),
        "cache-control",
        "no-cache",
        answer.headers.get("cache-control", "no such header"),
        answer,
    )


@clause("STREAM-003", "D2 SDK", Op.STREAM, nature=COSTS)
def chunks_are_chunks(client: Client) -> None:
    """Every event is a chat.completion.chunk with one choice of index 0."""
    answer = streamed(client)
    for event in answer.events:
        expect.equal(event.get("object"), "chat.completion.chunk", "object of an event", answer)
        expect.equal([c.get("index") for c in event.get("choices", [])], [0], "the choices' index in an event", answer)


@clause("STREAM-004", "D2", Op.STREAM, nature=COSTS, transports=[Transport.REST])
def done_comes_last(client: Client) -> None:
    """An event stream ends with data: [DONE], once."""
    answer = streamed(client)
    tail = answer.body[-60:].decode("utf-8", "replace")
    expect.holds(answer.body.rstrip().endswith(b"data: [DONE]"), "the stream's end", "data: [DONE]", tail, answer)
    expect.equal(answer.body.count(b"data: [DONE]"), 1, "how often [DONE] comes", answer)


@clause("STREAM-005", "D2 SDK", Op.STREAM, nature=COSTS)
def role_comes_first(client: Client) -> None:
    """The first delta names the role assistant, and no later one does."""
    answer = streamed(client)
    roles = [delta.get("role") or "" for delta in answer.deltas]
    expect.equal(roles[:1], ["assistant"], "the first delta's role", answer)
    expect.equal([role for role in roles[1:] if role], [], "the roles of later deltas", answer)


@clause("STREAM-006", "D2 SDK", Op.STREAM, nature=COSTS)
def one_answer_one_id(client: Client) -> None:
    """All events of a stream have one id, one created and one model."""
    answer = streamed(client)
    for name in ("id", "created", "model"):
        values = {event.get(name) for event in answer.events}
        expect.holds(
            len(values) == 1 and all(values), name, "one value in all events", sorted(map(str, values)), answer
        )


@clause("STREAM-007", "D2 SDK", Op.STREAM, nature=COSTS)
def reason_comes_last(client: Client) -> None:
    """The last choice of a stream gives the finish_reason, and no earlier one does."""
    answer = streamed(client)
    reasons = [c.get("finish_reason") or "" for event in answer.events for c in event.get("choices", [])]
    expect.one_of(reasons[-1] if reasons else "", ("stop", "length"), "the last finish_reason", answer)
    expect.equal([reason for reason in reasons[:-1] if reason], [], "earlier finish_reasons", answer)


@clause("STREAM-008", "D2 SDK", Op.STREAM, Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def streamed_as_unary(client: Client) -> None:
    """Joined, a stream says what the unary call says to the same request and seed, for the same reason."""
    for prompt, parameters in ((STORY, DEFAULTS), (STORY, {**DEFAULTS, "max_new_tokens": 7})):
        whole = expect.succeeds(client.chat(prompt, seed=9, sampling_parameters=parameters))
        pieces = expect.succeeds(client.stream(prompt, seed=9, sampling_parameters=parameters))
        expect.equal(pieces.text, whole.text, "the streamed text", pieces)
        expect.equal(pieces.finish_reason, whole.finish_reason, "the stream's finish_reason", pieces)


@clause("STREAM-009", "D2 SDK", Op.STREAM, nature=COSTS)
def comes_in_pieces(client: Client) -> None:
    """A longer answer comes in more than one piece of text."""
    answer = expect.succeeds(client.stream("Count from one to ten in words."))
    pieces = [delta["content"] for delta in answer.deltas if delta.get("content")]
    expect.holds(len(pieces) > 1, "deltas with content", "more than one", pieces, answer)


@clause("STREAM-010", "D1 V", Op.STREAM, nature=COSTS)
def cut_stream_says_length(client: Client) -> None:
    """A stream that max_new_tokens cut ends with the finish_reason length."""
    answer = expect.succeeds(client.stream(STORY, sampling_parameters={**DEFAULTS, "max_new_tokens": 5}))
    expect.equal(answer.finish_reason, "length", "finish_reason", answer)


@clause("STREAM-011", "D2 V", Op.STREAM, transports=[Transport.REST, Transport.CONNECT, Transport.GRPC])
def refused_before_it_begins(client: Client) -> None:
    """A bad request to stream is refused as one that is not to be streamed, before any event."""
    answer = expect.fails(client.call(Op.STREAM, {"messages": []}), "invalid_argument")
    expect.equal(len(answer.events), 0, "the number of events", answer)
    if client.transport is Transport.REST:
        expect.equal(answer.status, 422, "the status", answer)


@clause("STREAM-012", "V", Op.STREAM, nature=COSTS, transports=[Transport.REST], needs=[Need.CONTROL])
def error_in_a_stream(client: Client) -> None:
    """An error after the stream began is one event {"error": "502 - ..."}, and the stream ends without [DONE]."""
    client.control.stub(reply={"text": "one two three four", "error": {"code": "unavailable", "after_chunks": 2}})
    answer = client.stream()
    expect.equal(answer.status, 200, "the status", answer)
    expect.equal(len(answer.events), 2, "chunks before the error", answer)
    expect.equal(list(answer.raw_events[-1]), ["error"], "the fields of the last event", answer)
    expect.matches(answer.raw_events[-1]["error"], r"5\d\d - .+", "the last event's error", answer)
    expect.equal(answer.done, False, "whether [DONE] follows", answer)


@clause("STREAM-013", "SDK", Op.STREAM, nature=COSTS, transports=RPC, needs=[Need.CONTROL])
def error_in_an_rpc_stream(client: Client) -> None:
    """An error after the stream began ends it with its code, and the messages before it arrive."""
    client.control.stub(reply={"text": "one two three four", "error": {"code": "unavailable", "after_chunks": 2}})
    answer = client.stream()
    expect.equal(answer.code, "unavailable", "the code at the stream's end", answer)
    expect.equal(len(answer.events), 2, "messages before the error", answer)
    expect.equal(answer.finish_reason, "", "finish_reason of a stream that broke off", answer)


@clause("STREAM-014", "V", Op.STREAM, nature=COSTS, transports=[Transport.REST, Transport.OPENAI])
def stream_options(client: Client) -> None:
    """OpenAI's stream_options are accepted."""
    expect.filled(streamed(client, stream_options={"include_usage": False}).text, "the text")


@clause("STREAM-015", "D2", Op.STREAM, nature=COSTS, transports=[Transport.REST])
def events_are_data_lines(client: Client) -> None:
    """Every event is one line, data: and JSON, followed by an empty line."""
    answer = streamed(client)
    blocks = answer.body.split(b"\n\n")
    expect.equal(blocks[-1], b"", "what follows the last empty line", answer)
    for block in blocks[:-1]:
        expect.holds(
            block.startswith(b"data: ") and b"\n" not in block, "an event", "one line data: ...", repr(block), answer
        )
    for event in answer.raw_events:
        missing = sorted(CHUNK_FIELDS - set(event))
        expect.equal(missing, [], "fields that an event lacks", answer)


@clause("STREAM-016", "SDK", Op.STREAM, nature=COSTS, transports=[Transport.CONNECT])
def connect_stream_ends(client: Client) -> None:
    """Over Connect a stream ends with an end-of-stream message."""
    answer = streamed(client)
    expect.equal(answer.done, True, "whether an end-of-stream message came", answer)


@clause("STREAM-017", "D1 V", Op.STREAM, nature=COSTS)
def standard_model_streams(client: Client) -> None:
    """A stream names the model that answers, as a unary answer does."""
    answer = streamed(client, model="Default")
    model = answer.events[0].get("model") if answer.events else ""
    unary = expect.succeeds(client.chat(model="Default"))
    expect.equal(model, unary.value["model"], "model of the first event", answer)
