"""HTTP/2 by hand: just enough to break its rules."""

import select
import socket
import ssl
import struct
from collections.abc import Mapping
from contextlib import suppress

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
CANCEL = 8
INITIAL_WINDOW = 4  # a setting: how many bytes of a call's answer may come before more are asked for


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name: str, value: str) -> bytes:
    """A header field of HPACK, neither indexed nor compressed."""
    return b"\x00" + _text(name) + _text(value)


def indexed(name: str, value: str) -> bytes:
    """A header field that is put into HPACK's dynamic table, where 0xbe then stands for it."""
    return b"\x40" + _text(name) + _text(value)


def _text(text: str) -> bytes:
    raw = text.encode()
    if len(raw) < 127:
        return bytes((len(raw),)) + raw
    size, rest = b"\x7f", len(raw) - 127
    while rest >= 128:
        size, rest = size + bytes((rest % 128 + 128,)), rest // 128
    return size + bytes((rest,)) + raw


def block(path: str, more: Mapping[str, str] | None = None) -> bytes:
    """The header block of a gRPC call."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
        "authorization": "Bearer abuse",
        **(more or {}),
    }
    return b"".join(literal(name, value) for name, value in fields.items())


def call(stream: int, path: str, message: bytes, more: Mapping[str, str] | None = None) -> bytes:
    """A whole gRPC call with its one message."""
    data = struct.pack(">BI", 0, len(message)) + message
    return frame(HEADERS, END_HEADERS, stream, block(path, more)) + frame(DATA, END_STREAM, stream, data)


def window(stream: int, size: int) -> bytes:
    """So many more bytes may come: of one call, or of all (0)."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def frames_in(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """The whole frames: kind, flags, stream, payload."""
    found = []
    while len(data) >= 9 and len(data) >= 9 + (size := int.from_bytes(data[:3])):
        found.append((data[3], data[4], int.from_bytes(data[5:9]), data[9 : 9 + size]))
        data = data[9 + size :]
    return found


class Peer:
    """A connection that has said hello; it reads only when asked to. `initial_window` is for each call's answer, `tls`
    for a server that speaks it."""

    def __init__(self, address: str, initial_window: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        asked = b"" if initial_window is None else struct.pack(">HI", INITIAL_WINDOW, initial_window)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, asked))

    def send(self, data: bytes) -> bool:
        """False once the server has closed the connection."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def read(self, seconds: float) -> bytes:
        """What has come, or comes within so many seconds; b"" at the end of the connection as well."""
        # Without a timeout on the socket, which would hold for whoever sends on it at the same time as well.
        ready, _, _ = select.select([self.socket], [], [], seconds)
        try:
            return self.socket.recv(1 << 20) if ready else b""
        except OSError:
            return b""

    def read_to_end(self, within: float = 20) -> bytes:
        """All that comes until the server ends the connection; fails when it does not."""
        self.socket.settimeout(within)
        received = b""
        with suppress(ConnectionResetError, ssl.SSLError):
            while piece := self.socket.recv(1 << 20):
                received += piece
        return received

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()
