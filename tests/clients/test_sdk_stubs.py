"""Every RPC by the stubs that the SDKs carry, and what a refused call looks like to them."""

from collections.abc import Iterator

import pytest

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests
from tests.clients.stubs import Stubs, stubs

pytestmark = client_tests("macrocosmos 2.1.0")
QUESTION = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}
CHAT = {"user_prompt": "Tell me of TAO", "chat_type": "apex", "completion_type": "basic", "title": "On TAO"}


@pytest.fixture
def client(newest_sdk: Sdk, either: Server, key: str) -> Iterator[Stubs]:
    with stubs(newest_sdk.python, either, key) as made:
        yield made


@pytest.fixture
def in_plaintext(newest_sdk: Sdk, plain: Server, key: str) -> Iterator[Stubs]:
    with stubs(newest_sdk.python, plain, key) as made:
        yield made


def test_all_sixteen_in_one_story(client: Stubs) -> None:
    """A user asks, searches, researches, and keeps, changes, finds and deletes what was said."""
    used = []

    def call(method: str, body: object = None) -> dict:
        used.append(method)
        return client.call(method, body).answer

    text = call("ChatCompletion", QUESTION)["choices"][0]["message"]["content"]
    used.append("ChatCompletionStream")
    chunks = client.call("ChatCompletionStream", QUESTION).answers
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == text
    assert call("WebRetrieval", {"search_query": "What is Bittensor?", "n_miners": 3, "n_results": 2})["results"]
    job_id = call("SubmitDeepResearcherJob", QUESTION)["job_id"]
    assert call("GetDeepResearcherJob", {"job_id": job_id})["job_id"] == job_id

    made = call("CreateChatAndCompletion", CHAT)
    chat, first = made["parsed_chat"], made["parsed_completion"]
    assert (chat["title"], chat["chat_type"], first["chat_id"]) == ("On TAO", "apex", chat["id"])
    assert (first["user_prompt_text"], first.get("completion_text", "")) == ("Tell me of TAO", "")
    row = {"chat_id": chat["id"], "user_prompt": "And of subnets?", "completion_type": "reasoning"}
    second = call("CreateCompletion", row)["parsed_completion"]

    metadata = {"deep-researcher": {"jobId": job_id, "status": "completed"}, "thoughts": ["first", "second"]}
    change = {"completion_id": second["id"], "completion_text": "A Subnet is a market.", "metadata": metadata}
    changed = call("UpdateCompletionAttributes", change)["completion"]
    assert (changed["metadata"], changed["user_prompt_text"]) == (metadata, "And of subnets?")
    assert call("GetChatCompletion", {"completion_id": second["id"]}) == changed
    rows = call("GetStoredChatCompletions", {"chat_id": chat["id"]})["chat_completions"]
    assert [row["id"] for row in rows] == [first["id"], second["id"]]
    researched = call("GetCompletionsWithDeepResearcherEntry")["completions"]
    assert [row["id"] for row in researched] == [second["id"]]

    renamed = call("UpdateChatAttributes", {"chat_id": chat["id"], "attributes": {"title": "Renamed"}})["chat"]
    assert (renamed["title"], renamed["created_at"]) == ("Renamed", chat["created_at"])
    assert renamed["updated_at"] > chat["created_at"]
    assert call("GetChatSessions", {"chat_type": "apex"})["chat_sessions"] == [renamed]
    assert call("GetChatSessions", {"chat_type": "gravity"}) == {}
    assert call("SearchChatIdsByPromptAndCompletionText", {"search_term": "sUBNET"}) == {"chat_ids": [chat["id"]]}

    assert call("DeleteCompletions", {"completion_ids": [first["id"]]}) == {"success": True}
    rows = call("GetStoredChatCompletions", {"chat_id": chat["id"]})["chat_completions"]
    assert [row["id"] for row in rows] == [second["id"]]
    assert call("DeleteChats", {"chat_ids": [chat["id"]]}) == {"success": True}
    assert call("DeleteChats", {"chat_ids": [chat["id"]]}) == {"success": True}
    assert call("GetChatSessions") == {}
    assert client.call("GetChatCompletion", {"completion_id": second["id"]}).code == "NOT_FOUND"

    assert len(set(used)) == 16
    assert set(used) == set(client.methods)


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("GetDeepResearcherJob", {"job_id": "no-such-job"}, "Job with ID no-such-job not found"),
        ("GetChatCompletion", {"completion_id": "no-such-row"}, "Completion with ID no-such-row not found"),
        ("CreateCompletion", {"chat_id": "no-such-chat", "user_prompt": "Hi"}, "Chat with ID no-such-chat not found"),
        ("UpdateChatAttributes", {"chat_id": "no-such-chat", "attributes": {"title": "T"}}, "Chat with ID"),
        ("UpdateCompletionAttributes", {"completion_id": "no-such-row", "completion_text": "T"}, "Completion with ID"),
    ],
)
def test_not_found(in_plaintext: Stubs, method: str, body: object, said: str) -> None:
    reply = in_plaintext.call(method, body)
    assert (reply.code, reply.answers) == ("NOT_FOUND", [])
    assert reply.message.startswith(said)


@pytest.mark.parametrize(
    ("method", "body", "about"),
    [
        ("ChatCompletion", {}, "messages"),
        ("ChatCompletionStream", {}, "messages"),
        ("ChatCompletion", {"messages": [{"role": "nobody", "content": "Hi"}]}, "role"),
        ("ChatCompletion", QUESTION | {"sampling_parameters": {"max_new_tokens": -1}}, "max_new_tokens"),
        ("ChatCompletionStream", QUESTION | {"sampling_parameters": {"top_p": 7}}, "top_p"),
        ("SubmitDeepResearcherJob", {}, "messages"),
        ("WebRetrieval", {}, "search_query"),
        ("WebRetrieval", {"search_query": "TAO", "n_miners": -1}, "n_miners"),
        ("GetDeepResearcherJob", {}, "job_id"),
        ("CreateChatAndCompletion", CHAT | {"chat_type": "weather"}, "chat_type"),
    ],
)
def test_invalid_argument(in_plaintext: Stubs, method: str, body: object, about: str) -> None:
    """The message names the field that is to be mended."""
    reply = in_plaintext.call(method, body)
    assert reply.code == "INVALID_ARGUMENT", reply
    assert about in reply.message


def test_unknown_attributes_change_nothing(in_plaintext: Stubs) -> None:
    chat_id = in_plaintext.call("CreateChatAndCompletion", CHAT).answer["parsed_chat"]["id"]
    change = {"chat_id": chat_id, "attributes": {"title": "New", "colour": "red"}}
    reply = in_plaintext.call("UpdateChatAttributes", change)
    assert reply.code == "INVALID_ARGUMENT"
    assert "colour" in reply.message
    [kept] = in_plaintext.call("GetChatSessions").answer["chat_sessions"]
    assert kept["title"] == "On TAO"


def test_users_behind_one_key_do_not_meet(in_plaintext: Stubs) -> None:
    """Metadata x-forwarded-user names who a service key acts for; rows and jobs are that user's alone."""
    anna, boris = {"x_forwarded_user": "anna"}, {"x_forwarded_user": "boris"}
    chat_id = in_plaintext.call("CreateChatAndCompletion", CHAT, **anna).answer["parsed_chat"]["id"]
    job_id = in_plaintext.call("SubmitDeepResearcherJob", QUESTION, **anna).answer["job_id"]

    for other in (boris, {}):
        assert in_plaintext.call("GetChatSessions", **other).answer == {}
        assert in_plaintext.call("GetStoredChatCompletions", {"chat_id": chat_id}, **other).answer == {}
        assert in_plaintext.call("GetDeepResearcherJob", {"job_id": job_id}, **other).code == "NOT_FOUND"
        change = {"chat_id": chat_id, "attributes": {"title": "Mine now"}}
        assert in_plaintext.call("UpdateChatAttributes", change, **other).code == "NOT_FOUND"
        assert in_plaintext.call("DeleteChats", {"chat_ids": [chat_id]}, **other).answer == {"success": True}

    [kept] = in_plaintext.call("GetChatSessions", **anna).answer["chat_sessions"]
    assert (kept["id"], kept["title"]) == (chat_id, "On TAO")
    assert in_plaintext.call("GetDeepResearcherJob", {"job_id": job_id}, **anna).code == "OK"


def test_metadata_survives_every_kind_of_value(in_plaintext: Stubs) -> None:
    metadata = {"text": "größer", "number": 2.5, "yes": True, "nothing": None, "list": [1.0, {"deep": []}], "map": {}}
    row_id = in_plaintext.call("CreateChatAndCompletion", CHAT).answer["parsed_completion"]["id"]
    change = {"completion_id": row_id, "metadata": metadata}
    assert in_plaintext.call("UpdateCompletionAttributes", change).answer["completion"]["metadata"] == metadata
    assert in_plaintext.call("GetChatCompletion", {"completion_id": row_id}).answer["metadata"] == metadata
