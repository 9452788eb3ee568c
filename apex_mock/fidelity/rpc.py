"""Streams of Constellation over gRPC, on ten connections: those frames of HTTP/2 that a stream is made of."""

import asyncio
import struct
from collections.abc import Iterable
from typing import cast

from apex_mock.clock import stopwatch
from apex_mock.fidelity.streams import PROMPT, SEED, Load, Run, Seen, connect, drive
from apex_mock.wire.gen.apex.v1 import apex_pb as pb

STREAM = "/apex.v1.ApexService/ChatCompletionStream"
CONNECTIONS = 10
WINDOW = 1 << 30  # bytes that may be under way: more than any run sends
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = ACK = 1
END_HEADERS = 4


async def over_grpc(load: Load) -> Run:
    """Raises Failed."""
    request = pb.ChatCompletionRequest(
        messages=[pb.ChatMessage(role="user", content=PROMPT)],
        seed=SEED,
        sampling_parameters=pb.SamplingParameters(
            temperature=0.7, top_p=0.95, max_new_tokens=load.chunks, do_sample=True
        ),
    ).to_binary()
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": STREAM,
        ":authority": load.host,
        "te": "trailers",
        "content-type": "application/grpc",
        "authorization": f"Bearer {load.key}",
        "x-apex-profile": load.profile,
    }
    opening = _Opening(literals(headers.items()), struct.pack(">BI", 0, len(request)) + request)
    loop = asyncio.get_running_loop()
    connections = [_Connection(opening) for _ in range(min(CONNECTIONS, load.streams))]
    for made in connections:
        connected = await connect(load)
        await loop.create_connection(lambda made=made: made, sock=connected)  # type: ignore[misc]  # bound at once
        await made.ready
    streams = [_Stream(connections[number % len(connections)]) for number in range(load.streams)]
    try:
        return await drive(load, [one.seen for one in streams], [one.stream for one in streams])
    finally:
        for made in connections:
            made.close()


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def literals(headers: Iterable[tuple[str, str]]) -> bytes:
    """Headers as HPACK has them at its plainest: no table, no Huffman code."""
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)


def _text(text: str) -> bytes:
    data = text.encode("latin-1")
    if len(data) < 127:
        return bytes((len(data),)) + data
    return b"\x7f" + _rest_of(len(data) - 127) + data


def _rest_of(number: int) -> bytes:
    found = bytearray()
    while number >= 128:
        found.append(number % 128 + 128)
        number //= 128
    found.append(number)
    return bytes(found)


class _Opening:
    """What every stream begins with, but for its number."""

    def __init__(self, headers: bytes, message: bytes) -> None:
        self._headers, self._message = headers, message

    def __call__(self, stream: int) -> bytes:
        return frame(HEADERS, END_HEADERS, stream, self._headers) + frame(DATA, END_STREAM, stream, self._message)


class _Stream:
    def __init__(self, connection: "_Connection") -> None:
        self.seen = Seen()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connection = connection

    async def stream(self) -> None:
        self._connection.open(self)
        await self.done

    def end(self, error: str = "") -> None:
        if not self.done.done():
            self.seen.error = error
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, opening: _Opening) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opening = opening
        self._streams: dict[int, _Stream] = {}
        self._number = 1
        self._rest = b""
        self._transport: asyncio.Transport

    def open(self, stream: _Stream) -> None:
        self._streams[self._number] = stream
        stream.seen.sent = stopwatch()
        self._transport.write(self._opening(self._number))
        self._number += 2

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        window = struct.pack(">HI", 4, WINDOW)
        self._transport.write(
            PREFACE + frame(SETTINGS, 0, 0, window) + frame(WINDOW_UPDATE, 0, 0, WINDOW.to_bytes(4, "big"))
        )

    def data_received(self, data: bytes) -> None:
        now = stopwatch()
        data = self._rest + data
        at = 0
        while len(data) - at >= 9:
            length = int.from_bytes(data[at : at + 3], "big")
            if len(data) - at < 9 + length:
                break
            payload = data[at + 9 : at + 9 + length]
            number = int.from_bytes(data[at + 5 : at + 9], "big")
            self._frame(data[at + 3], data[at + 4], number, payload, now)
            at += 9 + length
        self._rest = data[at:]

    def _frame(self, kind: int, flags: int, number: int, payload: bytes, now: float) -> None:
        stream = self._streams.get(number)
        if kind == DATA and stream is not None and payload:
            stream.seen.arrivals.append(now)  # a message of this size is never cut in two
        elif kind == SETTINGS and not flags & ACK:
            self._transport.write(frame(SETTINGS, ACK, 0))
            if not self.ready.done():
                self.ready.set_result(None)
        elif kind == PING and not flags & ACK:
            self._transport.write(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self._lost("the server sent GOAWAY")
        if stream is not None and ((kind in (DATA, HEADERS) and flags & END_STREAM) or kind == RESET):
            del self._streams[number]
            stream.end("the stream was reset" if kind == RESET else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost("the connection ended")

    def _lost(self, why: str) -> None:
        for stream in self._streams.values():
            stream.end(why)
        if not self.ready.done():
            self.ready.set_result(None)
