"""Ends connections of gRPC's own port. grpcio keeps them to itself; to the system they are this process's sockets."""

import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import TypeAlias
from urllib.parse import unquote

Address: TypeAlias = tuple[str, int]


def cut(peers: Iterable[str], port: int) -> None:
    """Resets this process's connections between its own port and others, by gRPC's names for those:
    `ipv4:127.0.0.1:4711`, `ipv6:%5B::1%5D:4711`. Goes once through all open files, however many the peers are."""
    wanted = {_address(peer) for peer in peers}
    for number in [int(entry.name) for entry in os.scandir("/dev/fd")]:
        with suppress(OSError), _socket(number) as found:
            here, there = found.getsockname(), found.getpeername()
            if isinstance(here, tuple) and here[1] == port and _plain(there) in wanted:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                found.shutdown(socket.SHUT_RDWR)


def _socket(number: int) -> socket.socket:
    """The socket that is open under a number, and stays it whatever becomes of the number. Raises OSError."""
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _address(peer: str) -> Address:
    host, _, port = unquote(peer).partition(":")[2].rpartition(":")
    return _plain((host.strip("[]"), int(port)))


def _plain(address: tuple[str, int]) -> Address:
    """Host and port, an IPv4 address as one also where its socket is of IPv6."""
    host = ip_address(address[0].partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, IPv6Address) else None
    return str(mapped or host), address[1]
