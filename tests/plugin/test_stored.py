"""Stored chats: laid down by a test, and stubs that answer with chats and rows."""

import pytest


def test_stored_chats(apex, wire):
    rows = [{"prompt": "hello", "completion": "hi", "metadata": {"a": 1}}]
    first, second = apex.stored_chats([{"title": "First", "rows": rows}, {"title": "Second"}])
    listed = [chat["id"] for chat in wire.call("GetChatSessions", {}).value["chatSessions"]]
    assert sorted(listed) == sorted([first.id, second.id])
    (row,) = wire.call("GetStoredChatCompletions", {"chat_id": first.id}).value["chatCompletions"]
    assert (row["userPromptText"], row["completionText"]) == ("hello", "hi")
    apex.verify(list_chats=1, list_completions=1, create_chat=0)


@pytest.mark.parametrize(
    ("chat", "says"),
    [
        ({"titel": "x"}, "chats.0.titel: there is no such key; a chat has title, chat_type, id, rows"),
        ({"rows": [{}]}, "chats.0.rows.0.prompt: field required"),
        ({"rows": [{"prompt": 5}]}, "chats.0.rows.0.prompt: "),
        ({"rows": [{"prompt": "x", "chat_id": "y"}]}, "chat_id: is that of the chat it stands in"),
        ({"chat_type": "diary"}, "chat_type must be one of apex, gravity, not 'diary'"),
        ({"rows": {"prompt": "x"}}, "chats.0.rows: expected a list, not a mapping"),
    ],
)
def test_a_chat_that_cannot_be_stored(apex, chat, says):
    with pytest.raises(ValueError, match=says):
        apex.stored_chats([{"title": "sound"}, chat][1:])
    with pytest.raises(ValueError, match=says.replace("chats.0", "chats.1")):
        apex.stored_chats([{"title": "sound"}, chat])


def test_chats_are_stored_all_or_none(apex, wire):
    apex.stored_chats([{"id": "mine", "rows": [{"prompt": "hello", "id": "first"}]}])
    with pytest.raises(ValueError, match="mine is already there"):
        apex.stored_chats([{"title": "new"}, {"id": "mine"}])
    assert [chat["id"] for chat in wire.call("GetChatSessions", {}).value["chatSessions"]] == ["mine"]
    assert wire.call("GetChatCompletion", {"completion_id": "first"}).value["userPromptText"] == "hello"


ROWS = [{"prompt": "one", "completion": "1", "metadata": {"deep-researcher": True}}, {"prompt": "two", "id": "second"}]


def test_stubs_answer_with_chats_and_rows(apex, wire):
    """In the place of what is stored, of which nothing changes; ids that were asked for come back."""
    apex.choose(clock="2025-06-01T12:00:00Z")
    for operation in ("list_completions", "list_research_completions"):
        apex.operation(operation).answers(rows=ROWS)
    for operation in ("get_completion", "create_completion", "update_completion"):
        apex.operation(operation).answers(rows=ROWS[:1])
    for operation in ("list_chats", "search_chats", "update_chat", "create_chat"):
        apex.operation(operation).answers(chats=[{"title": "Bees", "chat_type": "gravity", "rows": ROWS}, {"id": "c2"}])

    rows = wire.call("GetStoredChatCompletions", {"chat_id": "asked"}).value["chatCompletions"]
    assert [(row["userPromptText"], row["chatId"]) for row in rows] == [("one", "asked"), ("two", "asked")]
    assert (rows[0]["completionText"], rows[1]["id"]) == ("1", "second")
    assert {row["createdAt"] for row in rows} == {"2025-06-01T12:00:00Z"}
    found = wire.call("GetCompletionsWithDeepResearcherEntry", {}).value["completions"]
    assert [row["userPromptText"] for row in found] == ["one", "two"]
    assert wire.call("GetChatCompletion", {"completion_id": "asked"}).value["id"] == "asked"
    changed = wire.call("UpdateCompletionAttributes", {"completion_id": "asked", "completion_text": "new"}).value
    assert changed["completion"]["completionText"] == "1"
    made = wire.call("CreateCompletion", {"chat_id": "asked", "user_prompt": "new", "completion_type": "basic"}).value
    assert made["parsedCompletion"]["chatId"] == "asked"

    chats = wire.call("GetChatSessions", {}).value["chatSessions"]
    assert [(chat.get("title", ""), chat["chatType"]) for chat in chats] == [("Bees", "gravity"), ("", "apex")]
    assert chats == wire.call("GetChatSessions", {}).value["chatSessions"]
    ids = wire.call("SearchChatIdsByPromptAndCompletionText", {"search_term": "x"}).value["chatIds"]
    assert ids == [chat["id"] for chat in chats]
    assert ids[1] == "c2"
    body = {"user_prompt": "new", "chat_type": "apex", "completion_type": "basic"}
    made = wire.call("CreateChatAndCompletion", body).value
    assert "Bees" in str(made)
    assert "'one'" in str(made)
    assert "Bees" in str(wire.call("UpdateChatAttributes", {"chat_id": "asked", "attributes": {"title": "x"}}).value)
    apex.reset("stubs")
    assert wire.call("GetChatSessions", {}).value.get("chatSessions", []) == []


def test_a_stub_without_a_row_says_that_there_is_none(apex, wire):
    apex.operation("get_completion").answers(rows=[])
    apex.operation("list_completions").answers(rows=[])
    apex.stored_chats([{"id": "c", "rows": [{"prompt": "x", "id": "r"}]}])
    assert wire.call("GetChatCompletion", {"completion_id": "r"}).code == "not_found"
    assert wire.call("GetStoredChatCompletions", {"chat_id": "c"}).value.get("chatCompletions", []) == []


@pytest.mark.parametrize(
    ("operation", "reply", "says"),
    [
        ("list_chats", {"rows": ROWS}, "rows: answer list_completions, .*; not list_chats"),
        ("get_research", {"chats": []}, "chats: answer list_chats, .*; not get_research"),
        ("list_completions", {"rows": [{"promt": "x"}]}, "rows.0.promt: there is no such key; a row has prompt"),
        ("list_chats", {"chats": "x"}, "chats.0: expected a mapping"),
    ],
)
def test_a_reply_that_cannot_be(apex, operation, reply, says):
    with pytest.raises(ValueError, match=says):
        apex.operation(operation).answers(**reply)
    apex.allow_surprises()
