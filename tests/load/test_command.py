"""`apex-mock load` wrongly called: one line that says what to mend, exit code 2, and no run."""

import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from apex_mock.cli import app
from apex_mock.commands import load as command
from apexload.preflight import REST, NotReady, look

RUNNER = CliRunner()
KEYS = {"APEX_API_KEY": "", "MACROCOSMOS_API_KEY": ""}


def call(*arguments: str) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["load", *arguments], env=KEYS)
    return done.exit_code, done.output


def test_a_missing_key_is_said_before_the_run(server, tmp_path):
    """With the flag and the variable that give one."""
    code, said = call("chat", "--host", server.url, "--report", str(tmp_path / "no"))
    assert code == 2
    assert said.startswith(f"apex-mock: {server.url}: it wants a key: --api-key KEY, or APEX_API_KEY")
    assert said.count("\n") == 1
    assert not (tmp_path / "no").exists()


def test_a_report_that_has_no_place_is_said_before_the_run(server, tmp_path):
    """Not after it, when what was measured would be lost."""
    (tmp_path / "taken").write_text("")
    code, said = call("chat", "--host", server.url, "--api-key", "k", "--report", str(tmp_path / "taken"))
    assert (code, said) == (2, f"apex-mock: --report: {tmp_path / 'taken'}: File exists\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "SCENARIO: there is no 'nothing'; there are chat, stream, search"),
        (("chat", "--shape", "round"), "--shape: there is no 'round'; there are constant, ramp"),
        (("chat", "--arrivals", "odd"), "--arrivals: there is no 'odd'; there are even, poisson"),
        (("chat", "--rate", "fast"), "--rate: 'fast' is no rate such as 200/s"),
        (("chat", "--duration", "long"), "--duration: 'long' is no time such as 60s"),
        (("chat", "--header", "x"), "--header: 'x' is no header such as"),
        (("chat", "--host", "nowhere"), "--host: 'nowhere' is not http://HOST:PORT"),
        (("chat", "--host", "http://no.such.invalid"), "there is no host of that name"),
        (("chat", "--gates", "/no/such.toml"), "/no/such.toml: No such file"),
        (("chat", "--baseline", "/no/such.json"), "/no/such.json: No such file"),
    ],
)
def test_a_wrong_call_is_said_in_a_line(arguments, said):
    """Before anything is sent."""
    code, output = call(*arguments)
    assert (code, said in output, output.count("\n")) == (2, True, 1), output


def test_a_refused_connection_is_said_before_the_run():
    """With how to start the fake."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        code, said = call("chat", "--host", f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert code == 2
    assert "nothing listens there (connection refused); start it with `apex-mock serve`" in said


def test_without_locust_it_says_what_to_install(monkeypatch):
    """The rest of apex-mock does not need it."""
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "locust" else object())
    assert call("chat") == (2, "apex-mock: load needs locust: pip install 'apex-mock[load]'\n")


@pytest.fixture
def answering():
    """A server that answers every POST as it is told."""

    class Handler(BaseHTTPRequestHandler):
        status, body = 200, b"{}"

        def do_POST(self):  # the library's name
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(self.status)
            self.send_header("content-length", str(len(self.body)))
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *said):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", Handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b'{"message": "no"}', r"it does not take that key \(HTTP 401: no\)"),
        (404, b"nothing", r"no Apex there: POST /v1/chat/completions gave HTTP 404"),
        (200, b"{}", "no Apex there: POST /v1/chat/completions takes an empty body"),
        (501, b"<h1>Unsupported method</h1>", r"no Apex there: POST /v1/chat/completions gave HTTP 501"),
        (400, b"<h1>Bad request</h1>", "no Apex there: POST /v1/chat/completions gave HTTP 400, and no JSON"),
        (302, b'{"detail": "elsewhere"}', "gave HTTP 302: elsewhere before any load was made"),
    ],
)
def test_a_target_that_is_not_ready_says_why(status, body, said, answering):
    """By what it answers to an empty body."""
    url, handler = answering
    handler.status, handler.body = status, body
    with pytest.raises(NotReady, match=said):
        look(url, REST, {}, "k")


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503])
def test_a_target_that_refuses_an_empty_body_is_ready(status, answering):
    """It has looked at the key and at the call; and one that fails is for the gates to judge."""
    url, handler = answering
    handler.status = status
    look(url, REST, {}, "k")


def test_the_scenarios_are_found_in_the_checkout():
    """And in the wheel beside the package's code."""
    assert (command.FOLDER / "chat.py").is_file()
    assert "apexload" in sys.modules


@pytest.mark.inner
@pytest.mark.xdist_group("load")
def test_a_baseline_of_another_load_is_told_of(server, tmp_path):
    """What differs need not be the target's doing; the verdict stands."""
    common = ("chat", "--host", server.url, "--api-key", "k", "--duration", "1s", "--gates", "none")
    assert call(*common, "--users", "1", "--report", str(tmp_path / "a"))[0] == 0
    old = tmp_path / "a" / "result.json"
    _, same = call(*common, "--users", "1", "--report", str(tmp_path / "b"), "--baseline", str(old))
    _, other = call(*common, "--users", "2", "--report", str(tmp_path / "c"), "--baseline", str(old))
    assert "of another load" not in same
    assert f"{old} is of another load (1 users, constant): what differs need not be the target" in other
