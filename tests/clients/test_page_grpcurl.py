"""The documentation page's grpcurl commands: by grpcurl itself where it is installed, and by `buf curl` anywhere.

One field differs: max_results_per_miner is known to JSON callers only, the message's own name for it is n_results.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from apex_mock import Server
from tests.clients.page import HOST, METHODS, PAGE, command
from tests.clients.running import client_tests, environment, run

pytestmark = client_tests("command line")
BUF = Path(sys.executable).with_name("buf")
NOT_FOUND = {"grpcurl": 64 + 5, "buf curl": 8 * 5}  # each tool's exit code for gRPC's code 5
INVALID_ARGUMENT = {"grpcurl": 64 + 3, "buf curl": 8 * 3}


@pytest.fixture(
    params=[
        "buf curl",
        pytest.param(
            "grpcurl",
            marks=pytest.mark.skipif(
                shutil.which("grpcurl") is None, reason="grpcurl is not installed; buf curl runs its commands instead"
            ),
        ),
    ]
)
def tool(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def call(tool: str, method: str, server: Server, port: int | None = None, **replaced: str) -> tuple[int, Any, str]:
    """The exit code, the answer as JSON if there was one, and what was said on stderr."""
    text = command(method, "grpcurl").replace("max_results_per_miner", "n_results")
    text = text.replace(f"{HOST}:443", f"127.0.0.1:{port or server.port}")
    trust = f"-cacert {server.where.certificate.ca}" if server.where.certificate else "-plaintext"
    text = text.replace("grpcurl ", f"grpcurl {trust} ", 1)
    for placeholder, value in replaced.items():
        text = text.replace(placeholder, value)
    env = {"BUF": str(BUF)}
    if tool == "buf curl":
        env["PATH"] = f"{PAGE / 'by-buf'}:{environment()['PATH']}"
    done = run(["sh", "-c", text], env)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


@pytest.mark.parametrize("method", METHODS)
def test_on_the_one_port_and_on_grpcs_own(tool: str, method: str, either: Server) -> None:
    for port in (either.port, either.grpc_port):
        code, answer, said = call(tool, method, either, port)
        if method == "GetDeepResearcherJob":
            assert code == NOT_FOUND[tool]
            assert "Job with ID your_job_id not found" in said
            continue
        assert (code, said) == (0, "")
        match method:
            case "ChatCompletion":
                assert len(answer["choices"][0]["message"]["content"]) > 200
                assert answer["created"].isdecimal()
            case "WebRetrieval":
                assert 2 < len(answer["results"]) <= 3 * 2
            case "SubmitDeepResearcherJob":
                assert answer["status"] == "pending"
            case "GetStoredChatCompletions":
                assert answer == {}


def test_a_job_followed(tool: str, either: Server) -> None:
    _, submitted, _ = call(tool, "SubmitDeepResearcherJob", either)
    code, polled, said = call(tool, "GetDeepResearcherJob", either, your_job_id=submitted["jobId"])
    assert (code, said) == (0, "")
    assert polled["status"] in ("pending", "running")


def test_an_error(tool: str, either: Server) -> None:
    code, answer, said = call(tool, "ChatCompletion", either, user="nobody")
    assert (code, answer) == (INVALID_ARGUMENT[tool], None)
    assert "role" in said


@pytest.mark.skipif(shutil.which("grpcurl") is None, reason="grpcurl is not installed; see test_buf_curl.py")
def test_list_and_describe(plain: Server) -> None:
    listed = run(["grpcurl", "-plaintext", plain.address, "list"], {})
    assert {"apex.v1.ApexService", "grpc.health.v1.Health"} <= set(listed.stdout.split())
    described = run(["grpcurl", "-plaintext", plain.address, "describe", "apex.v1.ChatCompletionRequest"], {})
    assert "repeated .apex.v1.ChatMessage messages = 2;" in described.stdout
