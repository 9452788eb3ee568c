"""What every HTTP route shares: a request whose body is bounded, answers made of bytes, headers read once.

These stand in for Starlette's own on the way of every call, where each microsecond shows: see `make bench`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from apex_mock.auth import RawHeaders
from apex_mock.core.types import Micros
from apex_mock.errors import TooLarge

JSON = b"application/json"
BEGUN = "apex.begun"  # in an ASGI scope: some of a stream has left
CAME = "apex.came"  # in an ASGI scope: the system's time when the last byte of the request was read


class Body(Response):
    """Bytes as they are. Without `length` they go out chunked, as a stream's do."""

    def __init__(
        self,
        body: bytes,
        media_type: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        length: bool = True,
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [(b"content-type", media_type)]
        if length:
            self.raw_headers.append((b"content-length", b"%d" % len(body)))
        for name, value in (headers or {}).items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))


class Json(Body):
    """A value as JSON."""

    def __init__(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(value), JSON, status, headers)


class Stream(Response):
    """A body that comes piece by piece, until it ends or the client goes; then the pieces' generator is closed.

    With each piece comes whether more may follow: a last one that says so leaves together with the body's end.
    In place of Starlette's, whose group of tasks for each stream costs as much as a whole small answer.
    """

    def __init__(
        self, pieces: AsyncGenerator[tuple[bytes, bool], None], media_type: bytes, headers: Mapping[str, str]
    ) -> None:
        self.status_code = 200
        self.background = None
        self._pieces = pieces
        self._over = self._gone = False
        self.raw_headers = [(b"content-type", media_type)]
        for name, value in headers.items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender = asyncio.current_task()
        assert sender is not None
        watching = asyncio.create_task(self._watch(receive, sender))
        try:
            async with aclosing(self._pieces) as pieces:
                scope[BEGUN] = True
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async for piece, more in pieces:
                    self._over = not more
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
                if not self._over:
                    self._over = True
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not self._gone:
                raise
            sender.uncancel()
        finally:
            if not self._over:  # else it ends by itself, now that the answer is whole
                watching.cancel()

    async def _watch(self, receive: Receive, sender: "asyncio.Task[Any]") -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if not self._over:
            self._gone = True
            sender.cancel()


class HttpRequest(Request):
    """A request whose body is read up to a limit."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        super().__init__(scope, receive)
        self._limit = limit
        self.raw_headers: RawHeaders = tuple(scope["headers"])

    @property
    def came(self) -> Micros | None:
        """The system's time when the whole request had been read; None where the server does not say."""
        return self.scope.get(CAME)

    async def body(self) -> bytes:
        """Raises TooLarge, before anything is read if the length is told beforehand."""
        for name, value in self.scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise self._too_large()
        body: bytes = b""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._limit:
                raise self._too_large()
            if not message.get("more_body", False):
                return body

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is longer than this server's limit of {self._limit} bytes (--max-body-bytes)")
