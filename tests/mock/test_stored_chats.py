"""Stored chats as a machine: whatever two users do in two scopes, each sees exactly what a plain model says."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from apex_mock import ApexMock
from apex_mock.clock import SECOND, Clock
from apex_mock.core.types import Caller
from apex_mock.errors import InvalidRequest, NotFound
from tests.conftest import NOON

Who = tuple[str, str]  # a scope and an owner
EVERYBODY: tuple[Who, ...] = (("one", "ann"), ("one", "ben"), ("two", "ann"))
callers = st.sampled_from(EVERYBODY)
words = st.sampled_from(["", "Paris", "paris in spring", "the SEINE", "rivers", "Straße", "100% _sure_"])


@dataclass
class ModelRow:
    id: str
    prompt: str
    text: str = ""
    metadata: dict = field(default_factory=dict)


@dataclass
class ModelChat:
    id: str
    title: str
    chat_type: str
    updated_at: int
    rows: list[ModelRow]


class StoredChats(RuleBasedStateMachine):
    chats = Bundle("chats")
    rows = Bundle("rows")

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.now = NOON
        self.mock = self.make()
        self.model: dict[Who, list[ModelChat]] = {who: [] for who in EVERYBODY}
        self.made: set[str] = set()  # every row that there ever was

    def make(self) -> ApexMock:
        return ApexMock(clock=Clock(lambda: self.now))

    def teardown(self) -> None:
        if hasattr(self, "mock"):
            self.runner.run(self.mock.close())
            self.runner.close()

    def run(self, operation):
        return self.runner.run(operation)

    def chat(self, who: Who, chat_id: str) -> ModelChat | None:
        return next((c for c in self.model[who] if c.id == chat_id), None)

    def row(self, who: Who, row_id: str) -> ModelRow | None:
        return next((r for c in self.model[who] for r in c.rows if r.id == row_id), None)

    # --- What users do ------------------------------------------------------------------------------------------------

    @rule(seconds=st.integers(0, 5))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(target=chats, who=callers, prompt=words, chat_type=st.sampled_from(["apex", "gravity"]))
    def create_chat(self, who, prompt, chat_type):
        chat, row = self.run(self.mock.create_chat(prompt, chat_type, "basic", f"About {prompt}", Caller(*who)))
        assert chat.created_at == chat.updated_at == row.created_at == self.now
        assert row.completion_text == ""
        self.model[who].append(ModelChat(chat.id, f"About {prompt}", chat_type, self.now, [ModelRow(row.id, prompt)]))
        assert row.id not in self.made
        self.made.add(row.id)
        return chat.id

    @rule(target=rows, who=callers, chat_id=chats, prompt=words)
    def create_row(self, who, chat_id, prompt):
        known = self.chat(who, chat_id)
        if known is None:
            with pytest.raises(NotFound):
                self.run(self.mock.create_completion(chat_id, prompt, "basic", Caller(*who)))
            return ""
        row = self.run(self.mock.create_completion(chat_id, prompt, "basic", Caller(*who)))
        known.rows.append(ModelRow(row.id, prompt))
        assert row.id not in self.made
        self.made.add(row.id)
        known.updated_at = max(known.updated_at, self.now)
        return row.id

    @rule(who=callers, chat_id=chats, title=words)
    def rename_chat(self, who, chat_id, title):
        known = self.chat(who, chat_id)
        if known is None:
            with pytest.raises(NotFound):
                self.run(self.mock.update_chat(chat_id, {"title": title}, Caller(*who)))
            return
        changed = self.run(self.mock.update_chat(chat_id, {"title": title}, Caller(*who)))
        assert changed.updated_at > known.updated_at or changed.updated_at == self.now > known.updated_at
        known.title, known.updated_at = title, changed.updated_at

    @rule(who=callers, chat_id=chats)
    def change_what_cannot_be_changed(self, who, chat_id):
        error = NotFound if self.chat(who, chat_id) is None else InvalidRequest
        with pytest.raises(error):
            self.run(self.mock.update_chat(chat_id, {"title": "x", "owner": "me"}, Caller(*who)))

    @rule(
        who=callers,
        row_id=rows,
        text=st.none() | words,
        prompt=st.none() | words,
        metadata=st.none() | st.sampled_from([{}, {"deep-researcher": {"jobId": "j"}}, {"a": 1}]),
    )
    def change_row(self, who, row_id, text, prompt, metadata):
        known = self.row(who, row_id) if row_id else None
        change = self.mock.update_completion(row_id, text=text, prompt=prompt, metadata=metadata, caller=Caller(*who))
        if known is None:
            with pytest.raises((NotFound, InvalidRequest)):
                self.run(change)
            return
        self.run(change)
        known.text = known.text if text is None else text
        known.prompt = known.prompt if prompt is None else prompt
        known.metadata = known.metadata if metadata is None else metadata

    @rule(who=callers, chat_ids=st.lists(chats, max_size=3), gone=st.booleans())
    def delete_chats(self, who, chat_ids, gone):
        self.run(self.mock.delete_chats([*chat_ids, *(["no-such-chat"] if gone else [])], Caller(*who)))
        self.model[who] = [c for c in self.model[who] if c.id not in chat_ids]

    @rule(who=callers, row_id=consumes(rows))
    def delete_row(self, who, row_id):
        self.run(self.mock.delete_completions([row_id, "no-such-row"], Caller(*who)))
        for chat in self.model[who]:
            chat.rows = [r for r in chat.rows if r.id != row_id]

    # --- What they see ------------------------------------------------------------------------------------------------

    @rule(who=callers, term=st.sampled_from(["PARIS", "paris", "seine", "STRASSE", "%", "_", "nowhere", "r"]))
    def search(self, who, term):
        wanted = term.casefold()
        expected = {c.id for c in self.model[who] if any(wanted in f"{r.prompt}\0{r.text}".casefold() for r in c.rows)}
        found = self.run(self.mock.search_chats(term, Caller(*who)))
        assert set(found) == expected
        assert len(found) == len(expected)

    @rule(who=callers, chat_type=st.sampled_from(["", "apex", "gravity"]))
    def list_chats(self, who, chat_type):
        expected = [c.id for c in reversed(self.model[who]) if chat_type in ("", c.chat_type)]
        assert [c.id for c in self.run(self.mock.list_chats(chat_type, Caller(*who)))] == expected

    @invariant()
    def everybody_sees_their_own_and_nothing_else(self):
        if not hasattr(self, "model"):
            return
        for who, chats in self.model.items():
            seen = self.run(self.mock.list_chats("", Caller(*who)))
            assert [(c.id, c.title, c.chat_type, c.updated_at) for c in seen] == [
                (c.id, c.title, c.chat_type, c.updated_at) for c in reversed(chats)
            ]
            for chat in chats:
                rows = self.run(self.mock.list_completions(chat.id, Caller(*who)))
                assert [(r.id, r.user_prompt_text, r.completion_text, dict(r.metadata)) for r in rows] == [
                    (r.id, r.prompt, r.text, r.metadata) for r in chat.rows
                ]
            for row_id in self.made - {r.id for c in chats for r in c.rows}:
                with pytest.raises(NotFound):
                    self.run(self.mock.get_completion(row_id, Caller(*who)))
            researched = [r.id for c in chats for r in c.rows if "deep-researcher" in r.metadata]
            assert {r.id for r in self.run(self.mock.list_research_completions(Caller(*who)))} == set(researched)

    @rule(who=callers, row_id=rows)
    def read_row(self, who, row_id):
        known = self.row(who, row_id) if row_id else None
        if known is None:
            with pytest.raises((NotFound, InvalidRequest)):
                self.run(self.mock.get_completion(row_id, Caller(*who)))
        else:
            assert self.run(self.mock.get_completion(row_id, Caller(*who))).user_prompt_text == known.prompt

    @rule(who=callers, chat_id=chats)
    def list_rows_of_a_chat_that_is_not_theirs(self, who, chat_id):
        if self.chat(who, chat_id) is None:
            assert self.run(self.mock.list_completions(chat_id, Caller(*who))) == []


TestStoredChats = StoredChats.TestCase
TestStoredChats.settings = settings(stateful_step_count=25)
