"""A gRPC call by hand, on a socket of its own: what no gRPC library would send, and all that comes back."""

import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

PATIENCE = 10.0  # seconds; whoever does not answer in this time hangs
PIECE = 16_000  # bytes of one DATA frame
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 0x1, 0x4


def envelope(data: bytes, flags: int = 0, length: int | None = None) -> bytes:
    """gRPC's frame of a message: flags and length before it; both may lie."""
    return struct.pack(">BI", flags, len(data) if length is None else length) + data


def frame(kind: int, stream: int = 0, payload: bytes = b"", flags: int = 0) -> bytes:
    """One HTTP/2 frame, whatever it holds."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


@dataclass
class Reply:
    """What came back. `code` is grpc-status as a number, None when none came; `closed` that the connection ended."""

    status: str = ""
    code: int | None = None
    message: str = ""
    data: bytes = b""
    reset: bool = False
    closed: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Without a status: the stream or the connection was ended."""
        return self.code is None and (self.reset or self.closed)


class RawConnection:
    """An HTTP/2 connection whose every byte is ours. `plunder` puts any bytes on it."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)
        config = H2Configuration(header_encoding="utf-8", validate_outbound_headers=False)
        self.h2 = H2Connection(config)

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def greet(self) -> None:
        """The preface and our settings."""
        self.h2.initiate_connection()
        self._flush()

    def plunder(self, data: bytes) -> None:
        """Sends bytes as they are; that the other side has hung up shows when it is read."""
        with suppress(OSError):
            self._socket.sendall(data)

    def hang_up(self) -> None:
        """Says that nothing more will come."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def call(self, rpc: str, body: bytes, headers: Sequence[tuple[str, str]] = (), **changed: str) -> Reply:
        """One call with this body, whole, in its DATA frames. Keywords change the pseudo-headers."""
        stream, reply = self.open(rpc, headers, end=not body, **changed), Reply()
        try:
            for start in range(0, len(body), PIECE):
                piece = body[start : start + PIECE]
                while self.h2.local_flow_control_window(stream) < len(piece):
                    if not self._turn(reply, stream):
                        return reply
                self.h2.send_data(stream, piece, end_stream=start + PIECE >= len(body))
                self._flush()
        except ProtocolError:
            pass  # the stream was ended while it was being sent
        return self.read(stream, reply)

    def open(self, rpc: str, headers: Sequence[tuple[str, str]] = (), *, end: bool = False, **changed: str) -> int:
        """Sends a call's headers and returns its stream."""
        first = {":method": "POST", ":scheme": "http", ":path": rpc, ":authority": "fake"}
        first |= {f":{name}": value for name, value in changed.items()}
        usual = [("te", "trailers"), ("content-type", "application/grpc")]
        named = {name for name, _ in headers}
        sent = [*first.items(), *(pair for pair in usual if pair[0] not in named), *headers]
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [pair for pair in sent if pair[1] != "-"], end_stream=end)
        self._flush()
        return stream

    def read(self, stream: int = 1, reply: Reply | None = None) -> Reply:
        """All that comes for a stream until it or the connection has ended. Raises TimeoutError."""
        reply = reply or Reply()
        while self._turn(reply, stream):
            pass
        return reply

    def closes(self) -> bool:
        """Whether the other side ends the connection, as it must after a connection error. Raises TimeoutError."""
        try:
            while self._socket.recv(65_536):
                pass
        except TimeoutError:
            raise
        except OSError:
            return True
        return True

    def _turn(self, reply: Reply, stream: int) -> bool:
        """Reads what is there; False when the stream is over."""
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            raise
        except OSError:
            data = b""
        if not data:
            reply.closed = True
            return False
        try:
            events: Sequence[Event] = self.h2.receive_data(data)
        except ProtocolError:
            reply.closed = True
            return False
        self._flush()
        # Not any(): every event counts, those after the end of the stream too.
        return not [True for event in events if self._take(event, reply, stream)]

    def _take(self, event: Event, reply: Reply, stream: int) -> bool:
        """Whether the event ends the stream."""
        if isinstance(event, ConnectionTerminated):
            reply.closed = True
            return True
        if getattr(event, "stream_id", None) != stream:
            return False
        if isinstance(event, ResponseReceived | TrailersReceived):
            pairs = {str(name): str(value) for name, value in event.headers or ()}
            reply.headers.update(pairs)
            reply.status = pairs.get(":status", reply.status)
            if "grpc-status" in pairs:
                reply.code = int(pairs["grpc-status"])
                reply.message = unquote(pairs.get("grpc-message", ""))
        elif isinstance(event, DataReceived):
            reply.data += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
            self._flush()
        elif isinstance(event, StreamReset):
            reply.reset = True
        return isinstance(event, StreamEnded | StreamReset)

    def _flush(self) -> None:
        self.plunder(self.h2.data_to_send())
