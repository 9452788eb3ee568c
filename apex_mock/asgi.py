"""What every HTTP route shares: a request whose body is bounded, answers made of bytes, headers read once.

These stand in for Starlette's own on the way of every call, where each microsecond shows: see `make bench`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from apex_mock.auth import RawHeaders, header_map
from apex_mock.errors import TooLarge


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
        super().__init__(orjson.dumps(value), b"application/json", status, headers)


class HttpRequest(Request):
    """A request whose body is read up to a limit."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        super().__init__(scope, receive)
        self._limit = limit
        self.raw_headers: RawHeaders = tuple(scope["headers"])

    async def body(self) -> bytes:
        """Raises TooLarge, before anything is read if the length is told beforehand."""
        told = header_map(self.raw_headers).get("content-length", "")
        if told.isdigit() and int(told) > self._limit:
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


class Endpoint:
    """A handler of requests as the ASGI application that a route wants."""

    def __init__(self, handle: Callable[[HttpRequest], Awaitable[Response]], limit: int) -> None:
        self._handle, self._limit = handle, limit
        self.__name__ = handle.__name__

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handle(HttpRequest(scope, receive, self._limit))
        await response(scope, receive, send)
