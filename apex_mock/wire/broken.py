"""Bytes that faults have broken: single messages, as JSON or protobuf, and the frames of streams."""

import struct
from collections.abc import Iterator

from apex_mock.core.faults.effects import Damage, How
from apex_mock.wire.sse import DONE

END_FLAGS = 0x02 | 0x80  # of an envelope: Connect's end of a stream, gRPC-Web's trailers
_UNKNOWN_FIELD = b"\x7a"  # number 15, of bytes: no message has it, and every reader passes over it


def spoilt(message: bytes, *, as_json: bool) -> bytes:
    """As long as before where that is possible, and not to be read."""
    if as_json:
        return message.replace(b'"', b"'") if b'"' in message else b"{'malformed'}"
    return b"\xff" * max(3, len(message))


def half(message: bytes) -> bytes:
    return message[: len(message) // 2]


def emptied(*, as_json: bool) -> bytes:
    """A message without fields."""
    return b"{}" if as_json else b""


def padded(message: bytes, size: int, *, as_json: bool) -> bytes:
    """The same message, in at least so many bytes."""
    missing = max(0, size - len(message))
    return message + (b" " * missing if as_json else _UNKNOWN_FIELD + _varint(missing) + bytes(missing))


def _varint(number: int) -> bytes:
    groups = []
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def broken_message(message: bytes, damage: dict[How, Damage], *, as_json: bool) -> bytes:
    """An answer in one piece, as the faults leave it."""
    if How.EMPTY in damage:
        message = emptied(as_json=as_json)
    if How.OVERSIZE in damage:
        message = padded(message, damage[How.OVERSIZE].at, as_json=as_json)
    if How.MALFORMED in damage:
        message = spoilt(message, as_json=as_json)
    return half(message) if How.TRUNCATE in damage else message


def events_of(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """The events of a part of an SSE stream, and whether each is its end."""
    for event in body.split(b"\n\n")[:-1]:
        whole = event + b"\n\n"
        yield whole, whole == DONE


def envelopes_of(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """The messages of a part of a stream of envelopes, each with its head, and whether each is the stream's end."""
    at = 0
    while at < len(body):
        flags, length = struct.unpack_from(">BI", body, at)
        yield body[at : at + 5 + length], bool(flags & END_FLAGS)
        at += 5 + length


def envelope(message: bytes, flags: int = 0) -> bytes:
    return struct.pack(">BI", flags, len(message)) + message
