"""Who may use the control API: this machine by its own names, others with the token, pages of other origins never."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.server import CannotListen
from tests.wires import HELLO, PLAIN

TOKEN, ADMIN = "the-token", "the-admin-key"
STUB = {"when": {"prompt": "never asked"}, "reply": "x"}


@pytest.fixture(scope="module")
def exposed() -> Iterator[Server]:
    """A server that other machines can reach."""
    with serve(host="0.0.0.0", expose=True, settings={"control_token": TOKEN, "admin_key": ADMIN}) as running:
        yield running


def at(server: Server, path: str = "/__apex/stubs", method: str = "GET", **headers: str) -> httpx.Response:
    """Through 127.0.0.1, whatever the Host header says."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(verify=PLAIN) as client:
        return client.request(
            method,
            f"http://127.0.0.1:{server.port}{path}",
            headers=named,
            params={"scope": "access"},
            json=STUB if method == "POST" else None,
        )


# --- On a server that only this machine can reach ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:99", "localhost:8080", "LOCALHOST", "[::1]:80", "sn1.api.macrocosmos.ai"]
)
def test_a_name_of_this_machine_is_let_in(server, host):
    """With any port, and the two documented hosts, which a resolver may send here."""
    assert at(server, host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "",
        "10.0.0.7",
        "[::1].evil.example",
        "[::1",
        "localhost:evil.example",
    ],
)
def test_another_name_is_refused(server, host):
    """As when a page has its own name resolve to 127.0.0.1."""
    answer = at(server, host=host)
    assert answer.status_code == 403
    assert "127.0.0.1 or localhost" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://[::1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_page_of_another_origin_cannot_lay_down_a_stub(server, headers):
    """A form can post here without asking first, so what it asks for must not be done."""
    answer = at(server, method="POST", **headers)
    assert answer.status_code == 403
    assert at(server).json()["stubs"] == []


def test_two_hosts_are_one_too_many(server):
    """Whichever of them is a name of this machine, another may have been meant."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /__apex/info HTTP/1.1\r\nhost: evil.example\r\nhost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_page_of_the_server_itself_is_let_in(server):
    """Its origin is the host that it calls."""
    host = f"127.0.0.1:{server.port}"
    assert at(server, host=host, origin=f"http://{host}", sec_fetch_site="same-origin").status_code == 200


def test_every_control_route_is_guarded(server):
    """Those that do not exist as well: what is there is nobody's business."""
    paths = ["info", "reset", "clock", "stubs", "journal", "jobs", "nothing"]
    assert {at(server, f"/__apex/{path}", host="evil.example").status_code for path in paths} == {403}


def test_the_api_itself_may_be_called_by_any_name(server):
    """As `apex-mock:8080` among containers."""
    answer = httpx.post(
        f"http://127.0.0.1:{server.port}/v1/chat/completions",
        json=HELLO,
        headers={"host": "apex-mock:1", "api-key": "k"},
    )
    assert answer.status_code == 200


# --- On a server that others can reach --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_apex_token": ""},
        {"x_apex_token": "the-toke"},
        {"x_apex_token": "the-tokén"},
        {"authorization": "Basic the-token"},
    ],
)
def test_without_its_token_nobody_is_let_in(exposed, headers):
    """And the answer says which header it wants, not what is in it."""
    answer = at(exposed, **{name: value.encode() for name, value in headers.items()})
    assert answer.status_code == 401
    assert "x-apex-token" in answer.json()["detail"]
    assert TOKEN not in answer.text


@pytest.mark.parametrize("headers", [{"x_apex_token": TOKEN}, {"authorization": f"Bearer {TOKEN}"}])
def test_with_its_token_anybody_is_let_in(exposed, headers):
    """By any name: whoever knows the token is no page that found its way here."""
    assert at(exposed, host="apex-mock:8080", **headers).status_code == 200


def test_metrics_are_guarded_as_the_control_api_is(server, exposed):
    """Prometheus sends a token as a bearer; locally a page that has its name resolve to here gets nothing."""
    answers = [at(exposed, "/metrics"), at(exposed, "/metrics", authorization=f"Bearer {TOKEN}")]
    answers += [at(server, "/metrics"), at(server, "/metrics", host="evil.example")]
    assert [answer.status_code for answer in answers] == [401, 200, 200, 403]
    assert ["apex_mock_in_flight" in answer.text for answer in answers] == [False, True, True, False]


def test_what_any_server_offers_is_told_to_all(server, exposed):
    """The same to everybody: it is a description of the API, and knows nothing of this server."""
    answers = [at(exposed, "/openapi.json"), at(server, "/openapi.json", host="evil.example")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert TOKEN not in answers[0].text


def test_whether_it_is_up_is_told_to_all(exposed):
    """To whoever starts and balances servers."""
    assert [at(exposed, f"/__apex/{path}").status_code for path in ("health", "ready", "info")] == [200, 200, 401]


def test_the_token_does_not_open_the_api(exposed):
    """It is no key: keys are for calls."""
    answer = httpx.post(
        f"http://127.0.0.1:{exposed.port}/v1/chat/completions", json=HELLO, headers={"x-apex-token": TOKEN}
    )
    assert answer.status_code == 403


# --- Opening a server to others ---------------------------------------------------------------------------------------


def test_a_server_is_not_opened_to_others_by_the_way():
    """It has to be said, and with a token, and with an admin key that not everybody knows."""
    with pytest.raises(CannotListen, match="--expose"), serve(host="0.0.0.0"):
        pass
    with pytest.raises(CannotListen, match="--control-token"), serve(host="0.0.0.0", expose=True):
        pass
    with (
        pytest.raises(CannotListen, match="--admin-key"),
        serve(host="0.0.0.0", expose=True, settings={"control_token": TOKEN}),
    ):
        pass


@pytest.mark.inner
def test_the_command_line_makes_a_token_and_an_admin_key_and_prints_what_is_exposed():
    """Which then open the control API and the making of keys, as 'admin' does not; `apex-mock env` finds the token."""
    command = [sys.executable, "-m", "apex_mock"]
    refused = subprocess.run([*command, "serve", "--host", "0.0.0.0"], capture_output=True, text=True, timeout=120)
    assert (refused.returncode, "--expose" in refused.stderr) == (2, True)
    with subprocess.Popen(
        [*command, "serve", "--host", "0.0.0.0", "--port", "0", "--expose"], stdout=subprocess.PIPE, text=True
    ) as running:
        said = "".join(iter(running.stdout.readline, "Ctrl-C ends it.\n"))
        token = re.search("APEX_MOCK_CONTROL_TOKEN=(.+)", said)[1]
        url = f"http://127.0.0.1:{re.search(':([0-9]+) ', said)[1]}"
        assert "Other machines can reach 0.0.0.0" in said
        assert "/openapi.json" in said
        assert "the control API and /metrics with this token" in said
        admin = re.search("APEX_MOCK_ADMIN_KEY=(.+)", said)[1]
        create = f"{url}/api_management/create-api-key/?rate_limit=5"
        made = [httpx.post(create, headers={"admin-key": key}).status_code for key in ("admin", token, admin)]
        assert made == [403, 403, 200]
        assert len(token) >= 16
        assert httpx.get(f"{url}/__apex/info").status_code == 401
        assert httpx.get(f"{url}/__apex/info", headers={"x-apex-token": token}).status_code == 200
        for given, code in ((token, 0), ("", 2)):
            asked = subprocess.run(
                [*command, "env", "--url", url, "--control-token", given], capture_output=True, text=True, timeout=120
            )
            assert asked.returncode == code, asked.stderr
        assert "APEX_MOCK_CONTROL_TOKEN" in asked.stderr
        running.send_signal(signal.SIGTERM)


# --- Keys stay where they are -----------------------------------------------------------------------------------------


def test_no_key_comes_out_of_the_control_api(http):
    """Whichever header it was sent in, and whatever went wrong then."""
    keys = {
        name: f"secret-{name.replace('-', '')}-0123" for name in ("authorization", "api-key", "admin-key", "cookie")
    }
    with serve(settings={"admin_key": keys["admin-key"], "service_keys": ["secret-service"], "strict": True}) as server:
        sent = {**keys, "authorization": f"Bearer {keys['authorization']}"}
        for header in ("authorization", "api-key", "admin-key", "cookie"):
            stub = {"when": {"key": keys["api-key"], "headers": {header: sent[header]}}, "reply": "x"}
            http.post(f"{server.url}/__apex/stubs", json=stub).raise_for_status()
        for headers in (sent, {**sent, "x-forwarded-user": "ann"}):
            http.post(f"{server.url}/v1/chat/completions", json=HELLO, headers=headers)
            http.post(f"{server.url}/v1/chat/completion", json=HELLO, headers=headers)
            http.post(f"{server.url}/apex.v1.ApexService/ChatCompletion", json=HELLO, headers=headers)
        made = http.post(f"{server.url}/api_management/create-api-key/?rate_limit=5", headers=sent).json()["api_key"]
        http.put(f"{server.url}/api_management/modify-api-key/{made}?rate_limit=6", headers=sent).raise_for_status()
        http.post(f"{server.url}/v1/chat/completions", json=HELLO, headers={"api-key": made})
        paths = ("info", "stubs", "journal", "journal/unmatched", "journal/near-misses", "jobs", "strict", "clock")
        said = "".join(http.get(f"{server.url}/__apex/{path}").text for path in paths)
        assert len(said) > 1000
        assert [key for key in (*keys.values(), made, "secret-service") if key in said] == []
