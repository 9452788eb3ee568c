"""The same seed gives the same bytes, on every wire, alone and in a crowd."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson
import pytest

from apex_mock import ApexMock, Server, Settings, create_app, serve
from apex_mock.clock import Clock
from apex_mock.core.types import Caller, ChatRequest, Message, Sampling
from tests.conftest import NOON
from tests.wires import WIRES

QUESTIONS = [
    "What is the capital of France?",
    "Write a haiku about the sea",
    "Explain how vaccines work in two sentences",
    "List five rivers",
    "hello",
]
CHAT = "/v1/chat/completions"


def ask(question: str, **more: object) -> dict:
    return {"messages": [{"role": "user", "content": question}], **more}


def fixed(seed: int = 0) -> ApexMock:
    """A fake at noon, forever."""
    return ApexMock(Settings(seed=seed), clock=Clock(lambda: NOON))


def client(mock: ApexMock) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(mock))
    return httpx.AsyncClient(transport=transport, base_url="http://mock", headers={"api-key": "k"})


async def answers(mock: ApexMock, bodies: list[dict], *, at_once: bool) -> list[bytes]:
    async with client(mock) as http:
        calls = [http.post(CHAT, json=body) for body in bodies]
        found = await asyncio.gather(*calls) if at_once else [await call for call in calls]
    return [answer.content for answer in found]


# --- The same bytes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
async def test_the_same_seed_gives_the_same_bytes(stream):
    """Ids and times too, where the clock stands still; asked again, another answer, and that one the same as well."""
    bodies = [ask(question, stream=stream) for question in QUESTIONS * 2]
    first = await answers(fixed(), bodies, at_once=False)
    assert await answers(fixed(), bodies, at_once=False) == first
    assert len(set(first)) == len(first)


async def test_another_seed_gives_other_answers():
    """Of one server or of one request."""
    ids = {(await answers(fixed(seed), [ask("hello")], at_once=False))[0] for seed in range(5)}
    assert len(ids) == 5
    texts = set()
    for seed in range(8):
        (body,) = await answers(fixed(), [ask("Write a haiku about the sea", seed=seed)], at_once=False)
        texts.add(orjson.loads(body)["choices"][0]["message"]["content"])
    assert len(texts) > 1


async def test_fifty_at_once_are_the_same_fifty_as_in_a_row():
    """As many of each; only which of two equal questions gets which answer may differ."""
    bodies = [ask(QUESTIONS[n % len(QUESTIONS)], stream=n % 2 == 0) for n in range(50)]
    at_once = await answers(fixed(), bodies, at_once=True)
    assert Counter(at_once) == Counter(await answers(fixed(), bodies, at_once=False))


async def test_what_others_do_at_that_moment_changes_nothing():
    """A caller's answers are the same in a crowd of other callers."""
    alone = await answers(fixed(), [ask(question) for question in QUESTIONS], at_once=False)
    mock = fixed()
    async with client(mock) as http:
        others = [http.post(CHAT, json=ask(q), headers={"api-key": f"other {n}"}) for n, q in enumerate(QUESTIONS * 4)]
        own = [http.post(CHAT, json=ask(question)) for question in QUESTIONS]
        found = await asyncio.gather(*others[::2], *own, *others[1::2])
    assert [answer.content for answer in found[10:15]] == alone


def test_fifty_threads_against_a_real_server_get_what_fifty_calls_in_a_row_get(server, http, key):
    """Over sockets, in whatever order they arrive; two scopes of one server are two such worlds."""

    def call(number: int, scope: str) -> str:
        body = ask(QUESTIONS[number % len(QUESTIONS)])
        headers = {"api-key": "k", "x-apex-scope": scope}
        said = http.post(server.url + CHAT, json=body, headers=headers).json()
        return said["choices"][0]["message"]["content"]

    def texts_of(scope: str) -> Counter[str]:
        with ThreadPoolExecutor(16) as pool:
            return Counter(pool.map(lambda n: call(n, scope), range(50)))

    with serve() as other:
        headers = {"api-key": "k", "x-apex-scope": key}
        bodies = [ask(QUESTIONS[n % len(QUESTIONS)]) for n in range(50)]
        row = [http.post(other.url + CHAT, json=body, headers=headers).json() for body in bodies]
    assert texts_of(key) == Counter(said["choices"][0]["message"]["content"] for said in row)


@pytest.mark.parametrize("sampling", [Sampling(temperature=0.0), Sampling(do_sample=False)])
async def test_without_sampling_there_is_one_answer(sampling):
    """However often it is asked for, and whatever the seed of the request."""
    mock = fixed()
    asked = [ChatRequest((Message("user", QUESTIONS[0]),), sampling=sampling, seed=seed) for seed in (None, None, 1, 2)]
    texts = {(await mock.chat(request, Caller(str(n)))).plan.text for n, request in enumerate(asked)}
    assert len(texts) == 1


# --- The same text on every wire --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def still() -> Iterator[Server]:
    with serve(fixed()) as running:
        yield running


def rest_text(http: httpx.Client, server: Server, body: dict, scope: str) -> str:
    headers = {"api-key": "k", "x-apex-scope": scope}
    answer = http.post(server.url + CHAT, json=body, headers=headers)
    if not body.get("stream"):
        return answer.json()["choices"][0]["message"]["content"]
    events = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
    return "".join(orjson.loads(event)["choices"][0]["delta"]["content"] or "" for event in events)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_wire_gives_the_same_text(still, http, key, question):
    """REST, Connect, gRPC-Web and gRPC, streamed or not, when the request has a seed."""
    body = ask(question, seed=42)
    texts = {f"rest {stream}": rest_text(http, still, body | {"stream": stream}, key) for stream in (True, False)}
    for name, kind in WIRES.items():
        wire = kind(still.address, "k")
        for method in ("ChatCompletion", "ChatCompletionStream"):
            texts[f"{name} {method}"] = wire.call(method, body, x_apex_scope=key).text
        wire.close()
    assert len(texts) == 8
    assert len(set(texts.values())) == 1, texts


def test_without_a_seed_the_wires_count_on_together(http):
    """The n-th call of a scope has the n-th answer, whichever wire it takes."""
    by_rest, mixed = [], []
    with serve(fixed()) as server:
        by_rest = [rest_text(http, server, ask(QUESTIONS[2]), "s") for _ in range(4)]
    with serve(fixed()) as server:
        mixed.append(rest_text(http, server, ask(QUESTIONS[2]), "s"))
        for kind in WIRES.values():
            wire = kind(server.address, "k")
            mixed.append(wire.call("ChatCompletion", ask(QUESTIONS[2]), x_apex_scope="s").text)
            wire.close()
    assert mixed == by_rest


def test_every_wire_finds_the_same_pages(still, http, key):
    """With limits that mean the same on both surfaces: one miner."""
    body = {"search_query": "ocean currents", "n_miners": 1, "n_results": 3}
    expected = http.post(f"{still.url}/web_retrieval", json=body, headers={"api-key": key}).json()["results"]
    assert len(expected) == 3
    for kind in WIRES.values():
        wire = kind(still.address, key)
        assert wire.call("WebRetrieval", body).value["results"] == expected
        wire.close()


def test_the_two_surfaces_count_results_each_in_its_own_way(still, http, key):
    """D2: in the response. D1: of each miner, so at most n_miners times n_results."""
    body = {"search_query": "ocean currents", "n_miners": 5, "n_results": 2}
    rest = http.post(f"{still.url}/web_retrieval", json=body, headers={"api-key": key}).json()["results"]
    assert len(rest) == 2
    assert all(set(result) == {"url", "content", "relevant"} for result in rest)
    for kind in WIRES.values():
        wire = kind(still.address, key)
        found = wire.call("WebRetrieval", body).value["results"]
        wire.close()
        assert 2 < len(found) <= 10
        assert len({result["url"] for result in found}) == len(found)
        assert [result["url"] for result in found[:2]] == [result["url"] for result in rest]


def test_defaults_are_one_result_of_three_miners_and_one_in_all(still, http, key):
    """D1 and D2 again, with nothing but the query."""
    rest = http.post(f"{still.url}/web_retrieval", json={"search_query": "ocean"}, headers={"api-key": key})
    assert len(rest.json()["results"]) == 1
    wire = WIRES["grpc"](still.address, key)
    assert 1 <= len(wire.call("WebRetrieval", {"searchQuery": "ocean"}).value["results"]) <= 3
    wire.close()
