"""The fake as a real process with real workers: started, asked, killed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
import httpx
import psutil

from tests.wires import message_of

COMMAND = (sys.executable, "-m", "apex_mock", "serve")
PATIENCE = 30.0  # seconds for what ought to come at once
STREAM = "/apex.v1.ApexService/ChatCompletionStream"
STORY = "Tell me a long story about a lighthouse"  # under a slow profile it takes minutes


class Running:
    """One `apex-mock serve`, ready. Its errors are gathered as they come."""

    def __init__(self, arguments: Sequence[str], folder: Path | None) -> None:
        env = os.environ | ({"TMPDIR": str(folder)} if folder else {})
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": env}
        self.process = subprocess.Popen([*COMMAND, *arguments], start_new_session=True, **pipes)
        self.errors = ""
        self._reader = threading.Thread(target=self._gather, daemon=True)
        self._reader.start()
        self.greeting = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.greeting += line
            if line.startswith("Ctrl-C"):
                break
        else:
            self.end()
            raise AssertionError(f"it ended: {self.errors}")
        found = re.search(r"https?://([\w.:]+)", self.greeting)
        assert found
        self.address, self.url = found[1], found[0]
        own = re.search(r"own port, ([\w.:]+)", self.greeting)
        self.grpc_address = own[1] if own else self.address

    def _gather(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line

    @property
    def pid(self) -> int:
        return self.process.pid

    def workers(self) -> list[int]:
        """Who serves: the workers' process ids, or the only process's own."""
        return sorted(child.pid for child in psutil.Process(self.pid).children()) or [self.pid]

    def answering(self, times: int = 40) -> set[int]:
        """Which processes answer new connections."""
        found = set()
        for _ in range(times):
            with urlopen(f"{self.url}/__apex/info", timeout=PATIENCE) as answer:  # never a connection used before
                found.add(json.load(answer)["pid"])
        return found

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and waits; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code


@contextmanager
def serving(*arguments: str, folder: Path | None = None) -> Iterator[Running]:
    """`apex-mock serve` with these arguments on a free port; `folder` is where it puts temporary files."""
    port = () if "--port" in arguments else ("--port", "0")
    running = Running([*port, *arguments], folder)
    try:
        yield running
    finally:
        running.end(signal.SIGTERM)
        print(running.errors)  # shown when the test fails


def soon(what: Callable[[], Any], within: float = PATIENCE) -> Any:
    """What comes true sooner or later: returned once it is; fails when it does not come."""
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, f"it did not come within {within:g} s"
        time.sleep(0.02)
    return found


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def open_sse(client: httpx.Client, url: str, key: str = "k") -> httpx.Response:
    """An answer over SSE under way."""
    body = {"messages": [{"role": "user", "content": STORY}], "stream": True}
    request = client.build_request("POST", f"{url}/v1/chat/completions", json=body, headers={"api-key": key})
    return client.send(request, stream=True)


def open_grpc(channel: grpc.Channel, key: str = "k") -> Any:
    """The same over gRPC: an iterator of messages."""
    request = message_of("ChatCompletionStream", {"messages": [{"role": "user", "content": STORY}]}).to_binary()
    return channel.unary_stream(STREAM)(request, metadata=(("authorization", f"Bearer {key}"),))


def channel_to(address: str) -> grpc.Channel:
    """A channel with a connection of its own."""
    return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
