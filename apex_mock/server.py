"""The server: one port for everything, ready when bound, gone when stopped. In this task, or in a thread of its own."""

import asyncio
import logging
import socket
import threading
import warnings
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

import uvicorn
import uvloop

from apex_mock.app import create_app
from apex_mock.listening import BACKLOG, HERE, Bind, CannotListen, bind, check_exposure
from apex_mock.mock import ApexMock
from apex_mock.oneport import GrpcRelay, OnePortProtocol
from apex_mock.private import PrivateFolder
from apex_mock.settings import Settings
from apex_mock.stubfolder import folder_of
from apex_mock.tls import NAMES, Certificate
from apex_mock.transports.control.access import Access
from apex_mock.transports.grpc_server import GrpcServer
from apex_mock.waiting import Patience

GRACE = 0.3  # seconds for calls under way to end before they are cut


class _Cut(logging.Filter):
    """A stream that a stop cuts is no error: uvicorn would print a traceback for each."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, asyncio.CancelledError) or str(record.msg).startswith("Cancel %s running"))


_CUT = _Cut()


class Server:
    """A running fake. `start` returns when every port answers; `stop` ends it within a second, streams included."""

    def __init__(
        self,
        mock: ApexMock | None = None,
        where: Bind = HERE,
        *,
        settings: Settings | None = None,
        shared: socket.socket | None = None,
    ) -> None:
        """`shared` is a socket on a port that is other processes' too, see bind_shared; `where` then names its port."""
        self.mock = mock or ApexMock(settings)
        self.where = where
        self._shared = shared
        self._folder: PrivateFolder
        self._socket: socket.socket
        self._uvicorn: uvicorn.Server
        self._grpc: GrpcServer
        self._serving: asyncio.Task[None]
        self._stubs = folder_of(self.mock)

    @property
    def port(self) -> int:
        return self.where.port

    @property
    def grpc_port(self) -> int | None:
        return self.where.grpc_port

    @property
    def secure(self) -> bool:
        return self.where.secure

    @property
    def address(self) -> str:
        """host:port, as the SDKs want it in MACROCOSMOS_BASE_URL."""
        return self.where.address

    @property
    def url(self) -> str:
        return self.where.url

    def environment(self, key: str = "test-key") -> dict[str, str]:
        """The variables that point every client at this server."""
        return self.where.environment(key)

    async def start(self) -> None:
        """Raises CannotListen, StoreFailed."""
        check_exposure(self.where, self.mock.settings)
        await self.mock.start()
        if self._shared is not None:
            self._socket = self._shared
            self._socket.listen(BACKLOG)
        else:
            self._socket = bind(self.where.host, self.where.port)
        self.where = replace(self.where, port=self._socket.getsockname()[1])
        self._folder = PrivateFolder()
        relays: dict[str, GrpcRelay] = {}
        patience = Patience(self.mock.settings)
        try:
            grpc_path = str(self._folder.path / "grpc.sock")
            self._grpc = GrpcServer(self.mock, grpc_path, patience, relays, shared=self._shared is not None)
            if self.where.grpc_port is not None:
                self.where = replace(self.where, grpc_port=self._listen_for_grpc(self.where.grpc_port))
            await self._grpc.start()
        except BaseException:
            self._socket.close()
            self._folder.remove()
            raise
        if self._stubs is not None:
            await self._stubs.start()
        await self.mock.standing.ready()
        state = {"grpc_path": grpc_path, "relays": relays, "system": self.mock.clock.system}
        self._uvicorn = self._make_uvicorn(state | {"patience": patience})
        await self._uvicorn.startup(sockets=[])
        self._uvicorn.servers.append(await self._listen())
        self._serving = asyncio.create_task(self._uvicorn.main_loop())

    async def _listen(self) -> asyncio.Server:
        """As uvicorn would, but that a client has no more time for TLS than for its head."""
        server, config = self._uvicorn, self._uvicorn.config

        def protocol() -> asyncio.Protocol:
            return OnePortProtocol(config, server.server_state, server.lifespan.state)

        seconds = self.mock.settings.header_timeout if config.ssl else None
        return await asyncio.get_running_loop().create_server(
            protocol, sock=self._socket, ssl=config.ssl, ssl_handshake_timeout=seconds, backlog=BACKLOG
        )

    def _listen_for_grpc(self, port: int) -> int:
        host, certificate = self.where.host, self.where.certificate
        if self._shared is None:
            # Tried first: gRPC would say why it cannot in lines of its own on stderr.
            bind(host, port, "--grpc-port").close()
        tls = (certificate.key.read_bytes(), certificate.cert.read_bytes()) if certificate else None
        try:
            return self._grpc.listen(host, port, tls)
        except RuntimeError as error:
            raise CannotListen(f"cannot listen on {host}:{port} for gRPC: {error}") from None

    def _make_uvicorn(self, state: dict[str, Any]) -> uvicorn.Server:
        access = Access(frozenset({*NAMES, self.where.host}), self.mock.settings.control_token)
        app = create_app(self.mock, folder=self._stubs, access=access)
        app.state.ca = self.where.ca
        config = uvicorn.Config(
            app,
            http=OnePortProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
        )
        config.load()
        config.timeout_graceful_shutdown = GRACE  # type: ignore[assignment]  # typed int, used as seconds
        config.timeout_keep_alive = self.mock.settings.idle_timeout  # type: ignore[assignment]  # likewise
        if self.where.certificate is not None:
            config.ssl = self.where.certificate.context()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        server.lifespan.state.update(state)
        return server

    async def stop(self) -> None:
        if self._stubs is not None:
            await self._stubs.stop()
        self._serving.cancel()  # told to end, it would first sleep for a tenth of a second
        await asyncio.wait([self._serving])
        logging.getLogger("uvicorn.error").addFilter(_CUT)
        await asyncio.gather(self._grpc.stop(GRACE), self._uvicorn.shutdown(sockets=[self._socket]))
        # What was cut ends only now, and closes its connections.
        await asyncio.gather(*self._uvicorn.server_state.tasks, return_exceptions=True)
        await self.mock.close()
        self._folder.remove()

    async def __aenter__(self) -> "Server":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()


class ServerThread:
    """A server in a thread with a loop of its own, beside whatever the test does in its own loops.

    with serve() as server:
        client = ApexClient(base_url=server.address, secure=False, api_key="k")
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="apex-mock", daemon=True)

    def run(self, coroutine: Any) -> Any:
        """Runs a coroutine on the server's loop and returns its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def __enter__(self) -> Server:
        self._thread.start()
        try:
            self.run(self.server.start())
        except BaseException:
            self._end()
            raise
        return self.server

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.run(self.server.stop())
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        close(self._loop)


def close(loop: asyncio.AbstractEventLoop) -> None:
    """Closes a loop that has ended. It warns of connections that are still there, as over TLS one may be whose client
    is silent; where warnings are errors, uvloop would then never get to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        loop.close()


def serve(
    mock: ApexMock | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    grpc_port: int | None = None,
    certificate: Certificate | None = None,
    expose: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> ServerThread:
    """A fake for a `with` block, on a free port by default; `settings` are Settings' fields by name.

    A `host` that other machines can reach needs `expose=True` and the setting `control_token`.
    """
    where = Bind(host=host, port=port, grpc_port=grpc_port, certificate=certificate, expose=expose)
    return ServerThread(Server(mock or ApexMock(Settings.load(settings)), where))
