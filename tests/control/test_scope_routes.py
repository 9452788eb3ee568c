"""A scope's seed, chats that were always there, surprises, and a stub in the place of another, over HTTP."""

import httpx
import pytest

from apex_mock import Server
from tests.control.test_stub_routes import Caller


@pytest.fixture
def me(server: Server, key: str):
    with httpx.Client(base_url=server.url, timeout=20) as http:
        yield Caller(http, key)


def rpc(me: Caller, method: str, body: dict) -> dict:
    headers = {"authorization": f"Bearer {me.key}"}
    return me.http.post(f"/apex.v1.ApexService/{method}", json=body, headers=headers).json()


def test_a_seed_is_of_its_scope(me):
    """And of none other; with the same one the same is said again."""
    assert me.control("GET", "seed")["seed"] == 0
    assert me.control("POST", "seed", {"seed": 5})["seed"] == 5
    said = me.said("Tell me a story.")
    me.control("POST", "reset")
    assert me.control("GET", "seed")["seed"] == 0
    assert me.said("Tell me a story.") != said
    me.control("POST", "reset")
    me.control("POST", "seed", {"seed": 5})
    assert me.said("Tell me a story.") == said


def test_chats_are_stored_for_a_key(me):
    """Its own, or another's in the same scope; outside the journal."""
    rows = [{"prompt": "Do bees sleep?", "completion": "They do.", "metadata": {"a": 1}}]
    (stored,) = me.control("POST", "chats", {"chats": [{"title": "Bees", "rows": rows}]}, 201)["chats"]
    (listed,) = rpc(me, "GetChatSessions", {})["chatSessions"]
    assert (listed["id"], listed["title"], listed["userId"]) == (stored["id"], "Bees", stored["user_id"])
    (row,) = rpc(me, "GetStoredChatCompletions", {"chat_id": stored["id"]})["chatCompletions"]
    assert (row["completionText"], row["metadata"]) == ("They do.", {"a": 1})
    me.control("POST", "chats", {"chats": [{"title": "Not mine"}], "key": "another"}, 201)
    assert len(rpc(me, "GetChatSessions", {})["chatSessions"]) == 1
    assert {call["operation"] for call in me.control("GET", "journal")["calls"]} == {"list_chats", "list_completions"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["body", "chats"]),
        ({"chats": {}}, ["body", "chats"]),
        ({"chats": [{"title": 5}]}, ["body", "chats", 0, "title"]),
        ({"chats": [{"rows": [{"completion": "x"}]}]}, ["body", "chats", 0, "rows", 0, "prompt"]),
        ({"chats": [{"colour": "red"}]}, ["body", "chats", 0, "colour"]),
        ({"chats": [{"id": "a"}, {"id": "a"}]}, ["body", "chats"]),
        ({"chats": [], "key": 5}, ["body", "key"]),
        ({"chats": [], "keys": "k"}, ["body", "keys"]),
    ],
)
def test_chats_that_cannot_be_are_refused_with_the_place(me, body, where):
    """And none is stored."""
    told = me.control("POST", "chats", body, 422)
    assert told["detail"][0]["loc"] == where
    assert "chatSessions" not in rpc(me, "GetChatSessions", {})


def test_chats_are_somebodys(me):
    """A scope must be named."""
    answer = me.http.post("/__apex/chats", json={"chats": []})
    assert answer.status_code == 422
    assert "whose chats" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("body", [{}, {"seed": -1}, {"seed": "x"}, {"seed": 1.5}, {"seed": True}, {"sed": 1}, []])
def test_a_seed_that_makes_no_sense_is_refused(me, body):
    """And chooses nothing."""
    me.control("POST", "seed", body, 422)
    assert me.control("GET", "seed")["seed"] == 0


def test_surprises_are_read_and_taken(me):
    """In order, once, and only one's own."""
    for path in ("/v1/nope", "/v2/nope"):
        me.http.get(path, headers={"api-key": me.key})
    me.http.get("/v3/nope", headers={"api-key": f"{me.key}-other"})
    told = ["GET /v1/nope: Not Found", "GET /v2/nope: Not Found"]
    assert me.control("GET", "surprises")["surprises"] == told
    assert me.control("DELETE", "surprises")["surprises"] == told
    assert me.control("GET", "surprises")["surprises"] == []
    assert me.http.delete(f"/__apex/surprises?scope={me.key}-other").json()["surprises"] == ["GET /v3/nope: Not Found"]
    assert me.http.get("/__apex/surprises?since=3").status_code == 422


def test_a_stub_takes_the_place_of_the_one_with_its_id(me):
    """Its count goes on, and it is the newest; where there was none, it is laid down."""
    me.control("PUT", "stubs/mine", {"when": {"prompt": "x"}, "reply": "one"})
    me.lay({"when": {"prompt": "x"}, "reply": "newer"})
    assert me.said("x") == "newer"
    (laid,) = me.control("PUT", "stubs/mine", {"when": {"prompt": "x"}, "replies": ["two", "three"]})["stubs"]
    assert (laid["id"], laid["used"]) == ("mine", 0)
    assert me.said("x") == "two"
    (laid,) = me.control("PUT", "stubs/mine", {"when": {"prompt": "x"}, "replies": ["four", "five"]})["stubs"]
    assert laid["used"] == 1
    assert me.said("x") == "five"
    assert len(me.control("GET", "stubs")["stubs"]) == 2
    me.control("PUT", "stubs/mine", [{"reply": "a"}, {"reply": "b"}], 422)
    me.control("PUT", "stubs/mine", {"scope": "another", "reply": "a"}, 422)
    assert me.said("x") == "five"
