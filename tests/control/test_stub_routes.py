"""Stubs over HTTP: laid down, listed, taken away; the calls that got none, and which came near."""

from collections.abc import Iterator

import httpx
import pytest

from apex_mock import Server, serve
from tests.wires import WIRES


def chat(prompt: str) -> dict:
    return {"messages": [{"role": "user", "content": prompt}]}


class Caller:
    """Speaks to Apex with a key, and to the control API about that key's scope."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self.http, self.key = http, key

    def ask(self, prompt: str, **headers: str) -> httpx.Response:
        sent = {"api-key": self.key} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/v1/chat/completions", json=chat(prompt), headers=sent)

    def said(self, prompt: str, **headers: str) -> str:
        return self.ask(prompt, **headers).json()["choices"][0]["message"]["content"]

    def control(self, method: str, path: str, body: object = None, expects: int = 200, **query: object) -> dict:
        answer = self.http.request(method, f"/__apex/{path}", json=body, params={"scope": self.key, **query})
        assert answer.status_code == expects, answer.text
        return answer.json()

    def lay(self, stub: object) -> list[dict]:
        return self.control("POST", "stubs", stub, 201)["stubs"]


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of its own, for what holds in all scopes."""
    with serve() as server:
        yield server


@pytest.fixture
def me(server: Server, key: str) -> Iterator[Caller]:
    with httpx.Client(base_url=server.url, timeout=20) as http:
        yield Caller(http, key)


def test_a_stub_answers_over_every_wire(me, server, key):
    """And counts its calls."""
    me.lay({"when": {"operation": "chat", "prompt": "refund"}, "reply": "five days"})
    assert me.said("my refund") == "five days"
    for make in WIRES.values():
        wire = make(server.address, key)
        assert wire.call("ChatCompletion", chat("my refund")).text == "five days"
        wire.close()
    (stub,) = [s for s in me.control("GET", "stubs")["stubs"] if s["scope"] == key]
    assert stub["used"] == 1 + len(WIRES)


def test_all_of_a_list_are_laid_down_or_none(me):
    """With the place of what is wrong."""
    told = me.control("POST", "stubs", [{"reply": "a"}, {"reply": {"text": 5}}], 422)
    assert told["detail"][0]["loc"] == ["body", "reply", "text"]
    assert "stub 2" in told["detail"][0]["msg"]
    assert me.control("GET", "stubs")["stubs"] == []
    assert len(me.lay({"stubs": [{"reply": "a"}, {"reply": "b"}]})) == 2


def test_a_stub_may_name_its_scope(me, key):
    """Where the request names none; another than the request's is a mistake."""
    body = {"scope": f"{key}-named", "reply": "a"}
    told = me.http.post("/__apex/stubs", json=body).json()
    assert [stub["scope"] for stub in told["stubs"]] == [f"{key}-named"]
    assert Caller(me.http, f"{key}-named").said("x") == "a"
    refused = me.control("POST", "stubs", [{"reply": "b"}, body], 422)
    assert refused["detail"][0]["msg"] == "stub 2: the request is for another scope"
    assert me.lay({"scope": key, "reply": "b"})[0]["scope"] == key


def test_a_stub_answers_with_rows(me):
    """Over REST's control as over any: the rows are not stored, and the ids are the same each time."""
    rows = [{"prompt": "Do bees sleep?", "completion": "They do."}]
    me.lay({"when": {"operation": "list_completions"}, "reply": {"rows": rows}})
    call = "/apex.v1.ApexService/GetStoredChatCompletions"
    headers = {"authorization": f"Bearer {me.key}"}
    told = [me.http.post(call, json={"chat_id": "c"}, headers=headers).json()["chatCompletions"] for _ in range(2)]
    assert told[0][0]["completionText"] == "They do."
    assert told[0][0]["id"] == told[1][0]["id"]


def test_an_id_is_there_once(me):
    """Within a scope."""
    me.lay({"id": "x", "reply": "a"})
    for body in ({"id": "x", "reply": "b"}, [{"id": "y", "reply": "b"}, {"id": "y", "reply": "c"}]):
        told = me.control("POST", "stubs", body, 422)
        assert "already" in told["detail"][0]["msg"]
    assert [stub["id"] for stub in me.control("GET", "stubs")["stubs"]] == ["x"]


def test_they_are_listed_in_the_order_in_which_they_are_tried(own):
    """The most specific first; then a scope's own; then the newest."""
    with httpx.Client(base_url=own.url) as http:
        me, all_scopes = Caller(http, "k"), Caller(http, "")
        all_scopes.lay({"name": "everywhere", "when": {"prompt": "x"}, "reply": "a"})
        me.lay([{"name": "old", "when": {"prompt": "x"}, "reply": "b"}, {"name": "any", "reply": "c"}])
        me.lay({"name": "new", "when": {"prompt": "x"}, "reply": "d"})
        me.lay({"name": "exact", "when": {"prompt": {"equals": "x"}}, "reply": "e"})
        listed = me.control("GET", "stubs")["stubs"]
        assert [stub["name"] for stub in listed] == ["exact", "new", "old", "everywhere", "any"]
        near = me.control("POST", "journal/near-misses", {"prompt": "x"})
        assert near["fits"] == ["exact", "new", "old", "everywhere", "any"]
        said = []
        for stub in listed:
            said.append(me.said("x"))
            scope = "" if stub["scope"] == "" else "k"
            http.delete(f"/__apex/stubs/{stub['id']}", params={"scope": scope}).raise_for_status()
        assert said == ["e", "d", "b", "a", "c"]


def test_one_or_all_are_taken_away(me):
    """And what is not there is said not to be."""
    one, _ = me.lay([{"reply": "a"}, {"reply": "b"}])
    me.control("DELETE", f"stubs/{one['id']}")
    assert "no stub" in str(me.control("DELETE", f"stubs/{one['id']}", expects=404)["detail"])
    assert me.control("DELETE", "stubs")["removed"] == 1
    assert me.said("a") != "b"


def test_no_key_is_listed(me, key):
    """Neither in a condition nor in a header's."""
    me.lay({"when": {"key": {"equals": key}, "headers": {"Authorization": f"Bearer {key}"}}, "reply": "a"})
    answer = me.http.get("/__apex/stubs", params={"scope": key}).text.replace(f'"scope":"{key}"', "")
    assert key not in answer
    told = me.http.post(
        "/__apex/journal/near-misses", params={"scope": key}, json={"prompt": "x", "key": "other-key"}
    ).text
    assert key not in told
    assert "other-key" not in told


# --- Calls without a stub ---------------------------------------------------------------------------------------------


def test_a_call_without_a_stub_is_unmatched(me):
    """Once stubs are laid down; with the nearest and how it differs."""
    me.ask("too early")
    me.lay([{"name": "far", "when": {"prompt": "refund", "stream": True}, "reply": "a"}])
    me.lay([{"name": "near", "when": {"prompt": "refund", "headers": {"x-tenant": "acme"}}, "reply": "a"}])
    me.ask("my invoice")
    me.ask("my refund", x_tenant="acme")
    unmatched = me.control("GET", "journal/unmatched")["calls"]
    assert [call["prompt"] for call in unmatched] == ["my invoice"]
    (call,) = me.control("GET", "journal/near-misses")["calls"]
    assert call["seq"] == unmatched[0]["seq"]
    near, far = call["near_misses"]
    assert {"field": "prompt", "wanted": "contains 'refund'", "got": "'my invoice'"} in near["differences"]
    assert {d["field"]: d["got"] for d in far["differences"]}["stream"] == "False"
    assert {d["field"]: d["got"] for d in near["differences"]}["header x-tenant"] == "nothing"


def test_near_misses_know_the_headers_that_stubs_ask_for(me, key):
    """As they were sent; not of calls that came before anybody asked, and of a secret one nothing at all."""
    me.lay({"when": {"prompt": "refund"}, "reply": "a"})
    me.ask("too early", x_tenant="acme")
    me.lay({"name": "wants", "when": {"prompt": "bill", "headers": {"X-Tenant": "acme"}}, "reply": "a"})
    me.lay({"name": "secret", "when": {"prompt": "bill", "headers": {"Api-Key": "another"}}, "reply": "a"})
    me.ask("a bill", x_tenant="umbrella", x_other="kept by nobody")
    me.ask("an invoice", x_tenant="ACME")
    told = [
        {(miss["stub"], d["field"]): d["got"] for miss in call["near_misses"] for d in miss["differences"]}
        for call in me.control("GET", "journal/near-misses")["calls"]
    ]
    got = [call.get(("wants", "header x-tenant")) for call in told]
    assert got == ["not known: no stub asked for it when the call came", "'umbrella'", None]
    assert [call[("secret", "header api-key")] for call in told] == ["not shown"] * 3
    text = me.http.get("/__apex/journal/near-misses", params={"scope": key}).text
    assert "kept by nobody" not in text
    assert key not in text.replace(f'"scope":"{key}"', "")


def test_headers_are_kept_of_unmatched_calls_only(me, server, key):
    """And only those that somebody asks for: the journal is no record of headers."""
    me.lay({"when": {"prompt": "x", "headers": {"x-tenant": "acme"}}, "reply": "a"})
    me.ask("x", x_tenant="acme")
    me.ask("y", x_tenant="acme")
    me.ask("z")
    kept = [entry.headers for entry in server.mock.journal if entry.scope == key]
    assert kept == [None, {"x-tenant": "acme"}, {"x-tenant": None}]


def test_a_stub_for_streams_answers_them_over_every_wire(me, server, key):
    """The streaming method of RPC asks for a stream, whatever its message says."""
    me.lay([{"when": {"stream": True}, "reply": "streamed"}, {"when": {"stream": False}, "reply": "whole"}])
    for make in WIRES.values():
        wire = make(server.address, key)
        texts = [wire.call(method, chat("x")).text for method in ("ChatCompletionStream", "ChatCompletion")]
        wire.close()
        assert texts == ["streamed", "whole"]


def test_in_strict_mode_every_call_without_a_stub_is(me):
    """Also where none is laid down; what a stub answered is not."""
    me.control("POST", "strict", {"strict": True})
    assert me.ask("first").status_code == 400
    me.lay({"when": {"prompt": "second"}, "reply": "a"})
    assert me.ask("second").status_code == 200
    assert [call["prompt"] for call in me.control("GET", "journal/unmatched")["calls"]] == ["first"]
    me.ask("third")
    assert [c["prompt"] for c in me.control("GET", "journal/unmatched", limit=1)["calls"]] == ["third"]
    seq = me.control("GET", "journal")["seq"]
    assert me.control("GET", "journal/unmatched", since=seq)["calls"] == []
    me.control("POST", "strict", {"strict": False})
    assert me.control("GET", "strict")["strict"] is False
    assert me.ask("fourth").status_code == 200


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"prompt": "a refund"}, ["s"]),
        ({"prompt": "an invoice"}, []),
        ({"operation": "chat", "request": chat("a refund")}, ["s"]),
        ({"operation": "submit_research", "prompt": "a refund"}, []),
        ({"operation": "search", "request": {"search_query": "a refund"}}, []),
        ({"operation": "list_chats", "prompt": ""}, []),
        ({"prompt": "a refund", "headers": {"X-Tenant": "acme"}, "app": "web"}, ["s"]),
    ],
)
def test_a_request_may_be_tried_out(me, body, fits):
    """Without being made: it counts as no call."""
    me.lay({"name": "s", "when": {"operation": "chat", "prompt": "refund"}, "reply": "a"})
    told = me.control("POST", "journal/near-misses", body)
    assert told["fits"] == fits
    assert len(told["near_misses"]) == 1 - len(fits)
    assert me.control("GET", "journal")["calls"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "stubs", "hello"),
        ("POST", "stubs", {"reply": "a", "colour": "red"}),
        ("POST", "strict", {}),
        ("POST", "strict", {"strict": "yes"}),
        ("POST", "journal/near-misses", {}),
        ("POST", "journal/near-misses", {"prompt": "a", "request": {}}),
        ("POST", "journal/near-misses", {"operation": "chatt", "prompt": "a"}),
        ("POST", "journal/near-misses", {"request": {"messages": []}}),
        ("POST", "journal/near-misses", {"prompt": "a", "headers": {"a": 1}}),
        ("POST", "journal/near-misses", {"prompt": 5}),
        ("GET", "journal/unmatched?limit=-1", None),
        ("GET", "journal/unmatched?colour=red", None),
    ],
)
def test_what_makes_no_sense_is_refused(me, method, path, body):
    """With FastAPI's list of what is wrong, as everywhere on the REST host."""
    answer = me.http.request(method, f"/__apex/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["msg"]


def test_what_would_fit_knows_how_often_stubs_were_used(me):
    """A stub that is used up, or that another call is for, fits no more; the next call is what is asked about."""
    me.lay([{"name": "once", "when": {"prompt": "refund"}, "reply": "a", "times": 1}])
    me.lay([{"name": "third", "when": {"prompt": "refund", "nth": 3}, "reply": "b"}])
    asked = {"operation": "chat", "prompt": "refund"}
    assert me.control("POST", "journal/near-misses", asked)["fits"] == ["once"]
    me.ask("refund")
    told = me.control("POST", "journal/near-misses", asked)
    assert told["fits"] == []
    assert [(d["field"], d["got"]) for miss in told["near_misses"] for d in miss["differences"]] == [
        ("nth", "call 2"),
        ("times", "a later one"),
    ]
    me.ask("refund")
    assert me.control("POST", "journal/near-misses", asked)["fits"] == ["third"]
