"""Very many connections, and a long run: memory and file descriptors stay what they were.

SOAK=SECONDS lets the run take so long and the crowd be whole; scripts/soak.py draws docs/soak.svg from the last run.
"""

import asyncio
import json
import os
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import psutil
import pytest

from tests.failures.conftest import FIGURES
from tests.failures.guests import guests
from tests.failures.running import STREAM, Running, serving
from tests.wires import HELLO, PLAIN, message_of

SOAK = float(os.environ.get("SOAK", "8"))
WHOLE = SOAK > 60
IDLE, STREAMS = (10_000, 2_000) if WHOLE else (1_500, 300)
MOST_IDLE, MOST_STREAM = 20_000, 90_000  # bytes of resident memory for one of them
MOST = 400_000_000
KEYS = 50
# So little is kept that the first third of a run fills it.
KEPT = 50 if WHOLE else 3
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
    if hard < IDLE + STREAMS + 200:
        pytest.skip(f"this machine allows a process only {hard} files; the crowd needs {IDLE + STREAMS + 200}")
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


async def crowd(server: Running, count: int, request: bytes) -> list[Client]:
    host, port = server.address.split(":")
    loop, clients = asyncio.get_running_loop(), []
    for first in range(0, count, 100):
        made = [
            loop.create_connection(lambda: Client(request), host, int(port))
            for _ in range(first, min(count, first + 100))
        ]
        clients += [client for _, client in await asyncio.gather(*made)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(client.answered.wait() for client in clients))
    return clients


async def test_a_crowd_of_idle_connections_and_slow_streams_stays_small(profiles, many_files):
    """Each costs little, and the whole of 10,000 and 2,000 stays under 400 MB."""
    with serving("--profiles", str(profiles), "--header-timeout", "600") as server:
        process = psutil.Process(server.pid)
        first = await crowd(server, 1, post("hello", "k", "instant", stream=False))  # builds the index
        at_first = process.memory_info().rss
        idle = await crowd(server, IDLE, b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        with_idle = process.memory_info().rss
        streams = await crowd(server, STREAMS, post("Explain black holes.", "k", "slow", stream=True))
        with_streams = process.memory_info().rss
        for client in (*first, *idle, *streams):
            client.transport.abort()
    assert (with_idle - at_first) / IDLE < MOST_IDLE
    assert (with_streams - with_idle) / STREAMS < MOST_STREAM
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

        async with guests(server.url, pause=0.02 if WHOLE else 0.005) as there:
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
