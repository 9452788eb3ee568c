"""What faults do to a gRPC answer: to its messages here, and below them where the connection came by the shared port.

There the relay sees the bytes of HTTP/2. This side asks it to wait for a marker, and sends that as the call's last
message: what stands before it goes on to the client, and in its place the stream or the connection ends. On a port of
gRPC's own nobody sees the bytes, so the call ends in the status that a client gives such an end.
"""

from collections.abc import Mapping
from itertools import count
from typing import Protocol, TypeAlias

import grpc

from apex_mock.core.faults.acting import Acting
from apex_mock.core.faults.effects import How
from apex_mock.core.types import Micros
from apex_mock.errors import Code, Prepared
from apex_mock.faultfile import HEADER
from apex_mock.faulting import ACTING
from apex_mock.transports.broken import header_value
from apex_mock.wire.broken import broken_message, spoilt

Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"
MARKER = b"\xff\xff\xffapex-mock-"  # no message begins so: field numbers end before that
_numbers = count()


class Relay(Protocol):
    """A connection on the shared port; `heard` is when its client was last heard of, by the system's time."""

    heard: Micros

    def expect(self, marker: bytes, how: How) -> None:
        """When a message of these bytes comes by: reset the connection (drop), or end its stream (no_end)."""

    def forget(self, marker: bytes) -> None:
        """It comes no more."""

    def cut(self) -> None:
        """Ends the connection at once."""


Relays: TypeAlias = Mapping[str, Relay]  # by the name that gRPC has for the other end of a connection
NEAREST: Mapping[How, tuple[Code, str]] = {
    How.DROP: (Code.UNAVAILABLE, "Connection reset by peer"),
    How.NO_END: (Code.UNKNOWN, "Stream ended without trailers"),
}


class BrokenCall:
    """One call on which faults act: `start` first, each message through `messages`, `end` last."""

    def __init__(self, acting: Acting, context: Context, relays: Relays, *, streamed: bool) -> None:
        self._context, self._relays, self._streamed = context, relays, streamed
        self._damage = {damage.how: damage for damage in acting.damage}
        self._acting = acting
        self._sent = 0

    async def start(self) -> None:
        """Names the faults. Nothing is sent where the connection goes before the first chunk. Raises Prepared."""
        if How.WRONG_TYPE in self._damage:
            # grpcio lets nobody change the content type; this is what clients make of another one.
            kind = self._damage[How.WRONG_TYPE].text
            raise Prepared(Code.UNKNOWN, f"Received http2 header with content-type: {kind}")
        if not self._silent:
            await self._context.send_initial_metadata(metadata(self._acting))

    @property
    def _silent(self) -> bool:
        return How.DROP in self._damage and self._damage[How.DROP].at == 0

    def messages(self, message: bytes) -> list[bytes]:
        """The message as the faults leave it; none where nothing is to be sent."""
        self._sent += 1
        if self._silent:
            return []
        if not self._streamed:
            return [broken_message(message, self._damage, as_json=False)]
        malformed = How.MALFORMED in self._damage and self._damage[How.MALFORMED].at == self._sent
        return [spoilt(message, as_json=False) if malformed else message]

    def end(self) -> bytes | None:
        """The last message to send, if the answer's end is broken. Raises Prepared."""
        how = next((how for how in NEAREST if how in self._damage), None)
        if how is None:
            return None
        relay = self._relays.get(self._context.peer())
        if relay is None:
            code, details = NEAREST[how]
            raise Prepared(code, details)
        marker = MARKER + b"%016d" % next(_numbers)
        relay.expect(marker, how)

        def given_up(ctx: Context) -> None:
            # Then it is never sent, and the whole connection would wait for it.
            if not ctx.done():
                relay.forget(marker)

        self._context.add_done_callback(given_up)  # type: ignore[arg-type]  # the stubs want a class of their own
        return marker


def came(context: Context, relays: Relays) -> Micros | None:
    """When the call's request had come, where that is known: no later than its connection was last heard of."""
    relay = relays.get(context.peer())
    return relay.heard if relay is not None else None


async def broken_call(context: Context, relays: Relays, *, streamed: bool) -> BrokenCall | None:
    """What the faults make of the call under way, with its start sent; None where none acts. Raises Prepared."""
    acting = ACTING.get()
    if acting is None:
        return None
    broken = BrokenCall(acting, context, relays, streamed=streamed)
    await broken.start()
    return broken


def metadata(acting: Acting | None) -> tuple[tuple[str, str], ...]:
    """What names the faults to the client."""
    return () if acting is None else ((HEADER, header_value(acting.title).decode()),)
