"""Errors: each condition has its code on every wire, its status on HTTP, and a body that its readers understand."""

from typing import Any

from .. import expect
from ..answer import Answer
from ..clause import RPC, WIRES, Nature, Need, clause
from ..clients.base import Client
from ..operations import SERVICE, Op, Transport
from .chat import NO_SUCH_UID

COSTS = Nature.COSTS
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Say hello."}]}
CUT_SHORT = b'{"messages": [{"role": "user"'
FAULT = {"type", "loc", "msg", "input"}
ADMINISTERED = [Need.KEYRING, Need.ADMIN]


def constellation_body(answer: Answer, code: str, error: str | None = None) -> None:
    """The one body that serves all readers."""
    body = answer.raw if isinstance(answer.raw, dict) else {}
    missing = sorted({"error", "code", "message"} - set(body))
    expect.equal(missing, [], "fields that the error's body lacks", answer)
    expect.equal(body["code"], code, "code", answer)
    expect.filled(body["message"], "message", answer)
    if error is not None:
        expect.equal(body["error"], error, "error", answer)


@clause("ERR-001", "V", Op.CHAT, transports=[Transport.REST])
def unreadable_on_rest(client: Client) -> None:
    """A body on REST that is no JSON is answered with 422 and FastAPI's detail."""
    for content in (CUT_SHORT, b"", b"hello", b'"text"', b"[]"):
        answer = expect.fails(client.call(Op.CHAT, content=content), "invalid_argument", status=422)
        detail = answer.raw.get("detail")
        expect.holds(isinstance(detail, list) and detail, f"detail of {content!r}", "a list of faults", detail, answer)


@clause("ERR-002", "D1", Op.CHAT, transports=[Transport.CONNECT])
def unreadable_on_constellation(client: Client) -> None:
    """A body on Constellation that is no JSON is 400, with error "Invalid request", code and message."""
    for content in (CUT_SHORT, b"hello", b"[]"):
        answer = expect.fails(client.call(Op.CHAT, content=content), "invalid_argument")
        constellation_body(answer, "invalid_argument", "Invalid request")


@clause("ERR-003", "D1 V", Op.CHAT, without=[Transport.SDK])
def messages_are_required(client: Client) -> None:
    """A chat without messages is refused as invalid, and the message says that messages are missing."""
    answer = expect.fails(client.call(Op.CHAT, {"messages": []}), "invalid_argument")
    expect.holds("messages" in answer.message, "the error's message", "messages named", answer.message, answer)


@clause("ERR-004", "D1 V", Op.CHAT)
def roles_are_known(client: Client) -> None:
    """A role that is not system, user or assistant is refused as invalid, and the message names the role."""
    body = {"messages": [{"role": "nobody", "content": "Hi"}]}
    answer = expect.fails(client.call(Op.CHAT, body), "invalid_argument")
    expect.holds("role" in answer.message, "the error's message", "the role named", answer.message, answer)


@clause("ERR-005", "V", Op.CHAT, transports=[Transport.REST, Transport.CONNECT])
def types_are_checked(client: Client) -> None:
    """A field of the wrong type is refused as invalid."""
    wrong: list[dict[str, Any]] = [
        {"messages": "Hi"},
        {"messages": [1]},
        {**HELLO, "mixture": []},
        {**HELLO, "uids": {}},
    ]
    for body in wrong:
        expect.fails(client.call(Op.CHAT, body), "invalid_argument")


@clause("ERR-006", "SDK", Op.CHAT, transports=RPC)
def unknown_methods(client: Client) -> None:
    """A method that does not exist is unimplemented; over HTTP with 404."""
    answer = expect.fails(client.call(Op.CHAT, HELLO, path=f"/{SERVICE}/NoSuchMethod"), "unimplemented")
    if client.transport is Transport.CONNECT:
        constellation_body(answer, "unimplemented")


@clause("ERR-007", "V", Op.HEALTH, transports=[Transport.REST])
def unknown_paths(client: Client) -> None:
    """A path on REST that does not exist is 404, with FastAPI's detail."""
    answer = client.call(Op.HEALTH, path="/v1/no-such-path")
    expect.equal((answer.status, answer.raw), (404, {"detail": "Not Found"}), "status and body", answer)


@clause("ERR-008", "D1", Op.GET_JOB, transports=[Transport.CONNECT])
def every_error_serves_all_readers(client: Client) -> None:
    """Any error over HTTP on Constellation has error, code and message, as JSON."""
    answer = expect.fails(client.call(Op.GET_JOB, {"job_id": "no-such-job"}), "not_found")
    constellation_body(answer, "not_found")
    expect.filled(answer.raw["error"], "error", answer)
    expect.matches(answer.headers.get("content-type"), r"application/json.*", "content-type", answer)


@clause("ERR-009", "SDK", Op.CHAT, transports=[Transport.GRPC])
def unreadable_on_grpc(client: Client) -> None:
    """Bytes that are not the message are invalid_argument on gRPC."""
    for content in (b"\xff\xff\xff", b"\x12\x7f", b"\x08"):
        expect.fails(client.call(Op.CHAT, content=content), "invalid_argument")


@clause("ERR-010", "V", Op.CHAT, transports=[Transport.REST])
def other_methods_of_http(client: Client) -> None:
    """A documented path on REST, asked for by another method, is 405."""
    answer = client.call(Op.CHAT, method="GET", content=None)
    expect.equal(answer.status, 405, "the status of a GET", answer)


@clause("ERR-011", "V", Op.CHAT, transports=[Transport.REST])
def faults_have_four_fields(client: Client) -> None:
    """A fault in FastAPI's detail has type, loc, msg and input, and loc leads from body to the field."""
    answer = expect.fails(client.call(Op.CHAT, {}), "invalid_argument", status=422)
    faults = answer.raw["detail"]
    for fault in faults:
        expect.equal(sorted(FAULT - set(fault)), [], "fields that a fault lacks", answer)
    expect.holds(["body", "messages"] in [f["loc"] for f in faults], "loc", "['body', 'messages']", faults, answer)


@clause("ERR-012", "V SDK", Op.CHAT, Op.CREATE_KEY, nature=COSTS, needs=ADMINISTERED, transports=WIRES)
def over_the_rate(client: Client) -> None:
    """Over its rate a key is refused: 429 over HTTP, resource_exhausted on RPC; another key is not."""
    limited = client.with_key(_key(client, 1))
    expect.succeeds(limited.call(Op.CHAT, HELLO))
    expect.fails(limited.call(Op.CHAT, HELLO), "resource_exhausted")
    expect.succeeds(client.call(Op.CHAT, HELLO))


@clause("ERR-013", "V SDK", Op.CHAT, Op.CREATE_KEY, nature=COSTS, needs=ADMINISTERED, transports=WIRES)
def when_to_come_back(client: Client) -> None:
    """A key that is over its rate is told by Retry-After in how many seconds to come back."""
    limited = client.with_key(_key(client, 1))
    expect.succeeds(limited.call(Op.CHAT, HELLO))
    answer = expect.fails(limited.call(Op.CHAT, HELLO), "resource_exhausted")
    expect.matches(answer.headers.get("retry-after", "no such header"), r"[1-9]\d?", "Retry-After", answer)


def _key(client: Client, rate_limit: int) -> str:
    admin = {"admin-key": client.target.admin_key or ""}
    made = expect.succeeds(client.call(Op.CREATE_KEY, {"rate_limit": rate_limit}, key=None, headers=admin))
    key: str = made.value["api_key"]
    return key


@clause("ERR-014", "SDK", Op.CHAT, nature=COSTS, needs=[Need.CONTROL], transports=RPC)
def deadlines(client: Client) -> None:
    """A call whose deadline passes is deadline_exceeded; over HTTP with 504."""
    client.control.profile("slow")
    answer = expect.fails(client.call(Op.CHAT, HELLO, deadline=0.05), "deadline_exceeded")
    if client.transport is Transport.CONNECT:
        constellation_body(answer, "deadline_exceeded")


@clause("ERR-015", "V", Op.CHAT, nature=COSTS, transports=[Transport.CONNECT])
def nobody_is_there(client: Client) -> None:
    """Without a miner Constellation answers 503 unavailable."""
    answer = expect.fails(client.chat(uids=[NO_SUCH_UID]), "unavailable")
    constellation_body(answer, "unavailable")


@clause("ERR-016", "SDK", Op.STREAM, transports=RPC)
def a_stream_fails_as_a_call_does(client: Client) -> None:
    """A stream's bad request has the code of a unary call's."""
    answer = expect.fails(client.call(Op.STREAM, {"messages": []}), "invalid_argument")
    expect.holds("messages" in answer.message, "the error's message", "messages named", answer.message, answer)


@clause("ERR-017", "D1", Op.CHAT, transports=[Transport.CONNECT])
def what_to_mend(client: Client) -> None:
    """The message of a bad request on Constellation names the field, while error stays "Invalid request"."""
    body = {"messages": [{"role": "nobody", "content": "Hi"}]}
    answer = expect.fails(client.call(Op.CHAT, body), "invalid_argument")
    constellation_body(answer, "invalid_argument", "Invalid request")
    expect.holds("role" in answer.raw["message"], "message", "the field's name in it", answer.raw["message"], answer)


@clause("ERR-018", "SDK", Op.STREAM, nature=COSTS, needs=[Need.CONTROL], transports=RPC)
def deadlines_of_streams(client: Client) -> None:
    """A stream whose deadline passes ends as deadline_exceeded."""
    client.control.profile("slow")
    answer = client.call(Op.STREAM, HELLO, deadline=0.05)
    expect.equal(answer.code, "deadline_exceeded", "the code", answer)


@clause("ERR-019", "V", Op.CHAT, nature=COSTS, needs=[Need.CONTROL])
def no_miner_answers(client: Client) -> None:
    """When no miner that was asked answers: 502 "No valid response received" on REST, unavailable on RPC."""
    client.control.fault("miners; dead=1000")
    answer = expect.fails(client.chat(), "unavailable", status=502)
    said = "No valid response received"
    expect.holds(said in answer.message, "the message", said, answer.message, answer)
