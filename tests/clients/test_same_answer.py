"""One seed, one text: the same words over REST, Connect JSON, gRPC-Web, gRPC and by the SDK, whole and in pieces."""

import pytest

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests
from tests.clients.stubs import stubs
from tests.wires import WIRES

httpx = pytest.importorskip("httpx")
pytestmark = client_tests("macrocosmos 2.1.0")
QUESTIONS = {
    "fact": {"messages": [{"role": "user", "content": "What is the capital of France?"}]},
    "story": {"messages": [{"role": "user", "content": "Write a short story about a cosmonaut learning to paint."}]},
    "cut": {
        "messages": [{"role": "user", "content": "What is Bittensor?"}],
        "sampling_parameters": {"temperature": 0.7, "top_p": 0.95, "max_new_tokens": 12, "do_sample": True},
    },
    "mixture": {"messages": [{"role": "user", "content": "What is a subnet?"}], "inference_mode": "Mixture-of-Agents"},
}


def rest_texts(server: Server, key: str, question: dict) -> list[str]:
    url, headers = f"{server.url}/v1/chat/completions", {"authorization": f"Bearer {key}"}
    whole = httpx.post(url, json=question, headers=headers).json()["choices"][0]["message"]["content"]
    events = httpx.post(url, json=question | {"stream": True}, headers=headers).text.split("\n\n")
    chunks = [httpx.Response(200, text=event[6:]).json() for event in events if event.startswith("data: {")]
    return [whole, "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("seed", [7, 12345])
def test_over_every_wire(newest_sdk: Sdk, plain: Server, key: str, question: dict, seed: int) -> None:
    asked = question | {"seed": seed}
    texts = {"rest": rest_texts(plain, key, asked)}
    for name, wire_type in WIRES.items():
        wire = wire_type(plain.address, key)
        texts[name] = [wire.call(method, asked).text for method in ("ChatCompletion", "ChatCompletionStream")]
        wire.close()
    with stubs(newest_sdk.python, plain, key) as client:
        whole = client.call("ChatCompletion", asked).answer["choices"][0]["message"]["content"]
        chunks = client.call("ChatCompletionStream", asked).answers
    texts["sdk"] = [whole, "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)]
    assert len(texts) > 3
    assert {text for pair in texts.values() for text in pair} == {whole}, texts
    assert whole
