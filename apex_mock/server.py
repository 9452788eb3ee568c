"""The server: one port for everything, ready when bound, gone when stopped. In this task, or in a thread of its own."""

import asyncio
import logging
import socket
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
import uvloop

from apex_mock.app import create_app
from apex_mock.environment import environment
from apex_mock.mock import ApexMock
from apex_mock.oneport import OnePortProtocol
from apex_mock.settings import Settings
from apex_mock.stubfolder import folder_of
from apex_mock.tls import Certificate
from apex_mock.transports.grpc_server import GrpcServer

GRACE = 0.3  # seconds for calls under way to end before they are cut


class CannotListen(Exception):
    """The address cannot be had; the message says which and why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Where to listen. Port 0 picks a free one; `grpc_port` None opens no port for gRPC alone."""

    host: str = "127.0.0.1"
    port: int = 8080
    grpc_port: int | None = None
    certificate: Certificate | None = None


def bind(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A listening socket. Raises CannotListen, which names the flag that asks for another port."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        hint = f"; is another server on it? Try {flag} 0 for a free one" if error.errno == 98 else ""
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}{hint}") from None
    listening.setblocking(False)
    return listening


class _Cut(logging.Filter):
    """A stream that a stop cuts is no error: uvicorn would print a traceback for each."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, asyncio.CancelledError) or str(record.msg).startswith("Cancel %s running"))


_CUT = _Cut()


class Server:
    """A running fake. `start` returns when every port answers; `stop` ends it within a second, streams included."""

    def __init__(self, mock: ApexMock | None = None, where: Bind = Bind(), *, settings: Settings | None = None) -> None:
        self.mock = mock or ApexMock(settings)
        self.where = where
        self.port = where.port
        self.grpc_port = where.grpc_port
        self._folder: tempfile.TemporaryDirectory[str]
        self._socket: socket.socket
        self._uvicorn: uvicorn.Server
        self._grpc: GrpcServer
        self._serving: asyncio.Task[None]
        self._stubs = folder_of(self.mock)

    @property
    def secure(self) -> bool:
        return self.where.certificate is not None

    @property
    def address(self) -> str:
        """host:port, as the SDKs want it in MACROCOSMOS_BASE_URL."""
        host = f"[{self.where.host}]" if ":" in self.where.host else self.where.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.address}"

    def environment(self, key: str = "test-key") -> dict[str, str]:
        """The variables that point every client at this server."""
        return environment(self.url, key, self._ca)

    @property
    def _ca(self) -> str:
        certificate = self.where.certificate
        return str(certificate.ca) if certificate is not None and certificate.ca is not None else ""

    async def start(self) -> None:
        """Raises CannotListen."""
        self._socket = bind(self.where.host, self.where.port)
        self.port = self._socket.getsockname()[1]
        self._folder = tempfile.TemporaryDirectory(prefix="apex-mock-")
        try:
            grpc_path = str(Path(self._folder.name) / "grpc.sock")
            self._grpc = GrpcServer(self.mock, grpc_path)
            certificate = self.where.certificate
            tls = (certificate.key.read_bytes(), certificate.cert.read_bytes()) if certificate else None
            if self.where.grpc_port is not None:
                # Tried first: gRPC would say why it cannot in lines of its own on stderr.
                bind(self.where.host, self.where.grpc_port, "--grpc-port").close()
                self.grpc_port = self._grpc.listen(self.where.host, self.where.grpc_port, tls)
            await self._grpc.start()
        except (CannotListen, RuntimeError) as error:
            self._socket.close()
            self._folder.cleanup()
            if isinstance(error, CannotListen):
                raise
            raise CannotListen(f"cannot listen on {self.where.host}:{self.where.grpc_port} for gRPC: {error}") from None
        if self._stubs is not None:
            await self._stubs.start()
        self._uvicorn = self._make_uvicorn(grpc_path)
        await self._uvicorn.startup(sockets=[self._socket])
        self._serving = asyncio.create_task(self._uvicorn.main_loop())

    def _make_uvicorn(self, grpc_path: str) -> uvicorn.Server:
        app = create_app(self.mock, folder=self._stubs)
        app.state.ca = self._ca
        config = uvicorn.Config(
            app,
            http=OnePortProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            backlog=2048,
        )
        config.load()
        config.timeout_graceful_shutdown = GRACE  # type: ignore[assignment]  # typed int, used as seconds
        if self.where.certificate is not None:
            config.ssl = self.where.certificate.context()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        server.lifespan.state["grpc_path"] = grpc_path
        return server

    async def stop(self) -> None:
        if self._stubs is not None:
            await self._stubs.stop()
        self._uvicorn.should_exit = True
        await self._serving
        logging.getLogger("uvicorn.error").addFilter(_CUT)
        await asyncio.gather(self._grpc.stop(GRACE), self._uvicorn.shutdown(sockets=[self._socket]))
        # What was cut ends only now, and closes its connections.
        await asyncio.gather(*self._uvicorn.server_state.tasks, return_exceptions=True)
        await self.mock.close()
        self._folder.cleanup()

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
        self._loop.close()


def serve(
    mock: ApexMock | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    grpc_port: int | None = None,
    certificate: Certificate | None = None,
    settings: Mapping[str, Any] | None = None,
) -> ServerThread:
    """A fake for a `with` block, on a free port by default; `settings` are Settings' fields by name."""
    where = Bind(host=host, port=port, grpc_port=grpc_port, certificate=certificate)
    return ServerThread(Server(mock or ApexMock(Settings.load(settings)), where))
