"""Any request on any worker sees the same world, and the same seed gives the same bytes whichever worker answers."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.failures.running import PATIENCE, Running, serving
from tests.wires import WIRES

pytestmark = pytest.mark.xdist_group("one world")  # five processes that are started once
PROMPTS = ("What is the capital of France?", "Tell me a story", "Write a haiku about rivers", "What is Bittensor?")
SEED = ("--seed", "7")


@pytest.fixture(scope="module")
def four() -> Iterator[Running]:
    with serving("--workers", "4", *SEED) as running:
        yield running


@pytest.fixture(scope="module")
def one() -> Iterator[Running]:
    with serving(*SEED) as running:
        yield running


def post(running: Running, path: str, body: Any, key: str = "k") -> Any:
    """On a connection of its own, which any worker may get; error answers too."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"{running.url}{path}", data, headers), timeout=PATIENCE) as answer:
            return json.load(answer)
    except HTTPError as error:
        return {"status": error.code, **json.load(error)}


def call(running: Running, method: str, key: str = "k", **body: Any) -> Any:
    return post(running, f"/apex.v1.ApexService/{method}", body, key)


def chat(running: Running, prompt: str, key: str) -> Any:
    body = {"messages": [{"role": "user", "content": prompt}]}
    return post(running, "/v1/chat/completions", body, key)


def test_fifty_requests_over_four_workers_are_those_of_one(four, one):
    """One after the other and without seeds: ids, texts and models are the same; only the times differ."""
    asked = [(PROMPTS[n % len(PROMPTS)], f"fifty-{n % 3}") for n in range(50)]
    answers = []
    for running in (four, one):
        said = [chat(running, prompt, key) for prompt, key in asked]
        answers.append([{**answer, "created": 0} for answer in said])
    assert answers[0] == answers[1]
    assert len({json.dumps(answer) for answer in answers[0]}) > 30, "repetitions draw anew"
    assert len(four.answering(60)) == 4


def test_fifty_at_once_are_those_of_one_in_a_row(four, one):
    """In whichever order they come, the same requests get the same answers."""
    asked = [(prompt, "crowd") for prompt in PROMPTS for _ in range(12)]
    with ThreadPoolExecutor(16) as pool:
        at_once = list(pool.map(lambda one: chat(four, *one), asked))
    in_a_row = [chat(one, *each) for each in asked]
    assert sorted(answer["id"] for answer in at_once) == sorted(answer["id"] for answer in in_a_row)
    texts = [sorted(a["choices"][0]["message"]["content"] for a in answers) for answers in (at_once, in_a_row)]
    assert texts[0] == texts[1]


def test_what_one_worker_is_told_the_next_one_knows(four):
    """Chats, jobs, keys, stubs, clocks, choices: each step goes to whichever worker gets it."""
    for n in range(8):
        key = f"world-{n}"
        made = call(four, "CreateChatAndCompletion", key, userPrompt="x", chatType="apex", completionType="basic")
        row = made["parsedCompletion"]["id"]
        call(four, "UpdateCompletionAttributes", key, completionId=row, completionText="written")
        assert call(four, "GetChatCompletion", key, completionId=row)["completionText"] == "written"
        post(four, f"/__apex/clock?scope={key}", {"scale": 0})
        job = call(four, "SubmitDeepResearcherJob", key, messages=[{"role": "user", "content": "Why?"}])["jobId"]
        assert call(four, "GetDeepResearcherJob", key, jobId=job)["status"] == "pending"
        post(four, f"/__apex/clock/advance?scope={key}", {"seconds": 600})
        assert call(four, "GetDeepResearcherJob", key, jobId=job)["status"] == "completed"
        post(four, f"/__apex/stubs?scope={key}", {"when": {"prompt": "refund"}, "reply": f"Five days, {n}."})
        assert chat(four, "A refund?", key)["choices"][0]["message"]["content"] == f"Five days, {n}."
        post(four, f"/__apex/reset?scope={key}", {})
        assert call(four, "GetChatCompletion", key, completionId=row)["code"] == "not_found"


def test_the_journal_is_one_in_one_order(four):
    """Whichever worker wrote an entry, and whichever is asked: each call once, in the order of its coming."""
    for n in range(30):
        if n % 3:
            chat(four, f"question {n}", "journal")
        else:
            wire = WIRES["grpc"](four.address, "journal")
            wire.call("ChatCompletion", {"messages": [{"role": "user", "content": f"question {n}"}]})
            wire.close()
    journals = [post(four, "/__apex/journal?scope=journal", None) for _ in range(8)]
    assert all(journal == journals[0] for journal in journals)
    assert [entry["prompt"] for entry in journals[0]["calls"]] == [f"question {n}" for n in range(30)]
    seqs = [entry["seq"] for entry in journals[0]["calls"]]
    assert seqs == sorted(set(seqs))
