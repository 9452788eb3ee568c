"""gRPC below the messages: bytes, frames and headers that no library sends.

Each gets the right error, or its connection is closed; nobody waits for ever; and the next caller is served as if
nothing had been.
"""

import gzip
import struct
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from apex_mock.wire.gen.apex.v1 import apex_pb as pb

from ..target import Target
from . import http2
from .effort import attack
from .http2 import RawConnection, Reply, envelope, frame

SERVICE = "/apex.v1.ApexService/"
CHAT, STREAM, UPDATE = "ChatCompletion", "ChatCompletionStream", "UpdateCompletionAttributes"
OK, INVALID, DEADLINE, EXHAUSTED, UNIMPLEMENTED, INTERNAL = 0, 3, 4, 8, 12, 13
HELLO = pb.ChatCompletionRequest(messages=[pb.ChatMessage(role="user", content="Say hello.")]).to_binary()
LIMIT = 4 << 20


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made, value = made + bytes([value & 127 | 128]), value >> 7
    return made + bytes([value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def deep(levels: int) -> bytes:
    """An UpdateCompletionAttributesRequest whose metadata is so many Structs, one in the other."""
    struct_ = b""
    for _ in range(levels):
        struct_ = field(1, field(1, b"a") + field(2, field(5, struct_)))
    return field(1, b"x") + field(3, struct_)


@pytest.fixture(scope="module")
def standing(attacked: Target) -> Iterator[grpc.Channel]:
    """A well-behaved client's channel, open all the while."""
    if attacked.grpc is None or attacked.grpc_secure:
        pytest.skip("raw bytes want a gRPC port without TLS")
    with grpc.insecure_channel(attacked.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield channel


@pytest.fixture
def lines(attacked: Target, standing: grpc.Channel, key: str) -> Iterator["Lines"]:
    """After every attack, others are served as ever: on a channel that was open, and on a new connection."""
    lines = Lines(attacked.grpc or "", key)
    yield lines
    bearer = (("authorization", f"Bearer {key}"),)
    call: Any = standing.unary_unary(f"{SERVICE}{CHAT}")
    assert call(HELLO, 10, bearer)
    assert lines.send(envelope(HELLO)).code == OK


class Lines:
    """Makes one call on a connection of its own."""

    def __init__(self, address: str, key: str) -> None:
        self.address, self.bearer = address, ("authorization", f"Bearer {key}")

    def send(self, body: bytes, *headers: tuple[str, str], method: str = CHAT, **changed: str) -> Reply:
        with RawConnection(self.address) as connection:
            connection.greet()
            return connection.call(f"{SERVICE}{method}", body, (self.bearer, *headers), **changed)


# --- The message's frame ----------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, int]] = {
    "no message": (b"", INVALID),
    "an empty message": (envelope(b""), INVALID),
    "half a prefix": (envelope(HELLO)[:3], INVALID),
    "a prefix alone": (envelope(HELLO)[:5], INVALID),
    "a message cut short": (envelope(HELLO)[:-2], INVALID),
    "a length that is too small": (envelope(HELLO, length=len(HELLO) - 3), INVALID),
    "a length beyond the limit": (envelope(HELLO, length=LIMIT + 1), EXHAUSTED),
    "the greatest length": (envelope(HELLO, length=0xFFFF_FFFF), EXHAUSTED),
    "a message beyond the limit": (envelope(b"\0" * (LIMIT + 1)), EXHAUSTED),
    "a flag that does not exist": (envelope(HELLO, 0x02), INVALID),
    "every flag": (envelope(HELLO, 0xFF), INVALID),
    "compressed, says nothing of how": (envelope(gzip.compress(HELLO), 1), INTERNAL),
    "text that is no UTF-8": (envelope(field(2, field(1, b"\xff\xfe\xfd"))), INVALID),
    "a varint cut short": (envelope(b"\x18\xff"), INVALID),
    "a varint without end": (envelope(b"\x18" + b"\xff" * 10 + b"\x01"), INVALID),
    "field number 0": (envelope(b"\x00\x00"), INVALID),
    "a wire type that does not exist": (envelope(b"\x0f"), INVALID),
    "a field longer than the message": (envelope(b"\x12\xff\xff\xff\xff\x07"), INVALID),
    "groups in groups": (envelope(b"\xa3\x06" * 20_000), INVALID),
}


@pytest.mark.parametrize("method", [CHAT, STREAM])
@pytest.mark.parametrize("name", BODIES)
def test_a_message_that_cannot_be_read_gets_its_error(lines: "Lines", name: str, method: str) -> None:
    """On both kinds of call; a call that ends before its message is answered too, not left to wait."""
    body, expected = BODIES[name]
    reply = lines.send(body, method=method)
    assert (reply.status, reply.code) == ("200", expected), reply
    assert reply.message
    assert reply.data == b""


@pytest.mark.parametrize("levels", [100, 1_000, 30_000])
def test_nesting_does_not_end_the_process(lines: "Lines", levels: int) -> None:
    """Structs in Structs: refused, at whatever depth."""
    assert lines.send(envelope(deep(levels)), method=UPDATE).code == INVALID


def test_what_follows_the_one_message_is_left_alone(lines: "Lines") -> None:
    """A unary call has one message; a second is not read."""
    assert lines.send(envelope(HELLO) + envelope(b"\xff")).code == OK


COMPRESSED: dict[str, tuple[bytes, str, set[int]]] = {
    "gzip": (envelope(gzip.compress(HELLO), 1), "gzip", {OK}),
    "gzip announced, plain sent": (envelope(HELLO), "gzip", {OK}),
    "no gzip": (envelope(HELLO, 1), "gzip", {INTERNAL}),
    "gzip cut short": (envelope(gzip.compress(HELLO)[:-9], 1), "gzip", {INTERNAL}),
    "no deflate": (envelope(HELLO, 1), "deflate", {INTERNAL}),
    "compressed as it is": (envelope(HELLO, 1), "identity", {INTERNAL}),
    "an unknown compression": (envelope(HELLO, 1), "zstd", {UNIMPLEMENTED, INTERNAL}),
    "a bomb": (envelope(gzip.compress(b"\0" * (20 << 20)), 1), "gzip", {EXHAUSTED}),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_compression_is_read_or_refused(lines: "Lines", name: str) -> None:
    """What it would be counts, not what it is."""
    body, encoding, expected = COMPRESSED[name]
    assert lines.send(body, ("grpc-encoding", encoding)).code in expected


@attack()
@given(data=st.binary(max_size=300), method=st.sampled_from([CHAT, STREAM, UPDATE]))
def test_any_bytes_are_a_message_or_an_invalid_argument(
    attacked: Target, standing: grpc.Channel, data: bytes, method: str
) -> None:
    """Never an unknown error, never a bug of the server's."""
    reply = Lines(attacked.grpc or "", "fuzz").send(envelope(data), method=method)
    note(f"printf '{''.join(f'{chr(92)}x{b:02x}' for b in data)}'  # the message sent to {method}")
    assert reply.code in (OK, INVALID, 5), reply


@attack()
@given(at=st.integers(0, len(HELLO) - 1), bits=st.integers(1, 255), cut=st.integers(0, len(HELLO)))
def test_a_damaged_message_is_a_message_or_an_invalid_argument(
    attacked: Target, standing: grpc.Channel, at: int, bits: int, cut: int
) -> None:
    """One byte of a good message changed, and its end cut off."""
    data = HELLO[:at] + bytes([HELLO[at] ^ bits]) + HELLO[at + 1 :]
    reply = Lines(attacked.grpc or "", "fuzz").send(envelope(data[:cut]))
    note(f"printf '{''.join(f'{chr(92)}x{b:02x}' for b in data[:cut])}'  # the message sent to {CHAT}")
    assert reply.code in (OK, INVALID), reply


# --- Headers ----------------------------------------------------------------------------------------------------------

HEADERS: dict[str, tuple[tuple[str, str], set[int | None]]] = {
    "a timeout that is none": (("grpc-timeout", "soon"), {INTERNAL, INVALID}),
    "a negative timeout": (("grpc-timeout", "-5S"), {INTERNAL, INVALID}),
    "a timeout that has passed": (("grpc-timeout", "0n"), {DEADLINE}),
    "no te": (("te", "-"), {OK, INTERNAL, None}),
    "metadata beyond 16 KiB": (("x-long", "x" * 100_000), {OK, EXHAUSTED, None}),
    "binary metadata that is no base64": (("x-data-bin", "!!!"), {OK, INTERNAL}),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_make_no_sense_get_an_answer(lines: "Lines", name: str) -> None:
    """An error by its name, or an ended stream; never silence."""
    header, expected = HEADERS[name]
    reply = lines.send(envelope(HELLO), header)
    assert reply.code in expected, reply
    assert reply.code is not None or reply.refused


@pytest.mark.parametrize("changed", [{"method": "GET"}, {"method": "-"}, {"path": "-"}, {"scheme": "ftp"}])
def test_a_request_that_is_no_grpc_is_ended(lines: "Lines", changed: dict[str, str]) -> None:
    """Its stream, or with an error."""
    reply = lines.send(envelope(HELLO), **changed)
    assert reply.refused or reply.code in (INTERNAL, UNIMPLEMENTED), reply


@pytest.mark.parametrize("path", ["", "x", "/", "/apex.v1.ApexService/", "/apex.v1.ApexService/Nothing", "/x/y/z"])
def test_an_unknown_path_is_unimplemented(lines: "Lines", path: str) -> None:
    """Whatever it looks like."""
    assert lines.send(envelope(HELLO), path=path).code == UNIMPLEMENTED


# --- Frames of HTTP/2 -------------------------------------------------------------------------------------------------

WRONG: dict[str, bytes] = {
    "headers that are no HPACK": frame(http2.HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff", http2.END_HEADERS),
    "CONTINUATION of nothing": frame(http2.CONTINUATION, 1, b"\x82", http2.END_HEADERS),
    "SETTINGS of a wrong length": frame(http2.SETTINGS, 0, b"\0" * 5),
    "SETTINGS on a stream": frame(http2.SETTINGS, 1),
    "PING of a wrong length": frame(http2.PING, 0, b"\0" * 7),
    "WINDOW_UPDATE of a wrong length": frame(http2.WINDOW_UPDATE, 0, b"\0"),
    "RST_STREAM of a wrong length": frame(http2.RST_STREAM, 1, b"\0"),
    "a frame that is too long": struct.pack(">I", 0xFF_FFFF)[1:] + bytes([http2.HEADERS, 0, 0, 0, 0, 1]) + b"x" * 100,
    "headers, and then another frame": frame(http2.HEADERS, 1, b"\x83") + frame(http2.PING, 0, b"\0" * 8),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_frame_ends_its_connection_and_no_other(lines: "Lines", name: str) -> None:
    """As a connection error must."""
    with RawConnection(lines.address) as connection:
        connection.greet()
        connection.plunder(WRONG[name])
        assert connection.closes()


PASSED_OVER: dict[str, bytes] = {
    "an unknown frame": frame(0xBA, 0, b"x" * 50),
    "PRIORITY": frame(http2.PRIORITY, 5, struct.pack(">IB", 3, 9)),
    "PING": frame(http2.PING, 0, b"12345678"),
    # HTTP/2 would have these three end the connection; gRPC's own stack is more patient.
    "DATA on no stream": frame(http2.DATA, 0, b"x"),
    "DATA on a stream that was never opened": frame(http2.DATA, 7, b"x"),
    "HEADERS on no stream": frame(http2.HEADERS, 0, b"\x82", http2.END_HEADERS),
}


@pytest.mark.parametrize("name", PASSED_OVER)
def test_a_frame_that_says_nothing_is_passed_over(lines: "Lines", name: str) -> None:
    """The call after it is answered on the same connection."""
    with RawConnection(lines.address) as connection:
        connection.greet()
        connection.plunder(PASSED_OVER[name])
        assert connection.call(f"{SERVICE}{CHAT}", envelope(HELLO), [lines.bearer]).code == OK


def test_a_call_that_is_given_up_midway_frees_its_place(lines: "Lines") -> None:
    """A hundred streams opened and reset at once, then one call on the same connection."""
    with RawConnection(lines.address) as connection:
        connection.greet()
        for _ in range(100):
            stream = connection.open(f"{SERVICE}{CHAT}", [lines.bearer])
            connection.h2.reset_stream(stream)
        reply = connection.call(f"{SERVICE}{CHAT}", envelope(HELLO), [lines.bearer])
        # ENHANCE_YOUR_CALM is a right answer as well: the connection is closed.
        assert reply.code == OK or reply.closed


@pytest.mark.parametrize("length", [1, 10, 23])
def test_half_a_preface_and_then_nothing_is_closed(lines: "Lines", length: int) -> None:
    """Who hangs up before saying what he speaks leaves nothing behind."""
    with RawConnection(lines.address) as connection:
        connection.plunder(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[:length])
        connection.hang_up()
        assert connection.closes()
