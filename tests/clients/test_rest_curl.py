"""The REST host's calls by curl, plaintext and TLS: a completion, a stream as it arrives, a search, an error."""

import json
import shutil
from typing import Any

import pytest

from apex_mock import Server
from tests.clients.running import client_tests, run

pytestmark = [
    *client_tests("command line"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]
QUESTION = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}


def curl(server: Server, path: str, body: Any, *flags: str) -> str:
    """What curl prints with only its trust roots from the environment."""
    env = {name: value for name, value in server.environment().items() if name == "CURL_CA_BUNDLE"}
    sent = ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    done = run(["curl", "-sS", *flags, *sent, server.url + path], env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("header", ["api-key: k", "Authorization: Bearer k"])
def test_chat(either: Server, header: str) -> None:
    answer = json.loads(curl(either, "/v1/chat/completions", QUESTION, "-H", header))
    [choice] = answer["choices"]
    assert "Paris" in choice["message"]["content"]
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
    assert isinstance(answer["created"], int)


def test_stream(either: Server) -> None:
    """curl -N prints each event as it comes; the last is [DONE], and together they say what the unary answer says."""
    whole = json.loads(curl(either, "/v1/chat/completions", QUESTION, "-H", "api-key: k"))
    said = curl(either, "/v1/chat/completions", QUESTION | {"stream": True}, "-N", "-i", "-H", "api-key: k")
    head, _, body = said.replace("\r\n", "\n").partition("\n\n")
    assert head.startswith("HTTP/1.1 200")
    assert "content-type: text/event-stream" in head.lower()
    assert "cache-control: no-cache" in head.lower()

    events = body.removesuffix("\n\n").split("\n\n")
    assert all(event.startswith("data: ") for event in events)
    *chunks, done = [event.removeprefix("data: ") for event in events]
    assert done == "[DONE]"
    choices = [json.loads(chunk)["choices"][0] for chunk in chunks]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    assert text == whole["choices"][0]["message"]["content"]
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]


def test_search(either: Server) -> None:
    """Here n_results bounds the whole response."""
    body = {"search_query": "What is Bittensor?", "n_miners": 3, "n_results": 2, "max_response_time": 10}
    results = json.loads(curl(either, "/web_retrieval", body, "-H", "api-key: k"))["results"]
    assert len(results) == 2
    assert all(set(result) == {"url", "content", "relevant"} for result in results)


def test_no_key(either: Server) -> None:
    said = curl(either, "/v1/chat/completions", QUESTION, "-w", "%{http_code}")
    assert said.endswith("403")
    assert json.loads(said.removesuffix("403"))["detail"].startswith("Missing API key")
