"""The documentation page's curl commands, run by the real curl: the host replaced, or not even that."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apex_mock import Server
from tests.clients.page import HOST, METHODS, PAGE, command
from tests.clients.running import client_tests, run

pytestmark = [
    *client_tests("command line"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def shell(text: str, folder: Path, *settings: str) -> tuple[int, Any]:
    """Runs a command; curl's own settings file makes it quiet and adds the status to what it prints."""
    lines = ["silent", "show-error", 'write-out = "\\n%{http_code}"', *settings]
    (folder / ".curlrc").write_text("\n".join(lines))
    done = run(["sh", "-c", text], {"CURL_HOME": str(folder)})
    assert (done.returncode, done.stderr) == (0, ""), text
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def call(method: str, server: Server, folder: Path, **replaced: str) -> tuple[int, Any]:
    text = command(method, "curl").replace(f"https://{HOST}", server.url)
    if server.secure:
        assert server.where.certificate is not None
        text = text.replace("curl ", f"curl --cacert {server.where.certificate.ca} ", 1)
    for placeholder, value in replaced.items():
        text = text.replace(placeholder.replace("_", "-"), value)
    return shell(text, folder)


def check(method: str, status: int, answer: Any) -> None:
    """Each answer has the shape that the page shows; the ids of its examples name nothing here."""
    match method:
        case "ChatCompletion":
            assert status == 200
            [choice] = answer["choices"]
            assert set(choice) == {"finishReason", "message"}
            assert choice["finishReason"] in ("stop", "length")
            assert choice["message"]["role"] == "assistant"
            assert len(choice["message"]["content"]) > 200
            assert answer["created"].isdecimal()
            assert answer["object"] == "chat.completion"
            assert answer["model"] == "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"
        case "WebRetrieval":
            assert status == 200
            urls = [result["url"] for result in answer["results"]]
            assert 2 < len(urls) <= 3 * 2
            assert len(set(urls)) == len(urls)
        case "SubmitDeepResearcherJob":
            assert status == 200
            assert set(answer) == {"jobId", "status", "createdAt", "updatedAt"}
            assert answer["status"] == "pending"
        case "GetDeepResearcherJob":
            assert (status, answer["code"]) == (404, "not_found")
            assert answer["message"] == "Job with ID your-job-id not found"
        case "GetStoredChatCompletions":
            assert (status, answer) == (200, {})


@pytest.mark.parametrize("method", METHODS)
def test_the_host_replaced(method: str, either: Server, tmp_path: Path) -> None:
    check(method, *call(method, either, tmp_path))


@pytest.mark.parametrize("method", METHODS)
def test_not_a_letter_changed(method: str, secure: Server, tmp_path: Path) -> None:
    """The certificate names the documented host, so pointing that name here is all that a client needs."""
    assert secure.where.certificate is not None
    settings = [f'connect-to = "{HOST}:443:{secure.address}"', f'cacert = "{secure.where.certificate.ca}"']
    check(method, *shell(command(method, "curl"), tmp_path, *settings))


def test_the_commands_in_turn(either: Server, tmp_path: Path) -> None:
    """Submit a job, then ask for that one; the rows of a chat that exists are listed."""
    _, submitted = call("SubmitDeepResearcherJob", either, tmp_path)
    status, polled = call("GetDeepResearcherJob", either, tmp_path, your_job_id=submitted["jobId"])
    assert status == 200
    assert polled["jobId"] == submitted["jobId"]
    assert polled["status"] in ("pending", "running")

    trust = f"--cacert {either.where.certificate.ca}" if either.where.certificate else ""
    body = '{"user_prompt": "Of TAO", "chat_type": "apex", "completion_type": "basic"}'
    header = "-H 'Authorization: Bearer your-api-key' -H 'Content-Type: application/json'"
    create = f"curl {trust} {header} -d '{body}' {either.url}/apex.v1.ApexService/CreateChatAndCompletion"
    _, made = shell(create, tmp_path)
    status, stored = call("GetStoredChatCompletions", either, tmp_path, a_unique_chat_id=made["parsedChat"]["id"])
    assert status == 200
    [row] = stored["chatCompletions"]
    assert row["userPromptText"] == "Of TAO"
    assert row["completionType"] == "basic"


def test_a_request_that_cannot_be_served(either: Server, tmp_path: Path) -> None:
    """The page documents one error: 400 with "Invalid request"."""
    status, answer = call("ChatCompletion", either, tmp_path, messages="massages")
    assert (status, answer["error"], answer["code"]) == (400, "Invalid request", "invalid_argument")


def test_every_command_of_the_page_is_here() -> None:
    kept = sorted(path.name for path in PAGE.glob("*.sh"))
    assert kept == sorted(f"{method}.{tool}.sh" for method in METHODS for tool in ("curl", "grpcurl"))
