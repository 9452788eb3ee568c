"""What the one port joins into one write, and what it must not hold back."""

import asyncio

from apex_mock.oneport import MOST_HELD, Corked, _ServerSide, _Side

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def __getattr__(self, name: str):
        return None

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


def corked() -> tuple[Corked, Wire]:
    wire = Wire()
    return Corked(wire, asyncio.get_running_loop()), wire


async def turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_head_leaves_with_its_body():
    """One write for a small answer, and one wake-up of its client."""
    transport, wire = corked()
    transport.write(HEAD)
    transport.write(b"body")
    assert wire.written == []
    await turn()
    assert wire.written == [HEAD + b"body"]


async def test_a_head_whose_body_takes_its_time_leaves_by_itself():
    """A stream's client sees the status before the first chunk is due."""
    transport, wire = corked()
    transport.write(HEAD)
    await turn()
    assert wire.written == [HEAD]


async def test_a_lone_chunk_leaves_at_once():
    """Not after all that the loop still has to do in its turn: with 500 streams that is long."""
    transport, wire = corked()
    for piece in (b"one", b"two"):
        transport.write(piece)
        assert wire.written[-1] == piece
        await turn()
    assert wire.written == [b"one", b"two"]


async def test_what_follows_in_the_same_turn_is_joined():
    """Up to a bound, and in order; closing sends what is left."""
    transport, wire = corked()
    pieces = [bytes([65 + n]) * (MOST_HELD // 4) for n in range(8)]
    for piece in pieces:
        transport.write(piece)
    assert len(wire.written) == 2
    transport.close()
    assert b"".join(wire.written) == b"".join(pieces)
    assert wire.closed
    await turn()
    assert len(wire.written) == 3


async def test_the_relay_passes_a_message_on_at_once_and_joins_those_that_follow():
    """A gRPC stream's chunk is not held for the next; a burst costs two writes."""
    server, client = _ServerSide(asyncio.get_running_loop()), _Side()
    server.peer, client.transport = client, Wire()
    server.data_received(b"1")
    assert client.transport.written == [b"1"]
    server.data_received(b"2")
    server.data_received(b"3")
    assert client.transport.written == [b"1"]
    for _ in range(3):
        await turn()
    assert client.transport.written == [b"1", b"23"]
    server.data_received(b"4")
    assert client.transport.written[-1] == b"4"


async def test_what_is_held_for_a_client_that_has_gone_is_dropped():
    """uvloop raises on a write to a connection that is closed."""
    transport, wire = corked()
    transport.write(HEAD)
    wire.close()
    await turn()
    assert wire.written == []
