"""How long a gRPC call waits for its client: for the message that asks, and for the client to read the answer.

A message that does not come in time ends its call. An answer that is not read ends its connection: grpcio would send
a call's end only behind what the client's window holds back, and has no way to give up both.
"""

import asyncio
from contextlib import suppress
from typing import Any, TypeAlias

import grpc

from apex_mock.transports import grpc_sockets
from apex_mock.transports.grpc_broken import Context, Relays
from apex_mock.waiting import LOOK_EVERY, MOST_WAITS, Patience

AT_A_TIME = 64 * 1024  # bytes that a client is to read in the time of --write-timeout
Task: TypeAlias = "asyncio.Task[Any]"
Sent: TypeAlias = tuple[Context, int]


class Clients:
    """Those of one server: what each is waited for, and their connections by the shared port.

    A call only notes what it waits for. A look each second finds what is still the same as before, and for how long.
    """

    def __init__(self, patience: Patience, relays: Relays) -> None:
        self._patience, self._limits, self.relays = patience, patience.settings, relays
        self.asking: set[Context] = set()  # calls whose message has not come yet
        self._reading: dict[Task | None, Sent | None] = {}  # by the task that answers: what the client is to read
        self._asking_since: dict[Context, float] = {}
        self._reading_since: dict[Task | None, tuple[Sent, float]] = {}
        self._ending: set[Task] = set()
        self._loop = asyncio.get_running_loop()
        self.port = 0  # of gRPC's own, if there is one
        self.deadline = 0.0

    def start(self) -> None:
        self._patience.wait(self, LOOK_EVERY, self._loop)

    def stop(self) -> None:
        self._patience.over(self)

    def reads(self, context: Context, size: int) -> None:
        """The client of this task's call is to read so many bytes from now on."""
        task = asyncio.current_task()
        if task not in self._reading and task is not None:
            task.add_done_callback(self._reading.pop)  # the context's own would keep it until the collector comes by
        self._reading[task] = context, size

    def rests(self) -> None:
        """It has read what it was sent, if anything was."""
        task = asyncio.current_task()
        if task in self._reading:
            self._reading[task] = None

    def expired(self) -> None:
        """A second has passed."""
        self.look(self._loop.time())
        self.start()

    def look(self, now: float) -> None:
        """Ends the calls whose messages do not come, and the connections on which nobody reads."""
        self._asking_since = {context: self._asking_since.get(context, now) for context in self.asking}
        for context, since in self._asking_since.items():
            if now - since >= self._limits.body_timeout and not context.done():
                ending = self._loop.create_task(self._end(context))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
        before, self._reading_since, silent = self._reading_since, {}, set()
        for task, sent in self._reading.items():
            if sent is not None:
                known = before.get(task)
                since = known[1] if known is not None and known[0] is sent else now
                self._reading_since[task] = sent, since
                context, size = sent
                if now - since >= self._limits.write_timeout * min(MOST_WAITS, 1 + size // AT_A_TIME):
                    silent.add(context.peer())
        if silent:
            self._cut(silent)

    async def _end(self, context: Context) -> None:
        most = self._limits.body_timeout
        if context in self.asking:
            with suppress(grpc.aio.AbortError):
                await context.abort(
                    grpc.StatusCode.DEADLINE_EXCEEDED, f"the message was not there within {most:g} s (--body-timeout)"
                )

    def _cut(self, peers: set[str]) -> None:
        """Ends the connections whose other ends have these names with gRPC."""
        for peer in peers & self.relays.keys():
            self.relays[peer].cut()
        if own := {peer for peer in peers if peer.startswith("ip")}:
            grpc_sockets.cut(own, self.port)
