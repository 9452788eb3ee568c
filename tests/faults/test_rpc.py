"""Faults over Connect and gRPC-Web, frame by frame; and the request after each is unharmed."""

from typing import Any

import httpx
import orjson
import pytest

from apex_mock.errors import Code
from apex_mock.wire.methods import SERVICE
from tests.wires import (
    BY_NAME,
    HELLO,
    OK,
    TRAILERS,
    Connect,
    GrpcWeb,
    Wire,
    envelope,
    message_of,
    open_envelopes,
    without_ids,
)

UNARY, STREAM = "ChatCompletion", "ChatCompletionStream"
SEARCH = {"searchQuery": "ocean currents"}
KINDS = {"connect": ("application/proto", "application/connect+proto", 0x02)}
KINDS |= {"grpc-web": ("application/grpc-web+proto", "application/grpc-web+proto", TRAILERS)}


@pytest.fixture(params=[Connect, GrpcWeb])
def web(request, server, key):
    """Each wire of HTTP/1.1 in turn; what it says without faults is the same before and after."""
    wire = request.param(server.address, key)
    before = wire.call(UNARY, HELLO).text
    yield wire
    assert wire.call(UNARY, HELLO).text == before
    assert wire.call(STREAM, HELLO).text == before
    wire.close()


def post(wire: Wire, method: str, fault: str, body: Any = HELLO) -> httpx.Response:
    unary, stream, _ = KINDS[name(wire)]
    framed = method.endswith("Stream") or name(wire) == "grpc-web"
    data = message_of(method, body).to_binary()
    headers = {**wire.headers, "x-apex-fault": fault}
    kind = stream if method.endswith("Stream") else unary
    return wire.post(f"/{SERVICE}/{method}", envelope(data) if framed else data, kind, headers)


def name(wire: Wire) -> str:
    return "connect" if isinstance(wire, Connect) else "grpc-web"


def frames(wire: Wire, answer: httpx.Response) -> tuple[list[bytes], bool]:
    """The messages of a stream, and whether it has the end that the wire wants."""
    found = open_envelopes(answer.content)
    end = KINDS[name(wire)][2]
    return [data for flags, data in found if not flags & end], any(flags & end for flags, _ in found)


def read(method: str, data: bytes) -> Any:
    return orjson.loads(BY_NAME[method].output.from_binary(data).to_json())


@pytest.mark.parametrize("method", [UNARY, STREAM, "WebRetrieval", "GetChatSessions"])
def test_an_error_has_its_code(web, method):
    """And its words, on every call."""
    body = SEARCH if method == "WebRetrieval" else {} if method == "GetChatSessions" else HELLO
    reply = web.call(method, body, x_apex_fault="error; code=data_loss; message=gone; retry_after=2")
    assert (reply.code, reply.message) == (Code.DATA_LOSS, "gone")
    assert reply.headers["x-apex-fault"] == "error"
    assert reply.headers["retry-after"] == "2"


def test_an_error_in_a_stream_comes_after_its_chunks(web):
    """In the stream's end."""
    reply = web.call(STREAM, HELLO, x_apex_fault="error; after=2")
    assert reply.code == Code.UNAVAILABLE
    assert len(reply.values) == 2


@pytest.mark.parametrize("method", [UNARY, STREAM, "WebRetrieval"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_drop_is_a_reset(web, method, after):
    """Whatever the call."""
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        post(web, method, f"drop; after={after}", SEARCH if method == "WebRetrieval" else HELLO)


def test_a_dropped_stream_has_so_many_messages(web):
    """Whole ones, and no end."""
    got: list[bytes] = []
    with pytest.raises(httpx.ReadError):
        follow(web, "drop; after=3", got)
    found = open_envelopes(b"".join(got))
    assert [flags for flags, _ in found] == [0, 0, 0]


def follow(wire: Any, fault: str, got: list[bytes]) -> None:
    headers = {**wire.headers, "x-apex-fault": fault, "content-type": KINDS[name(wire)][1]}
    data = envelope(message_of(STREAM, HELLO).to_binary())
    with wire.http.stream("POST", f"/{SERVICE}/{STREAM}", content=data, headers=headers) as answer:
        assert answer.headers["x-apex-fault"] == "drop"
        got.extend(answer.iter_raw())


def test_no_end_is_a_stream_without_its_end(web):
    """All of its messages are there, the one with the finish reason too."""
    messages, ended = frames(web, post(web, STREAM, "no_end"))
    assert not ended
    assert read(STREAM, messages[-1])["choices"][0]["finishReason"] == "stop"
    messages, ended = frames(web, post(web, STREAM, "none"))
    assert ended


def test_no_end_of_an_answer_in_one_piece(web):
    """gRPC-Web: no trailers. Connect, which has none: the body is not all there."""
    if isinstance(web, Connect):
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            post(web, UNARY, "no_end")
    else:
        messages, ended = frames(web, post(web, UNARY, "no_end"))
        assert (len(messages), ended) == (1, False)


def test_a_truncated_stream_ends_well_and_too_early(web):
    """Two messages without a finish reason, and a good end."""
    messages, ended = frames(web, post(web, STREAM, "truncate; after=2"))
    assert ended
    assert [read(STREAM, message)["choices"][0].get("finishReason") for message in messages] == [None, None]


@pytest.mark.parametrize("fault", ["truncate", "malformed"])
def test_an_answer_in_one_piece_cannot_be_read(web, fault):
    """By half or altogether; the frame around it is sound."""
    answer = post(web, UNARY, fault)
    data = answer.content if isinstance(web, Connect) else frames(web, answer)[0][0]
    whole = post(web, UNARY, "none")
    good = whole.content if isinstance(web, Connect) else frames(web, whole)[0][0]
    assert len(data) == (len(good) // 2 if fault == "truncate" else len(good))
    with pytest.raises(ValueError, match=r"."):
        read(UNARY, data)


def test_a_malformed_message_is_one_of_many(web):
    """Those around it can be read."""
    messages, ended = frames(web, post(web, STREAM, "malformed; at=2"))
    assert ended
    with pytest.raises(ValueError, match=r"."):
        read(STREAM, messages[1])
    for message in [messages[0], *messages[2:]]:
        assert read(STREAM, message)["object"] == "chat.completion.chunk"


@pytest.mark.parametrize("method", [UNARY, STREAM])
def test_a_wrong_type_is_told_of_a_good_answer(web, server, key, method):
    """Nothing else is wrong with it."""
    server.mock.clock.scale(key, 0)  # an answer holds the second of its making
    answer = post(web, method, "wrong_type; type=text/plain")
    assert answer.headers["content-type"] == "text/plain"
    assert without_ids(answer.content) == without_ids(post(web, method, "none").content)


def test_an_empty_answer(web):
    """A chat without text, a search without results, a list without chats."""
    assert web.call(UNARY, HELLO, x_apex_fault="empty").text == ""
    assert web.call(STREAM, HELLO, x_apex_fault="empty").text == ""
    assert web.call("WebRetrieval", SEARCH, x_apex_fault="empty").value == {}
    web.call("CreateChatAndCompletion", {"userPrompt": "hello", "chatType": "apex"})
    assert web.call("GetChatSessions").value["chatSessions"]
    assert web.call("GetChatSessions", x_apex_fault="empty").value == {}


def test_an_oversize_answer_can_still_be_read(web):
    """Chunk, text, or a field that nobody knows."""
    assert len(
        web.call(STREAM, HELLO, x_apex_fault="oversize; bytes=70000").values[0]["choices"][0]["delta"]["content"]
    )
    assert len(web.call(UNARY, HELLO, x_apex_fault="oversize; bytes=70000").text) >= 70_000
    assert len(post(web, "GetChatSessions", "oversize; bytes=70000", {}).content) >= 70_000
    assert web.call("GetChatSessions", x_apex_fault="oversize; bytes=70000").code == OK


@pytest.mark.parametrize("fault", ["duplicate; at=2", "reorder; at=2"])
def test_chunks_come_twice_or_out_of_order(web, fault):
    """As over SSE."""
    good = [read(STREAM, message) for message in frames(web, post(web, STREAM, "none"))[0]]
    got = [read(STREAM, message) for message in frames(web, post(web, STREAM, fault))[0]]
    texts = [[value["choices"][0]["delta"].get("content") for value in values] for values in (good, got)]
    one, two, three, *rest = texts[0]
    assert texts[1] == ([one, two, two, three, *rest] if "dup" in fault else [one, three, two, *rest])


def test_a_header_that_cannot_be_read_says_so(web):
    """invalid_argument, with what there is."""
    reply = web.call(UNARY, HELLO, x_apex_fault="drop; aftr=3")
    assert reply.code == Code.INVALID_ARGUMENT
    assert reply.message == (
        "x-apex-fault: aftr: there is no such key; a drop fault in a header has fault, after, probability"
    )


def test_json_is_broken_as_json(server, key):
    """Connect's plain POST, compressed or not."""
    for encoding in ("identity", "gzip"):
        headers = {"authorization": f"Bearer {key}", "accept-encoding": encoding, "x-apex-fault": "malformed"}
        answer = httpx.post(f"{server.url}/{SERVICE}/{UNARY}", json=HELLO, headers=headers)
        assert answer.headers["content-type"] == "application/json"
        assert answer.text.startswith("{'")
    headers["x-apex-fault"] = "error; code=internal"
    answer = httpx.post(f"{server.url}/{SERVICE}/{UNARY}", json=HELLO, headers=headers)
    assert answer.json() == {"error": "Internal", "code": "internal", "message": "a fault answers internal"}
