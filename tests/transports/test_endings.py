"""How a call may end before its answer does: the caller's deadline, a client that hangs up, one that cancels."""

import socket
import time
from collections.abc import Iterator

import grpc
import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.errors import Code
from tests.wires import HELLO, OK, PLAIN, SERVICE, Connect, Grpc, message_of

BEARER = (("authorization", "Bearer k"),)
RESTLESS = httpx.Timeout(20, read=0.1)
DATA = message_of("ChatCompletion", HELLO).to_binary()


@pytest.fixture
def slow() -> Iterator[Server]:
    """A server that would take seconds to its first token: nobody here waits so long."""
    with serve(settings={"profile": "slow"}) as running:
        yield running


def ended(server: Server, outcome: str = "canceled") -> bool:
    """Whether the only call is over, and nothing is left of it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outcomes = [entry.outcome for entry in server.mock.journal]
        if outcomes == [outcome] and server.mock.in_flight == 0:
            return True
        time.sleep(0.005)
    return False


def begun(server: Server) -> bool:
    deadline = time.monotonic() + 20
    while server.mock.in_flight == 0 and time.monotonic() < deadline:
        time.sleep(0.002)
    return server.mock.in_flight == 1


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
def test_a_deadline_that_passes_is_said_on_connect(slow, method):
    """504 or the stream's end; the call is given up."""
    wire = Connect(slow.address, "k")
    reply = wire.call(method, HELLO, connect_timeout_ms="30")
    assert reply.code == Code.DEADLINE_EXCEEDED
    assert reply.status == (504 if method == "ChatCompletion" else 200)
    assert ended(slow)
    wire.close()


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
def test_a_deadline_that_passes_ends_the_call_on_grpc(slow, method):
    """The client says so by itself; the server gives the call up too."""
    wire = Grpc(slow.address, "k")
    grpc.channel_ready_future(wire.channel).result(20)  # the call's time is for the call
    call = wire.channel.unary_unary if method == "ChatCompletion" else wire.channel.unary_stream
    with pytest.raises(grpc.RpcError) as caught:
        list(call(f"/{SERVICE}/{method}")(DATA, timeout=0.4, metadata=BEARER))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert ended(slow)
    wire.close()


def test_a_cancelled_grpc_stream_leaves_nothing_behind(slow):
    """And its connection serves the next call."""
    wire = Grpc(slow.address, "k")
    call = wire.channel.unary_stream(f"/{SERVICE}/ChatCompletionStream")(DATA, metadata=BEARER)
    assert begun(slow)
    call.cancel()
    assert ended(slow)
    assert wire.call("ChatCompletion", HELLO, x_apex_profile="instant").code == OK
    wire.close()


def test_a_client_that_hangs_up_is_noticed_on_rest(slow):
    """In the middle of a stream."""
    body = b'{"stream":true,"messages":[{"role":"user","content":"hello"}]}'
    with socket.create_connection(("127.0.0.1", slow.port), timeout=10) as connection:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\napi-key: k\r\ncontent-length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)
        assert begun(slow)
    assert ended(slow)


def test_a_stream_comes_in_pieces_as_its_chunks_fall_due(slow, http):
    """Not all at its end: the first event is there while the rest is not yet due."""
    slow.mock.clock.freeze("k")
    body = HELLO | {"stream": True}
    with http.stream("POST", f"{slow.url}/v1/chat/completions", json=body, headers={"api-key": "k"}) as answer:
        lines = answer.iter_lines()
        first = entry_duration(slow)
        slow.mock.clock.advance("k", first)
        assert next(lines).startswith('data: {"id"')
        assert slow.mock.in_flight == 1
        slow.mock.clock.advance("k", 3600)
        assert [line for line in lines if line][-1] == "data: [DONE]"
    assert ended(slow, "ok")


def entry_duration(server: Server) -> float:
    """Seconds until the first chunk of the only call is due."""
    (entry,) = server.mock.journal
    return entry.plan.chunks[0].after


def test_a_client_that_runs_out_of_patience_is_let_go(slow):
    """Its call ends with it."""
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=RESTLESS, verify=PLAIN) as client:
        client.post(f"{slow.url}/v1/chat/completions", json=HELLO | {"stream": True}, headers={"api-key": "k"}).read()
    assert ended(slow)
