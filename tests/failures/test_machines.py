"""Two servers on one Redis behind nginx, by the configuration of docs/sharing.md; one of them is killed under load."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.failures.callers import Crowd
from tests.failures.redis_server import program
from tests.failures.running import Running, serving, soon
from tests.ports import free_port
from tests.wires import PLAIN, WIRES

PAGE = Path(__file__).parent.parent.parent / "docs" / "sharing.md"


def configuration(backends: list[str], port: int, grpc_port: int) -> str:
    """The page's, with this machine's addresses in the place of its own."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(), re.S)
    assert found
    text = (
        found[1]
        .replace("listen 8080;", f"listen 127.0.0.1:{port};")
        .replace("listen 8081", f"listen 127.0.0.1:{grpc_port}")
    )
    for number, backend in enumerate(backends, 1):
        text = text.replace(f"10.0.0.{number}:8080", backend)
    assert "10.0.0" not in text
    assert ":808" not in text
    return text


@contextmanager
def nginx(backends: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """In front of these; its addresses for HTTP and for gRPC."""
    port, grpc_port = free_port(), free_port()
    folder.mkdir()
    logs = f"pid {folder}/pid; error_log {folder}/error.log;"
    places = "".join(
        f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"http {{ access_log off; {places}\n{configuration(backends, port, grpc_port)} }}"
    path = folder / "nginx.conf"
    path.write_text(f"daemon off; {logs}\nevents {{ worker_connections 512; }}\n{http}")
    command = [program("nginx", "nginx"), "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(path)]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            soon(lambda: process.poll() is not None or answers(f"{url}/__apex/ready"))
            assert process.poll() is None, (folder / "error.log").read_text()
            yield url, f"127.0.0.1:{grpc_port}"
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=PLAIN).status_code == 200
    except httpx.TransportError:
        return False


def pids(url: str, times: int = 20) -> set[int]:
    return {httpx.get(f"{url}/__apex/info", verify=PLAIN).json()["pid"] for _ in range(times)}


def test_two_servers_are_one_fake_and_one_of_them_may_die(redis_server, tmp_path, figures):
    """What one is told the other knows; when one is killed under load, nothing acknowledged is lost and calls go on."""
    place = redis_server.url
    with (
        serving("--store", place) as first,
        serving("--store", place) as second,
        nginx([first.address, second.address], tmp_path / "nginx") as (url, grpc_address),
    ):
        assert pids(url) == {first.pid, second.pid}
        one_world(url, grpc_address, first, second)
        wire = WIRES["grpc"](grpc_address, "k")
        with Crowd(url, 4) as crowd:
            soon(lambda: crowd.acknowledged.total() > 150)
            assert wire.call("GetChatSessions").code == "ok"
            first.end(signal.SIGKILL)
            before = crowd.acknowledged.total()
            said = [wire.call("GetChatSessions").code for _ in range(50)]
            soon(lambda: crowd.acknowledged.total() > before + 150)
            assert pids(url, 5) == {second.pid}
        crowd.check()
        wire.close()
    figures(
        "one of two servers behind nginx, killed under load",
        times={"killed": 1},
        acknowledged=dict(crowd.acknowledged),
        unanswered=crowd.unanswered,
        wrong=len(crowd.wrong),
    )
    assert crowd.wrong == []
    assert set(said) <= {"ok", "unavailable"}
    assert set(said[-10:]) == {"ok"}


def one_world(url: str, grpc_address: str, first: Running, second: Running) -> None:
    """A chat made over gRPC through nginx is there over HTTP on each server, and so is a clock that stands."""
    wire = WIRES["grpc"](grpc_address, "k")
    body = {"userPrompt": "x", "chatType": "apex", "completionType": "basic"}
    made = wire.call("CreateChatAndCompletion", body).value["parsedChat"]["id"]
    wire.close()
    httpx.post(f"{url}/__apex/clock?scope=k", json={"scale": 0}, verify=PLAIN)
    for server in (first, second):
        path = f"{server.url}/apex.v1.ApexService/GetChatSessions"
        there = httpx.post(path, json={}, headers={"authorization": "Bearer k"}, verify=PLAIN).json()
        assert [chat["id"] for chat in there["chatSessions"]] == [made]
        assert httpx.get(f"{server.url}/__apex/clock?scope=k", verify=PLAIN).json()["frozen"] is True
