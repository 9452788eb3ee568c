"""`buf curl`, connect-go's client: Connect, gRPC-Web and gRPC, with the schema from reflection or from our .proto."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from apex_mock import Server
from apex_mock.wire.methods import METHODS
from tests.clients.environments import ROOT
from tests.clients.running import client_tests, run

pytestmark = client_tests("command line")
BUF = Path(sys.executable).with_name("buf")
QUESTION = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}
SCHEMA = ("--schema", str(ROOT / "apex_mock" / "proto"))
# buf asks for reflection in gRPC whatever the protocol, and over TLS it offers HTTP/1.1 besides HTTP/2 unless it is
# told not to; the fake then takes HTTP/1.1, on which there is no gRPC.
HOW = {
    "grpc by reflection": ("--protocol", "grpc", "--http2-prior-knowledge"),
    "grpc": ("--protocol", "grpc", "--http2-prior-knowledge", *SCHEMA),
    "grpcweb": ("--protocol", "grpcweb", *SCHEMA),
    "connect": ("--protocol", "connect", *SCHEMA),
}


def buf(server: Server, method: str, body: Any, *flags: str, key: str = "k", port: int | None = None) -> Any:
    trust = ("--cacert", str(server.where.certificate.ca)) if server.where.certificate else ()
    url = f"{'https' if server.secure else 'http'}://127.0.0.1:{port or server.port}/{method}"
    header = ("-H", f"authorization: Bearer {key}") if key else ()
    # Reflection needs no key, as health checking does not.
    return run([BUF, "curl", *trust, *flags, *header, "-d", json.dumps(body), url], {"HOME": "/nonexistent"})


def values(text: str) -> list[Any]:
    """The JSON values that buf prints one after another."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


@pytest.fixture(params=HOW.values(), ids=HOW)
def how(request: pytest.FixtureRequest) -> tuple[str, ...]:
    flags: tuple[str, ...] = request.param
    return flags


def test_unary_and_stream(either: Server, how: tuple[str, ...]) -> None:
    unary = buf(either, "apex.v1.ApexService/ChatCompletion", QUESTION, *how)
    assert (unary.returncode, unary.stderr) == (0, "")
    text = json.loads(unary.stdout)["choices"][0]["message"]["content"]
    assert "Paris" in text

    stream = buf(either, "apex.v1.ApexService/ChatCompletionStream", QUESTION, *how)
    assert (stream.returncode, stream.stderr) == (0, "")
    choices = [value["choices"][0] for value in values(stream.stdout)]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == text
    assert choices[-1]["finishReason"] == "stop"


@pytest.mark.parametrize("method", ["ChatCompletion", "ChatCompletionStream"])
def test_errors(either: Server, how: tuple[str, ...], method: str) -> None:
    """buf ends with 8 times gRPC's code and prints the error as JSON."""
    for body, key, number, code in [({}, "k", 3, "invalid_argument"), (QUESTION, "", 16, "unauthenticated")]:
        done = buf(either, f"apex.v1.ApexService/{method}", body, *how, key=key)
        assert (done.returncode, done.stdout) == (8 * number, "")
        said = json.loads(done.stderr)
        assert said["code"] == code
        assert said["message"]


def test_grpcs_own_port(either: Server) -> None:
    how = HOW["grpc by reflection"]
    done = buf(either, "apex.v1.ApexService/ChatCompletion", QUESTION, *how, port=either.grpc_port)
    assert "Paris" in json.loads(done.stdout)["choices"][0]["message"]["content"]


def test_reflection_lists_every_method(either: Server) -> None:
    listed = buf(either, "", {}, *HOW["grpc by reflection"], "--list-methods")
    assert {f"apex.v1.ApexService/{method.name}" for method in METHODS} <= set(listed.stdout.split())
    services = buf(either, "", {}, *HOW["grpc by reflection"], "--list-services").stdout.split()
    assert {"apex.v1.ApexService", "grpc.health.v1.Health"} <= set(services)


@pytest.mark.parametrize("service", ["", "apex.v1.ApexService"])
def test_health(either: Server, service: str) -> None:
    for port in (either.port, either.grpc_port):
        how = HOW["grpc by reflection"]
        done = buf(either, "grpc.health.v1.Health/Check", {"service": service}, *how, key="", port=port)
        assert (json.loads(done.stdout), done.returncode) == ({"status": "SERVING"}, 0)


def test_health_of_what_is_not_there(plain: Server) -> None:
    done = buf(plain, "grpc.health.v1.Health/Check", {"service": "apex.v2.None"}, *HOW["grpc by reflection"])
    assert done.returncode == 8 * 5
