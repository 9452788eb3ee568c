"""What the stubs of the releases before 2.0 say differently."""

import pytest

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests
from tests.clients.stubs import stubs

pytestmark = client_tests()
CHATS = (("Of TAO", "apex"), ("Of posts", "gravity"))


def test_sessions_asked_for_with_empty(sdk: Sdk, plain: Server, key: str, newest_sdk: Sdk) -> None:
    """Before 2.0 GetChatSessions takes google.protobuf.Empty: every chat of every type, newest first."""
    with stubs(newest_sdk.python, plain, key) as newest:
        for title, chat_type in CHATS:
            body = {"user_prompt": "Hi", "chat_type": chat_type, "completion_type": "basic", "title": title}
            assert newest.call("CreateChatAndCompletion", body).code == "OK"
    with stubs(sdk.python, plain, key) as client:
        sessions = client.call("GetChatSessions").answer["chat_sessions"]
    assert [(chat["title"], chat["chat_type"]) for chat in sessions] == list(reversed(CHATS))


def test_how_many_methods_each_release_knows(sdk: Sdk, plain: Server, key: str) -> None:
    with stubs(sdk.python, plain, key) as client:
        assert len(client.methods) == {"1.0.4": 7, "1.1.5": 15, "2.1.0": 16}[sdk.version]


@pytest.mark.xdist_group("macrocosmos 1.0.4")
def test_the_method_that_was_renamed(oldest_sdk: Sdk, plain: Server, key: str) -> None:
    """1.0.4 calls UpdateChatAttribute, which no later release has and the contract does not name."""
    with stubs(oldest_sdk.python, plain, key) as client:
        assert client.call("UpdateChatAttribute", {}).code == "UNIMPLEMENTED"


@pytest.mark.parametrize("metadata", [{"authorization": "Basic abc"}, {"authorization": ""}], ids=["scheme", "empty"])
def test_credentials_that_are_none(sdk: Sdk, plain: Server, key: str, metadata: dict[str, str]) -> None:
    with stubs(sdk.python, plain, key) as client:
        for method in ("ChatCompletion", "ChatCompletionStream", "GetChatSessions"):
            assert client.call(method, **metadata).code == "UNAUTHENTICATED"
