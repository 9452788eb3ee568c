"""Chat by the official SDK: synchronous, asynchronous and as a stream, however the client is told where to go."""

import json

import pytest

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests, run_script

pytestmark = client_tests()


def answers(sdk: Sdk, server: Server, key: str, **options: object) -> dict:
    """What sdk_chat.py got: with no options, the client has nothing but environment variables to go by."""
    env = server.environment(key)
    if "base_url" in options:
        trust = {name: value for name, value in env.items() if name.startswith("GRPC_")}
        env = trust | {"CLIENT_OPTIONS": json.dumps(options)}
    elif options:
        env |= {"CLIENT_OPTIONS": json.dumps(options)}
    return run_script(sdk.python, "sdk_chat.py", env=env)


def check(said: dict) -> None:
    """The three ways of asking with one seed give one text, and the stream ends with the reason and nothing after."""
    text = said["sync"]["choices"][0]["message"]["content"]
    assert "Paris" in text
    assert said["async"]["choices"] == said["sync"]["choices"]
    assert said["sync"]["choices"][0]["finish_reason"] == "stop"
    assert said["sync"]["object"] == "chat.completion"

    choices = [chunk["choices"][0] for chunk in said["stream"]]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == text
    assert len(choices) > 2
    assert [choice.get("finish_reason", "") for choice in choices] == [""] * (len(choices) - 1) + ["stop"]
    assert {chunk["object"] for chunk in said["stream"]} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in said["stream"]}) == 1
    assert len({said["sync"]["id"], said["async"]["id"], said["stream"][0]["id"]}) == 3


def test_environment_variables_alone(sdk: Sdk, either: Server, key: str) -> None:
    said = answers(sdk, either, key)
    assert said["sdk"] == sdk.version
    check(said)


@pytest.mark.parametrize("compress", [True, False])
def test_arguments_alone(sdk: Sdk, either: Server, key: str, compress: bool) -> None:
    """Over TLS with arguments, the trust roots still come from gRPC's own variable."""
    options = {"base_url": either.address, "secure": either.secure, "api_key": key, "compress": compress}
    check(answers(sdk, either, key, **options))


def test_the_port_for_grpc_alone(sdk: Sdk, either: Server, key: str) -> None:
    address = f"{either.where.host}:{either.grpc_port}"
    check(answers(sdk, either, key, base_url=address, secure=either.secure, api_key=key))


def test_the_fake_sees_which_client_calls(sdk: Sdk, plain: Server, key: str) -> None:
    answers(sdk, plain, key, app_name="an app of ours")
    entries = [entry for entry in plain.mock.journal if entry.scope == key]
    assert [entry.operation.value for entry in entries].count("chat") == 3
    assert {(entry.transport, entry.app) for entry in entries} == {("grpc", "an app of ours")}
