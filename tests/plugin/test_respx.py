"""httpx's calls to the documented hosts, answered in process: no socket, streams as they come, no other host."""

import asyncio
import os
import threading

import httpx
import pytest
from respx.models import AllMockedAssertionError

REST = "https://sn1.api.macrocosmos.ai"
CONSTELLATION = "https://constellation.api.cloud.macrocosmos.ai"
BODY = {"messages": [{"role": "user", "content": "hello"}]}
KEY = {"api-key": "whichever"}


@pytest.fixture(autouse=True)
def no_socket(apex, apex_respx, monkeypatch):
    """Whoever opens one, fails."""

    def refuse(*arguments, **options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.create_connection", refuse)


def contents(lines):
    return [line for line in lines if '"content":"' in line]


def test_a_sync_client(apex):
    apex.chat().replies("in process")
    with httpx.Client(headers=KEY) as client:
        answer = client.post(f"{REST}/v1/chat/completions", json=BODY)
        assert answer.json()["choices"][0]["message"]["content"] == "in process"
        assert client.get(f"{REST}/v1/models").status_code == 200
    (entry,) = apex.calls("chat")
    assert entry.scope == apex.key, "whatever the key, it is this test's world"


async def test_an_async_client(apex):
    apex.chat().replies("in process")
    async with httpx.AsyncClient(headers=KEY) as client:
        answers = await asyncio.gather(*(client.post(f"{REST}/v1/chat/completions", json=BODY) for _ in range(60)))
    assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {"in process"}
    apex.verify(chat=60)


def test_constellation(apex):
    apex.search().returns([{"url": "https://a.example/"}])
    url = f"{CONSTELLATION}/apex.v1.ApexService/WebRetrieval"
    answer = httpx.post(url, headers={"authorization": "Bearer k"}, json={"search_query": "x"})
    assert answer.json()["results"][0]["url"] == "https://a.example/"


def test_a_sync_stream_comes_piece_by_piece(apex):
    apex.clock.freeze()
    apex.chat().streams(["one", "two"], every=60)
    with httpx.stream("POST", f"{REST}/v1/chat/completions", headers=KEY, json={**BODY, "stream": True}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert '"one"' in next(lines)
        apex.clock.advance(60)
        assert [line for line in lines if line][-1] == "data: [DONE]"
    (entry,) = apex.calls()
    assert entry.outcome == "ok"


async def test_an_async_stream_leaves_the_tests_loop_free(apex):
    apex.clock.freeze()
    apex.chat().streams(["one", "two"], every=60)
    lines = []

    async def read():
        async with (
            httpx.AsyncClient(headers=KEY) as client,
            client.stream("POST", f"{REST}/v1/chat/completions", json={**BODY, "stream": True}) as answer,
        ):
            async for line in answer.aiter_lines():
                lines.append(line)  # noqa: PERF401

    reading = asyncio.create_task(read())
    while not contents(lines):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert len(contents(lines)) == 1
    apex.clock.advance(60)
    await reading
    assert len(contents(lines)) == 2


def test_a_client_that_leaves_ends_the_stream(apex):
    apex.clock.freeze()
    apex.chat().streams(["one", "two"], every=60)
    with httpx.stream("POST", f"{REST}/v1/chat/completions", headers=KEY, json={**BODY, "stream": True}) as answer:
        next(answer.iter_lines())
    apex.wait_for(chat=1, outcome="canceled")


async def test_a_call_that_is_given_up_ends_too(apex):
    apex.clock.freeze()
    apex.chat().delays(60).replies("late")
    async with httpx.AsyncClient(headers=KEY) as client:
        call = asyncio.create_task(client.post(f"{REST}/v1/chat/completions", json=BODY))
        await apex.wait_for_async(chat=1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await apex.wait_for_async(chat=1, outcome="canceled")


def test_a_sync_call_that_waits_for_the_clock(apex):
    apex.clock.freeze()
    apex.chat().delays(60).replies("late")
    answers = []

    def ask():
        answers.append(httpx.post(f"{REST}/v1/chat/completions", headers=KEY, json=BODY))

    thread = threading.Thread(target=ask)
    thread.start()
    apex.wait_for(chat=1)
    apex.clock.advance(60)
    thread.join(5)
    assert answers[0].status_code == 200


def test_any_other_host_is_refused_unless_the_test_routes_it(apex_respx):
    with pytest.raises(AllMockedAssertionError, match="not mocked"):
        httpx.get("https://example.com/")
    apex_respx.get("https://example.com/").respond(204)
    assert httpx.get("https://example.com/").status_code == 204


def test_errors_and_unknown_paths(apex):
    assert httpx.post(f"{REST}/v1/chat/completions", headers=KEY, json={"messages": []}).status_code == 422
    assert httpx.get(f"{REST}/v1/nope", headers=KEY).status_code == 404
    assert apex.complaints() == ["GET /v1/nope: Not Found"]
    apex.allow_surprises()


def test_the_environment_names_the_documented_hosts(apex):
    assert os.environ["MACROCOSMOS_BASE_URL"] == "constellation.api.cloud.macrocosmos.ai"
    assert os.environ["MACROCOSMOS_USE_HTTPS"] == "true"
    assert os.environ["OPENAI_BASE_URL"] == f"{REST}/v1"
    assert os.environ["APEX_API_KEY"] == apex.key
    assert apex.url == CONSTELLATION
