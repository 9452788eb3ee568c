"""The stores that every promise is tried on; a Redis of the tests' own, started when the first test needs it."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

SERVER = shutil.which("redis-server")


class Redis:
    """A redis-server on a socket of its own, without a file."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.client = redis.Redis.from_url(self.url)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(SERVER), "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.01)
        raise RuntimeError("redis-server does not answer")

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()


def started() -> Iterator[Redis]:
    if SERVER is None:
        pytest.skip("redis-server is not installed")
    # Not below pytest's own folder: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="apex-redis-") as folder:
        server = Redis(Path(folder))
        server.start()
        yield server
        server.kill()
        server.client.close()


@pytest.fixture(scope="session")
def the_redis() -> Iterator[Redis]:
    yield from started()


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """One that the test may kill."""
    yield from started()


def redis_url(request: pytest.FixtureRequest) -> str:
    """The session's Redis, emptied."""
    server: Redis = request.getfixturevalue("the_redis")
    server.client.flushall()
    return server.url


def sqlite_url(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:{folder}/apex.db"


STORES: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "memory": lambda request: "memory",
    "sqlite": sqlite_url,
    "redis": redis_url,
}
SHARED = [name for name in STORES if name != "memory"]


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest) -> str:
    """What --store says, for each store in turn; there is nothing in it."""
    return STORES[request.param](request)


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest) -> str:
    """Likewise, for each store that has a life of its own."""
    return STORES[request.param](request)
