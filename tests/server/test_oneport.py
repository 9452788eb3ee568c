"""One port for two protocols: what decides, and that no connection hangs, lingers or floods the other side."""

import asyncio
import socket
import time

import grpc
import httpx
import pytest

from apex_mock import ApexMock, Server, serve
from apex_mock.core.types import ChatRequest, Chunk, Plan
from apex_mock.mock import Answer
from apex_mock.oneport import PREFACE
from apex_mock.world import ANYBODY
from tests.wires import HELLO, OK, PLAIN, WIRES

PATIENCE = 8.0  # seconds for what ends at once, on a machine that is busy
GET = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
SETTINGS_FRAME = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def connect(server: Server) -> socket.socket:
    connection = socket.create_connection((server.where.host, server.port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def eventually(condition, seconds: float = 5.0) -> bool:
    """True as soon as the condition holds; False when it does not within some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def connections(server: Server) -> int:
    return len(server._uvicorn.server_state.connections)


@pytest.fixture
def own() -> Server:
    with serve() as running:
        yield running


@pytest.mark.parametrize("size", [1, 2, 7, len(GET)])
def test_http_in_small_pieces_is_http(server, size):
    """However the first bytes fall apart."""
    with connect(server) as connection:
        for at in range(0, len(GET), size):
            connection.sendall(GET[at : at + size])
        assert b'{"status":"ok"}' in read_all(connection)


@pytest.mark.parametrize("method", [b"PUT", b"POST", b"PATCH", b"P", b"PR", b"PRI"])
def test_a_method_that_begins_as_the_preface_does_is_http(server, method):
    """The preface counts as a whole only."""
    with connect(server) as connection:
        connection.sendall(method[:1])
        connection.sendall(method[1:] + b" /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = read_all(connection)
    assert answer.split(b" ")[1] in (b"405", b"400")


@pytest.mark.parametrize("cut", [1, 3, 16, len(PREFACE) - 1])
def test_a_preface_in_two_pieces_is_grpc(server, cut):
    """The gRPC server answers with its SETTINGS."""
    with connect(server) as connection:
        connection.sendall(PREFACE[:cut])
        time.sleep(0.01)
        connection.sendall(PREFACE[cut:] + SETTINGS_FRAME)
        answer = connection.recv(65536)
    assert answer[3:4] == b"\x04"


@pytest.mark.parametrize("begun", [b"", PREFACE[:5], PREFACE[:-1]])
def test_half_a_preface_holds_nobody_up_and_leaves_nothing_behind(own, http, begun):
    """Others are served beside it; when it goes, its connection is gone."""
    with connect(own) as connection:
        connection.sendall(begun)
        assert eventually(lambda: connections(own) >= 1)
        assert http.get(f"{own.url}/health", headers={"connection": "close"}).status_code == 200
    assert eventually(lambda: connections(own) == 0)


def test_a_client_that_closes_its_half_is_let_go(own):
    """Over HTTP/2 neither side goes on alone: the connection ends on both sides."""
    with connect(own) as connection:
        connection.sendall(PREFACE + SETTINGS_FRAME)
        assert connection.recv(65536)
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)
    assert eventually(lambda: connections(own) == 0)


def test_a_client_that_vanishes_is_let_go(own, http):
    """Reset in the middle of a call."""
    connection = connect(own)
    connection.sendall(PREFACE + SETTINGS_FRAME)
    assert connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    assert eventually(lambda: connections(own) == 0)
    assert http.get(f"{own.url}/health", headers={"connection": "close"}).status_code == 200


def test_garbage_after_the_preface_ends_that_connection_alone(own):
    """The gRPC server refuses it; the next client is served."""
    with connect(own) as connection:
        connection.sendall(PREFACE + b"\xff" * 4096)
        read_all(connection)
    wire = WIRES["grpc"](own.address, "k")
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


def test_two_hundred_connections_in_a_row_all_answer(server):
    """The Python SDK opens a channel for each call: none of them may hang."""
    data = b"\x12\x0d\x0a\x04user\x12\x05hello"
    for _ in range(200):
        with grpc.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            call = channel.unary_unary("/apex.v1.ApexService/ChatCompletion")
            assert call(data, timeout=10, metadata=(("authorization", "Bearer k"),))


async def test_many_connections_at_once_all_answer(server):
    """gRPC and HTTP beside each other."""

    async def by_grpc() -> bytes:
        async with grpc.aio.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            return await channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20)

    async with httpx.AsyncClient(verify=PLAIN) as client:
        answers = await asyncio.gather(
            *(by_grpc() for _ in range(40)), *(client.get(f"{server.url}/health") for _ in range(40))
        )
    assert answers[:40] == [b"\x08\x01"] * 40
    assert all(answer.status_code == 200 for answer in answers[40:])


def test_stopping_closes_the_connections_that_wait():
    """Idle ones of every kind do not hold the server up."""
    begun = 0.0
    with serve() as server:
        idle = [connect(server) for _ in range(3)]
        idle[1].sendall(PREFACE[:4])
        idle[2].sendall(PREFACE + SETTINGS_FRAME)
        assert eventually(lambda: connections(server) >= 3)
        begun = time.monotonic()
    assert time.monotonic() - begun < PATIENCE
    for connection in idle:
        connection.close()


# --- Backpressure -----------------------------------------------------------------------------------------------------

PART = "x" * 64 * 1024
PARTS = 1600  # a hundred megabytes


class Flood(ApexMock):
    """Streams a hundred megabytes, as fast as they are taken, and counts what it was asked for."""

    taken = 0

    async def chat(self, request: ChatRequest, caller=ANYBODY, came=None) -> Answer:
        answer = await super().chat(request, caller, came)
        chunks = tuple(Chunk(PART, 0.001) for _ in range(PARTS))  # not instant, so that it is streamed
        plan = Plan("id", 0, "model", "", chunks)
        return answer._replace(plan=plan)

    async def play(self, answer: Answer):
        for chunk in answer.plan.chunks:
            self.taken += 1
            yield (chunk,)


def settled(flood: Flood) -> int:
    """How many parts had left when no more did."""
    last = -1
    while last != flood.taken:
        last = flood.taken
        time.sleep(0.25)
    return last


def test_a_grpc_reader_that_stops_reading_stops_the_stream():
    """Through the one port: what is sent is bounded by the windows between, and none of it piles up in between."""
    flood = Flood()
    with serve(flood) as server:
        wire = WIRES["grpc"](server.address, "k")
        data = b"\x12\x0d\x0a\x04user\x12\x05hello"
        metadata = (("authorization", "Bearer k"),)
        call = wire.channel.unary_stream("/apex.v1.ApexService/ChatCompletionStream")(data, metadata=metadata)
        assert next(call)
        assert 0 < settled(flood) < PARTS / 4
        call.cancel()
        wire.close()


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name: bytes, value: bytes) -> bytes:
    """A header for HPACK, in full and not to be remembered."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def test_a_client_that_opens_every_window_and_reads_nothing_does_not_fill_the_servers_memory():
    """HTTP/2 lets it ask for gigabytes: then it is the relay that has to stop reading what nobody takes."""
    most = (1 << 31) - 1
    message = b"\x12\x0d\x0a\x04user\x12\x05hello"
    headers = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": b"/apex.v1.ApexService/ChatCompletionStream",
        b":authority": b"x",
        b"content-type": b"application/grpc",
        b"te": b"trailers",
        b"authorization": b"Bearer k",
    }
    flood = Flood()
    with serve(flood) as server, connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        connection.sendall(
            PREFACE
            + frame(4, 0, 0, b"\x00\x04" + most.to_bytes(4, "big"))
            + frame(8, 0, 0, (most - 65_535).to_bytes(4, "big"))
            + frame(1, 4, 1, b"".join(literal(name, value) for name, value in headers.items()))
            + frame(0, 1, 1, b"\0" + len(message).to_bytes(4, "big") + message)
        )
        assert eventually(lambda: flood.taken > 0)
        assert 0 < settled(flood) < PARTS / 4


def test_an_sse_reader_that_stops_reading_stops_the_stream():
    """And goes on when it reads on, to the last byte."""
    flood = Flood()
    body = b'{"stream":true,"messages":[{"role":"user","content":"hello"}]}'
    with serve(flood, settings=None) as server, connect(server) as connection:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\napi-key: k\r\nconnection: close\r\n"
        connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(1000)
        assert 0 < settled(flood) < PARTS / 4
        total = 0
        while piece := connection.recv(1 << 20):
            total += len(piece)
            tail = piece
        assert total > PARTS * len(PART)
        assert tail.endswith(b"0\r\n\r\n")
