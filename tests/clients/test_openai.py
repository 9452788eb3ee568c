"""Programs written for OpenAI, pointed at the fake by environment variables: openai 3 and 2, LangChain and litellm."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apex_mock import Server
from tests.clients.running import client_tests, run_script

pytestmark = client_tests("openai")


@pytest.fixture(params=["3", "2"], ids=["openai 3", "openai 2"])
def openai(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """A major version and a python that has it: 3 is among the project's own requirements."""
    return request.param, Path(sys.executable) if request.param == "3" else request.getfixturevalue("openai_2")


def text_of(chunks: list[Any]) -> str:
    return "".join(choice["delta"]["content"] or "" for chunk in chunks for choice in chunk["choices"])


@cache
def talk(python: Path, server: Server) -> Any:
    return run_script(python, "openai_chat.py", env=server.environment("openai"))


def test_chat_completions(openai: tuple[str, Path], either: Server) -> None:
    major, python = openai
    said = talk(python, either)
    assert said["version"].startswith(f"{major}.")

    [choice] = said["unary"]["choices"]
    text = choice["message"]["content"]
    assert "Paris" in text
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    assert said["async"]["unary"]["choices"] == [choice]

    for chunks in (said["stream"], said["async"]["stream"]):
        assert text_of(chunks) == text
        finishes = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
        assert finishes == [None] * (len(chunks) - 1) + ["stop"]
        assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
        assert {chunk["usage"] for chunk in chunks} == {None}


def test_what_openai_and_apex_each_add(openai: tuple[str, Path], either: Server) -> None:
    _, python = openai
    said = talk(python, either)

    *chunks, last = said["with usage"]
    assert text_of(chunks) == text_of(said["stream"])
    assert (last["choices"], {chunk["usage"] for chunk in chunks}) == ([], {None})
    usage = last["usage"]
    assert usage["prompt_tokens"] > 0
    assert usage["completion_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]

    assert said["short"]["choices"][0]["finish_reason"] == "length"
    assert said["apex"]["choices"][0]["finish_reason"] == "length"
    assert len(said["short"]["choices"][0]["message"]["content"]) < len(
        said["apex"]["choices"][0]["message"]["content"]
    )

    assert said["models"][0]["id"] == "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"
    assert said["model"] == said["models"][0]
    assert said["no messages"][:2] == ["UnprocessableEntityError", 422]
    assert said["no model"][:2] == ["NotFoundError", 404]
    assert said["no such call"][:2] == ["NotFoundError", 404]


def test_apex_fields_arrive(plain: Server, key: str) -> None:
    """extra_body's fields stand in the request beside OpenAI's own."""
    run_script(Path(sys.executable), "openai_chat.py", env=plain.environment(key))
    asked = [entry.request for entry in plain.mock.journal if entry.scope == key and entry.operation.value == "chat"]
    [mixed] = [request for request in asked if request.uids]
    assert tuple(mixed.uids) == (3, 5)
    assert mixed.mode.name == "MIXTURE"
    assert mixed.sampling.max_new_tokens == 9


def test_a_key_that_is_not_known(openai: tuple[str, Path], strict: Server) -> None:
    """The REST host answers 403, which OpenAI's clients call PermissionDeniedError."""
    _, python = openai
    said = run_script(python, "openai_refused.py", env=strict.environment("bad"))
    assert set(said) == {"unary", "stream", "models"}
    for kind, status, _ in said.values():
        assert (kind, status) == ("PermissionDeniedError", 403)
    known = run_script(python, "openai_refused.py", env=strict.environment("good"))
    assert [kind for kind, _, _ in known.values()] == ["nothing"] * 3


@pytest.mark.parametrize(("script", "fake"), [("langchain_chat.py", "secure"), ("litellm_chat.py", "plain")])
def test_what_is_built_on_openai(
    request: pytest.FixtureRequest, openai_2: Path, key: str, script: str, fake: str
) -> None:
    """Both send through openai's or httpx's transport, seen over plaintext and TLS above: one of each will do here."""
    server: Server = request.getfixturevalue(fake)
    env = server.environment(key) | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    said = run_script(openai_2, script, env=env)
    assert "Paris" in said["text"]
    assert "".join(said["pieces"]) == said["text"]
    assert len(said["pieces"]) > 2
    assert said["async"] == said["text"]
    assert said["finish"] == "stop"
    assert said.get("refused", "BadRequestError") == "BadRequestError"
