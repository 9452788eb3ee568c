"""A port for a server that comes and goes.

Not one of those that the system itself gives away, to servers and to clients' ends: while the server is down, another
test could get it, and a client that tries again and again could even connect to itself.
"""

import secrets
import socket

FIRST, COUNT = 20_000, 12_000


def free_port() -> int:
    while True:
        port = FIRST + secrets.randbelow(COUNT)  # no seed: parallel tests have the same one
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
