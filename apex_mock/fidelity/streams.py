"""Streams driven at a running fake, and when each of their chunks came in.

The client does as little as it can for each chunk, so that what is seen is the server's doing: over both wires it reads
no more of an answer than shows that a chunk has come. grpcio's own client is three times as dear, and later by a third
of a millisecond. How late the client itself was shows in a timer that runs beside it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from apex_mock.clock import stopwatch

BEAT = 0.005  # seconds between two looks at how late the client is
CONNECT_WITHIN = 5.0  # seconds
PATIENCE = 30.0  # seconds that streams may take beyond their plan
PROMPT = "Explain black holes."
SEED = 7


class Failed(Exception):
    """The streams did not run as they should; the message says what came instead, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many streams of so many chunks, their starts spread over so many seconds (0: all at once)."""

    host: str
    port: int
    key: str
    profile: str
    streams: int
    chunks: int
    spread: float = 0.0


@dataclass(slots=True)
class Seen:
    """One stream: when its request left and when each chunk of text came in, in seconds on one stopwatch."""

    sent: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """All streams of one run, and how late the client's own timer was at each beat, in seconds."""

    streams: Sequence[Seen]
    own: Sequence[float]


async def connect(load: Load) -> socket.socket:
    """A connection that is open before anything is measured."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(load.host, load.port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise Failed(f"there is no host {load.host!r}") from None
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    where = f"{load.host}:{load.port}"
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            await loop.sock_connect(made, address)
    except ConnectionRefusedError:
        made.close()
        raise Failed(f"nothing listens at {where}; start it with apex-mock serve") from None
    except TimeoutError:
        made.close()
        raise Failed(f"no connection to {where} within {CONNECT_WITHIN:g} s: is it the right address?") from None
    except OSError as error:
        made.close()
        raise Failed(f"no connection to {where}: {error.strerror or error}") from None
    return made


async def drive(load: Load, seen: Sequence[Seen], starts: Sequence[Callable[[], Awaitable[None]]]) -> Run:
    """Starts each stream when it is its turn, and waits for all. Raises Failed."""
    loop = asyncio.get_running_loop()
    own: list[float] = []

    async def beat() -> None:
        due = stopwatch()
        while True:
            due += BEAT
            await asyncio.sleep(max(0.0, due - stopwatch()))
            own.append(max(0.0, stopwatch() - due))

    beating = loop.create_task(beat())
    begun = stopwatch()
    running: list[asyncio.Future[None]] = []
    for number, start in enumerate(starts):
        wait = begun + load.spread * number / len(starts) - stopwatch()
        if wait > 0:
            await asyncio.sleep(wait)
        running.append(asyncio.ensure_future(start()))
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*running)
    except TimeoutError:
        ended = sum(len(one.arrivals) >= load.chunks for one in seen)
        raise Failed(f"only {ended} of {len(seen)} streams had ended after {PATIENCE:.0f} s") from None
    finally:
        beating.cancel()
    for one in seen:
        del one.arrivals[load.chunks :]  # what follows says only why the stream ended
        if one.error or len(one.arrivals) < load.chunks:
            said = one.error or "the stream ended"
            raise Failed(f"a stream broke off after {len(one.arrivals)} of {load.chunks} chunks: {said}")
    return Run(seen, own)
