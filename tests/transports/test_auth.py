"""Who is let in, by policy, on every wire: the codes and words of the contract's tables."""

from collections.abc import Iterator

import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.errors import Code
from tests.wires import HELLO, OK, WIRES, Connect, Wire

NEW_KEY = "clé-ключ-1"  # compare_digest refuses text beyond ASCII
REST_CALLS = (
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/chat/completions/jobs"),
    ("GET", "/v1/chat/completions/jobs/some-job"),
    ("POST", "/web_retrieval"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/any"),
    ("GET", "/miner_availabilities/get_available_miners"),
    ("POST", "/miner_availabilities/miner_availabilities"),
)
MISSING, SCHEME, UNKNOWN = "Missing API key", "Invalid authorization scheme", "Invalid API key"


@pytest.fixture(scope="module")
def open_server() -> Iterator[Server]:
    with serve(settings={"auth": "off"}) as running:
        yield running


@pytest.fixture(scope="module")
def keyed_server() -> Iterator[Server]:
    with serve(settings={"api_keys": ("good-key", "other-key")}) as running:
        yield running


def rest_chat(http: httpx.Client, server: Server, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(f"{server.url}/v1/chat/completions", json=HELLO, headers=sent)


@pytest.fixture(params=WIRES)
def wire_to(request: pytest.FixtureRequest):
    """A caller without a key on each wire in turn, to whichever server."""
    made: list[Wire] = []

    def connect(server: Server) -> Wire:
        made.append(WIRES[request.param](server.address))
        return made[-1]

    yield connect
    for wire in made:
        wire.close()


# --- REST -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), REST_CALLS)
def test_every_rest_call_wants_a_key(http, server, method, path):
    """Before it looks at the body or for the job: 403 with FastAPI's detail (V)."""
    answer = http.request(method, server.url + path, content=b"{not json")
    assert (answer.status_code, answer.json()) == (403, {"detail": MISSING})


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, MISSING),
        ({"authorization": ""}, MISSING),
        ({"authorization": "Bearer"}, MISSING),
        ({"api_key": ""}, MISSING),
        ({"authorization": "Basic abc"}, SCHEME),
        ({"authorization": "abc"}, SCHEME),
    ],
)
def test_rest_says_what_is_wrong_with_a_key(http, server, headers, said):
    """No key and the wrong scheme: 403."""
    answer = rest_chat(http, server, **headers)
    assert (answer.status_code, answer.json()) == (403, {"detail": said})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer k"},
        {"authorization": "bearer k"},
        {"api_key": "k"},
        {"api_key": "k", "authorization": "Basic x"},
    ],
)
def test_rest_takes_a_key_from_either_header(http, server, headers):
    """D2's own, or a bearer token; the scheme in whichever case."""
    assert rest_chat(http, server, **headers).status_code == 200


def test_rest_knows_only_the_keys_it_was_given(http, keyed_server):
    """Any other is an invalid one, however much of it fits."""
    assert rest_chat(http, keyed_server, api_key="good-key").status_code == 200
    assert rest_chat(http, keyed_server, authorization="Bearer other-key").status_code == 200
    for key in ("bad", "good-key2", "good-ke", "GOOD-KEY"):
        answer = rest_chat(http, keyed_server, api_key=key)
        assert (answer.status_code, answer.json()) == (403, {"detail": UNKNOWN})


def test_without_auth_rest_asks_for_nothing(http, open_server):
    """No key, any key, any scheme."""
    for headers in ({}, {"authorization": "Basic x"}, {"api_key": "k"}):
        assert rest_chat(http, open_server, **headers).status_code == 200


def test_health_and_the_fakes_own_calls_want_no_key(http, keyed_server):
    """They are for whoever watches the server."""
    assert http.get(f"{keyed_server.url}/health").json() == {"status": "ok"}
    assert http.get(f"{keyed_server.url}/__apex/health").status_code == 200


def test_a_key_beyond_ascii_is_compared_and_not_stumbled_over(http, keyed_server):
    """Headers are bytes to whoever sends them."""
    headers = [(b"authorization", b"Bearer " + NEW_KEY.encode())]
    answer = http.post(f"{keyed_server.url}/v1/chat/completions", json=HELLO, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"detail": UNKNOWN})


# --- The RPC wires ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream", "GetChatSessions"])
@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, MISSING),
        ({"authorization": "Bearer"}, MISSING),
        ({"authorization": "Basic abc"}, SCHEME),
        ({"api_key": "k"}, MISSING),  # D2's header means nothing on this host
    ],
)
def test_the_rpc_wires_say_what_is_wrong_with_a_key(server, wire_to, method, headers, said):
    """Unauthenticated, and how to do it right."""
    reply = wire_to(server).call(method, {}, **headers)
    assert reply.code == Code.UNAUTHENTICATED
    assert reply.message.startswith(said)
    assert "Authorization: Bearer" in reply.message


def test_the_rpc_wires_know_only_the_keys_they_were_given(keyed_server, wire_to):
    """As the REST host does."""
    wire = wire_to(keyed_server)
    assert wire.call("ChatCompletion", HELLO, authorization="Bearer good-key").code == OK
    reply = wire.call("ChatCompletion", HELLO, authorization="Bearer bad-key")
    assert (reply.code, reply.message.partition(":")[0]) == (Code.UNAUTHENTICATED, UNKNOWN)


def test_without_auth_the_rpc_wires_ask_for_nothing(open_server, wire_to):
    """Not even for a sound scheme."""
    wire = wire_to(open_server)
    assert wire.call("ChatCompletion", HELLO).code == OK
    assert wire.call("ChatCompletionStream", HELLO, authorization="Basic x").code == OK


def test_a_refusal_comes_before_the_message_is_read(server, wire_to):
    """Whoever has no key learns nothing about bodies."""
    reply = wire_to(server).send("ChatCompletion", b"\xff\xff\xff", {})
    assert reply.code == Code.UNAUTHENTICATED


def test_a_refused_connect_call_is_a_401_for_all_its_readers(server):
    """D1's error, Connect's code and message."""
    wire = Connect(server.address)
    answer = wire.post("/apex.v1.ApexService/ChatCompletion", b"{}", "application/json", {})
    wire.close()
    assert answer.status_code == 401
    said = answer.json()
    assert (said["error"], said["code"]) == ("Unauthenticated", "unauthenticated")
    assert said["message"].startswith(MISSING)


# --- Whose rows they are ----------------------------------------------------------------------------------------------


def titles(wire: Wire, key: str, **headers: str) -> list[str]:
    said = wire.call("GetChatSessions", {}, authorization=f"Bearer {key}", **headers).value
    return [chat["title"] for chat in said.get("chatSessions", ())]


def create(wire: Wire, key: str, title: str, **headers: str) -> None:
    body = {"userPrompt": "hello", "chatType": "apex", "completionType": "basic", "title": title}
    assert wire.call("CreateChatAndCompletion", body, authorization=f"Bearer {key}", **headers).code == OK


def test_a_service_key_acts_for_the_user_whom_it_names(server, wire_to, key):
    """TS: x-forwarded-user; each of them sees their own rows alone."""
    wire = wire_to(server)
    create(wire, key, "own")
    create(wire, key, "ann's", x_forwarded_user="ann")
    create(wire, key, "ben's", x_forwarded_user="ben")
    assert titles(wire, key) == ["own"]
    assert titles(wire, key, x_forwarded_user="ann") == ["ann's"]
    assert titles(wire, key, x_forwarded_user="ben") == ["ben's"]


def test_a_user_behind_a_key_is_nobody_elses_key(server, wire_to, key):
    """Even where two keys share a scope and one of them looks like the other's user."""
    wire = wire_to(server)
    create(wire, f"{key}/ann", "own", x_apex_scope=key)
    assert titles(wire, key, x_apex_scope=key, x_forwarded_user="ann") == []


def test_only_service_keys_may_act_for_others_when_they_are_named(wire_to):
    """Any other key stays itself, whomever it names."""
    with serve(settings={"service_keys": ("service",)}) as server:
        wire = wire_to(server)
        create(wire, "plain", "own", x_forwarded_user="ann")
        create(wire, "service", "ann's", x_forwarded_user="ann")
        assert titles(wire, "plain") == ["own"]
        assert titles(wire, "service") == []
        assert titles(wire, "service", x_forwarded_user="ann") == ["ann's"]


def test_a_named_scope_is_shared_and_rows_stay_their_owners(server, wire_to, key):
    """Two keys in one scope share its time and its numbering, not each other's rows."""
    wire = wire_to(server)
    create(wire, f"{key}-1", "first", x_apex_scope=key)
    assert titles(wire, f"{key}-1", x_apex_scope=key) == ["first"]
    assert titles(wire, f"{key}-2", x_apex_scope=key) == []
    assert titles(wire, f"{key}-1") == []
