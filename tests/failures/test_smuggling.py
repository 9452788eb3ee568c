"""Requests that two readers could cut in two places: refused, their connection closed, and nobody else the worse.

Behind each stands a second request, which a server that had read on would answer as well.
"""

import re
import socket
from contextlib import suppress

import pytest

from tests.wires import HELLO, OK, WIRES

BODY = b'{"messages":[{"role":"user","content":"Hi"}],"seed":1}'
LENGTH, SIZE = b"%d" % len(BODY), b"%x" % len(BODY)
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\napi-key: k\r\n"
SECOND = b"GET /health?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
IN_CHUNKS = SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"
PROBES = {
    "two lengths": HEAD + b"Content-Length: " + LENGTH + b"\r\nContent-Length: 3\r\n\r\n" + BODY,
    "a list of lengths": HEAD + b"Content-Length: " + LENGTH + b", " + LENGTH + b"\r\n\r\n" + BODY,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length with a sign": HEAD + b"Content-Length: +" + LENGTH + b"\r\n\r\n" + BODY,
    "a hexadecimal length": HEAD + b"Content-Length: 0x10\r\n\r\n" + BODY,
    "a length beyond all numbers": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "a length, then chunks": HEAD + b"Content-Length: 4\r\n" + CHUNKED + IN_CHUNKS,
    "chunks, then a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + IN_CHUNKS,
    "a coding that nobody knows": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + IN_CHUNKS,
    "chunked, but not last": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + IN_CHUNKS,
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + IN_CHUNKS,
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + IN_CHUNKS,
    "a vertical tab for a space": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + IN_CHUNKS,
    "a folded header": HEAD + b"X-A: b\r\n c\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + BODY,
    "a folded length": HEAD + b"Content-Length:\r\n " + LENGTH + b"\r\n\r\n" + BODY,
    "bare line feeds": (HEAD + b"Content-Length: " + LENGTH + b"\r\n\r\n").replace(b"\r\n", b"\n") + BODY,
    "a bare carriage return": HEAD + b"X-A: b\rc\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + BODY,
    "a NUL in a header": HEAD + b"X-A: b\0c\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + BODY,
    "a header's name with a space": b"GET /health HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
    "a chunk's size that is none": HEAD + CHUNKED + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk's size with 0x": HEAD + CHUNKED + b"0x" + IN_CHUNKS,
    "a chunk's size beyond all numbers": HEAD + CHUNKED + b"F" * 18 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk longer than its size": HEAD + CHUNKED + b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunks with bare line feeds": HEAD + CHUNKED + IN_CHUNKS.replace(b"\r\n", b"\n"),
    "a chunk line without an end": HEAD + CHUNKED + SIZE + b";" + b"a" * 200_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "trailers without an end": HEAD + CHUNKED + IN_CHUNKS[:-2] + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "a length among the trailers": HEAD + CHUNKED + IN_CHUNKS[:-2] + b"Content-Length: 5\r\n\r\n",
    "a version that there is not": b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT elsewhere:80 HTTP/1.1\r\nHost: elsewhere:80\r\n\r\n",
    "HTTP/2's preface, gone wrong": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "TLS where none is spoken": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


def exchange(port: int, *parts: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    came = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # it may have closed already
            for part in parts:
                connection.sendall(part)
        with suppress(ConnectionError):
            while data := connection.recv(1 << 16):
                came += data
    return came


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("cut", [0, 7], ids=["at once", "in two parts"])
def test_it_is_refused_and_its_connection_closed(server, key, probe, cut):
    """No answer but a refusal, and the second request is never read; other connections go on as before. In two parts,
    since what the port listens for may come in any number of them."""
    others = [WIRES[kind](server.address, key) for kind in ("connect", "grpc")]
    assert [other.call("ChatCompletion", HELLO).code for other in others] == [OK, OK]
    sent = PROBES[probe] + SECOND
    came = exchange(server.port, sent[:cut], sent[cut:])
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", came)]
    assert statuses in ([], [400], [431]), came[-300:]
    assert [other.call("ChatCompletion", HELLO).code for other in others] == [OK, OK]
    for other in others:
        other.close()


def test_two_requests_one_after_the_other_are_no_smuggling(server):
    """Pipelining is allowed: each has its answer, in order."""
    first = HEAD + b"Content-Length: " + LENGTH + b"\r\n\r\n" + BODY
    last = SECOND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    came = exchange(server.port, first + last)
    assert re.findall(rb"HTTP/1\.1 (\d+)", came) == [b"200", b"200"]
    assert came.endswith(b'{"status":"ok"}')
