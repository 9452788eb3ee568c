"""Stored chats: what a new one looks like, what may be changed, what a search finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.chats import (
    TITLE_LENGTH,
    change_chat,
    change_completion,
    chats_with,
    check_chat_type,
    has_research_entry,
    title_for,
)
from apex_mock.core.types import Chat, Completion
from apex_mock.errors import InvalidRequest

CHAT = Chat("c", "owner", "user", "Old", "apex", 100, 100)
ROW = Completion("r", "c", "owner", "basic", 100, user_prompt_text="Old", metadata={"a": 1})
texts = st.text(max_size=30)


@given(st.text(max_size=200))
def test_a_title_is_the_prompts_beginning_on_one_line(prompt):
    """Whole when it is short, else cut with an ellipsis."""
    title = title_for(prompt)
    line = " ".join(prompt.split())
    assert len(title) <= TITLE_LENGTH
    assert title == line or (title.endswith("…") and line.startswith(title[:-1]))


@given(st.dictionaries(st.sampled_from(["title", "chat_type"]), st.just("gravity")), st.integers(0, 1000))
def test_changing_a_chat_moves_updated_at_and_only_what_is_named(attributes, now):
    """updated_at moves on even when the clock stands still or was reset."""
    changed = change_chat(CHAT, attributes, now)
    assert changed.updated_at > CHAT.updated_at
    assert changed.updated_at >= now
    assert changed.title == attributes.get("title", CHAT.title)
    assert changed.chat_type == attributes.get("chat_type", CHAT.chat_type)
    assert (changed.id, changed.owner, changed.created_at) == (CHAT.id, CHAT.owner, CHAT.created_at)


@pytest.mark.parametrize("name", ["owner", "id", "user_id", "Title", "", "updated_at"])
def test_no_other_attribute_can_be_changed(name):
    """The error names it, and the ones that can be."""
    with pytest.raises(InvalidRequest, match="title and chat_type can be changed") as caught:
        change_chat(CHAT, {"title": "New", name: "x"}, 200)
    assert repr(name) in caught.value.message


@pytest.mark.parametrize(("given", "kept"), [("apex", "apex"), ("gravity", "gravity"), ("", "apex")])
def test_a_chat_is_of_a_known_type(given, kept):
    """Apex when none is named."""
    assert check_chat_type(given) == kept


@pytest.mark.parametrize("given", ["Apex", "chat", " "])
def test_an_unknown_chat_type_is_refused(given):
    """With the types that there are."""
    with pytest.raises(InvalidRequest, match="chat_type: must be one of apex, gravity"):
        check_chat_type(given)


@given(st.none() | texts, st.none() | texts, st.none() | st.dictionaries(texts, st.integers(), max_size=2))
def test_changing_a_row_changes_only_what_is_given(text, prompt, metadata):
    """An empty text is given too; metadata replaces the whole; completed_at is when the text came."""
    changed = change_completion(ROW, 500, text=text, prompt=prompt, metadata=metadata)
    assert changed.completion_text == (ROW.completion_text if text is None else text)
    assert changed.user_prompt_text == (ROW.user_prompt_text if prompt is None else prompt)
    assert changed.metadata == (ROW.metadata if metadata is None else metadata)
    assert changed.completed_at == (ROW.completed_at if text is None else 500)


def test_later_changes_of_a_given_metadata_do_not_reach_the_row():
    """The row has its own."""
    given = {"deep-researcher": {}}
    row = change_completion(ROW, 1, metadata=given)
    given.clear()
    assert has_research_entry(row)
    assert not has_research_entry(ROW)


def row(chat: str, prompt: str, text: str = "") -> Completion:
    return Completion("r", chat, "o", "basic", 0, user_prompt_text=prompt, completion_text=text)


@pytest.mark.parametrize("term", ["paris", "PARIS", "ari", ""])
def test_a_search_finds_prompt_or_completion_whatever_the_case(term):
    """Each chat once, however many of its rows fit."""
    rows = [row("a", "Is Paris big?"), row("b", "?", "It is PARIS."), row("a", "paris again")]
    assert chats_with(term, rows) == ("a", "b")


@pytest.mark.parametrize(("term", "text"), [("STRASSE", "Straße"), ("straße", "STRASSE"), ("ÉTÉ", "été")])
def test_case_is_folded_as_unicode_has_it(term, text):
    """Not by upper and lower alone."""
    assert chats_with(term, [row("a", text)]) == ("a",)


def test_a_search_finds_nothing_that_is_not_there():
    """Nor does a pattern find what it would match."""
    assert chats_with("par.s", [row("a", "paris")]) == ()
