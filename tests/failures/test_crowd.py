"""Very many connections, and a long run: memory and file descriptors stay what they were.

SOAK=SECONDS lets the run take so long; scripts/soak.py draws docs/soak.svg from the last one. More than a minute of it,
or FAILURES, lets the crowd be whole; scripts/reliability.py tells what it took.
"""

import asyncio
import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import psutil
import pytest

from tests.failures.conftest import FIGURES, LONGER
from tests.failures.frames import ACK, DATA, PING, PREFACE, SETTINGS, frame, frames_in
from tests.failures.frames import call as grpc_call
from tests.failures.guests import guests
from tests.failures.running import STREAM, Running, serving
from tests.wires import HELLO, PLAIN, message_of

SOAK = float(os.environ.get("SOAK", "8"))
LONG = SOAK > 60
IDLE, STREAMS = (10_000, 2_000) if LONG or LONGER in os.environ else (1_000, 200)
FILES = IDLE + 3 * STREAMS + 200  # of the server: a gRPC connection by the shared port is three
# Bytes of resident memory for an idle connection and for a slow stream. A small crowd's streams look the largest.
MOST_EACH = {"sse": (20_000, 90_000), "grpc": (25_000, 110_000)}
MOST = 400_000_000
NAMES = {"sse": "HTTP/1.1 and SSE", "grpc": "gRPC"}
ASKED = "Explain black holes."
KEYS = 50
# So little is kept that the first third of a run fills it.
KEPT = 50 if LONG else 3
SMALL = ("--journal-entries", "200", "--max-scopes", str(KEPT))
SLOW = "slow: {first_token: {median: 1, sigma: 0}, next_token: {median: 1, sigma: 0}}\n"
BRISK = "brisk: {first_token: {median: 0.02, sigma: 0.2}, next_token: {median: 0.004, sigma: 0.2}}\n"
INSTANT = "instant: {first_token: {median: 0, sigma: 0}, next_token: {median: 0, sigma: 0}}\n"


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    (tmp_path / "profiles.yaml").write_text(INSTANT + SLOW + BRISK, "utf-8")
    return tmp_path / "profiles.yaml"


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < FILES:
        pytest.skip(f"this machine allows a process only {hard} files; the crowd needs {FILES}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def post(prompt: str, key: str, profile: str, *, stream: bool) -> bytes:
    body = json.dumps({"messages": [{"role": "user", "content": prompt}], "stream": stream}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
        f"x-apex-profile: {profile}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    """Sends its request when it is connected, and notes that an answer has begun."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.answered = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.answered.set()


class GrpcClient(Client):
    """The same over HTTP/2: says what must be said to keep the connection, and waits for the call's first message, or
    for the server's hello where nothing is asked."""

    def __init__(self, request: bytes) -> None:
        super().__init__(PREFACE + frame(SETTINGS, 0, 0) + request)
        self._awaited = DATA if request else SETTINGS
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        for kind, flags, _, payload in (found := frames_in(self._received)):
            if kind in (SETTINGS, PING) and not flags & ACK:
                self.transport.write(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == self._awaited:
                self.answered.set()
        self._received = self._received[sum(9 + len(payload) for *_, payload in found) :]


async def crowd(address: str, count: int, client: Callable[[], Client]) -> list[Client]:
    host, port = address.split(":")
    loop, clients = asyncio.get_running_loop(), []
    for first in range(0, count, 100):
        made = [loop.create_connection(client, host, int(port)) for _ in range(first, min(count, first + 100))]
        clients += [client for _, client in await asyncio.gather(*made)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(client.answered.wait() for client in clients))
    return clients


@pytest.mark.parametrize("wire", NAMES)
async def test_a_crowd_of_idle_connections_and_slow_streams_stays_small(wire, profiles, many_files, figures):
    """Each costs little, and the whole of 10,000 and 2,000 stays under 400 MB. Of gRPC's, the idle are on its own port,
    where each is one file and not three, and the streams on both."""
    waiting = ("--header-timeout", "600", "--idle-timeout", "600", "--grpc-port", "0")
    with serving("--profiles", str(profiles), *waiting) as server:
        process = psutil.Process(server.pid)
        first = await crowd(server.address, 1, lambda: Client(post("hello", "k", "instant", stream=False)))  # the index
        at_first = process.memory_info().rss
        if wire == "sse":
            idle = await crowd(server.address, IDLE, lambda: Client(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"))
            with_idle = process.memory_info().rss
            streams = await crowd(server.address, STREAMS, lambda: Client(post(ASKED, "k", "slow", stream=True)))
        else:
            idle = await crowd(server.grpc_address, IDLE, lambda: GrpcClient(b""))
            with_idle = process.memory_info().rss
            body = {"messages": [{"role": "user", "content": ASKED}]}
            asked = grpc_call(
                1, STREAM, message_of("ChatCompletionStream", body).to_binary(), {"x-apex-profile": "slow"}
            )
            streams = await crowd(server.address, STREAMS // 2, lambda: GrpcClient(asked))
            streams += await crowd(server.grpc_address, STREAMS // 2, lambda: GrpcClient(asked))
        with_streams = process.memory_info().rss
        assert not any(client.transport.is_closing() for client in (*idle, *streams))
        for client in (*first, *idle, *streams):
            client.transport.abort()
    memory = {"at first": at_first, "with the idle": with_idle, "with both": with_streams}
    figures(f"a crowd over {NAMES[wire]}", idle=IDLE, streams=STREAMS, memory=memory)
    most_idle, most_stream = MOST_EACH[wire]
    assert (with_idle - at_first) / IDLE < most_idle
    assert (with_streams - with_idle) / STREAMS < most_stream
    assert with_streams < MOST


def within_bounds(server: Running) -> bool:
    """No more scopes are kept than may be."""
    told = httpx.get(f"{server.url}/metrics", verify=PLAIN).text
    found = [int(float(line.split()[1])) for line in told.splitlines() if line.startswith("apex_mock_scopes{")]
    return len(found) == 2 and max(found) <= KEPT


def samples_of(process: psutil.Process) -> tuple[float, int]:
    """Resident memory in millions of bytes, and open files."""
    return process.memory_info().rss / 1e6, process.num_fds()


async def test_a_long_run_leaves_nothing_behind(profiles):
    """Chats, streams read and given up, gRPC, errors, connections that come and go, and all that guests of a staging
    service do in worlds of their own, which they leave: the last third is as the second."""
    with serving("--profiles", str(profiles), *SMALL) as server:
        process = psutil.Process(server.pid)
        host, port = server.address.split(":")
        until = time.monotonic() + SOAK
        samples: list[tuple[float, float, int]] = []
        calls = 0

        async def ask(number: int) -> None:
            nonlocal calls
            turn = 0
            while time.monotonic() < until:
                turn += 1
                key, prompt = f"key-{turn % KEYS}", f"What is {('Paris', 'Rome', 'a neuron')[turn % 3]}? {turn % 500}"
                reader, writer = await asyncio.open_connection(host, int(port))
                stream = turn % 3 == number % 3
                writer.write(post(prompt if turn % 11 else "", key, "brisk" if stream else "instant", stream=stream))
                await reader.read(4000 if turn % 5 else 1)
                writer.close()
                calls += 1
                await asyncio.sleep(0.01)

        async def call() -> None:
            nonlocal calls
            data, turn = message_of("ChatCompletionStream", HELLO).to_binary(), 0
            while time.monotonic() < until:
                turn += 1
                metadata = (("authorization", f"Bearer key-{turn % KEYS}"), ("x-apex-profile", "brisk"))
                async with grpc.aio.insecure_channel(server.address) as channel:
                    answer = channel.unary_stream(STREAM)(data, metadata=metadata)
                    async for _ in answer:
                        if turn % 4 == 0:
                            answer.cancel()
                            break
                calls += 1

        async def watch() -> None:
            begun = time.monotonic()
            while time.monotonic() < until:
                samples.append((round(time.monotonic() - begun, 2), *samples_of(process)))
                await asyncio.sleep(SOAK / 60)

        async with guests(server.url, pause=0.02 if LONG else 0.005) as there:
            await asyncio.gather(watch(), call(), *(ask(number) for number in range(6)))
        await asyncio.sleep(1)
        calls += sum(guest.calls.total() for guest in there)
        assert within_bounds(server), "it keeps more scopes than it may"
        assert not server.errors, server.errors
        assert not (wrong := [line for guest in there for line in guest.wrong]), wrong[:5]
    FIGURES.mkdir(parents=True, exist_ok=True)
    told = {"seconds": SOAK, "calls": calls, "samples": samples}
    (FIGURES / "soak.json").write_text(json.dumps(told) + "\n", "utf-8")
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    for column, slack in ((1, 4.0), (2, 8)):
        before, after = (statistics.median(sample[column] for sample in part) for part in (middle, last))
        assert after <= before * 1.05 + slack, f"it grows: {before:.0f} to {after:.0f}"
