"""Any sequence of stored-chat and research calls, each over any wire, against a small model of what must be there.

A failure shrinks to the shortest sequence, and prints each call as a command to paste into a shell.
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from ..answer import OK, Answer
from ..clients import open_wires
from ..clients.base import Client, Wire
from ..control import Control
from ..operations import Op, Transport
from ..target import Target
from .effort import attack
from .model import Chats, Row

PROMPTS = st.sampled_from(["Hello there", "HELLO", "Bread and wine", "", "ünïcode", "a longer prompt about bread " * 4])
TERMS = st.sampled_from(["hello", "BREAD", "wine", "zebra", "e"])
TYPES = st.sampled_from(["apex", "gravity"])
WIRES = st.sampled_from([Transport.CONNECT, Transport.GRPC])
METADATA = st.sampled_from([{"deep-researcher": {"status": "done"}}, {"a": [1.5, None, "x"]}, {"deep-researcher": ""}])
ORDER = ("pending", "running", "completed")


class StoredChats(RuleBasedStateMachine):
    """One caller's world: its chats, rows and jobs. `wires` and `target` are set by the test."""

    wires: dict[Transport, Wire]
    target: Target
    numbers: Iterator[int]

    chats = Bundle("chats")
    rows = Bundle("rows")
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        key = f"machine-{next(self.numbers)}"
        self.control = Control(self.target, key)
        self.control.freeze()
        self.client = Client(self.wires, Transport.CONNECT, key, control=self.control)
        self.model = Chats()
        self.seen: dict[str, Answer] = {}  # each job as it was last polled

    def teardown(self) -> None:
        self.control.forget()
        self.control.close()

    def call(self, wire: Transport, operation: Op, body: dict[str, Any], code: str = OK, **more: Any) -> Answer:
        client = self.client.over(wire)
        answer = client.call(operation, body, **more)
        note(client.command())
        assert answer.code == code, f"expected {code}, got {answer.code}: {answer.message}"
        return answer

    # --- Making -------------------------------------------------------------------------------------------------------

    @rule(target=chats, wire=WIRES, prompt=PROMPTS, chat_type=TYPES, title=st.none() | PROMPTS)
    def create_chat(self, wire: Transport, prompt: str, chat_type: str, title: str | None) -> str:
        body = {"user_prompt": prompt, "chat_type": chat_type, "completion_type": "basic"}
        answer = self.call(wire, Op.CREATE_CHAT, body if title is None else {**body, "title": title})
        chat, row = answer.value["parsed_chat"], answer.value["parsed_completion"]
        assert chat["id"] not in self.model.chats
        assert title is None or chat["title"] == title
        assert (chat["chat_type"], row["chat_id"], row["user_prompt_text"]) == (chat_type, chat["id"], prompt)
        assert row["completion_text"] == ""
        self.model.chats[chat["id"]] = (chat["title"], chat_type)
        self.model.rows[row["id"]] = Row(chat["id"], prompt, "basic")
        self.model.updated[chat["id"]] = chat["created_at"]
        id: str = chat["id"]
        return id

    @rule(target=rows, wire=WIRES, chat=chats, prompt=PROMPTS)
    def create_row(self, wire: Transport, chat: str, prompt: str) -> Any:
        body = {"chat_id": chat, "user_prompt": prompt, "completion_type": "combined"}
        if chat not in self.model.chats:
            self.call(wire, Op.CREATE_ROW, body, "not_found")
            return multiple()
        row = self.call(wire, Op.CREATE_ROW, body).value["parsed_completion"]
        assert row["id"] not in self.model.rows
        self.model.rows[row["id"]] = Row(chat, prompt, "combined")
        return row["id"]

    # --- Changing -----------------------------------------------------------------------------------------------------

    @rule(wire=WIRES, chat=chats, title=st.none() | PROMPTS, chat_type=st.none() | TYPES)
    def update_chat(self, wire: Transport, chat: str, title: str | None, chat_type: str | None) -> None:
        attributes = {name: v for name, v in (("title", title), ("chat_type", chat_type)) if v is not None}
        body = {"chat_id": chat, "attributes": attributes}
        if chat not in self.model.chats:
            self.call(wire, Op.UPDATE_CHAT, body, "not_found")
            return
        updated = self.call(wire, Op.UPDATE_CHAT, body).value["chat"]
        old_title, old_type = self.model.chats[chat]
        expected = (old_title if title is None else title, chat_type or old_type)
        assert (updated["title"], updated["chat_type"]) == expected
        assert updated["updated_at"] > self.model.updated[chat]
        self.model.chats[chat] = expected
        self.model.updated[chat] = updated["updated_at"]

    @rule(wire=WIRES, chat=chats)
    def update_what_a_chat_does_not_have(self, wire: Transport, chat: str) -> None:
        code = "invalid_argument" if chat in self.model.chats else "not_found"
        self.call(wire, Op.UPDATE_CHAT, {"chat_id": chat, "attributes": {"title": "x", "user_id": "me"}}, code)

    @rule(wire=WIRES, row=rows, text=st.none() | PROMPTS, prompt=st.none() | PROMPTS, metadata=st.none() | METADATA)
    def update_row(
        self, wire: Transport, row: str, text: str | None, prompt: str | None, metadata: dict[str, Any] | None
    ) -> None:
        sent = {"completion_text": text, "user_prompt_text": prompt, "metadata": metadata}
        body = {"completion_id": row, **{name: value for name, value in sent.items() if value is not None}}
        if row not in self.model.rows:
            self.call(wire, Op.UPDATE_ROW, body, "not_found")
            return
        self.call(wire, Op.UPDATE_ROW, body)
        known = self.model.rows[row]
        known.text = known.text if text is None else text
        known.prompt = known.prompt if prompt is None else prompt
        known.metadata = known.metadata if metadata is None else metadata
        self.read_row(wire, row)

    @rule(wire=WIRES, ids=st.lists(chats, max_size=2), gone=st.booleans())
    def delete_chats(self, wire: Transport, ids: list[str], gone: bool) -> None:
        assert self.call(wire, Op.DELETE_CHATS, {"chat_ids": [*ids, *["gone"] * gone]}).value["success"] is True
        self.model.delete_chats(ids)

    @rule(wire=WIRES, ids=st.lists(rows, max_size=2))
    def delete_rows(self, wire: Transport, ids: list[str]) -> None:
        assert self.call(wire, Op.DELETE_ROWS, {"completion_ids": ids}).value["success"] is True
        self.model.delete_rows(ids)

    @rule(seconds=st.sampled_from([0.3, 1.0, 60.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.control.advance(seconds)

    # --- Reading ------------------------------------------------------------------------------------------------------

    @rule(wire=WIRES, row=rows)
    def read_row(self, wire: Transport, row: str) -> None:
        if row not in self.model.rows:
            self.call(wire, Op.GET_ROW, {"completion_id": row}, "not_found")
            return
        found, known = self.call(wire, Op.GET_ROW, {"completion_id": row}).value, self.model.rows[row]
        said = (found["chat_id"], found["user_prompt_text"], found["completion_text"], found["completion_type"])
        assert said == (known.chat_id, known.prompt, known.text, known.kind)
        assert (found.get("metadata") or {}) == known.metadata

    @rule(wire=WIRES, chat=chats)
    def read_rows(self, wire: Transport, chat: str) -> None:
        rows = self.call(wire, Op.LIST_ROWS, {"chat_id": chat}).value["chat_completions"]
        assert [row["id"] for row in rows] == self.model.rows_of(chat)

    @rule(wire=WIRES, chat_type=TYPES)
    def list_one_type(self, wire: Transport, chat_type: str) -> None:
        listed = self.call(wire, Op.LIST_CHATS, {"chat_type": chat_type}).value["chat_sessions"]
        found = [(chat["id"], chat["title"], chat["chat_type"]) for chat in listed]
        assert found == self.model.newest_first(chat_type)

    @rule(wire=WIRES, term=TERMS)
    def search(self, wire: Transport, term: str) -> None:
        found = self.call(wire, Op.SEARCH_CHATS, {"search_term": term}).value["chat_ids"]
        assert len(found) == len(set(found))
        assert set(found) == self.model.containing(term)

    @rule(wire=WIRES)
    def list_research(self, wire: Transport) -> None:
        found = self.call(wire, Op.RESEARCH_ROWS, {}).value["completions"]
        assert [row["id"] for row in found] == self.model.researched()

    @rule(wire=WIRES, chat=chats)
    def somebody_else_sees_nothing(self, wire: Transport, chat: str) -> None:
        other = f"{self.client.key}-other"
        assert self.call(wire, Op.LIST_CHATS, {}, key=other).value["chat_sessions"] == []
        assert self.call(wire, Op.LIST_ROWS, {"chat_id": chat}, key=other).value["chat_completions"] == []
        self.call(wire, Op.DELETE_CHATS, {"chat_ids": [chat]}, key=other)
        self.call(wire, Op.UPDATE_CHAT, {"chat_id": chat, "attributes": {"title": "mine"}}, "not_found", key=other)

    @invariant()
    def the_chats_are_those_of_the_model(self) -> None:
        listed = self.client.call(Op.LIST_CHATS, {}).value["chat_sessions"]
        assert [(c["id"], c["title"], c["chat_type"]) for c in listed] == self.model.newest_first()
        for chat in listed:
            assert chat["updated_at"] >= self.model.updated[chat["id"]] >= chat["created_at"]
            self.model.updated[chat["id"]] = chat["updated_at"]

    # --- Research -----------------------------------------------------------------------------------------------------

    @rule(target=jobs, wire=WIRES, prompt=st.sampled_from(["Compare bread and rice in depth.", "Hello!"]))
    def submit(self, wire: Transport, prompt: str) -> str:
        answer = self.call(wire, Op.SUBMIT_JOB, {"messages": [{"role": "user", "content": prompt}], "seed": 1})
        assert answer.value["status"] == "pending"
        assert answer.value["created_at"] == answer.value["updated_at"]
        id: str = answer.value["job_id"]
        assert id not in self.seen
        self.seen[id] = self.call(wire, Op.GET_JOB, {"job_id": id})
        assert self.seen[id].chunks == []
        return id

    @rule(wire=WIRES, job=jobs, enough=st.booleans())
    def poll(self, wire: Transport, job: str, enough: bool) -> None:
        """Later polls add to earlier ones; nothing that was seen changes; enough time completes the job."""
        if enough:
            self.control.advance(600)
        before, now = self.seen[job], self.call(wire, Op.GET_JOB, {"job_id": job})
        old, new = before.value, now.value
        assert now.chunks[: len(before.chunks)] == before.chunks
        assert [chunk["seq_id"] for chunk in now.chunks] == list(range(1, len(now.chunks) + 1))
        assert all(isinstance(json.loads(chunk["chunk"])[0]["content"], str) for chunk in now.chunks)
        assert ORDER.index(new["status"]) >= ORDER.index(old["status"])
        changed = (new["status"], len(now.chunks)) != (old["status"], len(before.chunks))
        assert (new["updated_at"] > old["updated_at"]) is changed
        assert new["created_at"] == old["created_at"]
        if enough:
            assert new["status"] == "completed"
        self.seen[job] = now

    @rule(wire=WIRES, job=jobs)
    def polls_move_nothing(self, wire: Transport, job: str) -> None:
        first, second = (self.call(wire, Op.GET_JOB, {"job_id": job}).value for _ in range(2))
        assert first == second

    @rule(wire=WIRES, job=jobs)
    def somebody_elses_job_is_not_there(self, wire: Transport, job: str) -> None:
        self.call(wire, Op.GET_JOB, {"job_id": job}, "not_found", key=f"{self.client.key}-other")


def test_any_sequence_of_calls_leaves_what_the_model_says(attacked: Target) -> None:
    """Over Connect JSON and gRPC in turn, with the clock moved between."""
    if not attacked.control or not attacked.own_keys:
        pytest.skip("a world for each sequence needs a fake that lets any key in")
    wires = open_wires(attacked)

    class Machine(StoredChats):
        pass

    Machine.wires, Machine.target, Machine.numbers = dict(wires), attacked, count()
    try:
        run_state_machine_as_test(Machine, settings=attack(2.5, steps=40))
    finally:
        for wire in wires.values():
            wire.close()
