"""A server as a process of its own: until a signal ends it, or the one that it works for."""

import asyncio
import gc
import signal
from collections.abc import Callable

import uvloop

from apex_mock.server import Server

# The collector looks at the young, ten thousand of them, in about a millisecond; at all the old, which takes a tenth of
# a second in which no chunk leaves, hardly ever. A tenth as many young ones at a time would cost each call 5 us more.
COLLECT_AFTER = (10_000, 5, 1000)


def run(server: Server, listening: Callable[[], None], *, lifeline: int | None = None) -> None:
    """Serves until SIGTERM or SIGINT, or until the file `lifeline` ends; calls `listening` once every port answers.

    Raises CannotListen, StoreFailed.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(server, listening, lifeline))


async def _until_told(server: Server, listening: Callable[[], None], lifeline: int | None) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    if lifeline is not None:
        loop.add_reader(lifeline, told.set)
    await server.start()
    # What is there now stays, and the corpus' index stays once it is made: the collector, which was off until here,
    # need not go through them again and again.
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()
    listening()
    await told.wait()
    if lifeline is not None:
        loop.remove_reader(lifeline)
    await server.stop()
