"""How long a gRPC call waits for its client: for the message that asks, and for the client to read the answer.

A message that does not come in time ends its call. An answer that is not read ends its connection: grpcio would send
a call's end only behind what the client's window holds back, and has no way to give up both.
"""

import asyncio
import math
from contextlib import suppress
from typing import Any, TypeAlias

import grpc

from apex_mock.transports import grpc_sockets
from apex_mock.transports.grpc_broken import Context, Relays
from apex_mock.waiting import LOOK_EVERY, MOST_WAITS, Patience

AT_A_TIME = 64 * 1024  # bytes that a client is to read in the time of --write-timeout
Wait: TypeAlias = "tuple[float, Context | None, bool]"  # until when, in the loop's time; whether for its message
NOT_WAITED_FOR: Wait = (math.inf, None, False)


class Clients:
    """Those of one server: until when each is waited for, and their connections by the shared port.

    What is done for every call is hardly more than an entry in a dict; whoever is late is found by a look each second.
    """

    def __init__(self, patience: Patience, relays: Relays) -> None:
        self._patience, self._limits, self.relays = patience, patience.settings, relays
        self._ending: set[asyncio.Task[None]] = set()
        self._calls: dict[asyncio.Task[Any] | None, Wait] = {}  # by the task that answers
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self.port = 0  # of gRPC's own, if there is one
        self.deadline = 0.0

    def start(self) -> None:
        self._patience.wait(self, LOOK_EVERY, self._loop)

    def stop(self) -> None:
        self._patience.over(self)

    def begins(self, context: Context) -> None:
        """A call has come, and this task answers it: its message is to follow."""
        task = asyncio.current_task()
        assert task is not None
        self._calls[task] = self._time() + self._limits.body_timeout, context, True
        task.add_done_callback(self._calls.pop)  # the context's own would keep it until the collector comes by

    def rests(self) -> None:
        """The client of this task's call has done what it was waited for."""
        self._calls[asyncio.current_task()] = NOT_WAITED_FOR

    def reads(self, context: Context, size: int) -> None:
        """The client of this task's call is to read so many bytes from now on."""
        times = 1 if size < AT_A_TIME else min(MOST_WAITS, 1 + size // AT_A_TIME)
        until = self._time() + self._limits.write_timeout * times
        self._calls[asyncio.current_task()] = until, context, False

    def expired(self) -> None:
        """A second has passed."""
        now, silent = self._time(), set()
        for task, (until, context, asks) in [*self._calls.items()]:
            if until > now or task is None or context is None:
                continue
            # What ends it now is to be read, too.
            self._calls[task] = now + self._limits.write_timeout, context, False
            if asks:
                ending = self._loop.create_task(self._end(task, context))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
            else:
                silent.add(context.peer())
        if silent:
            self._cut(silent)
        self.start()

    async def _end(self, task: asyncio.Task[Any], context: Context) -> None:
        most = self._limits.body_timeout
        if not (task.done() or context.done()):
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
