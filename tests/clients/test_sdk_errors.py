"""What the official SDK's user sees when a call is refused."""

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests, run_script

pytestmark = client_tests()


def test_a_wrong_key(sdk: Sdk, strict: Server) -> None:
    said = run_script(sdk.python, "sdk_errors.py", env=strict.environment("bad"))
    for call in ("chat", "retries", "search", "submit", "poll"):
        kind, message = said[call]
        assert kind == "MacrocosmosError", call
        assert message.startswith("RPC error: StatusCode.UNAUTHENTICATED: Invalid API key"), call
    assert said["stream"] == "UNAUTHENTICATED"


def test_a_known_key(sdk: Sdk, strict: Server) -> None:
    said = run_script(sdk.python, "sdk_errors.py", env=strict.environment("good"))
    for call in ("chat", "retries", "search", "submit"):
        assert said[call] == ["nothing", ""], call
    assert said["stream"] == "OK"
    assert said["poll"] == [
        "MacrocosmosError",
        "RPC error: StatusCode.NOT_FOUND: Job with ID no-such-job not found",
    ]
    kind, message = said["role"]
    assert kind == "MacrocosmosError"
    assert message.startswith("RPC error: StatusCode.INVALID_ARGUMENT: messages")
