"""Several workers on one port: as real processes, ended by real signals."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import time

import grpc
import httpx
import psutil
import pytest

from apex_mock.listening import HERE
from apex_mock.settings import Settings
from apex_mock.supervisor import STEADY, Supervisor, Worker
from tests.failures.running import COMMAND, PATIENCE, Running, channel_to, gone, open_grpc, open_sse, serving, soon
from tests.ports import free_port
from tests.wires import PLAIN, WIRES

GRACE = 10.0  # seconds, with room for a busy machine; the servers' own grace is 0.3, their streams take minutes


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to be refused."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120)


def test_every_worker_answers_on_the_one_port():
    """REST and gRPC, on the shared port and on gRPC's own; the greeting comes once, when all of them are ready."""
    with serving("--workers", "3", "--grpc-port", "0") as running:
        workers = running.workers()
        assert len(workers) == 3
        assert running.answering(100) == set(workers)
        assert "served by 3 workers" in running.greeting
        for address in {running.address, running.grpc_address}:
            for _ in range(6):
                wire = WIRES["grpc"](address, "k")
                assert wire.call("ChatCompletion", {"messages": [{"role": "user", "content": "hello"}]}).code == "ok"
                wire.close()
    assert running.errors == ""
    assert running.process.returncode == 0


def client_of(running: Running, worker: int) -> httpx.Client:
    """A client whose one connection is that worker's."""
    while True:
        client = httpx.Client(timeout=20, verify=PLAIN, limits=httpx.Limits(max_connections=1))
        if client.get(f"{running.url}/__apex/info").json()["pid"] == worker:
            return client
        client.close()


def test_a_worker_that_dies_is_replaced_and_its_streams_end_with_the_wires_own_error():
    """SSE: cut without [DONE]. gRPC: UNAVAILABLE. The other worker's streams go on."""
    with serving("--workers", "2", "--profile", "realistic") as running:
        victim, other = running.workers()
        clients = {worker: client_of(running, worker) for worker in (victim, other)}
        streams = {worker: open_sse(client, running.url) for worker, client in clients.items()}
        events = {worker: stream.iter_lines() for worker, stream in streams.items()}
        for lines in events.values():
            assert next(lines).startswith("data: {")
        # Which of them are the victim's is not seen from outside; that none is has odds of one to a million.
        channels = [channel_to(running.address) for _ in range(20)]
        calls = [open_grpc(channel) for channel in channels]
        for call in calls:
            next(call)

        os.kill(victim, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            assert "data: [DONE]" not in list(events[victim])
        soon(lambda: any(call.done() for call in calls))
        assert {call.code() for call in calls if call.done()} == {grpc.StatusCode.UNAVAILABLE}
        assert next(line for line in events[other] if line).startswith("data: {")

        soon(lambda: len(running.workers()) == 2 and victim not in running.workers())
        soon(lambda: running.answering(20) == set(running.workers()))
        assert f"(process {victim}) was killed by SIGKILL; starting another" in running.errors
        for call in calls:
            call.cancel()
        for closing in (*channels, *clients.values()):
            closing.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_them(number, tmp_path):
    """Within the grace, open streams included; with code 0, without a word, and nothing left behind.

    It goes to the whole process group, as a terminal sends Ctrl-C.
    """
    with (
        serving("--workers", "2", "--profile", "realistic", folder=tmp_path) as running,
        httpx.Client(verify=PLAIN) as http,
    ):
        workers = running.workers()
        stream = open_sse(http, running.url)
        begun = time.monotonic()
        os.killpg(running.pid, number)
        assert running.end(number) == 0
        assert time.monotonic() - begun < GRACE
        assert all(gone(pid) for pid in workers)
        stream.close()
    assert list(tmp_path.iterdir()) == []
    assert running.errors == ""


def test_ctrl_c_while_it_starts_is_no_traceback():
    """A terminal sends it to the whole process group, and the workers are still being loaded."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*COMMAND, "--port", "0", "--workers", "2"], start_new_session=True, **pipes) as process:
        workers = soon(lambda: len(found := psutil.Process(process.pid).children()) == 2 and found)
        # Between their fork and their exec they are still the supervisor's double.
        soon(lambda: all(os.getpgid(worker.pid) == worker.pid for worker in workers))
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert errors == ""
    assert all(gone(worker.pid) for worker in workers)


def test_a_supervisor_that_is_killed_leaves_no_orphans(tmp_path):
    """Its workers end by themselves, the port is free, and the next start removes what was left in files."""
    port = str(free_port())
    with serving("--port", port, "--workers", "2", folder=tmp_path) as running:
        workers = running.workers()
        running.end(signal.SIGKILL)
    soon(lambda: all(gone(pid) for pid in workers))
    assert list(tmp_path.iterdir()) != []
    with serving("--port", port, folder=tmp_path) as after:
        assert after.answering(1) == {after.pid}
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_lives_keeps_its_files(tmp_path):
    """The next start removes only what nobody holds."""
    with serving(folder=tmp_path) as first, serving(folder=tmp_path):
        assert open_grpc_answers(first)


def open_grpc_answers(running: Running) -> bool:
    with channel_to(running.address) as channel:
        return len(list(open_grpc(channel))) > 1


def test_a_worker_that_dies_again_and_again_is_replaced_less_and_less_eagerly():
    """And each time a line says which, how and when another follows."""
    with serving("--workers", "2") as running:
        first, other = running.workers()
        os.kill(first, signal.SIGKILL)
        soon(lambda: "was killed by SIGKILL; starting another" in running.errors)
        os.kill(soon(lambda: set(running.workers()) - {first, other}).pop(), signal.SIGKILL)
        soon(lambda: "2 times in a row, another follows in 1 s" in running.errors)
        soon(lambda: len(running.workers()) == 2)


@pytest.mark.parametrize("first", [[], ["--workers", "2"]], ids=["of one", "of two"])
def test_a_taken_port_is_noticed(first):
    """By one server and by many, though the workers of one share it."""
    with serving(*first) as running:
        port = running.address.split(":")[1]
        for second in [], ["--workers", "2"]:
            refused = start("--port", port, *second)
            assert refused.returncode == 2
            assert refused.stderr == (
                f"apex-mock: cannot listen on 127.0.0.1:{port}: Address already in use; is another server on it?"
                " Try --port 0 for a free one\n"
            )


def test_a_taken_grpc_port_is_noticed():
    """One that another program shares with whoever asks, too: gRPC's own way would be to take every other call."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for flag in ("--port", "--grpc-port"):
            refused = start("--port", "0", flag, port, "--workers", "2")
            assert refused.returncode == 2
            assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr
            assert f"Try {flag} 0" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--profile", "nope"], "there is no profile 'nope'"), (["--workers", "0"], "--workers: at least one")],
)
def test_a_start_that_cannot_be_is_said_once(arguments, said):
    """By one line and code 2, however many workers would have said it."""
    refused = start("--port", "0", "--workers", "3", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("apex-mock: ")
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1


async def test_a_worker_is_replaced_once_there_is_a_process_to_be_had_again(caplog):
    """When the system has none for it (no memory, too many files), it is tried again, ever later, and said."""
    supervisor = Supervisor(Settings(), HERE, 1)
    tried: list[int] = []
    again = asyncio.Event()

    class Dead(Worker):
        age = STEADY  # so long ended that its end is no failure to start

        async def ended(self) -> str:
            if again.is_set():
                await asyncio.Future()
            return "was killed by SIGKILL"

    class Supervised(Worker):
        async def listen(self) -> None:
            again.set()

    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    supervisor._workers[1] = Dead(1, process)

    async def hire(number: int) -> None:
        tried.append(number)
        if len(tried) < 3:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        supervisor._workers[1] = Supervised(1, process)

    supervisor._hire = hire
    keeper = asyncio.create_task(supervisor._keep(1))
    await asyncio.wait_for(again.wait(), 30)
    keeper.cancel()
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert said.count("worker 1 cannot be replaced: Resource temporarily unavailable") == 2
    assert "that is 2 times in a row, another follows in 1 s" in said


async def test_a_worker_that_has_just_ended_is_not_taken_for_a_stranger(monkeypatch, caplog):
    """Told to stop between its end and asyncio's notice of it, which is long here."""
    waitpid = os.waitpid

    def late(pid: int, options: int) -> tuple[int, int]:
        if not options:  # asyncio's thread; Popen only asks
            time.sleep(0.3)
        return waitpid(pid, options)

    monkeypatch.setattr(os, "waitpid", late)
    process = await asyncio.create_subprocess_exec("false")
    worker = Worker(1, process)
    await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    await worker.stop()
    assert await worker.ended() == "ended with code 1"
    assert not caplog.records
