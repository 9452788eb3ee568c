"""The real program, started as a user starts it: how it ends, and what it says when it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest

from apex_mock.wire.gen.apex.v1.apex_pb import ChatCompletionRequest, ChatMessage
from tests.clients.running import client_tests, environment, run

pytestmark = client_tests("command line")
PROGRAM = Path(sys.executable).with_name("apex-mock")
STORY = "Write a long story about a cosmonaut learning to paint."
KEY = {"authorization": "Bearer k"}


@dataclass
class Running:
    process: subprocess.Popen[str]
    url: str
    greeting: str

    @property
    def address(self) -> str:
        return self.url.partition("//")[2]


@contextmanager
def serve(*flags: str) -> Iterator[Running]:
    """Starts `apex-mock serve` on a free port and reads its greeting to the end."""
    command = [str(PROGRAM), "serve", "--port", "0", *flags]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(), text=True, start_new_session=True, **pipes) as process:
        try:
            assert process.stdout is not None
            greeting = ""
            while "Ctrl-C" not in greeting:
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                greeting += line
            found = re.search(r"https?://\S+", greeting)
            assert found
            yield Running(process, found[0], greeting)
        finally:
            process.terminate()  # not killed: it removes its files


def open_sse(running: Running, begun: threading.Event, ended: list[str]) -> None:
    body = {"messages": [{"role": "user", "content": STORY}], "stream": True}
    try:
        with httpx.stream("POST", f"{running.url}/v1/chat/completions", json=body, headers=KEY, timeout=30) as answer:
            begun.set()
            for _ in answer.iter_lines():
                pass
    except httpx.HTTPError as error:
        ended.append(type(error).__name__)
    else:
        ended.append("to the end")


def open_grpc(running: Running, begun: threading.Event, ended: list[str]) -> None:
    request = ChatCompletionRequest(messages=[ChatMessage(role="user", content=STORY)]).to_binary()
    with grpc.insecure_channel(running.address) as channel:
        grpc.channel_ready_future(channel).result(10)
        stream = channel.unary_stream("/apex.v1.ApexService/ChatCompletionStream")
        reading = stream(request, metadata=tuple(KEY.items()), timeout=30)
        begun.set()
        try:
            for _ in reading:
                pass
        except grpc.RpcError as error:
            ended.append(error.code().name)
        else:
            ended.append("to the end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_streams_open(number: signal.Signals) -> None:
    """With exit code 0, within a second or so, saying nothing; both clients learn that their stream is over."""
    with serve("--profile", "slow") as running:
        ended: list[str] = []
        begun = [threading.Event(), threading.Event()]
        clients = [
            threading.Thread(target=target, args=(running, event, ended))
            for target, event in zip((open_sse, open_grpc), begun, strict=True)
        ]
        for client in clients:
            client.start()
        for event in begun:
            assert event.wait(10)
        time.sleep(0.3)
        assert ended == [], "the streams are under way"

        started = time.monotonic()
        running.process.send_signal(number)
        code = running.process.wait(30)
        took = time.monotonic() - started
        said = running.process.communicate()
        for client in clients:
            client.join(10)
    assert code == 0
    assert took < 10
    assert said == ("", "")
    assert len(ended) == 2
    assert "to the end" not in ended


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_idle(number: signal.Signals) -> None:
    with serve("--grpc-port", "0") as running:
        with httpx.Client() as kept_alive:
            assert kept_alive.get(f"{running.url}/health").json() == {"status": "ok"}
            running.process.send_signal(number)
            assert running.process.wait(30) == 0
        assert running.process.communicate() == ("", "")


def test_the_greeting_is_all_that_a_client_needs(tmp_path: Path) -> None:
    """Its export lines, pasted into a shell, are enough for curl; over TLS they name the trust roots."""
    with serve("--tls", "--grpc-port", "0") as running:
        exports = "\n".join(line for line in running.greeting.splitlines() if line.strip().startswith("export "))
        assert len(exports.splitlines()) >= 3
        call = 'curl -sS -H "api-key: $MACROCOSMOS_API_KEY" "https://$MACROCOSMOS_BASE_URL/v1/models"'
        done = run(["sh", "-c", f"{exports}\n{call}"], {}, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert '"object":"list"' in done.stdout
        assert re.search(r"gRPC .*own port.*:\d+", running.greeting)


def test_the_greeting_tells_what_goes_wrong_on_purpose(tmp_path: Path) -> None:
    """Of both flags; and it does."""
    (tmp_path / "faults.yaml").write_text("- {fault: none, name: from a file}\n")
    with serve("--faults", str(tmp_path / "faults.yaml"), "--fault", "error; code=aborted; operation=chat") as running:
        told = [line for line in running.greeting.splitlines() if line.startswith("Fault in force: ")]
        assert told == [
            "Fault in force: none; name=from a file",
            "Fault in force: error; code=aborted; operation=chat",
        ]
        body = {"messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(f"{running.url}/v1/chat/completions", json=body, headers=KEY)
        assert (answer.status_code, answer.headers["x-apex-fault"]) == (409, "none (from a file), error")


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = one_line(run([PROGRAM, "serve", "--port", port], {}))
        assert f"127.0.0.1:{port}" in line
        assert "--port 0" in line


def test_two_servers_on_one_port() -> None:
    with serve() as running:
        port = running.address.rpartition(":")[2]
        assert port in one_line(run([PROGRAM, "serve", "--port", port], {}))


@pytest.mark.parametrize("tls", [(), ("--tls",)], ids=["plaintext", "tls"])
def test_two_servers_on_one_grpc_port(tls: tuple[str, ...]) -> None:
    """gRPC shares ports unless told not to: the second server would take every other connection, without a word."""
    with serve("--grpc-port", "0", *tls) as running:
        found = re.search(r"own port.*?:(\d+)", running.greeting)
        assert found
        line = one_line(run([PROGRAM, "serve", "--port", "0", "--grpc-port", found[1], *tls], {}))
        assert found[1] in line


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--profile", "warp"], "warp"),
        (["--cert", "only.pem"], "--key"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--seed", "seven"], "seed"),
        (["--fault", "dorp"], "there is no 'dorp'; there are error, delay"),
        (["--fault", "drop; aftr=3"], "aftr: there is no such key; a drop fault has fault, after,"),
        (["--faults", "no-such.yaml"], "no-such.yaml"),
    ],
)
def test_what_cannot_be_used(flags: list[str], named: str) -> None:
    done = run([PROGRAM, "serve", "--port", "0", *flags], {"TERM": "dumb", "COLUMNS": "200"})
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_module_and_program_are_one() -> None:
    by_module = run([sys.executable, "-m", "apex_mock", "--help"], {"COLUMNS": "100"}, cwd=Path(os.sep))
    by_name = run([PROGRAM, "--help"], {"COLUMNS": "100"})
    assert (by_module.returncode, by_name.returncode) == (0, 0)
    assert "serve" in by_name.stdout
