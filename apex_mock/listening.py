"""Where a server listens, and the sockets it listens on."""

import errno
import socket
from dataclasses import dataclass
from ipaddress import ip_address

from apex_mock.environment import environment
from apex_mock.settings import ADMIN_KEY, Settings
from apex_mock.tls import Certificate

BACKLOG = 2048
MOST_PORT = 65535


class CannotListen(Exception):
    """The address cannot be had; the message says which and why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Where to listen. Port 0 picks a free one; `grpc_port` None opens no port for gRPC alone. `expose`: other machines
    may reach it. Raises CannotListen for a number that is no port."""

    host: str = "127.0.0.1"
    port: int = 8080
    grpc_port: int | None = None
    certificate: Certificate | None = None
    expose: bool = False

    def __post_init__(self) -> None:
        for flag, port in (("--port", self.port), ("--grpc-port", self.grpc_port)):
            # The system would take the last 16 bits of it.
            if port is not None and not 0 <= port <= MOST_PORT:
                raise CannotListen(f"{flag}: {port} is no port; say one up to {MOST_PORT}, or 0 for a free one")

    @property
    def secure(self) -> bool:
        return self.certificate is not None

    @property
    def address(self) -> str:
        """host:port, as the SDKs want it in MACROCOSMOS_BASE_URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.address}"

    @property
    def ca(self) -> str:
        """The file of the authority that clients are to trust, "" where there is none of our own."""
        return str(self.certificate.ca) if self.certificate is not None and self.certificate.ca is not None else ""

    def environment(self, key: str = "test-key") -> dict[str, str]:
        """The variables that point every client at this address."""
        return environment(self.url, key, self.ca)


HERE = Bind()


def check_exposure(where: Bind, settings: Settings) -> None:
    """Raises CannotListen for a server that would be open to others without a word, or whose control API or making of
    keys would be."""
    if is_local(where.host):
        return
    if not where.expose:
        raise CannotListen(f"{where.host} lets other machines in; if they may, say so: --expose")
    if not settings.control_token:
        raise CannotListen("a server that other machines can reach wants a token for its control API: --control-token")
    if settings.admin_key == ADMIN_KEY:
        raise CannotListen(
            f"a server that other machines can reach wants an admin key that is not {ADMIN_KEY!r}, with which anybody"
            " could make API keys: --admin-key"
        )


def is_local(host: str) -> bool:
    """Whether only this machine can reach what listens on a host. Raises CannotListen for one that there is not."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _cannot(host, 0, "--port", error) from None
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def bind(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A listening socket. Raises CannotListen, which names the flag that asks for another port."""
    try:
        listening = _bound(host, port)
    except OSError as error:
        raise _cannot(host, port, flag, error) from None
    try:
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot(host, port, flag, error) from None
    return listening


def bind_shared(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A socket that does not listen yet and whose port only sockets of this function share. Raises CannotListen.

    Those of them that listen get the port's connections by turns, as the kernel draws.
    """
    try:
        if port:
            # Sharing would take a port that another server shares too: it must be free for one that shares nothing.
            bind(host, port, flag).close()
        return _bound(host, port, shared=True)
    except OSError as error:
        raise _cannot(host, port, flag, error) from None


def sibling(of: socket.socket) -> socket.socket:
    """Another socket on a shared port."""
    made = _unbound(of.family, of.proto, shared=True)
    made.bind(of.getsockname())
    return made


def _bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = _unbound(family, protocol, shared=shared)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def _unbound(family: int, protocol: int, *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM, protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return made


def _cannot(host: str, port: int, flag: str, error: OSError) -> CannotListen:
    hint = f"; is another server on it? Try {flag} 0 for a free one" if error.errno == errno.EADDRINUSE else ""
    return CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}{hint}")
