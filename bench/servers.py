"""Servers as real processes on a core of their own, and what the system says of them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
_BIN = Path(sys.executable).parent
FAKE = (str(_BIN / "apex-mock"),) if (_BIN / "apex-mock").exists() else (sys.executable, "-m", "apex_mock")
READY_WITHIN = 20.0


def on_core(*cores: int) -> Callable[[], None]:
    """For Popen's preexec_fn."""
    return lambda: os.sched_setaffinity(0, cores)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server under way; ready when its port takes connections, ended by SIGTERM."""

    def __init__(self, command: Sequence[str], *ports: int, cores: Sequence[int] = (SERVER_CORE,)) -> None:
        self.ports = ports
        self.command = list(command)
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=on_core(*cores)
        )

    @property
    def port(self) -> int:
        return self.ports[0]

    def __enter__(self) -> "Server":
        try:
            for port in self.ports:
                self._wait_for(port)
        except BaseException:
            self.stop()
            raise
        return self

    def _wait_for(self, port: int) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self.process.poll() is not None:
                said = self.process.stderr.read().decode() if self.process.stderr else ""
                raise RuntimeError(f"{' '.join(self.command)} ended with {self.process.returncode}:\n{said[-1500:]}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.002)
        raise RuntimeError(f"{' '.join(self.command)} did not listen on {port} within {READY_WITHIN:.0f} s")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()

    def cpu(self) -> float:
        """Seconds of processor time that all its threads have had."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:  # a thread that has just ended
                continue
        return total / 1e9

    def resident(self) -> float:
        """Resident memory, in millions of bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise RuntimeError("no VmRSS")


def fake(*, launcher: Sequence[str] = FAKE, own_grpc_port: bool = True) -> Server:
    """The fake as anybody starts it; `ports` are the one port and gRPC's own."""
    port = free_port()
    if not own_grpc_port:
        return Server([*launcher, "serve", "--port", str(port)], port)
    grpc_port = free_port()
    return Server([*launcher, "serve", "--port", str(port), "--grpc-port", str(grpc_port)], port, grpc_port)


def baseline(kind: str, folder: Path) -> Server:
    port = free_port()
    return Server([sys.executable, "-m", "bench.baselines", kind, str(port), str(folder)], port)


def run_on_load_core(command: Sequence[str], timeout: float, **options: Any) -> str:
    """A command's output, run beside the server. Raises RuntimeError when it fails."""
    done = subprocess.run(
        list(command), capture_output=True, text=True, timeout=timeout, preexec_fn=on_core(LOAD_CORE), **options
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout
