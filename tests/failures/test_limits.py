"""Limits: what is too long, too slow or too many is told so, and everybody else is served as before."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from apex_mock import ApexMock, Server, Settings, serve
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency
from apex_mock.errors import Code
from tests.wires import HELLO, OK, PLAIN, WIRES

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
# So long that whoever does send at once is not late, however busy the machine.
QUIET = {"header_timeout": 0.6, "body_timeout": 0.6, "write_timeout": 0.4, "max_header_bytes": 4096}


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    with serve(settings=QUIET) as running:
        yield running


def connect(server: Server) -> socket.socket:
    return socket.create_connection((server.where.host, server.port), timeout=20)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def others_are_served(server: Server) -> None:
    """Over HTTP and over gRPC."""
    for name in WIRES:
        wire = WIRES[name](server.address, "k")
        assert wire.call("ChatCompletion", HELLO).code == OK
        wire.close()


# --- Too long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"".join(b"x-%d: %s\r\n" % (n, b"a" * 200) for n in range(40)) + b"content-length: 2\r\n\r\n{}",
        HEAD + b"x-long: " + b"a" * 70_000 + b"\r\n\r\n",
        HEAD + b"x-endless: " + b"a" * 200_000,
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n" + HEAD + b"x: " + b"a" * 9000 + b"\r\n\r\n",
    ],
    ids=["many", "one", "endless", "path", "the second of a connection"],
)
def test_a_head_that_is_too_long_is_refused_with_431(strict, sent):
    """However it is long; the answer names the limit, and nothing of the request is kept."""
    with connect(strict) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it had gone
            connection.sendall(sent)
        said = read_all(connection)
    assert b"HTTP/1.1 431 Request Header Fields Too Large\r\n" in said
    assert b"4096 bytes (--max-header-bytes)" in said
    others_are_served(strict)


def test_metadata_that_is_too_long_is_refused_over_grpc(strict):
    """With RESOURCE_EXHAUSTED; the same connection goes on."""
    wire = WIRES["grpc"](strict.address, "k")
    assert wire.call("ChatCompletion", HELLO, x_long="a" * 5000).code == Code.RESOURCE_EXHAUSTED
    assert wire.call("ChatCompletion", HELLO, x_long="a" * 500).code == OK
    wire.close()


def test_a_long_body_behind_a_short_head_is_no_long_head(strict):
    """They may come in one piece."""
    body = b'{"messages":[{"role":"user","content":"%s"}]}' % (b"word " * 5000)
    with connect(strict) as connection:
        connection.sendall(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        assert read_all(connection).startswith(b"HTTP/1.1 200 OK")


# --- Too slow ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("began", [b"", b"P", b"PRI * HT", HEAD, HEAD + b"x-slow: "])
def test_a_head_that_trickles_ends_its_connection(strict, began):
    """However often a byte comes: the time counts from the first."""
    with connect(strict) as connection:
        connection.sendall(began)
        stop = threading.Event()

        def trickle() -> None:
            while began.startswith(HEAD) and not stop.wait(0.05):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        said = read_all(connection)
        stop.set()
        thread.join()
    if began.startswith(HEAD):
        assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"--header-timeout" in said
    others_are_served(strict)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/apex.v1.ApexService/ChatCompletion"])
def test_a_body_that_stalls_ends_its_connection(strict, path):
    """And the request that waited for it: nothing is left of it."""
    with connect(strict) as connection:
        head = HEAD.replace(b"/v1/chat/completions", path.encode())
        connection.sendall(head + b"content-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        said = read_all(connection)
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    until(lambda: not strict._uvicorn.server_state.tasks)
    others_are_served(strict)


def test_a_connection_between_two_requests_is_not_too_slow(strict):
    """A client's pool keeps it open for longer than a head may take."""
    ask = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
    with connect(strict) as connection:
        for _ in range(2):
            connection.sendall(ask)
            assert b"200 OK" in connection.recv(65536)
            time.sleep(1.8)  # longer than the limit and the look for it together
        connection.sendall(ask)
        assert b"200 OK" in connection.recv(65536)


def test_a_reader_that_stops_reading_is_cut(strict):
    """Its stream ends, and memory holds no more of it than the sockets' buffers."""
    mock = strict.mock
    words = "many words " * 9_000
    body = b'{"messages":[{"role":"user","content":"flood"}],"stream":true}'
    httpx.post(
        f"{strict.url}/__apex/stubs",
        json={
            "when": {"prompt": "flood"},
            "reply": {"chunks": [{"text": words, "after": 0.01 * n} for n in range(1, 30)]},
        },
        timeout=20,
        verify=PLAIN,
    ).raise_for_status()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((strict.where.host, strict.port))
        connection.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
        until(lambda: mock.in_flight == 1)
        until(lambda: mock.in_flight == 0)
    others_are_served(strict)


# --- Too many ---------------------------------------------------------------------------------------------------------


def test_one_connection_too_many_is_told_so_and_the_next_is_served_when_one_has_gone():
    """429 over HTTP, a GOAWAY over HTTP/2; those that are there are not disturbed."""
    with serve(settings={"max_connections": 8}) as server, ExitStack() as stack:
        held = [stack.enter_context(connect(server)) for _ in range(8)]
        until(lambda: len(server._uvicorn.server_state.connections) == 8)
        with connect(server) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            said = read_all(connection)
        assert said.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert b"retry-after: 1\r\n" in said
        assert b"--max-connections" in said
        with connect(server) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            said = read_all(connection)
        assert (said[12], said[:9]) == (7, b"\0\0\0\4\0\0\0\0\0")
        assert b"--max-connections" in said
        held[0].sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert read_all(held[0]).startswith(b"HTTP/1.1 200")
        until(lambda: len(server._uvicorn.server_state.connections) < 8)
        others = httpx.get(f"{server.url}/health", timeout=20, verify=PLAIN)
        assert others.status_code == 200


@pytest.mark.parametrize("name", ["rest", *WIRES])
def test_one_stream_too_many_is_refused_with_resource_exhausted(name):
    """In the wire's own way, with a time to try again; a stream that ends makes room."""
    mock = ApexMock(Settings(max_streams=2))
    mock.profiles = {"instant": Profile(first_token=Latency(1000.0, 0.0))}
    with serve(mock) as server, ExitStack() as stack:
        clock = mock.clock
        body = b'{"messages":[{"role":"user","content":"hello"}],"stream":true}'
        for _ in range(2):
            connection = stack.enter_context(connect(server))
            connection.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
        until(lambda: mock.in_flight == 2)

        def ask() -> str:
            if name == "rest":
                answer = httpx.post(
                    f"{server.url}/v1/chat/completions",
                    json=HELLO,
                    headers={"authorization": "Bearer k", "x-apex-scope": "other"},
                    timeout=20,
                    verify=PLAIN,
                )
                assert answer.status_code == 200 or answer.headers["retry-after"] == "1"
                return {429: Code.RESOURCE_EXHAUSTED, 200: OK}[answer.status_code]
            wire = WIRES[name](server.address, "k")
            code = wire.call("ChatCompletionStream", HELLO, x_apex_scope="other").code
            wire.close()
            return code

        assert ask() == Code.RESOURCE_EXHAUSTED
        clock.advance("k", 2000)
        clock.advance("other", 2000)
        clock.scale("other", 1e6)
        until(lambda: mock.in_flight == 0)
        assert ask() == OK
