"""Targets that are not what was hoped for: one reason each, and not forty failures."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from apex_mock import serve
from apex_mock.tls import make_certificate
from contract_tests import probe
from contract_tests.operations import Transport
from contract_tests.results import Outcome
from contract_tests.runner import Runner, every_item
from contract_tests.target import Target, target_at
from tests.contract.conftest import checked


class Anything(BaseHTTPRequestHandler):
    """A web server that has the same page for whatever is asked of it."""

    page = b"<html><body>Welcome to nginx!</body></html>"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    do_POST = do_GET  # noqa: N815  # as http.server names them

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server(page: bytes) -> Iterator[Target]:
    handler = type("Handler", (Anything,), {"page": page})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        target = target_at(f"http://127.0.0.1:{server.server_port}", environment={})
        target.pace = 0
        yield target
        server.shutdown()


@pytest.mark.parametrize("page", [Anything.page, b"OK", b""])
def test_a_web_server_that_is_no_apex_offers_nothing(page):
    """Also no stream, though it answers 200 to that as well."""
    with web_server(page) as target:
        results = checked(target)
    assert {r.outcome for r in results} == {Outcome.NOT_OFFERED}


@pytest.mark.parametrize("key", [None, "wrong-key"])
def test_a_refused_key_is_the_reason_on_every_wire(key):
    """A Connect stream says so with status 200, in its last message."""
    with serve(settings={"api_keys": ["good-key"]}) as server:
        results = checked(target_at(server.url, key=key, environment={}), "STREAM", "CHAT")
    assert [r.difference for r in results if r.outcome is Outcome.BROKEN] == []
    refused = {r.transport for r in results if r.reason.startswith("the target refuses the key: set APEX_API_KEY")}
    assert refused == {"rest", "connect", "grpc", "openai"}


def reasons_of(url: str) -> str:
    target = target_at(url, environment={})
    target.pace = 0
    with Runner(target) as runner:
        results = list(runner.run(every_item(["HEALTH-001", "CHAT-001"], [Transport.REST, Transport.GRPC])))
    assert {r.outcome for r in results} == {Outcome.NOT_OFFERED}
    return " | ".join(dict.fromkeys(r.reason for r in results))


def test_the_wrong_scheme_is_told(tmp_path: Path):
    """Of a target without TLS as of one with it."""
    with serve() as plain, serve(certificate=make_certificate(tmp_path)) as secure:
        http = reasons_of(secure.url.replace("https://", "http://"))
        https = reasons_of(plain.url.replace("http://", "https://"))
    assert "Does it speak TLS? Then write https://" in http
    assert https.count("what answers there does not speak TLS") == 2  # HTTP, gRPC
    assert "speak TLS: write http://" in https


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """Takes every connection and never says a word."""
    monkeypatch.setattr(probe, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        yield Target(address, f"http://{address}", f"http://{address}", address, pace=0.0)


def test_a_target_that_hangs_is_asked_once_at_each_address(hanging: Target):
    """And for no longer than a refusal may take: everything is then known."""
    with Runner(hanging, allow=("cost", "write")) as runner:
        results = list(runner.run(every_item(transports=[Transport.REST, Transport.CONNECT, Transport.GRPC])))
    assert {r.outcome for r in results} == {Outcome.NOT_OFFERED}
    reasons = {r.reason for r in results}
    assert f"nobody answers at http://{hanging.grpc}: connected, but no answer in 0.3 s" in reasons
    assert len(reasons) == 2  # HTTP, gRPC
