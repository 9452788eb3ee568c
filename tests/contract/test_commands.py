"""The command beside a failure makes the same request again, with the key from the environment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apex_mock import Server
from contract_tests.clients.base import Client
from contract_tests.clients.grpc import Grpc
from contract_tests.operations import Op, Transport
from contract_tests.runner import Runner
from contract_tests.target import target_at

HOSTILE = 'It\'s "$HOME" `id` \\ and \\n\n%s !! é 🚀'
CHAT = {"messages": [{"role": "user", "content": HOSTILE}], "seed": 7}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def shell(command: str, key: str) -> str:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "APEX_API_KEY": key}
    done = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def asked(server: Server, key: str, transport: Transport, operation: Op, body: dict, **more) -> tuple[Client, object]:
    target = target_at(server.url, key=key, environment={})
    runner = Runner(target)
    client = Client(runner._wires, transport, key)
    answer = client.call(operation, body, **more)
    runner.close()
    return client, answer


@needs_curl
@pytest.mark.parametrize(
    ("transport", "operation", "body"),
    [
        (Transport.REST, Op.CHAT, CHAT),
        (Transport.CONNECT, Op.CHAT, CHAT),
        (Transport.REST, Op.GET_JOB, {"job_id": "no such/job?"}),
        (Transport.REST, Op.AVAILABLE_MINERS, {"k": 2}),
        (Transport.CONNECT, Op.LIST_CHATS, {}),
    ],
)
def test_curl_makes_the_same_request(server: Server, key: str, transport, operation, body):
    """Its answer is the one that the clause saw; the key is not in the command."""
    client, answer = asked(server, key, transport, operation, body)
    command = client.command()
    assert command.startswith("curl -sS ")
    assert key not in command
    again = json.loads(shell(command, key))
    assert shape(again) == shape(answer.raw)
    if operation is Op.CHAT:
        assert again["choices"] == answer.raw["choices"]


def shape(value: object) -> object:
    return {name: shape(part) for name, part in value.items()} if isinstance(value, dict) else type(value)


@needs_curl
@pytest.mark.parametrize("content", [b'{"messages": [', b"\xff\x00\xfe", b"@/etc/passwd", b""])
def test_curl_sends_any_bytes(server: Server, key: str, content):
    """Bytes that are no text go through printf; what looks like a file name is not read."""
    client, answer = asked(server, key, Transport.REST, Op.CHAT, {}, content=content)
    assert json.loads(shell(client.command(), key)) == answer.raw


@needs_curl
def test_curl_streams(server: Server, key: str):
    """Event by event, unbuffered."""
    client, answer = asked(server, key, Transport.REST, Op.STREAM, CHAT)
    assert " -N " in client.command()
    lines = [line for line in shell(client.command(), key).splitlines() if line]
    assert len(lines) == len(answer.events) + 1
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize("operation", [Op.CHAT, Op.STREAM])
def test_python_makes_the_openai_packages_request(server: Server, key: str, operation):
    """With the fields that are Apex's own in extra_body."""
    client, answer = asked(server, key, Transport.OPENAI, operation, CHAT | {"mixture": True})
    printed = shell(client.command(), key)
    assert f"model='{answer.value.get('model') or answer.events[0]['model']}'" in printed


def test_grpcurl_is_given_what_it_wants():
    """The address, the method, the message as JSON, the key from the environment; TLS unless told otherwise."""
    target = target_at("live", key="a-live-key", environment={})
    wire = Grpc(target.grpc, target)
    client = Client({Transport.GRPC: wire}, Transport.GRPC, "a-live-key")
    client.last, client.last_transport = request(), Transport.GRPC
    wire.close()
    assert client.command() == (
        'grpcurl -H "authorization: Bearer $APEX_API_KEY" -max-time 2 -d \'{"search_query":"TAO"}\' '
        "constellation.api.cloud.macrocosmos.ai:443 apex.v1.ApexService/WebRetrieval"
    )


def request():
    from contract_tests.clients.base import Request

    return Request(Op.SEARCH, {"search_query": "TAO"}, "a-live-key", deadline=2)
