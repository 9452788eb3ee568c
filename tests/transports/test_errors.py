"""Each wire's table of errors, row by row: a code or an error that is new fails here until it has its row."""

from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import httpx
import orjson
import pytest

from apex_mock import ApexMock, Server, serve
from apex_mock import errors as house
from apex_mock.app import create_app
from apex_mock.core.types import Caller, ChatRequest
from apex_mock.errors import ApexError, Code, InvalidRequest
from apex_mock.mock import Answer
from apex_mock.world import ANYBODY
from tests.wires import WIRES, Connect, GrpcWeb, Wire, message_of


@dataclass(frozen=True)
class Row:
    grpc: int
    connect: int
    rest: int


# wire.md's table where it has a row; gRPC's numbers and Connect's own table of HTTP codes for the others.
TABLE = {
    Code.CANCELED: Row(1, 499, 499),
    Code.UNKNOWN: Row(2, 500, 500),
    Code.INVALID_ARGUMENT: Row(3, 400, 422),
    Code.DEADLINE_EXCEEDED: Row(4, 504, 504),
    Code.NOT_FOUND: Row(5, 404, 404),
    Code.ALREADY_EXISTS: Row(6, 409, 409),
    Code.PERMISSION_DENIED: Row(7, 403, 403),
    Code.RESOURCE_EXHAUSTED: Row(8, 429, 429),
    Code.FAILED_PRECONDITION: Row(9, 400, 400),
    Code.ABORTED: Row(10, 409, 409),
    Code.OUT_OF_RANGE: Row(11, 400, 400),
    Code.UNIMPLEMENTED: Row(12, 501, 404),
    Code.INTERNAL: Row(13, 500, 500),
    Code.UNAVAILABLE: Row(14, 503, 503),
    Code.DATA_LOSS: Row(15, 500, 500),
    Code.UNAUTHENTICATED: Row(16, 401, 403),
}
# REST has numbers of its own for some errors: by class, since their codes have others.
REST_BY_CLASS = {
    "InvalidRequest": 422,
    "WrongMode": 400,
    "Unauthenticated": 403,
    "Forbidden": 403,
    "NotFound": 404,
    "RateLimited": 429,
    "TooLarge": 413,
    "TooMuch": 429,
    "NoMiners": 500,
    "NoAnswer": 502,
    "NoSearchResult": 500,
    "StoreFailed": 503,
    "DeadlineExceeded": 504,
    "Unimplemented": 404,
    "Crash": 500,
    "Unstubbed": 400,
    "BadStub": 500,
    "Prepared": 409,  # whatever its own code says: here, aborted
}
CLASSES = {
    name: value
    for name, value in vars(house).items()
    if isinstance(value, type) and issubclass(value, ApexError) and value is not ApexError
}


def error_called(name: str) -> ApexError:
    if name == "Prepared":
        return house.Prepared(Code.ABORTED, "It went wrong")
    kind = CLASSES[name]
    return kind("It went wrong") if issubclass(kind, InvalidRequest) else kind("It went wrong", hint="mend it")


class Failing(ApexMock):
    """Fails every chat with the error that its prompt names: a code, or a class of errors."""

    async def chat(self, request: ChatRequest, caller: Caller = ANYBODY, came: int | None = None) -> Answer:
        name = request.prompt
        if name == "crash":
            raise RuntimeError("the secret of our inside: /etc/apex")
        if name in CLASSES:
            raise error_called(name)
        raise type("Raised", (ApexError,), {"code": Code(name)})("It went wrong", hint="mend it", retry_after=2.2)


@pytest.fixture(scope="module")
def failing() -> Iterator[Server]:
    with serve(Failing()) as running:
        yield running


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest, failing: Server) -> Iterator[Wire]:
    made = WIRES[request.param](failing.address, "k")
    yield made
    made.close()


def ask(name: str) -> dict:
    return {"messages": [{"role": "user", "content": name}]}


def rest_chat(http: httpx.Client, server: Server, name: str, **more: object) -> httpx.Response:
    headers = {"authorization": "Bearer k"}
    return http.post(f"{server.url}/v1/chat/completions", json=ask(name) | more, headers=headers)


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
def test_every_code_has_its_row_on_the_rpc_wires(wire, code, method):
    """Unary and stream: the code, the words, the hint, and when to come back."""
    row = TABLE[code]
    reply = wire.call(method, ask(code))
    assert (reply.code, reply.message) == (code, "It went wrong: mend it")
    if isinstance(wire, Connect) and method == "ChatCompletion":
        assert reply.status == row.connect
    if isinstance(wire, GrpcWeb):
        assert reply.headers["grpc-status"] == str(row.grpc)
    assert reply.headers["retry-after"] in ("2", "3")


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_number_on_grpc(failing, code):
    """By gRPC's own enum, not by ours."""
    with grpc.insecure_channel(failing.address) as channel:
        call = channel.unary_unary("/apex.v1.ApexService/ChatCompletion")
        with pytest.raises(grpc.RpcError) as caught:
            call(message_of("ChatCompletion", ask(code)).to_binary(), 10, (("authorization", "Bearer k"),))
    assert caught.value.code().value[0] == TABLE[code].grpc


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_row_on_rest(failing, http, code):
    """FastAPI's `detail`, and Retry-After where there is something to wait for."""
    answer = rest_chat(http, failing, code)
    assert (answer.status_code, answer.json()) == (TABLE[code].rest, {"detail": "It went wrong"})
    assert answer.headers["retry-after"] in ("2", "3")


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("stream", [False, True])
def test_every_error_has_its_number_on_rest(failing, http, name, stream):
    """By its class, where the validator gives it another number than its code has; before a stream begins too."""
    answer = rest_chat(http, failing, name, stream=stream)
    assert answer.status_code == REST_BY_CLASS[name]
    detail = answer.json()["detail"]
    if name == "InvalidRequest":
        assert detail == [{"type": "value_error", "loc": ["body"], "msg": "It went wrong", "input": None}]
    else:
        # The contract's errors have the contract's words and no others; a strict miss says what would have fitted.
        assert detail == ("It went wrong: mend it" if name == "Unstubbed" else "It went wrong")


@pytest.mark.parametrize("code", Code)
def test_an_error_over_http_serves_all_its_readers(failing, http, code):
    """D1's `error`, Connect's `code` and `message`, in one JSON object."""
    headers = {"authorization": "Bearer k"}
    answer = http.post(f"{failing.url}/apex.v1.ApexService/ChatCompletion", json=ask(code), headers=headers)
    assert answer.status_code == TABLE[code].connect
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert set(said) == {"error", "code", "message"}
    assert (said["code"], said["message"]) == (code, "It went wrong: mend it")
    assert said["error"] == {"invalid_argument": "Invalid request"}.get(code, code.replace("_", " ").capitalize())


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
def test_a_bug_of_ours_tells_nothing_of_our_inside(wire, method):
    """The caller learns that it was our fault; no traceback, no path, no exception's name; the next call is served."""
    reply = wire.call(method, ask("crash"))
    assert reply.code == Code.INTERNAL
    for secret in ("Traceback", "secret", "/etc", "RuntimeError"):
        assert secret not in reply.message
    assert wire.call(method, ask(Code.NOT_FOUND)).code == Code.NOT_FOUND


def test_a_bug_of_ours_is_a_500_on_rest(failing, http):
    """In the host's own form."""
    answer = rest_chat(http, failing, "crash")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Server Error"})
    assert rest_chat(http, failing, Code.NOT_FOUND).status_code == 404


async def test_a_bug_of_ours_is_logged_without_the_key_in_its_path(monkeypatch, caplog):
    """The log is read by more people than may have the key."""

    async def crash(self: ApexMock, key: str, admin_key: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ApexMock, "delete_key", crash)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app()), base_url="http://localhost") as client:
        answer = await client.delete("/api_management/delete-api-key/secret-key", headers={"admin-key": "admin"})
    assert answer.status_code == 500
    assert "unexpected error in DELETE /api_management/delete-api-key/…" in caplog.text
    assert "secret-key" not in caplog.text


def test_the_unknown_answers_as_each_wire_does(server, http, key):
    """An unknown method and an unknown path: 404 on both hosts, unimplemented on gRPC."""
    headers = {"authorization": f"Bearer {key}"}
    rest = http.get(f"{server.url}/v1/nothing", headers=headers)
    assert (rest.status_code, rest.json()) == (404, {"detail": "Not Found"})
    connect = http.post(f"{server.url}/apex.v1.ApexService/Nothing", json={}, headers=headers)
    said = orjson.loads(connect.content)
    assert (connect.status_code, said["code"]) == (404, "unimplemented")
    assert "ChatCompletion" in said["message"]
    wire = WIRES["grpc"](server.address, key)
    for path in ("/apex.v1.ApexService/Nothing", "/other.Service/ChatCompletion"):
        assert wire.send("ChatCompletion", b"", {}, path=path).code == Code.UNIMPLEMENTED
    wire.close()
