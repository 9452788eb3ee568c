"""Every scenario against the fake for two seconds: its gates hold; and with a fault in the fake they do not.

Three run at a time, with few users that pause: starting takes longer than running.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from apexload.result import Result
from apexload.scenarios import SCENARIOS
from tests.load.running import failed_gates, load, result_of
from tests.wires import PLAIN

pytestmark = [pytest.mark.inner, pytest.mark.xdist_group("load")]
QUICK = ("--users", "8", "--duration", "2s", "--think", "50-150ms", "--poll", "50ms", "--timeout", "30s")
AT_ONCE = 3
POLLS = ("--header", "x-apex-research: progress=polls; polls=3")
# A fault, and a gate of the scenario's own that notices.
FAULTS = {
    "chat": ("error; probability=0.3", "chat error_rate"),
    "stream": ("truncate; after=2; stream=true", "stream completeness"),
    "search": ("duplicate", "search checks"),
    "research": ("research; fail_at=2", "research error_rate"),
    "chats": ("error; code=resource_exhausted; every=5", "all error_rate"),
    "sdk": ("drop; after=2; stream=true", "sdk.stream completeness"),
    "openai": ("error; after=2; stream=true", "openai.stream completeness"),
    "mixed": ("no_end; stream=true", "all completeness"),
    "soak": ("malformed; at=2; stream=true", "all completeness"),
}


@dataclass
class Ended:
    code: int
    said: str
    folder: Path

    @property
    def result(self) -> Result:
        return result_of(self.folder)


def run_all(server, folder, prefix) -> dict[str, Ended]:
    def run(name: str) -> Ended:
        arguments = (name, "--host", server.url, "--api-key", f"{prefix}-{name}", "--report", str(folder / name))
        code, said = load(*arguments, *QUICK, *POLLS)
        return Ended(code, said, folder / name)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(SCENARIOS, pool.map(run, SCENARIOS), strict=True))


@pytest.fixture(scope="session")
def sound(server, tmp_path_factory):
    """Against the fake as it is."""
    return run_all(server, tmp_path_factory.mktemp("sound"), "sound")


@pytest.fixture(scope="session")
def faulty(server, tmp_path_factory):
    """Each scenario's key has a fault of its own."""
    for name, (fault, _) in FAULTS.items():
        httpx.post(f"{server.url}/__apex/faults?scope=faulty-{name}", json=fault, verify=PLAIN).raise_for_status()
    return run_all(server, tmp_path_factory.mktemp("faulty"), "faulty")


@pytest.mark.parametrize("name", SCENARIOS)
def test_its_gates_hold_against_the_fake(name, sound):
    """It ends with 0, and every operation that it has was done and measured."""
    ended = sound[name]
    assert ended.code == 0, ended.said
    assert failed_gates(ended.folder) == set()
    operations = ended.result.measures.operations
    assert all(operation.requests and not operation.failures for operation in operations.values()), ended.said
    assert ended.result.exceptions == {}
    assert "Passed: all" in ended.said


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_gate_fails_when_the_fake_does(name, faulty):
    """It ends with 1, and names the gate."""
    ended = faulty[name]
    assert ended.code == 1, ended.said
    assert FAULTS[name][1] in failed_gates(ended.folder)
    assert "FAILED" in ended.said


def test_streams_are_measured_by_the_token(sound):
    """TTFT and ITL over SSE, gRPC and the OpenAI library; all of them complete."""
    for name, operation in (("stream", "stream"), ("sdk", "sdk.stream"), ("openai", "openai.stream")):
        found = sound[name].result.measures.operations[operation]
        assert found.streams == found.complete == found.values["ttft"].count == found.requests
        assert found.values["itl"].count > found.requests


def test_research_is_polled_as_often_as_it_takes(sound):
    """Three polls complete these jobs."""
    job = sound["research"].result.measures.operations["research"]
    assert (job.values["polls"].least, job.values["polls"].greatest) == (3, 3)
    assert job.values["job_time"].count == job.requests


def test_the_mixture_does_everything(sound):
    """What the single scenarios do, in one; what is rare in it may miss two seconds."""
    assert {"chat", "stream", "search"} <= set(sound["mixed"].result.measures.operations)


def test_the_report_says_which_messages_and_libraries_were_used(sound):
    """The SDK's own where it is installed."""
    assert "Note: gRPC with apex-mock's own messages" in sound["sdk"].said
    assert "Note: openai " in sound["openai"].said
