"""The command beside a failure makes the same request again, with the key from the environment."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apex_mock import Server, serve
from contract_tests import expect
from contract_tests.clause import Book, clause
from contract_tests.clients.base import Client, Request, Sent
from contract_tests.clients.grpc import Grpc
from contract_tests.operations import Op, Transport
from contract_tests.results import Result
from contract_tests.runner import Runner
from contract_tests.target import Target, target_at

HOSTILE = 'It\'s "$HOME" `id` \\ and \\n\n%s !! é 🚀'
CHAT = {"messages": [{"role": "user", "content": HOSTILE}], "seed": 7}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def shell(command: str, **variables: str) -> str:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **variables}
    done = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=120, check=False
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
    again = json.loads(shell(command, APEX_API_KEY=key))
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
    assert json.loads(shell(client.command(), APEX_API_KEY=key)) == answer.raw


@needs_curl
def test_curl_streams(server: Server, key: str):
    """Event by event, unbuffered."""
    client, answer = asked(server, key, Transport.REST, Op.STREAM, CHAT)
    assert " -N " in client.command()
    lines = [line for line in shell(client.command(), APEX_API_KEY=key).splitlines() if line]
    assert len(lines) == len(answer.events) + 1
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize("operation", [Op.CHAT, Op.STREAM])
def test_python_makes_the_openai_packages_request(server: Server, key: str, operation):
    """With the fields that are Apex's own in extra_body."""
    client, answer = asked(server, key, Transport.OPENAI, operation, CHAT | {"mixture": True})
    printed = shell(client.command(), APEX_API_KEY=key)
    assert f"model='{answer.value.get('model') or answer.events[0]['model']}'" in printed


def test_grpcurl_is_given_what_it_wants():
    """The address, the method, the message as JSON, the key from the environment; TLS unless told otherwise."""
    target = target_at("live", key="a-live-key", environment={})
    wire = Grpc(target.grpc, target)
    client = Client({Transport.GRPC: wire}, Transport.GRPC, "a-live-key")
    client.sent.append(Sent(request(), Transport.GRPC))
    wire.close()
    assert client.command() == (
        'grpcurl -H "authorization: Bearer $APEX_API_KEY" -max-time 2 -d \'{"search_query":"TAO"}\' '
        "constellation.api.cloud.macrocosmos.ai:443 apex.v1.ApexService/WebRetrieval"
    )


def request() -> Request:
    return Request(Op.SEARCH, {"search_query": "TAO"}, "a-live-key", deadline=2)


# --- Whose key it is, and whose request -------------------------------------------------------------------------------

KEYS = {"key": "first-caller", "second_key": "second-caller", "admin_key": "an-admin-key", "service_key": "a-service"}
VARIABLES = dict(
    zip(("APEX_API_KEY", "APEX_SECOND_KEY", "APEX_ADMIN_KEY", "APEX_SERVICE_KEY"), KEYS.values(), strict=True)
)


@pytest.fixture
def keyed() -> Iterator[Target]:
    """A fake that knows its keys, as a live target does."""
    callers = [KEYS["key"], KEYS["second_key"], KEYS["service_key"]]
    with serve(settings={"api_keys": callers, "admin_key": KEYS["admin_key"]}) as server:
        yield replace(target_at(server.url, key=KEYS["key"], environment={}), **KEYS)


def result_of(target: Target, check: Callable[[Client], None], transport: Transport) -> Result:
    book = Book()
    clause("TEST-001", "D1", Op.CHAT, book=book)(check)
    with Runner(target) as runner:
        return runner.check(book["TEST-001"], transport)


@needs_curl
@pytest.mark.parametrize(
    ("call", "variable", "answered"),
    [
        (lambda c: c.call(Op.CHAT, CHAT, key=None, headers={"api-key": c.key}), "APEX_API_KEY", "chat.completion"),
        (lambda c: c.another().call(Op.CHAT, CHAT), "APEX_SECOND_KEY", "chat.completion"),
        (
            lambda c: c.call(Op.CREATE_KEY, {"rate_limit": 5}, key=None, headers={"admin-key": c.target.admin_key}),
            "APEX_ADMIN_KEY",
            "API key created",
        ),
    ],
)
def test_each_secret_is_the_variable_that_holds_it(keyed: Target, call, variable, answered):
    """In whichever header it goes, so that the shell puts it there again."""

    def fails(client: Client) -> None:
        """It fails."""
        expect.equal(call(client).code, "another", "the code")

    command = result_of(keyed, fails, Transport.REST).command
    assert f"${variable}" in command
    assert not any(secret in command for secret in KEYS.values())
    assert answered in shell(command, **VARIABLES)


@needs_curl
def test_a_fakes_made_up_key_stands_in_the_command(server: Server):
    """It is no secret, and with it the command runs as it is, in the world where the clause was."""

    def fails(client: Client) -> None:
        """It fails."""
        expect.fails(client.call(Op.CHAT, CHAT), "unavailable")

    result = result_of(target_at(server.url, environment={}), fails, Transport.REST)
    assert "authorization: Bearer contract-TEST-001-rest" in result.command
    assert json.loads(shell(result.command))["object"] == "chat.completion"


def test_the_command_is_that_of_the_answer_that_was_looked_at(server: Server):
    """Also when other requests came after it, or another caller made it."""

    def fails(client: Client) -> None:
        """It fails."""
        looked_at = client.another().call(Op.CHAT, {"messages": [{"role": "user", "content": "looked at"}]})
        client.call(Op.CHAT, {"messages": [{"role": "user", "content": "afterwards"}]})
        expect.fails(looked_at, "unavailable")

    result = result_of(target_at(server.url, environment={}), fails, Transport.REST)
    assert "looked at" in result.command
    assert "contract-TEST-001-rest-second" in result.command


def test_a_command_is_whole_or_not_there(server: Server):
    """Half of one is of no use."""
    target = target_at(server.url, environment={})
    prompts = {"long": "x" * 10_000, "longer": "x" * 100_000}
    commands = {}
    for name, prompt in prompts.items():

        def fails(client: Client, prompt: str = prompt) -> None:
            """It fails."""
            expect.fails(client.call(Op.CHAT, {"messages": [{"role": "user", "content": prompt}]}), "unavailable")

        commands[name] = result_of(target, fails, Transport.REST).command
    assert prompts["long"] in commands["long"]
    assert commands["longer"].startswith("# 100")
    assert "too many to paste" in commands["longer"]


@needs_curl
def test_what_can_be_read_of_any_bytes_stays_readable(server: Server, key: str):
    """An envelope's five bytes are escapes, its JSON is text."""
    client, answer = asked(server, key, Transport.CONNECT, Op.STREAM, {"messages": [], "model": "100% -\\n"})
    command = client.command()
    assert r"\000\000\000\000#{" in command
    assert '"messages":[]' in command
    assert answer.message in shell(command, APEX_API_KEY=key)
