"""Faults over gRPC, by grpcio's own clients: down to the reset of the connection, and the missing trailers."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress

import grpc
import pytest

from apex_mock import Server, serve
from apex_mock.core.faults.acting import Acting, Struck
from apex_mock.core.faults.effects import How, Moment
from apex_mock.core.faults.rules import FAULTS
from apex_mock.core.types import Operation
from apex_mock.errors import Code
from apex_mock.oneport import MOST_KEPT, _ServerSide, _Side
from apex_mock.transports.grpc_broken import BrokenCall
from apex_mock.wire.methods import SERVICE
from tests.wires import HELLO, OK, Grpc, message_of, without_ids

UNARY, STREAM = "ChatCompletion", "ChatCompletionStream"
SEARCH = {"searchQuery": "ocean currents"}
BODIES = {UNARY: HELLO, STREAM: HELLO, "WebRetrieval": SEARCH, "GetChatSessions": {}}


@pytest.fixture
def rpc(server, key) -> Iterator[Grpc]:
    """One channel; what it says without faults is the same before and after."""
    wire = Grpc(server.address, key)
    before = wire.call(UNARY, HELLO).text
    yield wire
    for method in (UNARY, STREAM):
        after = wire.call(method, HELLO)
        if after.code != OK and "Broken pipe" in after.message:  # it was about to write when its connection was reset
            after = wire.call(method, HELLO)
        assert after.text == before
    wire.close()


def begin(wire: Grpc, method: str, fault: str):
    metadata = (*wire.headers.items(), ("x-apex-fault", fault))
    return wire.channel.unary_stream(f"/{SERVICE}/{method}")(
        message_of(method, BODIES[method]).to_binary(), 20, metadata
    )


def messages(wire: Grpc, method: str, fault: str) -> list[bytes]:
    """All that comes, without the ids, of which each call has its own."""
    return [without_ids(data) for data in begin(wire, method, fault)]


def end_of(call) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    return caught.value


@pytest.mark.parametrize("method", BODIES)
def test_an_error_has_its_status_and_pushback(rpc, method):
    """In milliseconds, as gRPC's retries read it; the trailers name the fault."""
    call = begin(rpc, method, "error; code=aborted; message=gone; retry_after=1.5")
    error = end_of(call)
    assert (error.code(), error.details()) == (grpc.StatusCode.ABORTED, "gone")
    assert dict(error.trailing_metadata()) == {
        "x-apex-fault": "error",
        "retry-after": "2",
        "grpc-retry-pushback-ms": "1500",
    }


def test_an_error_in_a_stream_comes_after_its_chunks(rpc):
    """Which the client has had."""
    call = begin(rpc, STREAM, "error; after=2")
    assert [next(call), next(call)]
    assert end_of(call).code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("method", BODIES)
@pytest.mark.parametrize("after", [0, 1])
def test_a_drop_resets_the_connection(rpc, method, after):
    """The client's system says so: ECONNRESET, 104, or EPIPE where it was about to write."""
    error = end_of(begin(rpc, method, f"drop; after={after}"))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "Connection reset by peer" in error.details() or "Broken pipe" in error.details()


def test_a_dropped_stream_has_so_many_messages(rpc, server, key, http):
    """So many were sent; of the last a gRPC client may see nothing, since it throws away what nobody has read when the
    connection goes."""
    server.mock.clock.freeze(key)
    stub = {"chunks": [{"text": f"{n} ", "after": n} for n in range(9)]}
    world = {"scope": key}
    http.post(f"{server.url}/__apex/stubs", params=world, json={"reply": stub}).raise_for_status()
    try:
        call = begin(rpc, STREAM, "drop; after=3")
        assert next(call)
        server.mock.clock.advance(key, 1)
        assert next(call)
        server.mock.clock.advance(key, 1)
        assert "Connection reset by peer" in end_of(call).details()
        told = http.get(f"{server.url}/__apex/journal", params=world).json()["calls"][-1]
        assert [frame["text"] for frame in told["answer"]["frames"]] == ["0 ", "1 ", "2 "]
    finally:
        http.post(f"{server.url}/__apex/reset", params=world).raise_for_status()


def test_every_call_on_a_connection_ends_with_it(rpc, server, key):
    """That is what a reset means over HTTP/2; the next call opens another."""
    server.mock.clock.freeze(key)
    waiting = begin(rpc, STREAM, "stall; after=1; seconds=100")
    assert next(waiting)
    end_of(begin(rpc, UNARY, "drop"))
    assert end_of(waiting).code() is grpc.StatusCode.UNAVAILABLE
    server.mock.clock.reset(key)


@pytest.mark.parametrize("method", BODIES)
def test_no_end_is_a_stream_without_trailers(rpc, method):
    """An empty DATA frame ends it; the connection, and its header compression, go on."""
    error = end_of(begin(rpc, method, "no_end"))
    assert error.code() is grpc.StatusCode.UNKNOWN
    assert "END_STREAM" in error.details()


def test_missing_trailers_do_no_harm_to_other_calls(rpc):
    """On the same connection, many times over: its windows and its header tables stay as they should."""
    for _ in range(20):
        end_of(begin(rpc, STREAM, "no_end"))
        assert rpc.call(STREAM, HELLO).code == OK


@pytest.mark.parametrize(("fault", "message"), [("truncate", "half"), ("malformed", "garbage")])
def test_an_answer_in_one_piece_cannot_be_read(rpc, fault, message):
    """The call itself ends well: the client's own decoder fails."""
    (data,), (good,) = messages(rpc, UNARY, fault), messages(rpc, UNARY, "none")
    assert data == (good[: len(good) // 2] if message == "half" else b"\xff" * len(good))


def test_a_malformed_message_is_one_of_many(rpc):
    """The others are as they were."""
    got, good = messages(rpc, STREAM, "malformed; at=2"), messages(rpc, STREAM, "none")
    assert got[1] == b"\xff" * len(good[1])
    assert [got[0], *got[2:]] == [good[0], *good[2:]]


def test_a_truncated_stream_ends_well_and_too_early(rpc):
    """OK, after two messages."""
    call = begin(rpc, STREAM, "truncate; after=2")
    assert len(list(call)) == 2
    assert call.code() is grpc.StatusCode.OK


def test_a_wrong_type_is_what_clients_make_of_one(rpc):
    """grpcio does not let a server send one."""
    error = end_of(begin(rpc, STREAM, "wrong_type"))
    assert error.code() is grpc.StatusCode.UNKNOWN
    assert error.details() == "Received http2 header with content-type: text/html"


def test_an_empty_answer(rpc):
    """Of a chat, a search, a list."""
    assert rpc.call(UNARY, HELLO, x_apex_fault="empty").text == ""
    assert rpc.call("WebRetrieval", SEARCH, x_apex_fault="empty").value == {}
    assert list(begin(rpc, "GetChatSessions", "empty")) == [b""]


def test_an_oversize_answer_is_too_long_for_a_client(rpc):
    """Which takes 4 MiB unless told otherwise."""
    for method in (UNARY, STREAM, "GetChatSessions"):
        assert end_of(begin(rpc, method, "oversize")).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    (data,) = begin(rpc, "GetChatSessions", "oversize; bytes=70000")
    assert len(data) >= 70_000


@pytest.mark.parametrize("fault", ["duplicate; at=2", "reorder; at=2"])
def test_chunks_come_twice_or_out_of_order(rpc, fault):
    """As over SSE."""
    one, two, three, *rest = messages(rpc, STREAM, "none")
    assert messages(rpc, STREAM, fault) == (
        [one, two, two, three, *rest] if "dup" in fault else [one, three, two, *rest]
    )


def test_the_metadata_names_what_acted(rpc):
    """At the beginning, where there is one."""
    call = begin(rpc, STREAM, "none")
    assert dict(call.initial_metadata()) == {"x-apex-fault": "none"}
    assert len(list(call)) > 3


def test_metadata_that_is_there_twice_asks_for_two_faults(rpc):
    """In the order in which it was sent."""
    metadata = (*rpc.headers.items(), ("x-apex-fault", "none"), ("x-apex-fault", "error; code=aborted"))
    sent = message_of(UNARY, HELLO).to_binary()
    error = end_of(rpc.channel.unary_stream(f"/{SERVICE}/{UNARY}")(sent, 20, metadata))
    assert error.code() == grpc.StatusCode.ABORTED
    assert dict(error.trailing_metadata())["x-apex-fault"] == "none, error"


def test_metadata_that_cannot_be_read_says_so(rpc):
    """invalid_argument, with what there is."""
    reply = rpc.call(UNARY, HELLO, x_apex_fault="dorp")
    assert reply.code == Code.INVALID_ARGUMENT
    assert reply.message.startswith("x-apex-fault: fault: there is no 'dorp'; there are error,")


async def test_an_async_client_sees_the_same(server, key):
    """grpc.aio, fifty calls at once on one channel; the fifty after them are unharmed."""
    metadata = (("authorization", f"Bearer {key}"), ("x-apex-fault", "no_end"))
    data = message_of(UNARY, HELLO).to_binary()
    async with grpc.aio.insecure_channel(server.address) as channel:
        call = channel.unary_unary(f"/{SERVICE}/{UNARY}")

        async def code(metadata) -> grpc.StatusCode:
            try:
                await call(data, metadata=metadata, timeout=20)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        assert set(await asyncio.gather(*(code(metadata) for _ in range(50)))) == {grpc.StatusCode.UNKNOWN}
        assert set(await asyncio.gather(*(code(metadata[:1]) for _ in range(50)))) == {grpc.StatusCode.OK}


class GivenUp:
    """The context of a call, and its connection: `sent` is whether the call came to its end."""

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent
        self.expected: list[bytes] = []

    def peer(self) -> str:
        return "peer"

    def add_done_callback(self, callback) -> None:
        self.over = callback

    def done(self) -> bool:
        return self.sent

    def expect(self, marker: bytes, how: How) -> None:
        self.expected.append(marker)

    def forget(self, marker: bytes) -> None:
        self.expected.remove(marker)


@pytest.mark.parametrize("sent", [True, False])
def test_an_end_that_is_given_up_is_waited_for_no_more(sent):
    """Its client has gone at this moment, so it is never sent; one that was sent may still be on its way."""
    moment = Moment(Operation.CHAT, 0.0, 0.0)
    call = GivenUp(sent=sent)
    broken = BrokenCall(Acting((Struck("no_end", FAULTS["no_end"](), moment),)), call, {"peer": call}, streamed=True)
    marker = broken.end()
    assert call.expected == [marker]
    call.over(call)
    assert call.expected == ([marker] if sent else [])


async def test_what_waited_for_an_end_that_does_not_come_goes_on():
    """To the last byte and in its order, once nothing is waited for; what is far too much ends the connection."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    side = _ServerSide(loop)
    _, side.peer = await loop.connect_accepted_socket(_Side, ours)

    async def came() -> bytes:
        for _ in range(4):
            await asyncio.sleep(0)
        with suppress(BlockingIOError):
            return theirs.recv(100)
        return b""

    for marker in (b"one", b"two"):
        side.expected[marker] = How.NO_END
    side.data_received(b"first, ")
    side.data_received(b"second")
    assert await came() == b""
    side.forget(b"one")
    assert await came() == b""
    side.forget(b"two")
    side.forget(b"never expected")
    assert await came() == b"first, second"
    side.expected[b"one"] = How.NO_END
    side.data_received(b"x" * (MOST_KEPT + 1))
    assert side.peer.transport.is_closing()
    await came()
    theirs.close()


# --- On a port of its own ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def apart() -> Iterator[Server]:
    with serve(grpc_port=0) as running:
        yield running


@pytest.mark.parametrize("method", BODIES)
@pytest.mark.parametrize(
    ("fault", "code", "details"),
    [
        ("drop", grpc.StatusCode.UNAVAILABLE, "Connection reset by peer"),
        ("drop; after=0", grpc.StatusCode.UNAVAILABLE, "Connection reset by peer"),
        ("no_end", grpc.StatusCode.UNKNOWN, "Stream ended without trailers"),
    ],
)
def test_its_own_port_says_what_clients_say_of_it(apart, key, method, fault, code, details):
    """Nobody sees the bytes there."""
    wire = Grpc(f"127.0.0.1:{apart.grpc_port}", key)
    error = end_of(begin(wire, method, fault))
    assert (error.code(), error.details()) == (code, details)
    assert wire.call(UNARY, HELLO).code == OK
    wire.close()
