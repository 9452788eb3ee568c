"""What the RPC wires say to requests that make no sense: the right code, what to mend; and they go on."""

import gzip

import grpc
import httpx
import pytest

from apex_mock.errors import Code
from tests.transports.test_bad_rest import BODIES
from tests.wires import BY_NAME, HELLO, OK, PLAIN, SERVICE, Connect, Grpc, GrpcWeb, Wire

UNREADABLE = {name: body for name, body in BODIES.items() if name not in ("empty", "nothing in it")}
GARBAGE = {
    "garbage": b"\xff\xfe\xfd garbage",
    "truncated": b"\x12\x20\x0a\x04us",
    "bad UTF-8": b"\x12\x08\x0a\x04user\x12\x02\xff\xfe",
    "field number 0": b"\x00\x01",
    "group": b"\x0b" * 200,
    "endless varint": b"\x18" + b"\xff" * 20,
    "length over the end": b"\x12\xff\xff\xff\xff\x0f",
}
# A field that makes no sense, and the path that the message has to name.
FIELDS = [
    ("ChatCompletion", {}, "messages"),
    ("ChatCompletion", {"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
    ("ChatCompletion", {"messages": [{"content": "x"}]}, "messages.0.role"),
    ("ChatCompletion", {"messages": [{"role": "user"}]}, "messages"),
    ("ChatCompletion", HELLO | {"uids": [-1]}, "uids.0"),
    ("ChatCompletion", HELLO | {"timeout": -1}, "timeout"),
    ("ChatCompletion", HELLO | {"samplingParameters": {"maxNewTokens": -1}}, "sampling_parameters.max_new_tokens"),
    ("ChatCompletion", HELLO | {"samplingParameters": {"temperature": -1}}, "sampling_parameters.temperature"),
    ("ChatCompletion", HELLO | {"samplingParameters": {"temperature": "NaN"}}, "sampling_parameters.temperature"),
    ("ChatCompletion", HELLO | {"samplingParameters": {"topP": "Infinity"}}, "sampling_parameters.top_p"),
    ("ChatCompletionStream", {}, "messages"),
    ("ChatCompletionStream", HELLO | {"samplingParameters": {"topK": -1}}, "sampling_parameters.top_k"),
    ("SubmitDeepResearcherJob", {}, "messages"),
    ("WebRetrieval", {}, "search_query"),
    ("WebRetrieval", {"searchQuery": "x", "nMiners": 0}, "n_miners"),
    ("WebRetrieval", {"searchQuery": "x", "nMiners": -1}, "n_miners"),
    ("WebRetrieval", {"searchQuery": "x", "nMiners": 10**9}, "n_miners"),
    ("WebRetrieval", {"searchQuery": "x", "nResults": 0}, "n_results"),
    ("WebRetrieval", {"searchQuery": "x", "maxResponseTime": 0}, "max_response_time"),
    ("GetDeepResearcherJob", {}, "job_id"),
    ("GetStoredChatCompletions", {}, "chat_id"),
    ("GetChatCompletion", {}, "completion_id"),
    ("UpdateChatAttributes", {"attributes": {"title": "x"}}, "chat_id"),
    ("UpdateCompletionAttributes", {"completionText": "x"}, "completion_id"),
    ("CreateCompletion", {"userPrompt": "x"}, "chat_id"),
    ("CreateChatAndCompletion", {"userPrompt": "x", "chatType": "poetry"}, "chat_type"),
    ("GetChatSessions", {"chatType": "poetry"}, "chat_type"),
]
UNKNOWN_ROWS = [
    ("GetDeepResearcherJob", {"jobId": "no-such-id"}),
    ("GetChatCompletion", {"completionId": "no-such-id"}),
    ("UpdateChatAttributes", {"chatId": "no-such-id", "attributes": {"title": "x"}}),
    ("UpdateCompletionAttributes", {"completionId": "no-such-id", "completionText": "x"}),
    ("CreateCompletion", {"chatId": "no-such-id", "userPrompt": "x", "completionType": "basic"}),
]


def serves(wire: Wire) -> bool:
    """The next request is unharmed."""
    return wire.call("ChatCompletion", HELLO).code == OK


@pytest.fixture
def connect(server, key):
    wire = Connect(server.address, key)
    yield wire
    wire.close()


def post_json(wire: Connect, method: str, body: bytes, **headers: str) -> httpx.Response:
    return wire.post(f"/{SERVICE}/{method}", body, "application/json", wire.headers | headers)


def refusal(answer: httpx.Response, status: int = 400, code: str = "invalid_argument") -> str:
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), answer.text
    assert set(said) == {"error", "code", "message"}
    assert said["message"]
    assert "Traceback" not in answer.text
    return said["message"]


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ChatCompletion", "WebRetrieval", "GetChatSessions", "UpdateCompletionAttributes"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_json_that_cannot_be_read_is_a_400(connect, method, name):
    """With D1's error for those who read that."""
    answer = post_json(connect, method, UNREADABLE[name])
    if method != "ChatCompletion" and name in ("infinite", "5000 digits", "lone surrogate", "100,000 deep in a field"):
        assert answer.status_code in (200, 400)  # a field that this message has not is ignored where it can be read
    else:
        refusal(answer)
        assert answer.json()["error"] == "Invalid request"
    assert serves(connect)


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": "hello"},
        {"messages": [5]},
        {"messages": [{"role": 5, "content": "x"}]},
        {"seed": "seven"},
        {"seed": 1.5},
        {"seed": 2**63},
        {"seed": "9223372036854775808"},
        {"uids": "1"},
        {"stream": "yes"},
        {"samplingParameters": {"temperature": "hot"}},
        {"samplingParameters": {"maxNewTokens": 1.5}},
        {"samplingParameters": 5},
        {"model": 7},
    ],
)
def test_a_value_of_the_wrong_type_is_a_400(connect, changes):
    """It names the message that the body does not fit."""
    answer = connect.http.post(f"/{SERVICE}/ChatCompletion", json=HELLO | changes, headers=connect.headers)
    assert "ChatCompletionRequest" in refusal(answer)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded"])
def test_another_content_type_is_a_415_that_names_the_right_ones(connect, kind):
    """In the words and in Accept-Post."""
    answer = connect.post(f"/{SERVICE}/ChatCompletion", b"{}", kind, connect.headers)
    assert "application/json" in refusal(answer, 415)
    assert "application/json" in answer.headers["accept-post"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_http_method_is_a_405(connect, method):
    """None of these calls is one that GET may make."""
    answer = connect.http.request(method, f"/{SERVICE}/ChatCompletion", headers=connect.headers)
    assert refusal(answer, 405, "unimplemented") == "use POST"
    assert answer.headers["allow"] == "POST"


def test_native_grpc_over_http_1_is_told_what_it_needs(connect):
    """HTTP/2; the same bytes over gRPC-Web would do."""
    answer = connect.post(f"/{SERVICE}/ChatCompletion", b"", "application/grpc+proto", connect.headers)
    assert "HTTP/2" in refusal(answer, 505, "unimplemented")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"connect-timeout-ms": "soon"}, 400),
        ({"connect-timeout-ms": "-5"}, 400),
        ({"connect-protocol-version": "2"}, 400),
        ({"content-encoding": "br"}, 501),
    ],
)
def test_connects_own_headers_are_checked(connect, headers, status):
    """By the library that implements the protocol."""
    answer = post_json(connect, "ChatCompletion", b"{}", **headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "code", "message"}


# --- Binary messages and frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
@pytest.mark.parametrize("name", GARBAGE)
def test_bytes_that_are_no_message_are_an_invalid_argument(wire, method, name):
    """On every wire, with the message's name."""
    reply = wire.send(method, GARBAGE[name], wire.headers)
    assert reply.code == Code.INVALID_ARGUMENT
    assert reply.message
    assert serves(wire)


@pytest.mark.parametrize("framed", [b"\x00", b"\x00\x00\x00\x00\x09short", b"garbage that is no frame"])
def test_a_broken_frame_is_refused(server, key, framed):
    """Neither waited for nor crashed on."""
    wire = GrpcWeb(server.address, key)
    reply = wire.send_framed("ChatCompletion", framed, wire.headers)
    assert reply.code != OK
    assert serves(wire)
    wire.close()


@pytest.mark.parametrize(("method", "body", "field"), FIELDS)
def test_a_field_that_makes_no_sense_is_named(wire, method, body, field):
    """By its path, on every wire in the same words."""
    reply = wire.call(method, body)
    assert reply.code == Code.INVALID_ARGUMENT
    assert reply.message.startswith(f"{field}: "), reply.message


def test_stubs_are_asked_about_a_chat_without_messages(wire, server, key):
    """One that does not fit it leaves the answer as it is: invalid, not an error of the fake's own."""
    stub = {"when": {"prompt": "refund"}, "reply": "Five days."}
    httpx.post(f"{server.url}/__apex/stubs?scope={key}", json=stub, verify=PLAIN).raise_for_status()
    assert wire.call("ChatCompletion", {}).code == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(("method", "body"), UNKNOWN_ROWS)
def test_what_is_not_there_is_not_found(wire, method, body):
    """By its id."""
    reply = wire.call(method, body)
    assert reply.code == Code.NOT_FOUND
    assert "no-such-id" in reply.message


def test_an_attribute_that_nobody_may_change_is_refused(wire):
    """With those that may."""
    made = wire.call("CreateChatAndCompletion", {"userPrompt": "x", "chatType": "apex"}).value["parsedChat"]
    reply = wire.call("UpdateChatAttributes", {"chatId": made["id"], "attributes": {"owner": "me"}})
    assert reply.code == Code.INVALID_ARGUMENT
    assert "title and chat_type" in reply.message


def test_an_unknown_profile_is_refused_with_the_names_of_those_there_are(wire):
    """Chat, search and research."""
    for method, body in (
        ("ChatCompletion", HELLO),
        ("WebRetrieval", {"searchQuery": "x"}),
        ("SubmitDeepResearcherJob", HELLO),
    ):
        reply = wire.call(method, body, x_apex_profile="nope")
        assert reply.code == Code.INVALID_ARGUMENT
        assert "realistic" in reply.message


def test_nobody_left_and_nobody_in_time_are_unavailable(wire, server, key):
    """V's words on this host too; the second that it takes passes at once."""
    for method, body in (("ChatCompletion", HELLO), ("WebRetrieval", {"searchQuery": "x"})):
        reply = wire.call(method, body | {"uids": [65_535]})
        assert (reply.code, reply.message.partition(":")[0]) == (Code.UNAVAILABLE, "No available miners")
    server.mock.clock.scale(key, 1000.0)
    reply = wire.call("WebRetrieval", {"searchQuery": "x", "maxResponseTime": 1}, x_apex_profile="overloaded")
    assert (reply.code, reply.message.partition(":")[0]) == (Code.UNAVAILABLE, "No miner responded successfully")


@pytest.mark.parametrize("name", BY_NAME)
def test_an_empty_message_never_breaks_a_method(wire, name):
    """It is answered, or refused for what it lacks."""
    reply = wire.call(name, {})
    assert reply.code in (OK, Code.INVALID_ARGUMENT)
    assert reply.code == OK or reply.message


def test_metadata_in_binary_is_not_stumbled_over(server, key):
    """gRPC allows it under names that end in -bin."""
    wire = Grpc(server.address, key)
    reply = wire.send("ChatCompletion", b"", {**wire.headers, "trace-bin": b"\x00\xff"})
    assert reply.code == Code.INVALID_ARGUMENT
    wire.close()


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_compressed_requests_are_read_on_grpc(server, key, compression):
    """The Python SDK compresses with gzip by default."""
    wire = Grpc(server.address, key)
    data = BY_NAME["ChatCompletion"].input.from_json('{"messages":[{"role":"user","content":"hello"}]}').to_binary()
    assert wire.send("ChatCompletion", data, wire.headers, compression=compression).code == OK
    wire.close()


def test_compressed_requests_are_read_on_connect(connect):
    """And what is not gzip though it says so is refused."""
    body = gzip.compress(b'{"messages": [{"role": "user", "content": "hello"}]}')
    assert post_json(connect, "ChatCompletion", body, **{"content-encoding": "gzip"}).status_code == 200
    broken = post_json(connect, "ChatCompletion", b"not gzip", **{"content-encoding": "gzip"})
    assert broken.status_code == 400
    assert serves(connect)
