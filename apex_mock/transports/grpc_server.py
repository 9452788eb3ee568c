"""Constellation over gRPC, on grpcio: the same table of methods, health checking and reflection."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias

import grpc
from google.protobuf import descriptor_pool, empty_pb2, struct_pb2, timestamp_pb2
from grpc_health.v1 import health as grpc_health
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2
from protobuf import Message

from apex_mock.errors import ApexError, Code, Crash, InvalidRequest
from apex_mock.faulting import ACTING
from apex_mock.mock import ApexMock
from apex_mock.transports.grpc_broken import Context, Relays, broken_call, came, metadata
from apex_mock.transports.grpc_waiting import AT_A_TIME, Clients
from apex_mock.waiting import Patience
from apex_mock.wire import rpc
from apex_mock.wire.gen.apex.v1 import apex_pb
from apex_mock.wire.methods import METHODS, SERVICE, Method

STATUS: dict[Code, grpc.StatusCode] = {
    code: grpc.StatusCode.CANCELLED if code is Code.CANCELED else grpc.StatusCode[code.name] for code in Code
}
OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_concurrent_streams", 2000),
    # Beyond 1,000 calls that wait to be taken up grpc refuses some at random, whoever made them: one client that makes
    # many and gives them up at once would have the calls of others canceled.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 200_000),
)
Requests: TypeAlias = AsyncIterator[bytes]
Streaming: TypeAlias = Callable[[Requests, Context], AsyncIterator[bytes]]
RpcHandler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
_TRANSPORT = "grpc"
STOP_WITHIN = 0.5  # seconds that a stop may take after its grace
log = logging.getLogger("apex_mock")


class GrpcServer:
    """grpcio's server with every service on it: on a private Unix socket, and on ports of its own.

    Its ports are its alone unless they are `shared`: gRPC's own way is that a second server on a taken port starts
    without a word and takes every other connection. `relays` are the connections by the private socket, as they come
    and go, by the name of their other end.
    """

    def __init__(
        self,
        mock: ApexMock,
        unix_path: str,
        patience: Patience,
        relays: Relays = MappingProxyType({}),
        *,
        shared: bool = False,
    ) -> None:
        settings = mock.settings
        more = (
            ("grpc.so_reuseport", int(shared)),
            ("grpc.max_receive_message_length", settings.max_body_bytes),
            # Between the two, gRPC refuses the more of them the longer they are: so both are the same.
            ("grpc.max_metadata_size", settings.max_header_bytes),
            ("grpc.absolute_max_metadata_size", settings.max_header_bytes),
            ("grpc.max_allowed_incoming_connections", settings.max_connections),  # of each port
            ("grpc.server_handshake_timeout_ms", math.ceil(settings.header_timeout * 1000)),
            ("grpc.max_connection_idle_ms", math.ceil(settings.idle_timeout * 1000)),
        )
        self._clients = Clients(patience, relays)
        self._server = grpc.aio.server(options=[*OPTIONS, *more])
        self._server.add_generic_rpc_handlers((_Methods(mock, self._clients),))
        self._health = grpc_health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server, pool=_private_pool())
        self._server.add_insecure_port(f"unix:{unix_path}")

    def listen(self, host: str, port: int, tls: tuple[bytes, bytes] | None = None) -> int:
        """Opens a port, with a key and a certificate over TLS, and returns its number. Raises RuntimeError."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if tls is None:
            opened = self._server.add_insecure_port(address)
        else:
            opened = self._server.add_secure_port(address, grpc.ssl_server_credentials([tls]))
        self._clients.port = int(opened)
        return self._clients.port

    async def start(self) -> None:
        await self._server.start()
        self._clients.start()
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace: float) -> None:
        self._clients.stop()
        await self._health.enter_graceful_shutdown()
        # Calls that were given up in great numbers leave grpc waiting for what does not come.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.stop(grace), grace + STOP_WITHIN)


def _private_pool() -> descriptor_pool.DescriptorPool:
    """Descriptors for reflection, apart from the default pool: there the official SDKs register `apex.v1`."""
    pool = descriptor_pool.DescriptorPool()
    for known in (empty_pb2, struct_pb2, timestamp_pb2, health_pb2, reflection_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(apex_pb.desc().proto.to_binary())
    return pool


class _Methods(grpc.GenericRpcHandler):
    """Finds the handler of a path; None makes grpcio answer UNIMPLEMENTED."""

    def __init__(self, mock: ApexMock, clients: Clients) -> None:
        self._mock = mock
        self._handlers = {method.path: _handler(mock, method, clients) for method in METHODS}
        # Only a handler that streams can end a call otherwise than it should; to the client both are the same.
        self._breakable = {method.path: _breakable(mock, method, clients) for method in METHODS}

    def service(self, call_details: grpc.HandlerCallDetails) -> "RpcHandler | None":
        may_break = self._mock.may_break(call_details.invocation_metadata)
        handler = (self._breakable if may_break else self._handlers).get(call_details.method)
        if handler is None and str(call_details.method).startswith("/apex."):
            scope = self._mock.gate.scope_of(tuple(call_details.invocation_metadata or ()))
            self._mock.surprise_soon(scope, f"gRPC {call_details.method}: no such method")
        return handler


def _handler(mock: ApexMock, method: Method, clients: Clients) -> RpcHandler:
    # Bytes go through as they are: a deserializer that raises would be answered with UNKNOWN and no word of why. And
    # each handler reads its one message itself: grpcio never answers a unary call that ends without one.
    if method.handle is None:
        return grpc.stream_stream_rpc_method_handler(_stream(mock, method, clients))
    call = _chat(mock, method, clients) if method.name == "ChatCompletion" else _unary(mock, method, clients)
    return grpc.stream_unary_rpc_method_handler(call)


def _breakable(mock: ApexMock, method: Method, clients: Clients) -> RpcHandler:
    """The same, for calls on which a fault may act."""
    if method.handle is None:
        return _handler(mock, method, clients)
    return grpc.stream_stream_rpc_method_handler(_broken_unary(mock, method, clients))


async def _admit(mock: ApexMock, context: Context) -> Any:
    return await mock.gate.admit(tuple(context.invocation_metadata() or ()), _TRANSPORT, mock.clock.now)


async def _read(method: Method, context: Context, clients: Clients, read: Callable[[bytes], Any]) -> Any:
    clients.asking.add(context)
    try:
        data = await context.read()
    finally:
        clients.asking.discard(context)
    if not isinstance(data, bytes):  # EOF
        raise InvalidRequest("the call ended without a whole message")
    try:
        return read(data)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"the message is not a {method.input.desc().name}: {error}") from None


def _unary(mock: ApexMock, method: Method, clients: Clients) -> Callable[[Requests, Context], Awaitable[bytes]]:
    handle = method.handle
    assert handle is not None
    read = method.input.from_binary

    async def call(_: Requests, context: Context) -> bytes:
        try:
            caller = await _admit(mock, context)
            answer: Message[Any] = await handle(mock, await _read(method, context, clients, read), caller)
            message = await _broken(answer.to_binary(), context)
            clients.reads(context, len(message))
            return message
        except Exception as error:
            return await _fail(method, context, error)

    return call


def _chat(mock: ApexMock, method: Method, clients: Clients) -> Callable[[Requests, Context], Awaitable[bytes]]:
    """The busiest call by a shorter way: from bytes to bytes without a message in between."""

    async def call(_: Requests, context: Context) -> bytes:
        try:
            caller = await _admit(mock, context)
            asked = await _read(method, context, clients, rpc.read_chat)
            answer = await mock.chat(asked, caller, came(context, clients.relays))
            message = await _broken(rpc.completion_binary(await mock.finish(answer)), context)
            clients.reads(context, len(message))
            return message
        except Exception as error:
            return await _fail(method, context, error)

    return call


async def _broken(message: bytes, context: Context) -> bytes:
    """For a fault that another process has laid since this call's handler was chosen. Raises Prepared."""
    broken = await broken_call(context, {}, streamed=False)
    if broken is None:
        return message
    changed = broken.messages(message)
    broken.end()
    return changed[0]


def _broken_unary(mock: ApexMock, method: Method, clients: Clients) -> Streaming:
    handle = method.handle
    assert handle is not None
    read = method.input.from_binary

    async def call(_: Requests, context: Context) -> AsyncIterator[bytes]:
        try:
            caller = await _admit(mock, context)
            answer: Message[Any] = await handle(mock, await _read(method, context, clients, read), caller)
            broken = await broken_call(context, clients.relays, streamed=False)
            for message in broken.messages(answer.to_binary()) if broken else [answer.to_binary()]:
                clients.reads(context, len(message))
                yield message
            if broken is not None and (last := broken.end()) is not None:
                yield last
        except Exception as error:
            await _fail(method, context, error)

    return call


def _stream(mock: ApexMock, method: Method, clients: Clients) -> Streaming:
    async def call(_: Requests, context: Context) -> AsyncIterator[bytes]:
        try:
            caller = await _admit(mock, context)
            asked = await _read(method, context, clients, rpc.read_stream)
            answer = await mock.chat(asked, caller, came(context, clients.relays))
            broken = await broken_call(context, clients.relays, streamed=True)
            left = len(answer.plan.chunks)
            async with aclosing(mock.play(answer)) as parts:
                async for chunks in parts:
                    room = 0
                    for binary in rpc.chunk_binaries(answer.plan, chunks):
                        for message in broken.messages(binary) if broken else (binary,):
                            if room < len(message):
                                clients.reads(context, len(message))
                                room = AT_A_TIME
                            room -= len(message)
                            yield message
                    left -= len(chunks)
                    if left:
                        clients.rests()
            if broken is not None and (last := broken.end()) is not None:
                yield last
        except Exception as error:
            await _fail(method, context, error)

    return call


async def _fail(method: Method, context: Context, error: Exception) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError):  # while it waited for its client
        raise error
    await _abort(context, error if isinstance(error, ApexError) else _crash(method))


async def _abort(context: Context, error: ApexError) -> NoReturn:
    trailers = metadata(ACTING.get())
    if error.retry_after is not None:
        pushback = round(error.retry_after * 1000)
        trailers += (("retry-after", str(error.retry_seconds)), ("grpc-retry-pushback-ms", str(pushback)))
    await context.abort(STATUS[error.code], str(error), trailers)


def _crash(method: Method) -> Crash:
    """A bug of ours: the traceback goes to the log, never on the wire."""
    log.exception("unexpected error in %s", method.path)
    return Crash("Internal error")
