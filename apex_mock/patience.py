"""How long the one port waits for a client of HTTP/1.1, and how much of a head it reads: what uvicorn leaves open.

A head that trickles, a body that stalls and a reader that stops reading end with their connection. A request that comes
in one piece is not waited for, and costs nothing.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from apex_mock.asgi import CAME
from apex_mock.waiting import MOST_WAITS, Patience

PIECE = 16 * 1024  # bytes that are read at a time, so that what is too long is seen before it has been read whole
BAD = b"400 Bad Request"
TOO_LONG = b"431 Request Header Fields Too Large"
TOO_SLOW = b"408 Request Timeout"
TOO_MANY = b"429 Too Many Requests"


def refusal(status: bytes, detail: str) -> bytes:
    """A whole answer that ends its connection."""
    body = b'{"detail":"%b"}' % detail.encode("ascii")
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n"
    again = b"retry-after: 1\r\n" if status is TOO_MANY else b""
    return head % (status, len(body)) + again + b"\r\n" + body


class Http(HttpToolsProtocol):
    """uvicorn's, with limits on head and patience. It also notes when each request had been read: from then on its
    answer's timetable runs."""

    deadline = 0.0
    _in_head = _in_body = _refused = _stalled = False
    _head = 0  # bytes of the head so far, whole fields and what is left of a read
    _piece = 0  # bytes of the piece that is being read
    _framing = 0  # bytes received since the head that are none of the body: chunk lines, trailers
    _begun = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: Patience = self.app_state["patience"]
        self._most = self._patience.settings.max_header_bytes

    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        if self._piece > PIECE:
            for start in range(0, len(data), PIECE):
                self.data_received(data[start : start + PIECE])
            return
        if self._refused:
            return
        self._framing += self._piece
        super().data_received(data)
        if self._in_head:
            self._head += self._piece
            if self._head > self._most:
                self._too_long()
            elif not self._stalled:
                self._wait(self._patience.settings.header_timeout)
        elif self._in_body and self._framing > self._most:
            self._refuse(BAD, f"the lines around the body's chunks are longer than {self._most} bytes")
        elif self._in_body:
            if not self._stalled:
                self._begun = self.loop.time()
            longest = self._begun + MOST_WAITS * self._patience.settings.body_timeout - self.loop.time()
            self._wait(max(0.0, min(longest, self._patience.settings.body_timeout)))
        elif self._stalled:
            self._wait_no_more()

    def _wait(self, seconds: float) -> None:
        self._stalled = True
        self._patience.wait(self, seconds, self.loop)

    def _wait_no_more(self) -> None:
        self._stalled = False
        self._patience.over(self)

    # --- The parser's calls -------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._stalled:
            self._wait_no_more()
        # A head that came in pieces short enough need not be added up.
        if self._head + self._piece > self._most and self._head_size() > self._most:
            self._too_long()
        else:
            self._in_body, self._framing = True, 0
            super().on_headers_complete()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._framing -= len(body)
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if not self._refused:
            self.scope[CAME] = self.app_state["system"]()  # type: ignore[literal-required]  # ASGI lets servers add keys
            super().on_message_complete()

    # --- What becomes of those that are too long or too slow ----------------------------------------------------------

    def _too_long(self) -> None:
        self._refuse(
            TOO_LONG, f"the head is longer than this server's limit of {self._most} bytes (--max-header-bytes)"
        )

    def _refuse(self, status: bytes, detail: str) -> None:
        self._refused, self._in_head, self._in_body = True, False, False
        self._patience.over(self)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(refusal(status, detail))
        self.transport.close()

    def expired(self) -> None:
        if self.flow.write_paused:
            self.transport.abort()
        elif self._in_head:
            most = self._patience.settings.header_timeout
            self._refuse(TOO_SLOW, f"the head was not there within {most:g} s (--header-timeout)")
        elif self._in_body:
            most = self._patience.settings.body_timeout
            self._refuse(TOO_SLOW, f"the body did not go on within {most:g} s (--body-timeout)")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.wait(self, self._patience.settings.write_timeout, self.loop)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._stalled:
            self._patience.over(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.over(self)
        super().connection_lost(exc)

    def withdraw(self) -> None:
        """The connection speaks something else, so all that is this protocol's goes."""
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # the two know each other
