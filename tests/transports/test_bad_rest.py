"""What the REST host says to requests that make no sense: the right number, the place, what to mend; and goes on."""

import httpx
import pytest

from tests.wires import HELLO

CHAT, JOBS, SEARCH = "/v1/chat/completions", "/v1/chat/completions/jobs", "/web_retrieval"
BODIES = {
    "empty": b"",
    "no JSON": b"{not json",
    "half": b'{"messages": [{"role": "us',
    "trailing": b'{"messages": []} x',
    "bad UTF-8": b'{"messages": "\xff\xfe"}',
    "lone surrogate": rb'{"messages": [{"role": "user", "content": "\ud800"}], "search_query": "\ud800"}',
    "NaN": b'{"seed": NaN, "temperature": NaN, "n_results": NaN}',
    "infinite": b'{"seed": 1e999, "search_query": "x", "n_results": 1e999}',
    "5000 digits": b'{"seed": ' + b"9" * 5000 + b', "n_results": ' + b"9" * 5000 + b"}",
    "100,000 deep": b"[" * 100_000,
    "100,000 deep in a field": b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "list": b"[]",
    "text": b'"hello"',
    "number": b"1",
    "null": b"null",
    "nothing in it": b"{}",
    "NUL": b"\0",
}


def post(rest: httpx.Client, path: str, body: bytes) -> httpx.Response:
    return rest.post(path, content=body, headers={"content-type": "application/json"})


def faults(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 422, answer.text
    detail = answer.json()["detail"]
    assert detail
    for fault in detail:
        assert {"type", "loc", "msg", "input"} <= set(fault)
        assert fault["msg"]
        assert "Traceback" not in answer.text
    return detail


@pytest.mark.parametrize("path", [CHAT, JOBS, SEARCH])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_read_is_a_422_that_says_where(rest, path, name):
    """As FastAPI has it; and the connection serves the next request."""
    detail = faults(post(rest, path, BODIES[name]))
    assert all(fault["loc"][0] == "body" for fault in detail)
    assert rest.post(CHAT, json=HELLO).status_code == 200


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"messages": []}, ["messages"]),
        ({"messages": None}, ["messages"]),
        ({"messages": "hello"}, ["messages"]),
        ({"messages": ["hello"]}, ["messages", 0]),
        ({"messages": [{"role": "user"}]}, ["messages", 0, "content"]),
        ({"messages": [{"content": "x"}]}, ["messages", 0, "role"]),
        ({"messages": [{"role": "user", "content": 5}]}, ["messages", 0, "content"]),
        ({"messages": [{"role": "user", "content": []}]}, ["messages", 0, "content"]),
        ({"messages": [{"role": "user", "content": " "}]}, ["messages"]),
        ({"messages": [{"role": "robot", "content": "x"}]}, ["messages", 0, "role"]),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "", "content": "x"}]}, ["messages", 1, "role"]),
        ({"seed": "seven"}, ["seed"]),
        ({"seed": 1.5}, ["seed"]),
        ({"seed": 2**63}, ["seed"]),
        ({"uids": [-1]}, ["uids", 0]),
        ({"uids": [1, 65_536]}, ["uids", 1]),
        ({"uids": "1,2"}, ["uids"]),
        ({"stream": "perhaps"}, ["stream"]),
        ({"timeout": -1}, ["timeout"]),
        ({"sampling_parameters": []}, ["sampling_parameters"]),
        ({"sampling_parameters": {"temperature": -1}}, ["sampling_parameters", "temperature"]),
        ({"sampling_parameters": {"temperature": "hot"}}, ["sampling_parameters", "temperature"]),
        ({"sampling_parameters": {"top_p": 1.5}}, ["sampling_parameters", "top_p"]),
        ({"sampling_parameters": {"top_k": -1}}, ["sampling_parameters", "top_k"]),
        ({"sampling_parameters": {"max_new_tokens": 0}}, ["sampling_parameters", "max_new_tokens"]),
        ({"sampling_parameters": {"max_new_tokens": -5}}, ["sampling_parameters", "max_new_tokens"]),
        ({"sampling_parameters": {"max_new_tokens": 10**30}}, ["sampling_parameters", "max_new_tokens"]),
        ({"max_tokens": 0}, ["max_tokens"]),
        ({"temperature": 1e300}, ["temperature"]),
        ({"model": 5}, ["model"]),
        ({"stop": 5}, ["stop"]),
    ],
)
def test_a_chat_field_that_makes_no_sense_is_named(rest, changes, loc):
    """By its path in the body, one fault for one mistake; the stop list's two readings are two."""
    detail = faults(rest.post(CHAT, json=HELLO | changes))
    assert [fault["loc"][: len(loc) + 1] for fault in detail[:1]] == [["body", *loc]]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, "search_query"),
        ({"search_query": ""}, "search_query"),
        ({"search_query": "  "}, "search_query"),
        ({"search_query": 5}, "search_query"),
        ({"search_query": None}, "search_query"),
        ({"search_query": "x", "n_miners": 0}, "n_miners"),
        ({"search_query": "x", "n_miners": -1}, "n_miners"),
        ({"search_query": "x", "n_miners": 10**6}, "n_miners"),
        ({"search_query": "x", "n_miners": "many"}, "n_miners"),
        ({"search_query": "x", "n_results": 0}, "n_results"),
        ({"search_query": "x", "max_response_time": 0}, "max_response_time"),
        ({"search_query": "x", "max_response_time": -3}, "max_response_time"),
        ({"search_query": "x", "uids": [70_000]}, "uids"),
    ],
)
def test_a_search_field_that_makes_no_sense_is_named(rest, body, loc):
    """D2's bounds: one miner, one result, one second at least."""
    (fault,) = faults(rest.post(SEARCH, json=body))
    assert fault["loc"][:2] == ["body", loc]


def test_miners_that_do_not_exist_leave_nobody_to_ask(rest):
    """V: 500, in its words."""
    for path, body in ((CHAT, HELLO), (SEARCH, {"search_query": "x"})):
        answer = rest.post(path, json=body | {"uids": [65_535]})
        assert (answer.status_code, answer.json()) == (500, {"detail": "No available miners"})


def test_no_miner_in_time_is_a_500(rest, server, key):
    """V's words; the second that it takes passes at once."""
    server.mock.clock.scale(key, 1000.0)
    body = {"search_query": "ocean", "max_response_time": 1}
    answer = rest.post(SEARCH, json=body, headers={"x-apex-profile": "overloaded"})
    assert (answer.status_code, answer.json()) == (500, {"detail": "No miner responded successfully"})


@pytest.mark.parametrize("profile", ["nope", "INSTANT"])
def test_an_unknown_profile_is_refused_with_the_names_of_those_there_are(rest, profile):
    """Whatever asks for it."""
    for path, body in ((CHAT, HELLO), (SEARCH, {"search_query": "x"})):
        answer = rest.post(path, json=body, headers={"x-apex-profile": profile})
        assert 400 <= answer.status_code < 500
        for name in ("instant", "fast", "realistic", "slow", "overloaded"):
            assert name in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CHAT, "POST"),
        ("DELETE", CHAT, "POST"),
        ("PUT", SEARCH, "POST"),
        ("PATCH", JOBS, "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("POST", f"{JOBS}/some-id", "GET, HEAD"),
        ("GET", "/api_management/create-api-key/", "POST"),
        ("OPTIONS", CHAT, "POST"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_one(rest, method, path, allowed):
    """In Allow, as HTTP has it."""
    answer = rest.request(method, path)
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    assert {name.strip() for name in answer.headers["allow"].split(",")} == set(allowed.split(", "))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/chat/completions/",
        "/v1/nothing",
        "/apex.v1.Other/X",
        "/../etc/passwd",
        "/%00",
        "/web_retrieval/",
    ],
)
def test_an_unknown_path_is_a_404(rest, path):
    """Without a redirect, which would turn a POST into a GET."""
    answer = rest.post(path, json=HELLO)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_an_unknown_model_or_job_is_a_404(rest):
    """By its name."""
    model = rest.get("/v1/models/no/such-model")
    assert (model.status_code, model.json()) == (404, {"detail": "The model 'no/such-model' does not exist"})
    job = rest.get(f"{JOBS}/no-such-job")
    assert (job.status_code, job.json()) == (404, {"detail": "Job with ID no-such-job not found"})


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_json_is_read_whatever_it_is_called(rest, kind):
    """FastAPI's hosts are asked by curl -d without a content type, too."""
    answer = rest.post(
        CHAT, content=b'{"messages": [{"role": "user", "content": "hello"}]}', headers={"content-type": kind}
    )
    assert answer.status_code == 200


def test_content_in_parts_is_joined(rest):
    """OpenAI's clients send a list of text parts."""
    parts = [{"type": "text", "text": "What is the capital "}, {"type": "text", "text": "of France?"}]
    joined = rest.post(CHAT, json=HELLO | {"messages": [{"role": "user", "content": parts}]}).json()
    plain = rest.post(CHAT, json=HELLO).json()
    assert joined["choices"] == plain["choices"]
