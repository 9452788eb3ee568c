"""HTTP/2 used to wear the server out. Whatever becomes of that connection, the others are answered all along."""

import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.failures.frames import (
    ACK,
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    INITIAL_WINDOW,
    PING,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Peer,
    block,
    call,
    frame,
    indexed,
    literal,
    window,
)
from tests.failures.running import Running, serving
from tests.wires import HELLO, OK, WIRES, Wire, message_of

CHAT = "/apex.v1.ApexService/ChatCompletion"
ASKED = message_of("ChatCompletion", HELLO).to_binary()
ROUNDS = 40
Abuse = Callable[[int], bytes]


def rapid_reset(n: int) -> bytes:
    """Calls that are given up as soon as they are made (CVE-2023-44487)."""
    calls = range(n * 250, (n + 1) * 250)
    reset = struct.pack(">I", CANCEL)
    return b"".join(
        frame(HEADERS, END_HEADERS, 2 * i + 1, block(CHAT)) + frame(RST_STREAM, 0, 2 * i + 1, reset) for i in calls
    )


def pings(n: int) -> bytes:
    return frame(PING, 0, 0, b"12345678") * 2000


def settings(n: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)) * 2000


def settings_of_ours(n: int) -> bytes:
    """Acknowledgements of what was never said."""
    return frame(SETTINGS, ACK, 0) * 2000


def windows(n: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 2000


def endless_headers(n: int) -> bytes:
    """A header block that never ends (CVE-2024-27316)."""
    start = frame(HEADERS, 0, 1, block(CHAT)) if n == 0 else b""
    return start + b"".join(frame(CONTINUATION, 0, 1, literal(f"x-{n}-{i}", "a" * 8000)) for i in range(20))


def endless_nothing(n: int) -> bytes:
    start = frame(HEADERS, 0, 1, block(CHAT)) if n == 0 else b""
    return start + frame(CONTINUATION, 0, 1) * 2000


def header_bomb(n: int) -> bytes:
    """Four thousand bytes once, and then a byte for each of their repetitions."""
    fields = block(CHAT) + indexed("x", "a" * 3900) + b"\xbe" * 12_000
    return frame(HEADERS, END_HEADERS, 2 * n + 1, fields)


def open_calls(n: int) -> bytes:
    """Calls that are begun and never go on."""
    return b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, block(CHAT)) for i in range(n * 100, (n + 1) * 100))


def data_of_nothing(n: int) -> bytes:
    return frame(DATA, 0, 2 * n + 1, b"x" * 16_000)


def too_long(n: int) -> bytes:
    """A frame of 16 MiB."""
    return b"\xff\xff\xff" + bytes((DATA, 0)) + struct.pack(">I", 1) + b"x" * 16_000


def made_to_reset(n: int) -> bytes:
    """Calls that the server gives up by itself, for a window that grows by nothing (CVE-2025-8671)."""
    calls = range(n * 100, (n + 1) * 100)
    return b"".join(call(2 * i + 1, CHAT, ASKED) + window(2 * i + 1, 0) for i in calls)


def dribble(n: int) -> bytes:
    """Answers that are let through byte by byte (CVE-2019-9511)."""
    start = frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, 0)) if n == 0 else b""
    return start + call(2 * n + 1, CHAT, ASKED) + b"".join(window(2 * i + 1, 1) for i in range(n)) * 20


def priorities(n: int) -> bytes:
    """Calls that depend now on this one, now on that (CVE-2019-9513)."""
    return b"".join(frame(PRIORITY, 0, 2 * i + 1, struct.pack(">IB", 2 * (i + n) + 3, n)) for i in range(2000))


ABUSES: list[Abuse] = [
    rapid_reset,
    pings,
    settings,
    settings_of_ours,
    windows,
    endless_headers,
    endless_nothing,
    header_bomb,
    open_calls,
    data_of_nothing,
    too_long,
    made_to_reset,
    dribble,
    priorities,
]


pytestmark = pytest.mark.xdist_group("http2 abuse")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A process of its own, which must end when it is told to, whatever it has been through."""
    with serving("--grpc-port", "0") as running:
        yield running


@pytest.fixture(params=["shared", "own"])
def address(server, request) -> str:
    """The port that is abused."""
    return server.address if request.param == "shared" else server.grpc_address


@pytest.fixture
def others(server, address, key) -> Iterator[list[Wire]]:
    """Clients that behave, of gRPC and of HTTP/1.1."""
    made = [WIRES["grpc"](address, key), WIRES["connect"](server.address, key)]
    yield made
    for wire in made:
        wire.close()


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda abuse: abuse.__name__)
def test_the_others_are_answered_all_along(address, others, abuse):
    """While it goes on, and after it; and the abuser ends with its connection closed, or ignored."""
    with Peer(address) as abuser:
        going_on = threading.Thread(target=lambda: all(abuser.send(abuse(n)) for n in range(ROUNDS)))
        going_on.start()
        while going_on.is_alive():
            assert [wire.call("ChatCompletion", HELLO).code for wire in others] == [OK, OK]
            abuser.read(0.01)
        going_on.join()
        assert [wire.call("ChatCompletion", HELLO).code for wire in others] == [OK, OK]
    with Peer(address) as afresh:
        assert afresh.read(5)[3] == SETTINGS, "a new connection is greeted"
