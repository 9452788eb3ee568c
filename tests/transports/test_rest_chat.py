"""Chat over REST (D2): every field there, null where unused; and its event streams, byte by byte."""

import re
from typing import Any

import httpx
import orjson
import pytest

from tests.wires import HELLO

CHAT = "/v1/chat/completions"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
STANDARD = "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"
DOCUMENTED = "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4"


def events(answer: httpx.Response) -> list[Any]:
    """The stream's events as JSON values; [DONE] must be the last, and is left out."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content.endswith(b"data: [DONE]\n\n")
    blocks = answer.content.split(b"\n\n")
    assert blocks.pop() == b""
    assert all(block.startswith(b"data: ") and b"\n" not in block for block in blocks)
    assert blocks.pop() == b"data: [DONE]"
    return [orjson.loads(block.removeprefix(b"data: ")) for block in blocks]


def text_of(stream: list[Any]) -> str:
    return "".join(e["choices"][0]["delta"]["content"] or "" for e in stream if e["choices"])


def ask(rest: httpx.Client, **changes: Any) -> httpx.Response:
    return rest.post(CHAT, json=HELLO | changes)


# --- One answer -------------------------------------------------------------------------------------------------------


def test_an_answer_has_every_field_of_the_documented_sample(rest):
    """D2: null where unused, numbers as numbers."""
    said = ask(rest).json()
    (choice,) = said.pop("choices")
    content = choice["message"].pop("content")
    assert "Paris" in content
    assert choice == {
        "finish_reason": "stop",
        "index": 0,
        "logprobs": None,
        "message": {"refusal": None, "role": "assistant", "audio": None, "function_call": None, "tool_calls": None},
    }
    assert UUID.fullmatch(said.pop("id"))
    assert isinstance(said.pop("created"), int)
    assert said == {
        "model": STANDARD,
        "object": "chat.completion",
        "service_tier": None,
        "system_fingerprint": None,
        "usage": None,
    }


@pytest.mark.parametrize(("asked", "answering"), [("Default", STANDARD), ("", STANDARD), (DOCUMENTED, DOCUMENTED)])
def test_the_model_that_answers_is_named(rest, asked, answering):
    """Default is the network's standard one."""
    assert ask(rest, model=asked).json()["model"] == answering


@pytest.mark.parametrize(
    "limit",
    [
        {"sampling_parameters": {"max_new_tokens": 3}},
        {"max_tokens": 3},
        {"max_completion_tokens": 3},
        {"max_completion_tokens": 3, "max_tokens": 9},
        {"sampling_parameters": {"max_new_tokens": 3}, "max_tokens": 200},
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_was_cut_says_length(rest, limit, stream):
    """By Apex's field or OpenAI's; Apex's wins."""
    whole = ask(rest).json()["choices"][0]["message"]["content"]
    answer = ask(rest, stream=stream, **limit)
    if stream:
        *chunks, last = events(answer)
        assert len(chunks) == 3
        text, reason = text_of(chunks), last["choices"][0]["finish_reason"]
    else:
        (choice,) = answer.json()["choices"]
        text, reason = choice["message"]["content"], choice["finish_reason"]
    assert reason == "length"
    assert whole.startswith(text)
    assert 0 < len(text) < len(whole)


@pytest.mark.parametrize("stop", [" Paris", [" Paris"], ["nowhere", "aris", " Paris"]])
def test_an_answer_ends_before_a_stop_sequence(rest, stop):
    """OpenAI's field: a text or several; the reason is stop."""
    (choice,) = ask(rest, stop=stop).json()["choices"]
    whole = ask(rest).json()["choices"][0]["message"]["content"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == whole[: whole.index(" Paris")]


def test_an_answer_that_stops_at_once_is_empty_and_whole(rest):
    """Its stream begins, ends and says [DONE] all the same."""
    first = ask(rest).json()["choices"][0]["message"]["content"][:3]
    assert ask(rest, stop=first).json()["choices"][0]["message"]["content"] == ""
    stream = events(ask(rest, stop=first, stream=True))
    assert text_of(stream) == ""
    assert stream[0]["choices"][0]["delta"]["role"] == "assistant"
    assert stream[-1]["choices"][0]["finish_reason"] == "stop"


# --- Streams ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_openai_chunks_and_done(rest):
    """Each with every field, null where unused; the first names the role, the last the reason."""
    stream = events(ask(rest, stream=True))
    assert len({(e["id"], e["created"], e["model"]) for e in stream}) == 1
    for event in stream:
        assert set(event) == {
            "id",
            "choices",
            "created",
            "model",
            "object",
            "service_tier",
            "system_fingerprint",
            "usage",
        }
        assert (event["object"], event["usage"]) == ("chat.completion.chunk", None)
        (choice,) = event["choices"]
        assert set(choice) == {"delta", "finish_reason", "index", "logprobs"}
        assert set(choice["delta"]) == {"content", "function_call", "refusal", "role", "tool_calls"}
    roles = [e["choices"][0]["delta"]["role"] for e in stream]
    assert roles == ["assistant"] + [None] * (len(stream) - 1)
    reasons = [e["choices"][0]["finish_reason"] for e in stream]
    assert reasons == [None] * (len(stream) - 1) + ["stop"]
    assert stream[-1]["choices"][0]["delta"]["content"] is None


def test_a_stream_says_what_one_answer_says(rest):
    """Joined, token by token."""
    whole = ask(rest).json()["choices"][0]["message"]["content"]
    stream = events(ask(rest, stream=True))
    assert text_of(stream) == whole
    assert len(stream) > 5


@pytest.mark.parametrize(
    ("options", "asked"), [({"include_usage": True}, True), ({"include_usage": False}, False), ({}, False)]
)
def test_usage_comes_last_for_those_who_asked(rest, options, asked):
    """OpenAI's stream_options: one more chunk, without a choice."""
    stream = events(ask(rest, stream=True, stream_options=options))
    assert (stream[-1]["choices"] == []) is asked
    if asked:
        usage = stream[-1]["usage"]
        assert usage["completion_tokens"] == len(stream) - 2
        assert usage["total_tokens"] == usage["completion_tokens"] + usage["prompt_tokens"] > usage["completion_tokens"]
        assert stream[-2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("asking", [{"inference_mode": "Chain-of-Thought"}, {"test_time_inference": True}])
@pytest.mark.parametrize("stream", [True, False, None])
def test_chain_of_thought_always_streams(rest, asking, stream):
    """V: whatever `stream` says; its events hold nothing but the content, headed as deep research is."""
    question = [
        {"role": "user", "content": "How do ocean currents shape the climate of Europe, and what could change it?"}
    ]
    changes = asking if stream is None else asking | {"stream": stream}
    chunks = events(ask(rest, messages=question, **changes))
    for chunk in chunks:
        assert set(chunk) == {"choices"}
        assert [set(choice) for choice in chunk["choices"]] == [{"delta"}]
        assert set(chunk["choices"][0]["delta"]) == {"content"}
    text = text_of(chunks)
    assert text.startswith("## Generating Research Plan\n## Research Plan\n")
    assert "\n## Final Answer\n" in text


@pytest.mark.parametrize(
    "asking",
    [
        {"mixture": True},
        {"inference_mode": "Mixture-of-Agents"},
        {"inference_mode": "Reasoning-Fast"},
        {"inference_mode": "Base-Inference"},
    ],
)
def test_the_other_modes_stream_only_when_asked(rest, asking):
    """Else they are one JSON answer."""
    one = ask(rest, **asking)
    assert one.headers["content-type"] == "application/json"
    assert text_of(events(ask(rest, stream=True, **asking))) == one.json()["choices"][0]["message"]["content"]


def test_what_the_validator_ignores_is_ignored(rest):
    """OpenAI's and other fields beside Apex's, a validator-key, more sampling parameters."""
    extra = {"n": 3, "user": "me", "logit_bias": {}, "sampling_parameters": {"repetition_penalty": 1.1}, "x": {"y": []}}
    answer = rest.post(CHAT, json=HELLO | extra, headers={"validator-key": "x"})
    assert answer.json()["choices"] == ask(rest).json()["choices"]


def test_the_models_are_listed_as_openai_has_it(rest):
    """The standard one first; each can be asked for by its name."""
    listed = rest.get("/v1/models").json()
    assert listed["object"] == "list"
    assert listed["data"][0] == {"id": STANDARD, "object": "model", "created": 0, "owned_by": "apex"}
    assert DOCUMENTED in [model["id"] for model in listed["data"]]
    assert rest.get(f"/v1/models/{DOCUMENTED}").json()["id"] == DOCUMENTED


# --- Miners (V) -------------------------------------------------------------------------------------------------------


def test_available_miners_serve_what_was_asked(rest):
    """Uids, at most k of them, ten by default."""
    path = "/miner_availabilities/get_available_miners"
    uids = rest.get(path, params={"task": "WebRetrievalTask", "k": 4}).json()
    assert len(uids) == len(set(uids)) == 4
    assert len(rest.get(path).json()) == 10
    known = rest.post("/miner_availabilities/miner_availabilities", json=uids).json()
    assert list(known) == [str(uid) for uid in uids]
    assert all(miner["task_availabilities"]["WebRetrievalTask"] for miner in known.values())
    llama = rest.get(path, params={"model": DOCUMENTED}).json()
    known = rest.post("/miner_availabilities/miner_availabilities", json=llama).json()
    assert all(miner["llm_model_availabilities"][DOCUMENTED] for miner in known.values())


def test_availabilities_are_null_for_those_who_do_not_exist(rest):
    """All of the network for null or no body."""
    path = "/miner_availabilities/miner_availabilities"
    assert rest.post(path, json=[0, 60_000]).json()["60000"] is None
    assert len(rest.post(path, json=None).json()) == len(rest.post(path).json()) == 256
    assert rest.post(path, json=["x"]).status_code == 422
    assert rest.get("/miner_availabilities/get_available_miners?k=0").status_code == 422
