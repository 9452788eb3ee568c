"""The API-key calls of the REST host (V), and what a key's rate means on every wire."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.errors import Code
from tests.wires import HELLO, OK, WIRES

ADMIN = {"admin-key": "sesame"}
CALLS = (
    ("POST", "/api_management/create-api-key/?rate_limit=3"),
    ("PUT", "/api_management/modify-api-key/some-key?rate_limit=3"),
    ("DELETE", "/api_management/delete-api-key/some-key"),
)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server that knows only the keys made on it."""
    with serve(settings={"auth": "keys", "admin_key": "sesame"}) as server:
        yield server


@dataclass
class Keyed:
    """Its REST calls."""

    server: Server
    http: httpx.Client

    def call(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        return self.http.request(method, self.server.url + path, headers=headers)

    def manage(self, method: str, path: str) -> httpx.Response:
        return self.call(method, f"/api_management/{path}", ADMIN)

    def make_key(self, rate_limit: int) -> str:
        answer = self.manage("POST", f"create-api-key/?rate_limit={rate_limit}")
        assert answer.status_code == 200
        assert answer.json()["message"] == "API key created"
        return answer.json()["api_key"]

    def chat(self, key: str) -> httpx.Response:
        return self.http.post(f"{self.server.url}/v1/chat/completions", json=HELLO, headers={"api-key": key})

    def pass_time(self, seconds: float) -> None:
        self.server.mock.clock.advance("", seconds)


@pytest.fixture
def keyed(running: Server, http: httpx.Client) -> Iterator[Keyed]:
    """The server, at a time that stands still."""
    running.mock.clock.freeze("")
    yield Keyed(running, http)
    running.mock.clock.reset()


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("headers", [{}, {"admin-key": ""}, {"admin-key": "wrong"}, {"authorization": "Bearer sesame"}])
def test_managing_keys_wants_the_admin_key(keyed, method, path, headers):
    """403 otherwise, and nothing happens."""
    answer = keyed.call(method, path, headers)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid admin key"})


@pytest.mark.parametrize(("method", "path"), CALLS[1:])
def test_a_key_that_nobody_made_is_not_found(keyed, method, path):
    """Neither changed nor deleted."""
    answer = keyed.call(method, path, ADMIN)
    assert (answer.status_code, answer.json()) == (404, {"detail": "API key not found"})


@pytest.mark.parametrize(
    "limit",
    [
        "",
        "?rate_limit=",
        "?rate_limit=0",
        "?rate_limit=-1",
        "?rate_limit=x",
        "?rate_limit=1.5",
        f"?rate_limit={'9' * 5000}",
        "?rate_limit=%C2%B2",
    ],
)
def test_a_rate_is_a_whole_number_of_at_least_one(keyed, limit):
    """422, with the place of what is wrong."""
    answer = keyed.manage("POST", f"create-api-key/{limit}")
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert fault["loc"] == ["query", "rate_limit"]
    assert fault["msg"]


def test_a_key_works_from_its_making_to_its_deletion(keyed):
    """And two of them are different."""
    key, other = keyed.make_key(100), keyed.make_key(100)
    assert key != other
    assert keyed.chat(key).status_code == 200
    assert keyed.manage("DELETE", f"delete-api-key/{key}").json() == {"message": "API key deleted"}
    assert (keyed.chat(key).status_code, keyed.chat(key).json()) == (403, {"detail": "Invalid API key"})
    assert keyed.chat(other).status_code == 200


def test_a_key_over_its_rate_is_told_when_to_come_back(keyed):
    """429 with Retry-After in whole seconds; once they have passed, it may."""
    key = keyed.make_key(2)
    assert [keyed.chat(key).status_code for _ in range(3)] == [200, 200, 429]
    keyed.pass_time(20)
    refused = keyed.chat(key)
    assert (refused.status_code, refused.json()) == (429, {"detail": "Rate limit exceeded"})
    wait = int(refused.headers["retry-after"])
    assert wait == 40
    keyed.pass_time(wait - 1)
    assert keyed.chat(key).status_code == 429
    keyed.pass_time(1)
    assert [keyed.chat(key).status_code for _ in range(3)] == [200, 200, 429]


def test_a_keys_minute_goes_by_the_clock_of_its_own_world(keyed):
    """A test that moves its own clock need not touch that of all others."""
    key, other = keyed.make_key(1), keyed.make_key(1)
    assert [keyed.chat(key).status_code for key in (key, key, other, other)] == [200, 429, 200, 429]
    keyed.server.mock.clock.advance(key, 60)
    assert (keyed.chat(key).status_code, keyed.chat(other).status_code) == (200, 429)


def test_a_changed_rate_holds_at_once(keyed):
    """In the minute under way."""
    key = keyed.make_key(1)
    assert [keyed.chat(key).status_code for _ in range(2)] == [200, 429]
    assert keyed.manage("PUT", f"modify-api-key/{key}?rate_limit=5").json() == {"message": "API key updated"}
    assert keyed.chat(key).status_code == 200


def test_one_keys_rate_is_not_anothers(keyed):
    """Each is counted by itself, over all wires together."""
    key, other = keyed.make_key(3), keyed.make_key(1)
    for kind in WIRES.values():
        wire = kind(keyed.server.address, key)
        assert wire.call("ChatCompletion", HELLO).code == OK
        wire.close()
    assert (keyed.chat(key).status_code, keyed.chat(other).status_code) == (429, 200)


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
@pytest.mark.parametrize("kind", WIRES)
def test_over_the_rate_the_rpc_wires_say_resource_exhausted(keyed, kind, method):
    """With the seconds to wait, and on gRPC what its retry policy reads."""
    key = keyed.make_key(1)
    wire = WIRES[kind](keyed.server.address, key)
    assert wire.call(method, HELLO).code == OK
    keyed.pass_time(18.5)
    reply = wire.call(method, HELLO)
    wire.close()
    assert reply.code == Code.RESOURCE_EXHAUSTED
    assert reply.message.startswith("Rate limit exceeded")
    assert "42 s" in reply.message
    assert reply.headers["retry-after"] == "42"
    if kind == "grpc":
        assert reply.headers["grpc-retry-pushback-ms"] == "42000"
    if kind == "connect" and method == "ChatCompletion":
        assert reply.status == 429
