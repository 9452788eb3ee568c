"""Runs of `apex-mock load` and of plain Locust: the open model, workers, the web page."""

import subprocess
import sys
import time
import zipfile

import httpx
import psutil
import pytest

from apexload.result import read_result
from apexload.scenarios import FOLDER
from tests.load.running import FAKE, failed_gates, load, result_of, start
from tests.ports import free_port
from tests.wires import PLAIN

pytestmark = [pytest.mark.inner, pytest.mark.xdist_group("load")]
LOCUST = (FAKE[0], "-m", "locust")


def asked(server, key: str) -> int:
    """How many chats the fake's journal has of a key."""
    url = f"{server.url}/__apex/journal?scope={key}&operation=chat&limit=1000"
    calls = httpx.get(url, verify=PLAIN).raise_for_status().json()["calls"]
    return sum(call["prompt"] != "" for call in calls)  # the look at the target before the run has none


def test_the_open_model_shows_what_the_closed_one_omits(server, key, tmp_path):
    """Two users cannot send 20 requests a second to a target that takes 0.4 s each: latency stays, response grows."""
    stub = {"when": {"operation": "chat"}, "reply": {"text": "Slow.", "delay": 0.4}}
    httpx.post(f"{server.url}/__apex/stubs?scope={key}", json=stub, verify=PLAIN).raise_for_status()
    code, said = load(
        *("chat", "--host", server.url, "--api-key", key, "--report", str(tmp_path), "--gates", "none"),
        *("--rate", "20/s", "--users", "2", "--duration", "3s"),
    )
    assert code == 0, said
    measures = result_of(tmp_path).measures
    chat = measures.operations["chat"]
    assert chat.values["response"].percentile(95) > 3 * chat.values["latency"].percentile(50)
    assert measures.generator["lateness"].count == chat.requests
    assert measures.unsent + chat.requests == pytest.approx(60, abs=3)
    assert "were never sent" in said


def test_a_limit_on_time_fails_when_the_fake_is_slower(server, key, tmp_path):
    """The gate names the percentile; the error rate is as it was."""
    gates = tmp_path / "gates.toml"
    gates.write_text("[chat]\nerror_rate = '0 %'\n[chat.latency]\np50 = '250 ms'\n")
    httpx.post(f"{server.url}/__apex/faults?scope={key}", json="delay; seconds=0.3", verify=PLAIN).raise_for_status()
    code, said = load(
        *("chat", "--host", server.url, "--api-key", key, "--report", str(tmp_path), "--gates", str(gates)),
        *("--users", "2", "--duration", "1s"),
    )
    assert (code, failed_gates(tmp_path)) == (1, {"chat latency p50"}), said


def test_the_key_is_no_argument_of_any_process(server, key, tmp_path):
    """Arguments are there for everybody on the machine to read; what was given by a variable stays in one."""
    process = start(
        *FAKE, "chat", "--host", server.url, "--report", str(tmp_path), "--users", "1", "--duration", "300s",
        APEX_API_KEY=key,
    )  # fmt: skip
    try:
        wait_for(lambda: asked(server, key) > 0)
        found = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert any("locust" in one.cmdline() for one in found)
        assert not [one for one in found if key in " ".join(one.cmdline())]
    finally:
        process.terminate()
        process.communicate()


def test_a_run_that_is_interrupted_is_judged_by_what_there_was(server, key, tmp_path):
    """One signal ends it in order, with a report, and leaves no process behind."""
    process = start(
        *FAKE, "chat", "--host", server.url, "--api-key", key, "--report", str(tmp_path),
        *("--users", "2", "--duration", "300s", "--think", "20ms"),
    )  # fmt: skip
    wait_for(lambda: asked(server, key) > 20)
    process.terminate()  # `timeout` passes it on
    said, _ = process.communicate()
    assert "Interrupted: judging what was measured so far." in said
    assert "Passed: all" in said
    assert result_of(tmp_path).measures.operations["chat"].requests == asked(server, key)


def test_three_workers_measure_what_the_fake_was_asked(server, key, tmp_path):
    """A master and three workers: every request of theirs is in the merged result, none twice."""
    port, target = str(free_port()), ("chat", "--host", server.url, "--api-key", key)
    ends = ("--master-port", port)
    master = start(
        *FAKE, *target, *ends, "--master", "--expect-workers", "3", "--report", str(tmp_path),
        *("--users", "6", "--duration", "3s", "--think", "20-60ms"),
    )  # fmt: skip
    workers = [start(*FAKE, "chat", "--worker", "--master-host", "127.0.0.1", *ends) for _ in range(3)]
    said, _ = master.communicate()
    for worker in workers:
        told, _ = worker.communicate()
        assert f"chat: a worker for the master at 127.0.0.1:{port}, for which it waits" in told
    assert master.returncode == 0, said
    result = result_of(tmp_path)
    assert result.workers == 3
    requests = result.measures.operations["chat"].requests
    assert 50 < requests == asked(server, key)
    assert result.measures.operations["chat"].values["latency"].count == requests
    assert sum(part.requests.get("chat", 0) for part in result.measures.series.slices) == requests
    assert result.measures.wall <= 3 * result.seconds  # the longest of the three, not the master's own
    assert result.measures.wall == pytest.approx(3 * result.seconds, rel=0.5)
    assert "for each of 3 workers" in said


def test_a_scenario_is_a_plain_locust_file(server, key, tmp_path):
    """Locust alone runs it from its path, with the scenario's options beside its own."""
    saved = tmp_path / "result.json"
    process = start(
        *LOCUST, "-f", str(FOLDER / "chat.py"), "--headless", "--host", server.url, "--api-key", key,
        *("-u", "2", "-t", "2s", "--think", "50ms", "--save", str(saved)),
    )  # fmt: skip
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert read_result(saved).measures.operations["chat"].requests == asked(server, key) > 0


def test_a_scenario_has_locusts_web_page(server, key):
    """A run is started there, and its requests are seen there."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process = start(
        *LOCUST, "-f", str(FOLDER / "chat.py"), "--host", server.url, "--api-key", key, "--think", "20ms",
        *("--web-host", "127.0.0.1", "--web-port", str(port)),
    )  # fmt: skip
    with httpx.Client(verify=PLAIN, base_url=base) as web:
        try:
            wait_for(lambda: answers(web))
            web.post("/swarm", data={"user_count": 2, "spawn_rate": 2, "host": server.url}).raise_for_status()
            wait_for(lambda: any(row["name"] == "chat" for row in web.get("/stats/requests").json()["stats"]))
            page = web.get("/apex").text
            assert "Latency over time" in page
            assert "<svg" in page
            web.post("/stop").raise_for_status()
        finally:
            process.terminate()
            process.communicate()
    assert asked(server, key) > 0


def test_from_an_installed_wheel(server, key, tmp_path):
    """The scenarios, their gates and their questions lie inside the package there."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=FOLDER.parent, capture_output=True, timeout=120, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert not (installed / "load").exists()
    process = start(
        *FAKE, "chat", "--host", server.url, "--api-key", key, "--report", str(tmp_path / "report"),
        *("--users", "1", "--duration", "1s"),
        folder=tmp_path, PYTHONPATH=str(installed),
    )  # fmt: skip
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "Passed: all 3 gates hold" in said


def answers(web: httpx.Client) -> bool:
    try:
        return web.get("/").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(true) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
