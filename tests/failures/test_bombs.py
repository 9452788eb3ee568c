"""Messages that are small as they are sent and huge as they are meant: refused before they are blown up."""

import struct
import zlib
from pathlib import Path

import httpx
import pytest

from tests.failures.frames import DATA, END_HEADERS, END_STREAM, HEADERS, Peer, block, frame
from tests.failures.running import Running, serving
from tests.wires import HELLO

pytestmark = pytest.mark.xdist_group("bombs")
CHAT = "/apex.v1.ApexService/ChatCompletion"
MILLION = 1_000_000
HUGE = 60 * MILLION
PIECE = 16_000


@pytest.fixture(scope="module")
def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MILLION)
    return b"".join(packer.compress(zeros) for _ in range(HUGE // MILLION)) + packer.flush()


@pytest.fixture(scope="module")
def running():
    with serving() as server:
        yield server


def peak(server: Running) -> int:
    """The most memory that it has ever had, in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def over_http(server: Running, path: str, kind: str, bomb: bytes) -> int:
    headers = {"content-type": kind, "content-encoding": "gzip", "authorization": "Bearer k"}
    if kind.startswith("application/grpc-web"):
        headers |= {"content-encoding": "identity", "grpc-encoding": "gzip"}
        bomb = b"\x01" + struct.pack(">I", len(bomb)) + bomb
    answer = httpx.post(f"{server.url}{path}", content=bomb, headers=headers)
    refused = "resource_exhausted" in answer.text or "grpc-status: 8" in answer.text or "grpc-status:8" in answer.text
    return 413 if refused else answer.status_code


def over_grpc(server: Running, bomb: bytes) -> int:
    body = b"\x01" + struct.pack(">I", len(bomb)) + bomb
    with Peer(server.address) as peer:
        peer.send(frame(HEADERS, END_HEADERS, 1, block(CHAT, {"grpc-encoding": "gzip"})))
        for at in range(0, len(body), PIECE):
            peer.send(frame(DATA, END_STREAM if at + PIECE >= len(body) else 0, 1, body[at : at + PIECE]))
        said = b""
        while b"grpc-status" not in said and (more := peer.read(10)):
            said += more
    return 413 if b"grpc-status\x018" in said else 0


@pytest.mark.parametrize("wire", ["rest", "connect", "grpc-web", "grpc"])
def test_a_bomb_is_refused_before_it_is_blown_up(running, bomb, wire):
    """Sixty million bytes in less than sixty-five thousand, a window of HTTP/2: memory never sees half of them."""
    assert len(bomb) < 65_000
    before = peak(running)
    status = {
        "rest": lambda: over_http(running, "/v1/chat/completions", "application/json", bomb),
        "connect": lambda: over_http(running, CHAT, "application/json", bomb),
        "grpc-web": lambda: over_http(running, CHAT, "application/grpc-web+proto", bomb),
        "grpc": lambda: over_grpc(running, bomb),
    }[wire]()
    # The REST host knows no compressed bodies, and reads the bytes as what they are: no JSON.
    assert status == (422 if wire == "rest" else 413)
    assert peak(running) - before < HUGE / 2
    assert httpx.post(f"{running.url}/v1/chat/completions", json=HELLO, headers={"api-key": "k"}).status_code == 200
