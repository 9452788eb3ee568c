"""Faults over REST and SSE, as httpx sees them; and the request after each is unharmed."""

import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson
import pytest

CHAT = "/v1/chat/completions"
BODY = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}


def ask(rest: httpx.Client, fault: str = "", **body) -> httpx.Response:
    return rest.post(CHAT, json=BODY | body, headers={"x-apex-fault": fault} if fault else {})


def events(text: str) -> list[str]:
    return [line.removeprefix("data: ") for line in text.split("\n\n") if line]


def pieces(text: str) -> list[str]:
    """The texts of the events that have one."""
    found = [orjson.loads(event) for event in events(text) if event != "[DONE]" and "error" not in event[:10]]
    return [choice["delta"]["content"] for event in found for choice in event["choices"] if choice["delta"]["content"]]


@pytest.fixture
def usual(rest) -> str:
    """The answer as it should be, before; and again after each test."""
    answer = ask(rest).json()["choices"][0]["message"]["content"]
    yield answer
    after = ask(rest)
    assert after.json()["choices"][0]["message"]["content"] == answer
    assert "x-apex-fault" not in after.headers
    assert "".join(pieces(ask(rest, stream=True).text)) == answer


# --- One piece --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"), [("unavailable", 503), ("resource_exhausted", 429), ("internal", 500), ("not_found", 404)]
)
def test_an_error_has_its_status(rest, usual, code, status):
    """Its words, and when to come again."""
    answer = ask(rest, f'error; code={code}; message="no; not now"; retry_after=2')
    assert answer.status_code == status
    assert answer.json() == {"detail": "no; not now"}
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["x-apex-fault"] == "error"


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_drop_is_a_reset(rest, usual, after):
    """Not an end: the client's system says ECONNRESET."""
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        ask(rest, f"drop; after={after}")


def test_a_drop_leaves_the_head_and_half_of_the_body(server, key, usual):
    """With after=0, nothing at all."""
    head, _, body = raw(server, key, "drop; after=1").partition(b"\r\n\r\n")
    assert b"200 OK" in head
    told = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert len(body) == told // 2
    assert raw(server, key, "drop; after=0") == b""


def raw(server, key: str, fault: str) -> bytes:
    """What the socket gets before it is reset; fails if it ends in order."""
    sent = orjson.dumps(BODY)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\napi-key: {key}\r\nx-apex-fault: {fault}\r\ncontent-length: {len(sent)}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + sent)
        return until_reset(connection)


def until_reset(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        return received
    pytest.fail("closed in order")


def test_no_end_is_a_body_that_is_not_all_there(rest, usual):
    """The connection closes one byte too early."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        ask(rest, "no_end")


def test_a_truncated_body_is_well_framed(rest, usual):
    """Its length is that of what there is, and it is no JSON."""
    answer = ask(rest, "truncate")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 50
    with pytest.raises(ValueError, match="unexpected end"):
        orjson.loads(answer.content)


def test_a_malformed_body_is_no_json(rest, usual):
    """In its full length."""
    answer = ask(rest, "malformed")
    assert answer.text.startswith("{'id':")
    assert answer.text.endswith("}")


def test_a_wrong_type_is_told_of_a_good_body(rest, usual):
    """As a proxy's error page would be."""
    answer = ask(rest, "wrong_type; type=text/plain")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.json()["choices"][0]["message"]["content"] == usual


def test_an_empty_answer_has_every_field_but_no_text(rest, usual):
    """A search has no results, a job no fields."""
    assert ask(rest, "empty").json()["choices"][0]["message"]["content"] == ""
    search = rest.post("/web_retrieval", json={"search_query": "bees"}, headers={"x-apex-fault": "empty"})
    assert search.json() == {"results": []}
    sent = BODY | {"inference_mode": "Chain-of-Thought"}
    assert rest.post(f"{CHAT}/jobs", json=sent, headers={"x-apex-fault": "empty"}).json() == {}


def test_an_oversize_answer_can_still_be_read(rest, usual):
    """Of a chat it is a long text, of other calls a body with room in it."""
    answer = ask(rest, "oversize; bytes=300000")
    assert len(answer.json()["choices"][0]["message"]["content"]) >= 300_000
    sent = BODY | {"inference_mode": "Chain-of-Thought"}
    job = rest.post(f"{CHAT}/jobs", json=sent, headers={"x-apex-fault": "oversize; bytes=300000"})
    assert len(job.content) >= 300_000
    assert job.json()["status"] == "pending"


def test_duplicates_and_disorder_show_in_the_text(rest, usual):
    """Whose pieces are the same as in a stream."""
    one, two, three = pieces(ask(rest, stream=True).text)[:3]
    said = {fault: ask(rest, f"{fault}; at=2").json() for fault in ("duplicate", "reorder")}
    texts = {fault: answer["choices"][0]["message"]["content"] for fault, answer in said.items()}
    assert texts["duplicate"] == usual.replace(one + two, one + two + two, 1)
    assert texts["reorder"] == usual.replace(one + two + three, one + three + two, 1)


def test_a_chat_without_miners_has_no_answer(rest, usual):
    """Four dead of five are too few for that."""
    assert ask(rest, "miners; dead=4").status_code == 200
    none = ask(rest, "miners; dead=5")
    assert (none.status_code, none.json()) == (502, {"detail": "No valid response received"})


def test_a_search_lacks_what_the_dead_would_have_found(rest, usual):
    """All of them dead: no answer."""
    sent = {"search_query": "ocean currents", "n_miners": 3, "n_results": 30}
    everything = rest.post("/web_retrieval", json=sent).json()["results"]
    some = rest.post("/web_retrieval", json=sent, headers={"x-apex-fault": "miners; dead=2"}).json()["results"]
    assert {result["url"] for result in some} < {result["url"] for result in everything}
    none = rest.post("/web_retrieval", json=sent, headers={"x-apex-fault": "miners; dead=3"})
    assert (none.status_code, none.json()) == (500, {"detail": "No miner responded successfully"})


# --- Streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_dropped_stream_has_so_many_events(rest, server, key, usual, after):
    """And then a reset; with none of them, a reset alone."""
    got: list[bytes] = []
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        follow(rest, f"drop; after={after}", got)
    assert len(events(b"".join(got).decode())) == after
    entry = last(server, key)
    assert (entry.fault, entry.outcome) == ("drop", "unavailable")


def follow(rest: httpx.Client, fault: str, got: list[bytes]) -> None:
    with rest.stream("POST", CHAT, json=BODY | {"stream": True}, headers={"x-apex-fault": fault}) as answer:
        assert answer.status_code == 200
        got.extend(answer.iter_raw())


def last(server, key: str):
    """The newest entry of a scope."""
    return [entry for entry in server.mock.journal if entry.scope == key][-1]


def test_a_stream_with_an_error_in_it_ends_in_an_event(rest, usual):
    """Without [DONE], as the validator does it."""
    answer = ask(rest, "error; code=unavailable; after=2", stream=True)
    assert answer.status_code == 200
    *chunks, error = events(answer.text)
    assert len(chunks) == 2
    assert orjson.loads(error) == {"error": "503 - a fault answers unavailable"}


def test_a_truncated_stream_ends_in_order_and_too_early(rest, usual):
    """Without a finish reason, and without [DONE]."""
    answer = ask(rest, "truncate; after=2", stream=True)
    found = [orjson.loads(event) for event in events(answer.text)]
    assert [chunk["choices"][0]["finish_reason"] for chunk in found] == [None, None]


def test_no_end_is_a_stream_without_done(rest, usual):
    """Everything else is there."""
    answer = ask(rest, "no_end", stream=True)
    assert "".join(pieces(answer.text)) == usual
    assert orjson.loads(events(answer.text)[-1])["choices"][0]["finish_reason"] == "stop"


def test_a_malformed_event_is_one_of_many(rest, usual):
    """Those around it can be read."""
    good, bad = events(ask(rest, stream=True).text), events(ask(rest, "malformed; at=2", stream=True).text)
    assert len(bad) == len(good)
    assert bad[1].startswith("{'id':")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(bad[1])
    assert pieces("\n\n".join([bad[0], *bad[2:]])) == pieces("\n\n".join([good[0], *good[2:]]))


def test_a_stream_of_a_wrong_type(rest, usual):
    """Its events are as they were."""
    answer = ask(rest, "wrong_type", stream=True)
    assert answer.headers["content-type"] == "text/html"
    assert "".join(pieces(answer.text)) == usual


def test_chunks_come_twice_out_of_order_or_empty(rest, usual):
    """As the plan has them; every one still ends with [DONE]."""
    good = pieces(ask(rest, stream=True).text)
    for fault, expected in {
        "duplicate; at=2": [*good[:2], *good[1:]],
        "reorder; at=2": [good[0], good[2], good[1], *good[3:]],
        "empty": [],
    }.items():
        answer = ask(rest, fault, stream=True)
        assert pieces(answer.text) == expected
        assert events(answer.text)[-1] == "[DONE]"


def test_the_last_chunk_twice_is_not_two_ends(rest, usual):
    """Nor the first twice two beginnings."""
    good = pieces(ask(rest, stream=True).text)
    for at in (1, len(good)):
        found = [orjson.loads(event) for event in events(ask(rest, f"duplicate; at={at}", stream=True).text)[:-1]]
        assert [chunk["choices"][0]["finish_reason"] for chunk in found].count("stop") == 1
        assert [chunk["choices"][0]["delta"]["role"] for chunk in found].count("assistant") == 1


def test_an_oversize_chunk_comes_whole(rest, usual):
    """The first."""
    found = pieces(ask(rest, "oversize; bytes=300000", stream=True).text)
    assert len(found[0]) >= 300_000


# --- Time -------------------------------------------------------------------------------------------------------------


def test_a_delay_keeps_everything_back(rest, server, key, usual):
    """By the scope's clock: as soon as that has moved, the answer is there."""
    server.mock.clock.freeze(key)
    with Held(server, key, "delay; seconds=30") as answer:
        assert answer.result(10).json()["choices"][0]["message"]["content"] == usual
    assert last(server, key).duration == 30


@pytest.mark.parametrize(("fault", "before"), [("slow_start; seconds=30", 0), ("stall; after=2; seconds=30", 2)])
def test_a_stream_that_is_late_begins_at_once(rest, server, key, usual, fault, before):
    """The head first, then what comes before the wait, and the rest when the clock has moved."""
    server.mock.clock.freeze(key)
    sent = BODY | {"stream": True}
    with rest.stream("POST", CHAT, json=sent, headers={"x-apex-fault": fault}) as answer:
        assert answer.status_code == 200
        lines = (line for line in answer.iter_lines() if line)
        early = [next(lines) for _ in range(before)]
        server.mock.clock.advance(key, 30)
        assert "".join(pieces("\n\n".join([*early, *lines]))) == usual
    server.mock.clock.reset(key)


class Held:
    """A call in another thread, that waits for the clock; leaving it moves the clock by half a minute."""

    def __init__(self, server, key: str, fault: str) -> None:
        self._server, self._key, self._fault = server, key, fault

    def __enter__(self):
        self._pool = ThreadPoolExecutor(1)
        call = self._pool.submit(
            httpx.post,
            self._server.url + CHAT,
            json=BODY,
            headers={"api-key": self._key, "x-apex-fault": self._fault},
        )
        while last(self._server, self._key).outcome != "open":
            assert not call.done()
        assert not call.done()
        self._server.mock.clock.advance(self._key, 30)
        return call

    def __exit__(self, *failure) -> None:
        self._pool.shutdown()
        self._server.mock.clock.reset(self._key)


# --- The header -------------------------------------------------------------------------------------------------------


def test_a_header_that_cannot_be_read_says_so(rest, usual):
    """As this host says what is wrong with a request."""
    answer = ask(rest, "dorp; after=3")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"].startswith("fault: there is no 'dorp'; there are error, delay, ")


def test_a_header_that_is_there_twice_asks_for_two_faults(rest, usual):
    """In the order in which they were sent; after one that fails the call no other acts."""
    both = [("x-apex-fault", "reorder; at=1"), ("x-apex-fault", "truncate; after=2")]
    answer = rest.post(CHAT, json=BODY | {"stream": True}, headers=both)
    assert answer.headers["x-apex-fault"] == "reorder, truncate"
    whole = pieces(ask(rest, stream=True).text)
    assert pieces(answer.text) == [whole[1], whole[0]]
    both = [("x-apex-fault", "error; code=internal"), ("x-apex-fault", "drop; after=0")]
    answer = rest.post(CHAT, json=BODY, headers=both)
    assert (answer.status_code, answer.headers["x-apex-fault"]) == (500, "error")
    wrong = rest.post(CHAT, json=BODY, headers=[("x-apex-fault", "none"), ("X-Apex-Fault", "dorp")])
    assert wrong.status_code == 422


@pytest.mark.parametrize("operation", ["/web_retrieval", f"{CHAT}/jobs", f"{CHAT}/jobs/nothing"])
def test_other_calls_fail_alike(rest, usual, operation):
    """Searches, jobs, polls."""
    sent = {"search_query": "x", **BODY, "inference_mode": "Chain-of-Thought"}
    method = "GET" if operation.endswith("nothing") else "POST"
    answer = rest.request(method, operation, json=None if method == "GET" else sent, headers={"x-apex-fault": "error"})
    assert (answer.status_code, answer.json()) == (503, {"detail": "a fault answers unavailable"})
    with pytest.raises(httpx.ReadError):
        rest.request(method, operation, json=None if method == "GET" else sent, headers={"x-apex-fault": "drop"})
