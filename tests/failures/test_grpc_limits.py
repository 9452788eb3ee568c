"""Limits over gRPC, on the shared port and on its own: silent, stalled, too many; and nobody else is harmed."""

import re
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import psutil
import pytest

from tests.failures.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PREFACE,
    SETTINGS,
    Peer,
    block,
    call,
    frame,
    frames_in,
    window,
)
from tests.failures.running import Running, channel_to, open_grpc, serving, soon
from tests.wires import HELLO, OK, PLAIN, WIRES, message_of

SERVICE = "/apex.v1.ApexService/"
CHAT, STREAM, SESSIONS = SERVICE + "ChatCompletion", SERVICE + "ChatCompletionStream", SERVICE + "GetChatSessions"
ASKED = {path: message_of(path.removeprefix(SERVICE), HELLO).to_binary() for path in (CHAT, STREAM)} | {SESSIONS: b""}
PORTS = pytest.mark.parametrize("port", ["address", "grpc_address"], ids=["shared", "own"])


pytestmark = pytest.mark.xdist_group("grpc limits")  # three servers that are started once


@pytest.fixture(scope="module")
def strict() -> Iterator[Running]:
    with serving("--grpc-port", "0", "--body-timeout", "0.3", "--write-timeout", "0.3") as running:
        yield running


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    limits = ("--max-connections", "6", "--header-timeout", "0.3", "--write-timeout", "1")
    with serving("--grpc-port", "0", *limits) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Running]:
    with serving("--grpc-port", "0", "--header-timeout", "0.3", "--idle-timeout", "0.6") as running:
        yield running


@pytest.fixture
def address(strict, port) -> str:
    return getattr(strict, port)


def in_flight(server: Running) -> int:
    found = re.search(r"^apex_mock_in_flight\{.*\} (\d+)", httpx.get(f"{server.url}/metrics", verify=PLAIN).text, re.M)
    assert found
    return int(found[1])


def is_served(address: str) -> None:
    wire = WIRES["grpc"](address, "k")
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()


# --- Slow readers -----------------------------------------------------------------------------------------------------


@PORTS
def test_a_client_that_withholds_its_window_is_cut(strict, address):
    """Its connection ends and its call with it; a stream on another connection goes on."""
    with ExitStack() as stack:
        other = open_grpc(stack.enter_context(channel_to(address)), "other")
        peers = [stack.enter_context(Peer(address, initial_window=0)) for _ in ASKED]
        for peer, (path, asked) in zip(peers, ASKED.items(), strict=True):
            peer.send(call(1, path, asked))
        for peer in peers:
            kinds = [kind for kind, _, stream, _ in frames_in(peer.read_to_end()) if stream == 1]
            assert kinds == [HEADERS], "the answer began, and nothing of it could be sent"
        assert sum(1 for _ in other) > 20
    soon(lambda: in_flight(strict) == 0)
    is_served(address)
    assert not strict.errors


def test_over_tls_they_are_cut_as_well():
    """And a client that does not get through the handshake in the time of a head is closed, on each port."""
    speaking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    speaking.check_hostname, speaking.verify_mode = False, ssl.CERT_NONE
    speaking.set_alpn_protocols(["h2"])
    limits = ("--tls", "--write-timeout", "0.3", "--header-timeout", "1")
    with serving("--grpc-port", "0", *limits) as server, ExitStack() as stack:
        addresses = [server.address, server.grpc_address]
        peers = [stack.enter_context(Peer(address, 0, speaking)) for address in addresses]
        for peer in peers:
            peer.send(call(1, STREAM, ASKED[STREAM]))
        for address in addresses:
            _is_closed_whatever_it_says(address, [b"", b"\x16\x03\x01"])
        for peer in peers:
            assert DATA not in [kind for kind, *_ in frames_in(peer.read_to_end())]


@PORTS
def test_many_that_withhold_their_windows_are_cut_together(strict, address):
    """And their files are closed."""
    process = psutil.Process(strict.pid)
    is_served(address)
    before = process.num_fds()
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(address, initial_window=0)) for _ in range(150)]
        for peer in peers:
            assert peer.send(call(1, STREAM, ASKED[STREAM]) + call(3, CHAT, ASKED[CHAT]))
        for peer in peers:
            peer.read_to_end()
        soon(lambda: process.num_fds() <= before + 10)
    soon(lambda: in_flight(strict) == 0)


def test_a_client_that_reads_slowly_but_reads_is_not_cut(small):
    """However long it takes in all: each message counts anew."""
    text, pieces, pause = "many words " * 5_000, 14, 0.2
    with ExitStack() as stack:
        stub = {"when": {"prompt": "long"}, "reply": {"chunks": [text] * pieces}}
        httpx.post(f"{small.url}/__apex/stubs", json=stub, verify=PLAIN).raise_for_status()
        asked = message_of("ChatCompletionStream", {"messages": [{"role": "user", "content": "long"}]}).to_binary()
        addresses = (small.address, small.grpc_address)
        peers = {stack.enter_context(Peer(address, initial_window=0)): b"" for address in addresses}
        for peer in peers:
            peer.send(window(0, 1 << 30) + call(1, STREAM, asked))
        for _ in range(pieces + 3):
            time.sleep(pause)
            for peer in peers:
                assert peer.send(window(1, len(text) + 200))
                peers[peer] += peer.read(0)
        for peer, received in peers.items():
            received += b"" if _ended(received) else _read_until_ended(peer, 1)
            assert sum(len(data) for kind, _, _, data in frames_in(received) if kind == DATA) > pieces * len(text)


def _ended(received: bytes, stream: int = 1) -> bool:
    return any(number == stream and flags & END_STREAM for _, flags, number, _ in frames_in(received))


# --- Slow senders -----------------------------------------------------------------------------------------------------


@PORTS
def test_a_message_that_does_not_come_ends_its_call(strict, address):
    """With DEADLINE_EXCEEDED and the limit's name, whether a part of it has come or none; the connection goes on."""
    part = frame(DATA, 0, 1, struct.pack(">BI", 0, 1000) + b"x")
    with ExitStack() as stack:
        peers = {stack.enter_context(Peer(address)): path for path in ASKED for _ in range(2)}
        for number, (peer, path) in enumerate(peers.items()):
            peer.send(frame(HEADERS, END_HEADERS, 1, block(path)) + (part if number % 2 else b""))
        for peer, path in peers.items():
            said = _read_until_ended(peer, 1)
            assert b"grpc-status\x014" in said
            assert b"--body-timeout" in said
            peer.send(call(3, path, ASKED[path]))
            _read_until_ended(peer, 3)
    assert not strict.errors


def _read_until_ended(peer: Peer, stream: int) -> bytes:
    said = b""
    while not _ended(said, stream):
        piece = peer.read(20)
        assert piece
        said += piece
    return said


SILENCES = [
    b"",
    PREFACE[:10],
    PREFACE,
    PREFACE + b"\0\0\x06\x04",
    PREFACE + frame(SETTINGS, 0, 0),
    PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 0, 1, block(CHAT)),
]


@PORTS
def test_a_connection_that_asks_nothing_is_closed(hasty, port):
    """Wherever it stops: before the preface, in it or after it, in a frame or between two, in a head."""
    _is_closed_whatever_it_says(getattr(hasty, port), SILENCES)
    soon(lambda: _greeted(getattr(hasty, port))).socket.close()


def test_a_connection_that_does_not_say_hello_is_closed_before_it_is_idle(small):
    """HTTP/2's hello ends with the client's settings."""
    for address in (small.address, small.grpc_address):
        _is_closed_whatever_it_says(address, SILENCES[:4])
        is_served(address)


def _is_closed_whatever_it_says(address: str, said: list[bytes]) -> None:
    host, port = address.split(":")
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in said]
        for connection, sent in zip(made, said, strict=True):
            connection.sendall(sent)
        for connection in made:
            while connection.recv(65536):
                pass


@PORTS
def test_an_idle_connection_is_told_to_go(hasty, port):
    """With GOAWAY, which a client takes for a reason to make another with its next call; over HTTP it is closed."""
    address = getattr(hasty, port)
    with Peer(address) as peer:
        peer.send(call(1, CHAT, ASKED[CHAT]))
        assert GOAWAY in [kind for kind, *_ in frames_in(peer.read_to_end())]
    wire = WIRES["grpc"](address, "k")
    assert wire.call("ChatCompletion", HELLO).code == OK
    time.sleep(0.8)
    assert wire.call("ChatCompletion", HELLO).code == OK
    wire.close()
    host, number = hasty.address.split(":")
    with socket.create_connection((host, int(number)), timeout=20) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        while connection.recv(65536):
            pass


# --- Too many ---------------------------------------------------------------------------------------------------------


def test_one_connection_too_many_is_closed_and_the_next_is_served_when_one_has_gone(small):
    """On gRPC's own port, too: without a word there; those that are there are not disturbed."""
    address = small.grpc_address
    with ExitStack() as stack:
        held = [stack.enter_context(soon(lambda: _greeted(address))) for _ in range(6)]
        with Peer(address) as seventh:
            assert seventh.read_to_end() == b""
        held[0].send(call(1, CHAT, ASKED[CHAT]))
        _read_until_ended(held[0], 1)
        held.pop().socket.close()
        soon(lambda: _greeted(address)).socket.close()


def _greeted(address: str) -> Peer | None:
    """A connection, if it is let in."""
    peer = Peer(address)
    if not peer.read(20):
        peer.socket.close()
        return None
    return peer
