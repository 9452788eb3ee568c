"""A store that is full, locked, read-only or gone: errors that say so, never a hang or a wrong answer, and recovery."""

import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from apex_mock import serve
from tests.failures.callers import Caller, NoAnswer
from tests.failures.running import COMMAND, Running, channel_to, open_grpc, serving, soon
from tests.wires import PLAIN, WIRES

LONGEST = 9.0  # seconds for an answer of any kind: a store is waited for five


def healthy(running: Running) -> bool:
    """The process itself answers, and at once, whatever its store does."""
    return httpx.get(f"{running.url}/__apex/health", verify=PLAIN, timeout=2).status_code == 200


def ready(running: Running) -> bool:
    return httpx.get(f"{running.url}/__apex/ready", verify=PLAIN, timeout=LONGEST).status_code == 200


def refused(running: Running) -> set[str]:
    """What each wire says to a call that needs the store: a code, and a text that names the store."""
    said = {}
    for name, wire_of in WIRES.items():
        wire = wire_of(running.address, "refused")
        begun = time.monotonic()
        reply = wire.call("CreateChatAndCompletion", {"userPrompt": "x", "chatType": "apex", "completionType": "basic"})
        assert time.monotonic() - begun < LONGEST
        assert "store" in reply.message
        said[name] = reply.code
        wire.close()
    rest = {"messages": [{"role": "user", "content": "x"}], "stream": True}
    answer = httpx.post(f"{running.url}/v1/chat/completions", json=rest, headers={"api-key": "refused"}, verify=PLAIN)
    assert "store" in answer.text
    return {*said.values(), str(answer.status_code)}


def work(caller: Caller, steps: int) -> None:
    for _ in range(steps):
        caller.step()
    assert caller.wrong == []


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A small file system of its own; skips where mounting is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"file systems cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def not_ready(running: Running) -> None:
    assert not ready(running)


def full_and_free_again(running: Running, fill: Callable[[], object], free: Callable[[], None]) -> Caller:
    caller = Caller(running.url, "full")
    work(caller, 60)
    before = caller.acknowledged.total()
    assert before == 60
    fill()
    soon(lambda: fails(caller))
    assert refused(running) == {"unavailable", "503"}
    assert healthy(running)
    work(caller, 10)
    free()
    soon(lambda: not fails(caller))
    work(caller, 30)
    caller.check()
    assert caller.wrong == []
    assert caller.acknowledged.total() > before
    caller.http.close()
    return caller


def fails(caller: Caller) -> bool:
    try:
        caller.create()
    except NoAnswer:
        caller.unanswered += 1
        return True
    return False


def test_a_full_disk(tmp_path, figures):
    """Until there is room again; what was acknowledged before is there after."""
    with disk(tmp_path / "disk", "6m") as place:
        filler = place / "filler"

        def fill() -> None:
            with filler.open("wb", buffering=0) as file:
                while os.statvfs(place).f_bavail:
                    file.write(bytes(4096))

        with serving("--workers", "2", "--store", f"sqlite:{place / 'state.db'}") as running:
            caller = full_and_free_again(running, fill, filler.unlink)
    keep(figures, "a disk that is full", caller)


def test_a_file_that_may_not_grow(tmp_path, figures):
    """By the limit on the size of files."""
    with serving("--store", f"sqlite:{tmp_path / 'state.db'}") as running:
        limits = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)

        def fill() -> None:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))

        def free() -> None:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, limits)

        caller = full_and_free_again(running, fill, free)
    keep(figures, "a file that may not grow", caller)


def test_a_locked_database(tmp_path, figures):
    """For a moment: calls wait. For longer: they are told, and the loop answers whatever needs no store."""
    path = tmp_path / "state.db"
    with serving("--store", f"sqlite:{path}") as running:
        caller = Caller(running.url, "locked")
        work(caller, 60)
        locking = sqlite3.connect(path, isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert fails(caller)
        assert 2 < time.monotonic() - begun < LONGEST
        assert healthy(running)
        locking.execute("ROLLBACK")
        locking.close()
        work(caller, 30)
        caller.check()
        assert caller.wrong == []
        caller.http.close()
    keep(figures, "a database that another process locks", caller)


def test_a_file_that_may_only_be_read(tmp_path):
    """Is said at the start, in one line, with what to do."""
    with disk(tmp_path / "disk", "6m") as place:
        path = place / "state.db"
        with serve(settings={"store": f"sqlite:{path}"}):
            pass
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        for more in ((), ("--workers", "2")):
            command = [*COMMAND, "--port", "0", "--store", f"sqlite:{path}", *more]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 2
            assert f"{path} cannot be written" in done.stderr
            assert done.stderr.count("\n") == 1


def test_a_redis_that_goes_away_and_comes_back(redis_server, figures):
    """Calls are told while it is away; when it is back, so is everything acknowledged."""
    with serving("--workers", "2", "--store", redis_server.url) as running:
        assert ready(running)
        caller = full_and_free_again(running, lambda: (redis_server.kill(), not_ready(running)), redis_server.start)
        soon(lambda: ready(running))  # the other worker may not have called it again yet
    keep(figures, "a Redis that goes away and comes back", caller)


def test_streams_go_on_without_their_store(redis_server):
    """What is on its way needs no store until its end."""
    with (
        serving("--store", redis_server.url, "--profile", "realistic") as running,
        channel_to(running.address) as channel,
    ):
        stream = open_grpc(channel)
        next(stream)
        redis_server.kill()
        assert next(stream)
        assert running.end(signal.SIGTERM) == 0


def keep(figures: Callable[..., None], thrown: str, caller: Caller) -> None:
    figures(
        thrown,
        times={"once": 1},
        acknowledged=dict(caller.acknowledged),
        unanswered=caller.unanswered,
        wrong=len(caller.wrong),
    )
