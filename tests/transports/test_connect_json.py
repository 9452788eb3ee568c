"""Constellation as plain JSON over HTTP (D1): proto3's JSON mapping, out and in."""

import re
from typing import Any

import httpx
import orjson
import pytest

from tests.wires import HELLO, SERVICE

MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z")
RESEARCH = {"messages": [{"role": "user", "content": "Compare proof of stake and proof of work for small networks"}]}


class Json:
    """POSTs JSON to a method and gives the JSON that comes back."""

    def __init__(self, rest: httpx.Client) -> None:
        self.rest = rest

    def __call__(self, method: str, body: Any = None, **headers: str) -> Any:
        answer = self.rest.post(f"/{SERVICE}/{method}", json=body or {}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()


@pytest.fixture
def call(rest: httpx.Client) -> Json:
    return Json(rest)


def keys(value: Any) -> set[str]:
    """Every name in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {key for part in value.values() for key in keys(part)}
    if isinstance(value, list):
        return {key for part in value for key in keys(part)}
    return set()


# --- Out --------------------------------------------------------------------------------------------------------------


def test_an_answer_is_written_as_the_documented_sample_is(call):
    """camelCase, int64 as a string, default values left out."""
    said = call("ChatCompletion", HELLO)
    assert set(said) == {"id", "choices", "created", "model", "object"}
    assert isinstance(said["created"], str)
    assert said["created"].isdigit()
    (choice,) = said["choices"]
    assert set(choice) == {"finishReason", "message"}
    assert set(choice["message"]) == {"content", "role"}
    assert (choice["finishReason"], choice["message"]["role"]) == ("stop", "assistant")


def test_an_answer_that_was_cut_says_length(call):
    """As the page's own sample does."""
    said = call("ChatCompletion", HELLO | {"samplingParameters": {"maxNewTokens": "3"}})
    assert said["choices"][0]["finishReason"] == "length"


def test_no_name_has_an_underscore(call):
    """In any answer."""
    job = call("SubmitDeepResearcherJob", RESEARCH)
    made = call("CreateChatAndCompletion", {"userPrompt": "x", "chatType": "apex", "completionType": "basic"})
    answers = [job, made, call("WebRetrieval", {"searchQuery": "ocean"}), call("GetChatSessions")]
    answers.append(call("GetDeepResearcherJob", {"jobId": job["jobId"]}))
    answers.append(call("GetStoredChatCompletions", {"chatId": made["parsedChat"]["id"]}))
    assert not [key for answer in answers for key in keys(answer) if "_" in key]


def test_a_job_is_written_as_its_clients_read_it(call, server, key):
    """Times to the microsecond as strings; seq_id a string; each chunk a string that is a JSON array of one delta."""
    job = call("SubmitDeepResearcherJob", RESEARCH)
    assert set(job) == {"jobId", "status", "createdAt", "updatedAt"}
    assert job["status"] == "pending"
    assert job["createdAt"] == job["updatedAt"]
    assert MICROSECONDS.fullmatch(job["createdAt"])
    server.mock.clock.advance(key, 3600)
    done = call("GetDeepResearcherJob", {"jobId": job["jobId"]})
    assert (done["status"], done["createdAt"]) == ("completed", job["createdAt"])
    assert MICROSECONDS.fullmatch(done["updatedAt"])
    assert done["updatedAt"] > job["updatedAt"]
    assert "error" not in done
    assert [chunk["seqId"] for chunk in done["result"]] == [str(n + 1) for n in range(len(done["result"]))]
    deltas = [orjson.loads(chunk["chunk"]) for chunk in done["result"]]
    assert all(len(delta) == 1 and set(delta[0]) == {"content"} for delta in deltas)
    assert deltas[0] == [{"content": "## Generating Research Plan\n"}]
    assert deltas[-1][0]["content"].startswith("\n## Final Answer\n")


def test_stored_rows_have_timestamps_and_no_empty_fields(call):
    """A row that nobody has answered has neither text, metadata nor completed_at."""
    made = call(
        "CreateChatAndCompletion", {"userPrompt": "x", "chatType": "apex", "completionType": "basic", "title": "T"}
    )
    chat, row = made["parsedChat"], made["parsedCompletion"]
    assert set(chat) == {"id", "title", "createdAt", "chatType"}
    assert set(row) == {"id", "chatId", "createdAt", "userPromptText", "completionType"}
    (stored,) = call("GetStoredChatCompletions", {"chatId": chat["id"]})["chatCompletions"]
    assert set(stored) == {"id", "chatId", "createdAt", "userPromptText", "completionType"}
    (session,) = call("GetChatSessions")["chatSessions"]
    assert set(session) == {"id", "userId", "title", "chatType", "createdAt", "updatedAt"}
    assert all(TIMESTAMP.fullmatch(session[name]) for name in ("createdAt", "updatedAt"))


def test_an_empty_answer_is_an_empty_object(call):
    """Nothing is there, so nothing is said."""
    assert call("GetChatSessions") == {}
    assert call("GetStoredChatCompletions", {"chatId": "unknown"}) == {}
    assert call("SearchChatIdsByPromptAndCompletionText", {"searchTerm": "x"}) == {}


# --- In ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"searchQuery": "ocean", "nMiners": 4, "nResults": 2, "maxResponseTime": 9},
        {"search_query": "ocean", "n_miners": 4, "n_results": 2, "max_response_time": 9},
        {"searchQuery": "ocean", "n_miners": "4", "nResults": "2"},
        {"searchQuery": "ocean", "nMiners": 4.0, "max_results_per_miner": 2},
        {"searchQuery": "ocean", "nMiners": 4, "maxResultsPerMiner": "2"},
        {"search_query": "ocean", "n_miners": 4, "n_results": 2, "unknown": {"deep": [1]}, "": None},
        {"search_query": "ocean", "n_miners": 4, "n_results": 2, "uids": None},
    ],
)
def test_names_numbers_and_unknown_fields_are_read_generously(call, body):
    """camelCase and snake_case, int64 as number or string, D1's other name for n_results; the unknown is ignored."""
    expected = call("WebRetrieval", {"searchQuery": "ocean", "nMiners": 4, "nResults": 2})
    assert len(expected["results"]) > 2
    assert call("WebRetrieval", body) == expected


def test_the_own_name_wins_over_its_alias(call):
    """Where a caller sends both."""
    body = {"searchQuery": "ocean", "nMiners": 3}
    assert call("WebRetrieval", body | {"n_results": 1, "max_results_per_miner": 5}) == call("WebRetrieval", body)


def test_an_alias_is_checked_as_the_field_is(rest):
    """It is the same field."""
    answer = rest.post(f"/{SERVICE}/WebRetrieval", json={"search_query": "x", "max_results_per_miner": 0})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_argument")
    assert "n_results" in answer.json()["message"]


def test_an_empty_body_asks_for_every_chat_type(call, rest):
    """SDK < 2 sends google.protobuf.Empty: no bytes at all, as JSON or as a message."""
    for chat_type in ("apex", "gravity"):
        call("CreateChatAndCompletion", {"userPrompt": "x", "chatType": chat_type, "completionType": "basic"})
    answer = rest.post(f"/{SERVICE}/GetChatSessions", headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert [chat["chatType"] for chat in answer.json()["chatSessions"]] == ["gravity", "apex"]
    assert answer.json() == call("GetChatSessions")
    assert rest.post(f"/{SERVICE}/GetChatSessions", headers={"content-type": "application/proto"}).status_code == 200
    assert len(call("GetChatSessions", {"chatType": "gravity"})["chatSessions"]) == 1


def test_only_some_sampling_parameters_may_be_sent(call):
    """The others take their defaults; all of the defaults are the same as none of them."""
    defaults = {"temperature": 0.7, "topP": 0.95, "topK": 50, "maxNewTokens": 1024, "doSample": True}
    plain = call("ChatCompletion", HELLO)["choices"]
    assert call("ChatCompletion", HELLO | {"samplingParameters": defaults})["choices"] == plain
    assert call("ChatCompletion", HELLO | {"sampling_parameters": {"maxNewTokens": 1024}})["choices"] == plain
    assert call("ChatCompletion", HELLO | {"samplingParameters": {}})["choices"] == plain


def test_a_body_in_binary_may_be_sent_as_well(rest):
    """application/proto, without a byte of it: an empty request is refused for what it lacks."""
    answer = rest.post(f"/{SERVICE}/ChatCompletion", headers={"content-type": "application/proto"})
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid request")
