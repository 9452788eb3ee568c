"""Requests made to do harm: too long, blown up, too deep. They are refused, and the server lives and serves on."""

import gzip
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import grpc
import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.errors import Code
from tests.wires import BY_NAME, HELLO, OK, PLAIN, SERVICE, WIRES, Connect, Grpc, GrpcWeb, envelope

pytestmark = pytest.mark.xdist_group("hostile")  # one process for all that is too deep
LIMIT = 64 * 1024
CONNECT = f"/{SERVICE}/ChatCompletion"


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server that reads bodies of up to 64 KiB."""
    with serve(settings={"max_body_bytes": LIMIT}) as running:
        yield running


def chat_of(size: int) -> bytes:
    """A chat's JSON body of exactly so many bytes."""
    head, tail = b'{"messages": [{"role": "user", "content": "', b'"}]}'
    return head + b"x " * ((size - len(head) - len(tail)) // 2) + b"x" * ((size - len(head) - len(tail)) % 2) + tail


def message_of(size: int) -> bytes:
    return BY_NAME["ChatCompletion"].input.from_json(chat_of(size).decode()).to_binary()


def bomb(size: int) -> bytes:
    """A message that says nothing but itself, at great length, in a thousandth of its size."""
    return gzip.compress(b"\x12" + b"\x0a\xff\xff\xff\x7f" + b"\0" * size)


# --- Too long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/chat/completions/jobs", "/web_retrieval"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_a_413_on_rest(small, path, chunked):
    """In the host's own form, with the limit; whether its length was announced or not."""
    body = chat_of(LIMIT + 1)
    with httpx.Client(base_url=small.url, headers={"api-key": "k"}, verify=PLAIN) as client:
        sent = iter([body[: LIMIT // 2], body[LIMIT // 2 :]]) if chunked else body
        answer = client.post(path, content=sent)
        assert answer.status_code == 413
        assert str(LIMIT) in answer.json()["detail"]
        assert client.post("/v1/chat/completions", json=HELLO).status_code == 200


def test_a_body_up_to_the_limit_is_read(small, http):
    """To the last byte."""
    assert len(chat_of(LIMIT)) == LIMIT
    assert (
        http.post(f"{small.url}/v1/chat/completions", content=chat_of(LIMIT), headers={"api-key": "k"}).status_code
        == 200
    )


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
@pytest.mark.parametrize("kind", WIRES)
def test_a_message_over_the_limit_is_resource_exhausted_on_the_rpc_wires(small, kind, method):
    """With the limit in the message; one within it is read."""
    wire = WIRES[kind](small.address, "k")
    reply = wire.send(method, message_of(LIMIT + 500), wire.headers)
    assert reply.code == Code.RESOURCE_EXHAUSTED
    assert str(LIMIT) in reply.message
    assert wire.send(method, message_of(LIMIT - 500), wire.headers).code == OK
    wire.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_json_over_the_limit_is_a_429_for_all_its_readers(small, chunked):
    """Connect's status for resource_exhausted, with D1's error."""
    wire = Connect(small.address, "k")
    body = chat_of(LIMIT + 1)
    sent = iter([body[: LIMIT // 2], body[LIMIT // 2 :]]) if chunked else body
    answer = wire.http.post(CONNECT, content=sent, headers=wire.headers | {"content-type": "application/json"})
    assert answer.status_code == 429
    said = answer.json()
    assert (said["code"], said["error"]) == ("resource_exhausted", "Resource exhausted")
    assert str(LIMIT) in said["message"]
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


# --- Blown up ---------------------------------------------------------------------------------------------------------


def test_a_gzip_bomb_is_refused_on_connect(small):
    """By what it would be, not by what it is."""
    wire = Connect(small.address, "k")
    headers = wire.headers | {"content-encoding": "gzip"}
    assert len(bomb(20_000_000)) < LIMIT
    for kind in ("application/json", "application/proto"):
        answer = wire.post(CONNECT, bomb(20_000_000), kind, headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "resource_exhausted")
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


def test_a_gzip_bomb_is_refused_on_grpc_web(small):
    """In its compressed frame."""
    wire = GrpcWeb(small.address, "k")
    headers = wire.headers | {"grpc-encoding": "gzip"}
    assert wire.send_framed("ChatCompletion", envelope(bomb(20_000_000), 1), headers).code == Code.RESOURCE_EXHAUSTED
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


def test_a_gzip_bomb_is_refused_on_grpc(small):
    """The channel compresses; the server must not open it all."""
    wire = Grpc(small.address, "k")
    reply = wire.send("ChatCompletion", b"\0" * 20_000_000, wire.headers, compression=grpc.Compression.Gzip)
    assert reply.code == Code.RESOURCE_EXHAUSTED
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


# --- Headers ----------------------------------------------------------------------------------------------------------


def raw(server: Server, request: bytes) -> bytes:
    """What comes back for these bytes until the server closes or has answered."""
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                break
            received += piece
        return received


@pytest.mark.parametrize("name", ["authorization", "x-apex-scope", "x-forwarded-user", "x-apex-profile", "x-source"])
def test_no_byte_in_a_header_is_a_500(server, http, name):
    """Latin-1 and what is not UTF-8 are values like any other; nothing that was sent is echoed unchecked."""
    body = b'{"messages": [{"role": "user", "content": "hello"}]}'
    headers = b"host: x\r\nconnection: close\r\ncontent-length: %d\r\napi-key: k\r\n" % len(body)
    answer = raw(
        server, b"POST /v1/chat/completions HTTP/1.1\r\n" + headers + name.encode() + b": \xff\xe9\x80\r\n\r\n" + body
    )
    assert answer.split(b" ")[1] in (b"200", b"422", b"400", b"403")
    assert http.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    "request_line",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"\0" * 100],
)
def test_what_is_no_http_is_closed(server, http, request_line):
    """A TLS hello, a broken request line, half a preface that goes on as something else: 400 or nothing, no hang."""
    answer = raw(server, request_line + b"\r\n\r\n")
    assert answer == b"" or b" 400 " in answer.splitlines()[0]
    assert http.get(f"{server.url}/health").status_code == 200


# --- Too deep ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def process() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own: what kills it does not kill the tests."""
    command = [sys.executable, "-m", "apex_mock", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        url = re.search(r"http://\S+", running.stdout.readline())
        assert url is not None
        yield running, url[0]
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


DEEP = {
    "brackets": b"[" * 100_000,
    "brackets in a known field": b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects in an unknown field": b'{"x": ' + b'{"x": ' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "a list under a struct": b'{"completionId": "x", "metadata": ' + b'{"a": [' * 40_000 + b"]}" * 40_000 + b"}",
    "just within the parser's depth": b'{"completionId": "x", "metadata": '
    + b'{"a": ' * 500
    + b"1"
    + b"}" * 500
    + b"}",
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("method", ["ChatCompletion", "UpdateCompletionAttributes"])
def test_deeply_nested_json_does_not_end_the_process(process, name, method):
    """protobuf-py-ext 0.7.0 dies of 30,000 brackets; here they are a 400, and the next request is served."""
    running, url = process
    headers = {"authorization": "Bearer k", "content-type": "application/json"}
    with httpx.Client(base_url=url, headers=headers, verify=PLAIN) as client:
        answer = client.post(f"/{SERVICE}/{method}", content=DEEP[name])
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_argument")
        assert running.poll() is None
        assert client.post(CONNECT, json=HELLO).status_code == 200


def test_deeply_nested_json_in_a_stream_or_over_grpc_web_does_not_end_the_process(process):
    """The same codec reads there."""
    running, url = process
    headers = {"authorization": "Bearer k"}
    with httpx.Client(base_url=url, headers=headers, verify=PLAIN) as client:
        for kind in ("application/connect+json", "application/grpc-web+json"):
            content = envelope(DEEP["brackets in a known field"])
            answer = client.post(f"/{SERVICE}/ChatCompletionStream", content=content, headers={"content-type": kind})
            assert b"invalid_argument" in answer.content or b"grpc-status: 3" in answer.content
        assert running.poll() is None
        assert client.post(CONNECT, json=HELLO).status_code == 200
