"""Many processes on one port: starts the workers, replaces those that die, ends them all. It answers nothing itself.

Each worker has a listening socket of its own on the shared port, and the kernel draws which of them gets a connection.
A worker listens only once it can answer, so none is given to one that cannot. What the two say to each other, over the
worker's standard input and output:

supervisor   worker
orders    ->            pickled
          <- ready      or: error TEXT
listen    ->            at the start, once all are ready
          <- listening

The end of its standard input tells a worker that its supervisor is gone, however it went: it then ends by itself.
"""

import asyncio
import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from apex_mock.clock import stopwatch
from apex_mock.listening import Bind, bind_shared, check_exposure, sibling
from apex_mock.private import PrivateFolder
from apex_mock.settings import MEMORY, Settings

READY, LISTEN, LISTENING, ERROR = "ready", "listen", "listening", "error"
STEADY = 10.0  # seconds after which a worker's end is no failure to start
LONGEST_WAIT = 10.0  # seconds between two tries to replace one that ends again and again
END_WITHIN = 5.0  # seconds for workers to end by themselves; their own grace is far shorter
_HOME = str(Path(__file__).parent.parent)
# The package that this one is of, wherever the path of a new process would find another.
_CODE = (
    f"import sys; sys.path.insert(0, {_HOME!r}); import apex_mock; del sys.path[0];"
    " from apex_mock.worker import main; main()"
)
log = logging.getLogger("apex_mock")


class CannotStart(Exception):
    """A worker ended before it could answer; the message is its own, in one line."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told. `socket` is a file descriptor that it has inherited."""

    settings: Settings
    where: Bind
    socket: int


class Supervisor:
    """`start` returns when every worker answers; `stop` ends them all within their grace."""

    def __init__(self, settings: Settings, where: Bind, workers: int) -> None:
        self.settings, self.where, self.count = settings, where, workers
        self._folder: PrivateFolder | None = None
        self._held: list[socket.socket] = []
        self._workers: dict[int, Worker] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Raises CannotListen, CannotStart."""
        check_exposure(self.where, self.settings)
        if self.settings.store == MEMORY:
            # No process can look into another's memory.
            self._folder = PrivateFolder()
            self.settings = replace(self.settings, store=f"sqlite:{self._folder.path / 'state.db'}")
        try:
            # These never listen: they keep the ports when no worker does.
            port, grpc_port = self._hold(self.where.port, "--port"), None
            if self.where.grpc_port is not None:
                grpc_port = self._hold(self.where.grpc_port, "--grpc-port")
            self.where = replace(self.where, port=port, grpc_port=grpc_port)
            numbers = range(1, self.count + 1)
            await _all(self._hire(number) for number in numbers)
            await _all(self._workers[number].listen() for number in numbers)
        except BaseException:
            await self.stop()
            raise
        self._keepers = [asyncio.create_task(self._keep(number)) for number in numbers]

    def _hold(self, port: int, flag: str) -> int:
        self._held.append(bind_shared(self.where.host, port, flag))
        return int(self._held[-1].getsockname()[1])

    async def _hire(self, number: int) -> None:
        """Starts a worker and waits until it is ready. Raises CannotStart."""
        # The worker's alone: the kernel closes it with its owner, and nothing waits there for one who is gone.
        with sibling(self._held[0]) as own:
            orders = Orders(self.settings, self.where, own.fileno())
            worker = self._workers[number] = await Worker.start(number, orders)
        await worker.ready()

    async def _keep(self, number: int) -> None:
        """Replaces a worker whenever it ends; at once the first time, then less and less eagerly."""
        in_a_row, missing = 0, False
        while True:
            why = await self._workers[number].ended()
            in_a_row = in_a_row + 1 if missing or self._workers[number].age < STEADY else 1
            wait = 0.0 if in_a_row == 1 else min(LONGEST_WAIT, 0.25 * 2**in_a_row)
            then = (
                "starting another" if not wait else f"that is {in_a_row} times in a row, another follows in {wait:g} s"
            )
            log.warning("worker %d (process %d) %s; %s", number, self._workers[number].pid, why, then)
            await asyncio.sleep(wait)
            try:
                await self._hire(number)
                await self._workers[number].listen()
                missing = False
            except CannotStart:  # it has ended, which is seen next
                missing = False
            except OSError as error:  # no process or file is to be had now; that the one before has ended is seen again
                missing = True
                log.warning("worker %d cannot be replaced: %s", number, error.strerror or error)

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers.values()))
        for held in self._held:
            held.close()
        if self._folder is not None:
            self._folder.remove()


class Worker:
    """One process, from outside."""

    def __init__(self, number: int, process: asyncio.subprocess.Process) -> None:
        self.number, self.pid = number, process.pid
        self._process = process
        self._began = stopwatch()
        self._fault = ""

    @classmethod
    async def start(cls, number: int, orders: Orders) -> "Worker":
        pipe = asyncio.subprocess.PIPE
        # The last words are for those who read the list of processes.
        command = [sys.executable, "-P", "-c", _CODE, "apex-mock", f"worker-{number}"]
        # A process group of its own: Ctrl-C in a terminal is for the supervisor, which then ends them in order.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, pass_fds=[orders.socket], process_group=0
        )
        worker = cls(number, process)
        await worker._tell(pickle.dumps(orders))
        return worker

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return stopwatch() - self._began

    async def ready(self) -> None:
        await self._hear(READY)

    async def listen(self) -> None:
        await self._tell(f"{LISTEN}\n".encode())
        await self._hear(LISTENING)

    async def _tell(self, what: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # it has ended, which is heard next
            self._process.stdin.write(what)
            await self._process.stdin.drain()

    async def _hear(self, expected: str) -> None:
        assert self._process.stdout is not None
        said = (await self._process.stdout.readline()).decode().strip()
        if said != expected:
            self._fault = said.removeprefix(ERROR).strip()
            raise CannotStart(self._fault or f"worker {self.number} {await self.ended()} before it could answer")

    async def ended(self) -> str:
        """How it ended, once it has: `was killed by SIGKILL`, `ended with code 1`."""
        code = await self._process.wait()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"could not start: {self._fault}" if self._fault else f"ended with code {code}"

    async def stop(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_WITHIN):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def _signal(self, what: signal.Signals) -> None:
        """Not by the process's own `terminate`: that reaps one that has just ended behind asyncio's back, which then
        says on standard error that it knows no such child (Python 3.11 and 3.12)."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, what)


async def _all(starting: Iterable[Coroutine[None, None, None]]) -> None:
    """Waits for all of them, and raises the first that was raised."""
    for outcome in await asyncio.gather(*starting, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
