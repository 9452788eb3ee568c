"""The journal over HTTP: filters, verify, the live feed; no key leaves it, and the control API is not in it."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.core.types import Surprises
from apex_mock.journal import Tally
from apex_mock.mock import ApexMock
from apex_mock.settings import Settings
from apex_mock.transports.control import Control
from apex_mock.transports.control.journal import MOST_OPEN, Feed
from tests.control.test_stub_routes import Caller, chat
from tests.wires import WIRES

SECRET = "sk-very-secret-key"


@pytest.fixture
def me(server: Server, key: str) -> Iterator[Caller]:
    with httpx.Client(base_url=server.url, timeout=20) as http:
        yield Caller(http, key)


def prompts(told: dict) -> list[str]:
    return [call["prompt"] for call in told["calls"]]


def test_calls_are_found_by_what_they_were(me, server, key):
    """Every filter, alone and together; the newest few with a limit."""
    me.ask("What is TAO?")
    me.ask("What is Bittensor?")
    me.http.post("/web_retrieval", json={"search_query": "Bittensor news"}, headers={"api-key": key})
    me.http.post("/v1/chat/completions", json=chat("bad") | {"uids": [99999]}, headers={"api-key": key})
    me.http.post("/v1/chat/completions", json=chat("Who is bad?") | {"uids": [64999]}, headers={"api-key": key})
    wire = WIRES["grpc"](server.address, key)
    wire.call("ChatCompletion", chat("What is Bittensor over gRPC?"))
    wire.close()

    def found(**query: object) -> list[str]:
        return prompts(me.control("GET", "journal", **query))

    assert len(found()) == 5
    assert found(operation="search") == ["Bittensor news"]
    assert found(transport="grpc") == ["What is Bittensor over gRPC?"]
    assert found(text="bittensor", operation="chat") == ["What is Bittensor?", "What is Bittensor over gRPC?"]
    assert found(status="unavailable") == ["Who is bad?"]
    assert found(status="ok", limit=2) == ["Bittensor news", "What is Bittensor over gRPC?"]
    assert found(limit=0) == []
    first = me.control("GET", "journal")["calls"][0]
    assert len(found(since=first["seq"])) == 4
    assert first["answer"]["text"]
    assert 0 <= first["duration"] < 20


def test_stored_chats_are_shown_as_well(me, key):
    """Whatever form a request has."""
    headers = {"authorization": f"Bearer {key}"}
    body = {"userPrompt": "hello", "chatType": "apex", "completionType": "basic"}
    me.http.post("/apex.v1.ApexService/CreateChatAndCompletion", json=body, headers=headers).raise_for_status()
    me.http.post("/apex.v1.ApexService/GetChatSessions", json={}, headers=headers).raise_for_status()
    created, listed = me.control("GET", "journal")["calls"]
    assert created["request"]["user_prompt"] == "hello"
    assert listed["operation"] == "list_chats"
    assert listed["answer"] is None


def test_it_is_emptied_by_scope(me, server, key):
    """The others' calls stay."""
    me.ask("one")
    other = Caller(me.http, f"{key}-other")
    other.ask("two")
    assert me.control("DELETE", "journal")["removed"] == 1
    assert me.control("GET", "journal")["calls"] == []
    assert prompts(other.control("GET", "journal")) == ["two"]


def test_no_key_leaves_it():
    """A scope that is named by a key goes by a digest, unless it is you who named it; another name is told."""
    with serve(settings={"api_keys": (SECRET, f"{SECRET}-2")}) as server, httpx.Client(base_url=server.url) as http:
        me = Caller(http, SECRET)
        http.post("/__apex/strict", json={"strict": True})
        me.ask("one")
        me.ask("two", x_apex_scope="worker-1")
        Caller(http, f"{SECRET}-2").ask("three", x_apex_scope=SECRET)
        http.post("/__apex/stubs", json={"when": {"key": {"equals": "nobody-s-key"}}, "reply": "a"})
        me.ask("four", x_forwarded_user="ann")
        for path in (
            "journal",
            "journal/unmatched",
            "journal/near-misses",
            "stubs",
            "jobs",
            "info",
            "events?since=0&limit=4",
        ):
            said = http.get(f"/__apex/{path}").text
            assert SECRET not in said, path
            assert "nobody-s-key" not in said, path
        calls = http.get("/__apex/journal").json()["calls"]
        assert [call["scope"] for call in calls] == [calls[0]["by"], "worker-1", calls[0]["by"], calls[0]["by"]]
        assert calls[0]["by"] != calls[3]["by"]
        named = http.get("/__apex/journal", params={"scope": SECRET}).json()["calls"]
        assert {call["scope"] for call in named} == {SECRET}


def test_no_control_route_counts_as_a_call():
    """Whether it does something, fails, or is not there at all; and none is a surprise."""
    with serve() as server, httpx.Client(base_url=server.url, timeout=5) as http:
        for method, path, _ in Control(server.mock).table():
            for body in ({}, {"nonsense": 1}, [1]):
                if path == "events":
                    continue
                http.request(method, f"/__apex/{path}", json=body)
        http.get("/__apex/nothing")
        http.put("/__apex/stubs", json={})
        info = http.get("/__apex/info").json()
        assert info["calls"] == 0
        assert http.get("/__apex/journal").json()["calls"] == []
        assert not server.mock.store.may_hold(Surprises)


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/__apex/nothing", 404, "there is no control route 'nothing'; there are health"),
        ("GET", "/__apex/", 404, "there is no control route"),
        ("PUT", "/__apex/stubs", 405, "use GET, POST, DELETE"),
        ("POST", "/__apex/stubs/x", 405, "use DELETE"),
        ("GET", "/__apex/reset", 405, "use POST"),
    ],
)
def test_what_is_not_there_says_what_is(me, method, path, status, said):
    """As one sentence in `detail`."""
    answer = me.http.request(method, path)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


# --- Verify -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ({}, True),
        ({"operation": "chat"}, True),
        ({"operation": "chat", "count": 2}, True),
        ({"operation": "chat", "count": 1}, False),
        ({"operation": "chat", "count": 0}, False),
        ({"operation": "search", "count": 0}, True),
        ({"operation": "search"}, False),
        ({"containing": "REFUND", "count": 1}, True),
        ({"containing": "voucher"}, False),
        ({"at_least": 3}, False),
        ({"at_least": 2, "at_most": 2}, True),
        ({"at_most": 1}, False),
        ({"transport": "grpc"}, False),
        ({"status": "ok", "count": 2}, True),
    ],
)
def test_a_claim_holds_or_does_not(me, body, holds):
    """409 says what was asked instead."""
    me.ask("a refund")
    me.ask("an invoice")
    told = me.control("POST", "journal/verify", body, 200 if holds else 409)
    assert told["ok"] is holds
    if not holds:
        assert told["detail"].startswith("expected ")
        assert [line.split('"')[1] for line in told["asked"]] == ["a refund", "an invoice"]


def test_it_waits_for_calls_that_come_later(me):
    """No longer than it must, and no longer than it is told to."""
    later = threading.Timer(0.2, me.ask, ["late"])
    later.start()
    assert me.control("POST", "journal/verify", {"containing": "late", "within": 10})["count"] == 1
    later.join()
    begun = time.monotonic()
    me.control("POST", "journal/verify", {"containing": "never", "within": 0.3}, 409)
    assert 0.3 <= time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "body",
    [
        {"count": -1},
        {"count": 1.5},
        {"count": True},
        {"count": 1, "at_least": 1},
        {"operation": "chatt"},
        {"operation": 1},
        {"within": 61},
        {"within": -1},
        {"colour": "red"},
        {"text": "red"},
        {"since": "x"},
        [],
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(me, body):
    """It neither holds nor fails."""
    me.control("POST", "journal/verify", body, 422)


# --- Live -------------------------------------------------------------------------------------------------------------


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict]]:
    kind = ""
    for line in lines:
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


def test_calls_are_told_as_they_end(me, server, key):
    """Of one's own scope, by filters; from now on unless told otherwise."""
    me.ask("before")
    with httpx.stream("GET", f"{server.url}/__apex/events", params={"scope": key, "limit": 2}, timeout=20) as feed:
        assert feed.headers["content-type"].startswith("text/event-stream")
        lines = feed.iter_lines()
        assert next(lines) == ": following the journal"
        me.ask("one")
        Caller(me.http, f"{key}-other").ask("another's")
        me.http.post("/web_retrieval", json={"search_query": "two"}, headers={"api-key": key})
        assert [(kind, call["prompt"]) for kind, call in events(lines)] == [("call", "one"), ("call", "two")]
    with httpx.stream(
        "GET", f"{server.url}/__apex/events?since=0&limit=1&operation=search&scope={key}", timeout=20
    ) as feed:
        assert [call["prompt"] for _, call in events(feed.iter_lines())] == ["two"]


def test_a_call_is_told_when_it_ends_and_not_before(me, server, key):
    """A slow one after a quick one that began later."""
    me.control("POST", "clock", {"scale": 0})
    with httpx.stream("GET", f"{server.url}/__apex/events?limit=2&scope={key}", timeout=20) as feed:
        lines = feed.iter_lines()
        next(lines)
        slow = threading.Thread(target=me.ask, args=["slow"], kwargs={"x_apex_profile": "slow"})
        slow.start()
        while not me.control("GET", "journal")["calls"]:
            time.sleep(0.01)
        me.ask("quick")
        told = events(lines)
        assert next(told)[1]["prompt"] == "quick"
        me.control("POST", "clock/advance", {"seconds": 1000})
        ended = next(told)[1]
        assert (ended["prompt"], ended["status"]) == ("slow", "ok")
        slow.join()


def test_a_follower_does_not_hold_the_server_up():
    """Neither when it stays nor when it goes."""
    with serve() as server, httpx.stream("GET", f"{server.url}/__apex/events", timeout=20) as feed:
        next(feed.iter_lines())
        begun = time.monotonic()
    assert time.monotonic() - begun < 8


async def call(mock: ApexMock, prompt: str) -> None:
    from apex_mock.core.types import ChatRequest, Message

    await mock.finish(await mock.chat(ChatRequest((Message("user", prompt),))))


async def test_a_follower_that_is_too_slow_is_told_how_many_calls_it_lost():
    """The journal is the queue: what it has forgotten is lost, what was cleared away is not."""
    mock = ApexMock(Settings(journal_entries=3))
    feed = Feed(mock.journal, Tally())
    assert await feed.look() == (0, [])
    for n in range(5):
        await call(mock, f"{n}")
    dropped, ended = await feed.look()
    assert (dropped, [entry.prompt for entry in ended]) == (2, ["2", "3", "4"])
    await call(mock, "5")
    await mock.journal.clear()
    assert (await feed.look())[0] in (0, 1)
    await call(mock, "6")
    assert [entry.prompt for entry in (await feed.look())[1]] == ["6"]


async def test_a_follower_keeps_few_calls_that_do_not_end():
    """The oldest is given up."""
    from apex_mock.core.types import Caller as By
    from apex_mock.core.types import Operation

    mock = ApexMock(Settings(journal_entries=2 * MOST_OPEN))
    feed = Feed(mock.journal, Tally())
    opened = [mock.journal.open(0, Operation.CHAT, By(), None) for _ in range(MOST_OPEN + 5)]
    assert await feed.look() == (5, [])
    for entry in opened:
        entry.end(1)
    dropped, ended = await feed.look()
    assert (dropped, len(ended)) == (0, MOST_OPEN)


@pytest.mark.parametrize(
    ("method", "route", "body", "field"),
    [
        ("GET", "journal?transport=grcp", None, "transport"),
        ("GET", "journal?status=fine", None, "status"),
        ("GET", "events?transport=grcp", None, "transport"),
        ("POST", "journal/verify", {"count": 0, "transport": "grcp"}, "transport"),
        ("POST", "journal/verify", {"count": 0, "status": "fine"}, "status"),
    ],
)
def test_a_filter_that_nothing_can_fit_is_refused(server, method, route, body, field):
    """A slip of the pen in it would make every count of 0 hold."""
    answer = httpx.request(method, f"{server.url}/__apex/{route}", json=body, timeout=10)
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert fault["loc"][1:] == [field]
    assert "; there are " in fault["msg"]
