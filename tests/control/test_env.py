"""`apex-mock env`: what points every client at a running fake, for each shell."""

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from apex_mock import Server, serve
from apex_mock.environment import FORMATS
from apex_mock.tls import make_certificate

pytestmark = pytest.mark.inner


def env(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "apex_mock", "env", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_exports_are_those_of_the_server(server: Server):
    """As JSON, and as a shell takes them."""
    said = env("--url", server.url, "--format", "json", "--api-key", "it's mine")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == server.environment("it's mine")
    said = env("--url", server.address, "--api-key", "it's mine")
    script = (
        said.stdout + f"exec {shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    )
    sourced = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env={}, timeout=120, check=True)
    assert server.environment("it's mine").items() <= json.loads(sourced.stdout).items()


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("sh", "export A='it'\"'\"'s'"),
        ("fish", "set -gx A 'it\\'s'"),
        ("powershell", "$env:A = 'it''s'"),
        ("github", "A=it's"),
        ("json", '{\n  "A": "it\'s"\n}'),
    ],
)
def test_each_shell_has_its_form(format, line):
    """With its own quoting."""
    assert FORMATS[format]({"A": "it's"}) == line
    assert set(FORMATS) == {"sh", "fish", "powershell", "json", "github"}


def test_under_tls_the_authority_is_named(tmp_path: Path):
    """So that clients trust it."""
    with serve(certificate=make_certificate(tmp_path, "127.0.0.1")) as server:
        said = env("--url", server.url, "--format", "json")
        assert json.loads(said.stdout) == server.environment()
        assert Path(json.loads(said.stdout)["SSL_CERT_FILE"]).is_file()


def test_a_server_that_knows_its_keys_is_told_of():
    """On stderr: stdout is for the shell."""
    with serve(settings={"api_keys": ("good",)}) as server:
        said = env("--url", server.url)
    assert said.returncode == 0
    assert "--api-key" in said.stderr
    assert "good" not in said.stdout + said.stderr


def test_where_there_is_no_fake_it_says_so():
    """One line and code 2, and nothing for a shell to swallow."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        said = env("--url", f"http://127.0.0.1:{port}")
    assert (said.returncode, said.stdout) == (2, "")
    assert f"nothing answers at http://127.0.0.1:{port}" in said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"name": "other"}'])
def test_another_server_is_no_fake(body):
    """Whatever it says."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        said = env("--url", f"http://127.0.0.1:{other.server_port}")
        thread.join()
    assert said.returncode == 2
    assert "is not apex-mock" in said.stderr


@pytest.mark.parametrize("arguments", [("--url", "ftp://x"), ("--url", "http://x:port"), ("--format", "tcsh")])
def test_what_makes_no_sense_is_refused(arguments):
    """By the flag's name."""
    said = env(*arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert arguments[0] in said.stderr


def test_no_variable_of_the_developers_own_matters(server: Server):
    """A proxy least of all."""
    command = [sys.executable, "-m", "apex_mock", "env", "--url", server.url]
    variables = {**os.environ, "http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    said = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, said.stderr
