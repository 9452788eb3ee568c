"""What faults do to the bytes of an HTTP answer: in this one place for REST, SSE, Connect and gRPC-Web.

            a stream, frame by frame                        an answer in one piece
drop        what was due, then a TCP reset                  the head and half of the body, then a TCP reset
no_end      without [DONE], end of stream, or trailers      without its last byte; then the connection closes
truncate    is shorter by its plan                          half of the body, and its length says so
malformed   frame `at` cannot be read                       cannot be read
wrong_type  its head says another content type              the same
"""

import gzip
from collections.abc import Iterator
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from apex_mock.asgi import BEGUN
from apex_mock.core.faults.acting import Acting
from apex_mock.core.faults.effects import How
from apex_mock.faultfile import HEADER
from apex_mock.faulting import ACTING
from apex_mock.wire.broken import broken_message, envelope, envelopes_of, events_of, half, spoilt

CONNECTION = "connection"  # its name in the state of an ASGI scope


class Connection(Protocol):
    """What a request came over, as far as faults go. Both let go first what is written."""

    def reset(self) -> None:
        """Ends it as a crash does, with a TCP reset."""

    def close(self) -> None:
        """Ends it in order."""


class Lost(ConnectionError):
    """The connection is gone on purpose, and there is none that could be ended, as in an ASGI test client."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("connection reset by a fault" if reset else "closed by a fault before the answer was whole")
        self.reset = reset


class Broken:
    """An ASGI `send` that names the faults in a header and does to the answer what they ask for; `end` comes last."""

    def __init__(self, send: Send, acting: Acting, scope: Scope) -> None:
        self._send, self._scope = send, scope
        self._title = header_value(acting.title)
        self._damage = {damage.how: damage for damage in acting.damage}
        self._start: Message = {}
        self._held = b""
        self._frames = 0
        self._kind = ""
        self._ends = self._damage.keys() & {How.DROP, How.NO_END}  # the connection's or the stream's end is wrong
        self._silent = How.DROP in self._damage and self._damage[How.DROP].at == 0
        self._over = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._open(message)
        elif message["type"] == "http.response.body" and self._framed:
            await self._stream(message)
        elif message["type"] == "http.response.body":
            self._held += message.get("body", b"")
            if not message.get("more_body", False):
                await self._whole()

    @property
    def _framed(self) -> bool:
        return self._kind.startswith(("text/event-stream", "application/connect+", "application/grpc-web"))

    @property
    def _json(self) -> bool:
        return "json" in self._kind

    async def _open(self, start: Message) -> None:
        headers = [*start["headers"], (HEADER.encode(), self._title)]
        self._kind = next((v.decode("latin-1") for name, v in headers if name.lower() == b"content-type"), "")
        if How.WRONG_TYPE in self._damage:
            headers = [(name, value) for name, value in headers if name.lower() != b"content-type"]
            headers.append((b"content-type", self._damage[How.WRONG_TYPE].text.encode()))
        self._start = {**start, "headers": headers}
        # The head of a stream leaves at once; that of an answer in one piece may tell its length, and waits for it.
        if self._framed and not self._silent:
            await self._send(self._start)

    # --- A stream -----------------------------------------------------------------------------------------------------

    async def _stream(self, message: Message) -> None:
        last, drops = not message.get("more_body", False), How.DROP in self._damage
        self._over = last
        if not self._silent:
            body = b"".join(self._changed(message.get("body", b"")))
            await self._send({**message, "body": body, "more_body": not last or drops})

    def _changed(self, body: bytes) -> Iterator[bytes]:
        """The frames of a part of a stream, as the faults leave them."""
        malformed = self._damage[How.MALFORMED].at if How.MALFORMED in self._damage else 0
        for frame, end in (events_of if self._kind.startswith("text/") else envelopes_of)(body):
            if end and self._ends:
                continue
            self._frames += not end
            if self._kind.startswith("text/"):
                yield spoilt(frame, as_json=True) if self._frames == malformed and not end else frame
            elif end:
                yield frame
            elif not self._scope["path"].endswith("Stream"):
                yield envelope(broken_message(frame[5:], self._damage, as_json=self._json))
            else:
                yield envelope(spoilt(frame[5:], as_json=self._json)) if self._frames == malformed else frame

    # --- An answer in one piece ---------------------------------------------------------------------------------------

    async def _whole(self) -> None:
        headers, body = dict(self._start["headers"]), self._held
        self._over = True
        if headers.get(b"content-encoding") == b"gzip":
            body = gzip.decompress(body)  # what is broken is what the client reads
            del headers[b"content-encoding"]
        body = broken_message(body, self._damage, as_json=self._json)
        headers[b"content-length"] = b"%d" % len(body)
        if self._silent:
            return
        await self._send({**self._start, "headers": list(headers.items())})
        if How.DROP in self._damage:
            body = half(body)
        elif How.NO_END in self._damage:
            body = body[:-1]
        await self._send({"type": "http.response.body", "body": body, "more_body": bool(self._ends)})

    # --- The end ------------------------------------------------------------------------------------------------------

    async def end(self, receive: Receive) -> None:
        """Ends the connection where a fault wants that. Raises Lost where there is none."""
        if not self._over or not self._ends or (self._framed and How.DROP not in self._damage):
            return
        reset = How.DROP in self._damage
        connection: Connection | None = self._scope.get("state", {}).get(CONNECTION)
        if connection is None:
            raise Lost(reset=reset)
        if reset:
            connection.reset()
        else:
            connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass


class Breakable:
    """An ASGI `send` for an application that answers by itself: by its first message it is known which faults act."""

    __slots__ = ("_begun", "_broken", "_scope", "_send")

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send, self._scope = send, scope
        self._begun = False
        self._broken: Broken | None = None

    async def __call__(self, message: Message) -> None:
        if not self._begun:
            self._begun = self._scope[BEGUN] = True
            if (acting := ACTING.get()) is not None:
                self._send = self._broken = Broken(self._send, acting, self._scope)
        await self._send(message)

    async def end(self, receive: Receive) -> None:
        """Raises Lost."""
        if self._broken is not None:
            await self._broken.end(receive)


def header_value(title: str) -> bytes:
    """The title as a header may have it."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in title).encode()
