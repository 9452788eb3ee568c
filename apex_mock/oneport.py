"""One port for two servers: HTTP/1.1 is uvicorn's; a connection that opens with HTTP/2's preface is gRPC's.

The preface alone decides. A gRPC client waits for the server's SETTINGS before it sends headers, so nothing further can
be peeked at; the bytes then go through untouched, both ways, to the gRPC server on a private Unix socket.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from apex_mock.clock import Micros
from apex_mock.core.faults.effects import How
from apex_mock.patience import TOO_MANY, Http, refusal
from apex_mock.transports.broken import CONNECTION
from apex_mock.waiting import Patience

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FAR_TOO_MANY = 1.25  # of the most connections: beyond that one is cut before it has said a word
# What HTTP/2 says to one too many: no settings, and GOAWAY with ENHANCE_YOUR_CALM.
_WHY = b"too many connections (--max-connections)"
CALM = b"\0\0\0\4\0\0\0\0\0" + (8 + len(_WHY)).to_bytes(3, "big") + b"\7\0\0\0\0\0" + bytes(7) + b"\x0b" + _WHY
HEAD = b"HTTP/1."  # how an answer begins
MOST_HELD = 64 * 1024  # bytes of an answer that wait to be written together
LOOK_AGAIN = 0.001  # seconds between two looks whether all has left
FRAME_HEAD, MESSAGE_HEAD = 9, 5  # bytes before an HTTP/2 frame's payload, and before a gRPC message in it
END_OF_STREAM = b"\0\0\0\0\1"  # an empty DATA frame with its last flag, but for the stream's number
MOST_KEPT = 8 * 1024 * 1024  # bytes that wait for a marker: its call's client reads nothing, and does not go either
HIGH_WATER = 256 * 1024  # bytes waiting on one side before the other is told to stop


class OnePortProtocol(asyncio.Protocol):
    """Reads until it knows what the connection speaks, then hands it over and is out of the way.

    uvicorn makes one for each connection, and asks it to shut down as it does its own. All that HTTP/1.1 needs is made
    when a client connects, not when its first request waits for it.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config, self._state, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._patience: Patience = app_state["patience"]
        self._begun = b""
        self._full = False
        self._transport: asyncio.Transport
        self._http: Http | None = None
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        limit, there = self._patience.settings.max_connections, len(self._state.connections)
        self._full = there >= limit
        if there >= FAR_TOO_MANY * limit + 1:
            self._transport.abort()
            return
        self._patience.wait(self, self._patience.settings.header_timeout, self._loop)
        corked = Corked(self._transport, self._loop)
        self._http = Http(self._config, self._state, {**self._app_state, CONNECTION: corked}, self._loop)
        # uvicorn wants no more of a transport than Corked has. It now knows of the connection.
        self._http.connection_made(cast(asyncio.Transport, corked))

    def expired(self) -> None:
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.over(self)
        if self._http is not None:
            self._http.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        assert self._http is not None
        self._begun += data
        if self._full and (not PREFACE.startswith(self._begun) or self._begun.startswith(PREFACE)):
            self._refuse()
        elif self._begun.startswith(PREFACE):
            self._patience.over(self)
            self._http.withdraw()
            relay = GrpcRelay(self._loop, self._state, self._begun, self._app_state)
            self._transport.set_protocol(relay)
            relay.connection_made(self._transport)
        elif not PREFACE.startswith(self._begun):
            self._patience.over(self)
            self._transport.set_protocol(self._http)
            self._http.data_received(self._begun)

    def shutdown(self) -> None:
        self._transport.close()

    def _refuse(self) -> None:
        most = self._patience.settings.max_connections
        said = refusal(TOO_MANY, f"this server takes {most} connections at once and has them (--max-connections)")
        self._transport.write(CALM if self._begun.startswith(PREFACE) else said)
        self._transport.close()


class Corked:
    """A transport that joins an answer's head with what follows it in the same turn of the loop, and further writes of
    one turn with each other.

    uvicorn writes head and body apart, and each write wakes the client that waits for it: joined, a small answer costs
    a quarter less. A chunk of a stream that is alone in its turn goes out at once.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []
        self._size = 0
        self._joining = False
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol
        self.abort = transport.abort

    def write(self, data: bytes) -> None:
        if not self._joining:
            self._joining = True
            self._loop.call_soon(self._end_turn)
            if not data.startswith(HEAD):
                self._transport.write(data)
                return
        self._held.append(data)
        self._size += len(data)
        if self._size > MOST_HELD:  # an application that never waits must not pile up its whole answer here
            self._flush()

    def _end_turn(self) -> None:
        self._joining = False
        self._flush()

    def _flush(self) -> None:
        if self._held:
            held, self._held, self._size = self._held, [], 0
            if not self._transport.is_closing():  # the client may have gone in between
                self._transport.write(b"".join(held))

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset, once what is written has left."""
        self._flush()
        reset(self._transport, self._loop)


def reset(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
    """Ends a connection with RST instead of FIN, once what is written has left."""
    if transport.is_closing():
        return
    if transport.get_write_buffer_size():
        loop.call_later(LOOK_AGAIN, reset, transport, loop)
        return
    # A socket that does not linger is not closed in order: what closes it resets the connection.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Side(asyncio.Protocol):
    """One half of a relay: what it receives, its peer sends; when its peer is full, it stops reading."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.peer: _Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        if self.peer is not None and self.peer.transport is not None and not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def pause_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.resume_reading()

    def eof_received(self) -> bool:
        # Neither side of HTTP/2 goes on alone: a half-closed connection must not linger.
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()


class _ServerSide(_Side):
    """The gRPC server's side. It writes a stream message by message: the first goes on at once, and what comes within
    the next two turns of the loop in one piece."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._held: list[bytes] = []
        self._joining = False
        self._kept = b""  # what waits for a marker that is expected
        self.expected: dict[bytes, How] = {}

    def data_received(self, data: bytes) -> None:
        if self._joining:
            self._held.append(data)
        else:
            self._joining = True
            self._loop.call_soon(self._loop.call_soon, self._flush)
            self._pass(data)

    def _flush(self) -> None:
        self._joining = False
        held, self._held = self._held, []
        if held:
            self._pass(b"".join(held))

    def _pass(self, data: bytes) -> None:
        super().data_received(self._broken(data) if self.expected else data)

    def forget(self, marker: bytes) -> None:
        """A marker that may not come: what has waited for it goes on."""
        if self.expected.pop(marker, None) is not None:
            super().data_received(self._broken(b""))

    def _broken(self, data: bytes) -> bytes:
        """What of it goes on to the client: all of it waits until the markers are there that are on their way."""
        data, self._kept = self._kept + data, b""
        for marker, how in [*self.expected.items()]:
            at = data.find(marker)
            if at < 0:
                if len(data) > MOST_KEPT:
                    self._lose(b"")
                else:
                    self._kept = data
                return b""
            del self.expected[marker]
            start, rest = at - MESSAGE_HEAD - FRAME_HEAD, data[at + len(marker) :]
            stream = data[start + FRAME_HEAD - 4 : start + FRAME_HEAD]
            if how is How.DROP:
                self._lose(data[:start])
                return b""
            # An empty frame ends the stream. The trailers come after that, when the client no longer hears them; but
            # it must see them, since what they say of header compression holds for the calls to come.
            data = data[:start] + END_OF_STREAM + stream + rest
        return data

    def _lose(self, last: bytes) -> None:
        super().data_received(last)
        if self.peer is not None and self.peer.transport is not None:
            reset(self.peer.transport, self._loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._flush()
        super().connection_lost(exc)


class GrpcRelay(_Side):
    """The client's side of a gRPC connection. It notes when it last heard of the client, under the name by which the
    gRPC server knows the connection: a call of it has come no later than that."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, state: ServerState, begun: bytes, app_state: dict[str, Any]
    ) -> None:
        super().__init__()
        self._loop, self._state, self._begun = loop, state, begun
        self._grpc_path: str = app_state["grpc_path"]
        self._system: Callable[[], Micros] = app_state["system"]
        self._relays: dict[str, GrpcRelay] = app_state["relays"]
        self._patience: Patience = app_state["patience"]
        self.deadline = 0.0
        self.heard: Micros = 0
        self._name = ""
        self._connecting: asyncio.Task[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # it needs no more than shutdown()
        cast(asyncio.Transport, transport).pause_reading()
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        assert self.transport is not None
        # Joined before connecting: the server's SETTINGS may arrive before the connection call returns.
        server = _ServerSide(self._loop)
        self.peer, server.peer = server, self
        try:
            connected = await self._connect_socket()
            await self._loop.create_unix_connection(lambda: server, sock=connected)
        except OSError:
            self.transport.close()
            return
        assert server.transport is not None
        if self.transport.is_closing():
            server.transport.close()
            return
        self.heard = self._system()
        self._relays[self._name] = self
        server.transport.write(self._begun)
        self.transport.resume_reading()

    async def _connect_socket(self) -> socket.socket:
        connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connecting.setblocking(False)
        if sys.platform == "linux":
            connecting.bind(b"")  # Linux then gives it a name that no other socket has
            self._name = "unix-abstract:" + connecting.getsockname()[1:].decode()
        while True:
            try:
                connecting.connect(self._grpc_path)
            except BlockingIOError:  # more connections at once than the server's queue holds
                await asyncio.sleep(0.001)
            except OSError:
                connecting.close()
                raise
            else:
                return connecting

    def data_received(self, data: bytes) -> None:
        self.heard = self._system()
        super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.wait(self, self._patience.settings.write_timeout, self._loop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.over(self)

    def expired(self) -> None:
        self.cut()

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def expect(self, marker: bytes, how: How) -> None:
        """When a message of these bytes comes from the server: reset the connection (drop), or end its stream."""
        if isinstance(self.peer, _ServerSide):
            self.peer.expected[marker] = how

    def forget(self, marker: bytes) -> None:
        """The call of a marker that was expected is over, whether or not it has come."""
        if isinstance(self.peer, _ServerSide):
            self.peer.forget(marker)

    def connection_lost(self, exc: Exception | None) -> None:
        self._relays.pop(self._name, None)
        self._patience.over(self)
        self._state.connections.discard(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """uvicorn's word that the server ends; the gRPC server tells its clients by itself."""
        if self.transport is not None:
            self.transport.close()
