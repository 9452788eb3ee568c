"""Constellation over HTTP/1.1: Connect (its unary form is plain JSON POST) and gRPC-Web, on the Connect library.

What is added to the library's answers: D1's `error` beside Connect's `code` and `message` in every JSON error, and a
body where the library sends none.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

import orjson
from connectrpc.code import Code as ConnectCode
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from protobuf import Message
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from apex_mock.auth import RawHeaders, header_map
from apex_mock.core.types import Caller
from apex_mock.errors import ApexError
from apex_mock.mock import ApexMock
from apex_mock.transports.broken import Breakable
from apex_mock.wire import rpc
from apex_mock.wire.codec import CODECS
from apex_mock.wire.methods import METHODS, SERVICE, Method

PATH = f"/{SERVICE}"
PATHS = frozenset(method.path for method in METHODS)
NATIVE_GRPC = "gRPC needs HTTP/2: this connection speaks HTTP/1.1; use gRPC-Web or Connect on it"
# What Connect's own empty answers mean, by status.
_SILENT: dict[int, tuple[str, str]] = {
    404: ("unimplemented", f"there is no such method; {SERVICE} has {', '.join(m.name for m in METHODS)}"),
    405: ("unimplemented", "use POST"),
    415: ("invalid_argument", "send Content-Type: application/json, or application/proto"),
    505: ("unimplemented", NATIVE_GRPC),
}
_headers: ContextVar[RawHeaders] = ContextVar("headers")
_caller: ContextVar[Caller] = ContextVar("caller")
log = logging.getLogger("apex_mock")


class Service(ConnectASGIApplication[ApexMock]):
    def __init__(self, mock: ApexMock) -> None:
        super().__init__(
            service=mock,
            endpoints=_endpoints,
            interceptors=[_Admission(mock)],
            read_max_bytes=mock.settings.max_body_bytes,
            codecs=CODECS,
        )

    @property
    def path(self) -> str:
        return PATH


class _Admission:
    """Lets the caller in before the body is read."""

    def __init__(self, mock: ApexMock) -> None:
        self._mock = mock

    async def on_start(self, ctx: RequestContext[Any, Any]) -> None:
        headers = _headers.get()
        kind = header_map(headers).get("content-type", "")
        transport = "grpc-web" if kind.startswith("application/grpc-web") else "connect"
        try:
            caller = await self._mock.gate.admit(headers, transport, self._mock.clock.now)
        except ApexError as error:
            raise connect_error(error, ctx) from None
        _caller.set(caller)

    async def on_end(self, token: None, ctx: RequestContext[Any, Any], error: Exception | None) -> None:
        pass


def connect_error(error: ApexError, ctx: RequestContext[Any, Any]) -> ConnectError:
    if error.retry_after is not None:
        ctx.response_headers["retry-after"] = str(error.retry_seconds)
    return ConnectError(ConnectCode(error.code), str(error))


def _endpoints(mock: ApexMock) -> Mapping[str, Any]:
    return {method.path: _endpoint(mock, method) for method in METHODS}


def _endpoint(mock: ApexMock, method: Method) -> Any:
    info = MethodInfo(
        name=method.name,
        service_name=SERVICE,
        input=method.input,
        output=method.output,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=StreamType.UNARY if method.handle else StreamType.SERVER_STREAM,
    )
    if method.handle is None:
        return Endpoint.server_stream(info, _stream(mock))
    return Endpoint.unary(info, _unary(mock, method.handle))


def _unary(mock: ApexMock, handle: Any) -> Callable[[Any, RequestContext[Any, Any]], Awaitable[Message[Any]]]:
    async def call(request: Any, ctx: RequestContext[Any, Any]) -> Message[Any]:
        try:
            answer: Message[Any] = await handle(mock, request, _caller.get())
        except ApexError as error:
            raise connect_error(error, ctx) from None
        except Exception:
            raise _crash(ctx) from None
        return answer

    return call


def _stream(mock: ApexMock) -> Callable[[Any, RequestContext[Any, Any]], AsyncIterator[Message[Any]]]:
    async def call(request: Any, ctx: RequestContext[Any, Any]) -> AsyncIterator[Message[Any]]:
        try:
            answer = await mock.chat(rpc.stream_request(request), _caller.get())
            async for chunks in mock.play(answer):
                for message in rpc.chunk_responses(answer.plan, chunks):
                    yield message
        except ApexError as error:
            raise connect_error(error, ctx) from None
        except Exception:
            raise _crash(ctx) from None

    return call


def _crash(ctx: RequestContext[Any, Any]) -> ConnectError:
    """A bug of ours: the traceback goes to the log, never on the wire."""
    log.exception("unexpected error in %s", ctx.method.name)
    return ConnectError(ConnectCode.INTERNAL, "Internal error")


class Constellation:
    """The ASGI application to mount at PATH."""

    def __init__(self, mock: ApexMock) -> None:
        self._service: ASGIApp = Service(mock)
        self._mock = mock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: RawHeaders = tuple(scope["headers"])
        _headers.set(headers)
        kind = header_map(headers).get("content-type", "")
        breakable = Breakable(send, scope)
        polite = _PoliteSend(breakable)
        if scope["path"] not in PATHS:
            caller = self._mock.gate.scope_of(headers)
            await self._mock.surprise(caller, f"{scope['method']} {scope['path']}: no such method")
        if kind.startswith("application/grpc") and not kind.startswith("application/grpc-web"):
            await polite({"type": "http.response.start", "status": 505, "headers": []})
            await polite({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self._service(scope, receive, polite)
        await breakable.end(receive)


class _PoliteSend:
    """Holds an error's start back until its body is known, and makes that a body that every reader understands."""

    __slots__ = ("_send", "_start")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: AsgiMessage | None = None

    async def __call__(self, message: AsgiMessage) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._start = message
        elif self._start is not None:
            start, self._start = self._start, None
            body = error_body(start["status"], message["body"])
            headers = [(k, v) for k, v in start["headers"] if k not in (b"content-type", b"content-length")]
            start["headers"] = [
                *headers,
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
            ]
            await self._send(start)
            await self._send({**message, "body": body})
        else:
            await self._send(message)


def error_body(status: int, connect: bytes) -> bytes:
    """`error` as D1 documents it, `code` and `message` as Connect clients read them."""
    if connect:
        said = orjson.loads(connect)
    else:
        code, message = _SILENT.get(status, ("unknown", "the request could not be served"))
        said = {"code": code, "message": message}
    return orjson.dumps({"error": _D1_ERROR.get(said["code"], _title(said["code"])), **said})


_D1_ERROR = {"invalid_argument": "Invalid request"}


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()
