"""The rows of stored chats: one for each prompt, with its completion and metadata."""

from typing import Any

from .. import expect
from ..clause import RPC, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .stored import PROMPT, chat_id, make, own, row_of, rows_of

WRITES = Nature.WRITES
# As in the page's sample of a deep-research row.
METADATA: dict[str, Any] = {
    "deep-researcher": {"createdAt": "2025-05-30T14:32:05.758727Z", "jobId": "a-job", "status": "completed"},
    "status": {"content": "done", "status": "completed"},
    "thoughts": ["first", "second", {"deep": [1.5, True, None]}],
}


def add(client: Client, id: str, prompt: str, kind: str = "basic") -> str:
    """Another row in a chat; its id."""
    body = {"chat_id": id, "user_prompt": prompt, "completion_type": kind}
    row = expect.succeeds(client.call(Op.CREATE_ROW, body)).value.get("parsed_completion", {})
    expect.filled(row.get("id"), "parsed_completion.id")
    return str(row["id"])


def change(client: Client, id: str, **fields: Any) -> dict[str, Any]:
    """The row after the change."""
    answer = expect.succeeds(client.call(Op.UPDATE_ROW, {"completion_id": id, **fields}))
    return dict(answer.value.get("completion") or {})


def get(client: Client, id: str) -> dict[str, Any]:
    return dict(expect.succeeds(client.call(Op.GET_ROW, {"completion_id": id})).value)


@clause("ROWS-001", "SDK", Op.CREATE_ROW, Op.CREATE_CHAT, Op.LIST_ROWS, nature=WRITES)
def rows_are_added(client: Client) -> None:
    """CreateCompletion adds a row to a chat, with its prompt and type and without a completion text."""
    id = chat_id(make(client))
    added = add(client, id, "And what else?", "reasoning")
    row = next((row for row in rows_of(client, id) if row.get("id") == added), {})
    got = (row.get("chat_id"), row.get("user_prompt_text"), row.get("completion_type"), row.get("completion_text", ""))
    expect.equal(got, (id, "And what else?", "reasoning", ""), "the new row's chat, prompt, type and text")


@clause("ROWS-002", "SDK", Op.CREATE_ROW)
def no_row_without_its_chat(client: Client) -> None:
    """CreateCompletion in a chat that does not exist is not_found."""
    body = {"chat_id": "no-such-chat", "user_prompt": "Hi", "completion_type": "basic"}
    expect.fails(client.call(Op.CREATE_ROW, body), "not_found")


@clause("ROWS-003", "D1 SDK", Op.LIST_ROWS, Op.CREATE_CHAT, Op.CREATE_ROW, nature=WRITES)
def oldest_first(client: Client) -> None:
    """GetStoredChatCompletions lists a chat's rows, the oldest first, and no others."""
    made, other = make(client), make(client)
    ids = [row_of(made)["id"], *(add(client, chat_id(made), f"Question {n}") for n in range(3))]
    add(client, chat_id(other), "Elsewhere")
    expect.equal([row["id"] for row in rows_of(client, chat_id(made))], ids, "the rows' ids")


@clause("ROWS-004", "D1 SDK", Op.LIST_ROWS)
def an_unknown_chat_has_no_rows(client: Client) -> None:
    """GetStoredChatCompletions of a chat that does not exist is an empty list."""
    expect.equal(rows_of(client, "no-such-chat"), [], "the rows")


@clause("ROWS-005", "SDK", Op.GET_ROW, Op.CREATE_CHAT, nature=WRITES)
def a_row_by_its_id(client: Client) -> None:
    """GetChatCompletion gives a row by its id."""
    made = make(client)
    row = get(client, row_of(made)["id"])
    got = (row.get("id"), row.get("chat_id"), row.get("user_prompt_text"))
    expect.equal(got, (row_of(made)["id"], chat_id(made), PROMPT), "the row's id, chat and prompt")
    expect.filled(row.get("created_at"), "created_at")


@clause("ROWS-006", "SDK", Op.GET_ROW)
def an_unknown_row(client: Client) -> None:
    """GetChatCompletion of a row that does not exist is not_found."""
    expect.fails(client.call(Op.GET_ROW, {"completion_id": "no-such-row"}), "not_found")


@clause("ROWS-007", "SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES)
def a_completion_is_set(client: Client) -> None:
    """UpdateCompletionAttributes sets the completion text, and leaves prompt and metadata alone."""
    id = row_of(make(client))["id"]
    change(client, id, metadata={"kept": "yes"})
    row = change(client, id, completion_text="For trust.")
    expect.equal(row.get("completion_text"), "For trust.", "the returned completion_text")
    stored = get(client, id)
    got = (stored.get("completion_text"), stored.get("user_prompt_text"), stored.get("metadata"))
    expect.equal(got, ("For trust.", PROMPT, {"kept": "yes"}), "the stored text, prompt and metadata")


@clause("ROWS-008", "SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES)
def a_prompt_is_set(client: Client) -> None:
    """UpdateCompletionAttributes sets the prompt, and leaves completion text and metadata alone."""
    id = row_of(make(client))["id"]
    change(client, id, completion_text="For trust.", metadata={"kept": "yes"})
    change(client, id, user_prompt_text="What for?")
    stored = get(client, id)
    got = (stored.get("user_prompt_text"), stored.get("completion_text"), stored.get("metadata"))
    expect.equal(got, ("What for?", "For trust.", {"kept": "yes"}), "the stored prompt, text and metadata")


@clause("ROWS-009", "SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES)
def metadata_is_replaced(client: Client) -> None:
    """Metadata that is given replaces the whole of the old."""
    id = row_of(make(client))["id"]
    change(client, id, metadata={"old": 1, "both": "before"})
    change(client, id, metadata={"both": "after"})
    expect.equal(get(client, id).get("metadata"), {"both": "after"}, "the stored metadata")


@clause("ROWS-010", "D1 SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES)
def metadata_comes_back(client: Client) -> None:
    """Metadata comes back as it was given: objects, lists, numbers, truth and null, as in the page's sample."""
    id = row_of(make(client))["id"]
    change(client, id, metadata=METADATA)
    expect.equal(get(client, id).get("metadata"), METADATA, "the stored metadata")


@clause("ROWS-011", "SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES, transports=RPC)
def an_empty_text_is_a_text(client: Client) -> None:
    """A completion text that is given and empty empties the stored one: what is carried counts."""
    id = row_of(make(client))["id"]
    change(client, id, completion_text="For trust.")
    change(client, id, completion_text="")
    expect.equal(get(client, id).get("completion_text", ""), "", "the stored completion_text")


@clause("ROWS-012", "SDK", Op.UPDATE_ROW)
def an_unknown_row_cannot_change(client: Client) -> None:
    """UpdateCompletionAttributes of a row that does not exist is not_found."""
    body = {"completion_id": "no-such-row", "completion_text": "Hi"}
    expect.fails(client.call(Op.UPDATE_ROW, body), "not_found")


@clause("ROWS-013", "SDK", Op.DELETE_ROWS, Op.CREATE_CHAT, Op.CREATE_ROW, Op.LIST_ROWS, Op.LIST_CHATS, nature=WRITES)
def rows_are_deleted(client: Client) -> None:
    """DeleteCompletions deletes the rows of a list and no others, and says success; the chat stays."""
    made = make(client)
    ids = [row_of(made)["id"], add(client, chat_id(made), "Second"), add(client, chat_id(made), "Third")]
    answer = expect.succeeds(client.call(Op.DELETE_ROWS, {"completion_ids": ids[:2]}))
    expect.equal(answer.value.get("success"), True, "success", answer)
    expect.equal([row["id"] for row in rows_of(client, chat_id(made))], ids[2:], "the rows that are left")
    expect.equal([chat["id"] for chat in own(client, chat_id(made))], [chat_id(made)], "the chat of the rows")


@clause("ROWS-014", "SDK", Op.DELETE_ROWS, nature=WRITES)
def deleting_rows_that_are_gone(client: Client) -> None:
    """DeleteCompletions says success also when an id was already gone."""
    answer = expect.succeeds(client.call(Op.DELETE_ROWS, {"completion_ids": ["no-such-row"]}))
    expect.equal(answer.value.get("success"), True, "success", answer)


@clause("ROWS-015", "D1 SDK", Op.RESEARCH_ROWS, Op.CREATE_CHAT, Op.CREATE_ROW, Op.UPDATE_ROW, nature=WRITES)
def rows_of_research(client: Client) -> None:
    """GetCompletionsWithDeepResearcherEntry gives the rows whose metadata has deep-researcher, and no others."""
    made = make(client)
    plain, researched = row_of(made)["id"], add(client, chat_id(made), "Look into it", "chain-of-thought")
    change(client, plain, metadata={"researcher": "deep"})
    change(client, researched, metadata=METADATA)
    found = expect.succeeds(client.call(Op.RESEARCH_ROWS)).value.get("completions", [])
    ids = [row.get("id") for row in found if row.get("id") in (plain, researched)]
    expect.equal(ids, [researched], "which of the two rows is given")
    row = next(row for row in found if row.get("id") == researched)
    expect.equal(row.get("metadata"), METADATA, "its metadata")


@clause("ROWS-016", "SDK", Op.GET_ROW, Op.CREATE_CHAT, Op.LIST_ROWS, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_reads_anothers_rows(client: Client) -> None:
    """Another caller's row reads as not_found, and another's chat as one without rows."""
    made = make(client)
    other = client.another()
    expect.fails(other.call(Op.GET_ROW, {"completion_id": row_of(made)["id"]}), "not_found")
    expect.equal(rows_of(other, chat_id(made)), [], "the rows that another caller sees")


@clause("ROWS-017", "SDK", Op.UPDATE_ROW, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_changes_anothers_rows(client: Client) -> None:
    """Another caller's row is not_found to a change, and is not changed."""
    id = row_of(make(client))["id"]
    body = {"completion_id": id, "user_prompt_text": "Not yours"}
    expect.fails(client.another().call(Op.UPDATE_ROW, body), "not_found")
    expect.equal(get(client, id).get("user_prompt_text"), PROMPT, "the stored prompt")


@clause("ROWS-018", "SDK", Op.DELETE_ROWS, Op.CREATE_CHAT, Op.GET_ROW, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_deletes_anothers_rows(client: Client) -> None:
    """Another caller's row is not deleted."""
    id = row_of(make(client))["id"]
    client.another().call(Op.DELETE_ROWS, {"completion_ids": [id]})
    expect.equal(get(client, id).get("id"), id, "the id of the row")


@clause("ROWS-019", "SDK", Op.CREATE_ROW, Op.CREATE_CHAT, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_adds_to_anothers_chat(client: Client) -> None:
    """To another caller's chat no row is added: it is not_found."""
    body = {"chat_id": chat_id(make(client)), "user_prompt": "Hi", "completion_type": "basic"}
    expect.fails(client.another().call(Op.CREATE_ROW, body), "not_found")


@clause("ROWS-020", "SDK", Op.RESEARCH_ROWS, Op.CREATE_CHAT, Op.UPDATE_ROW, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_lists_anothers_research(client: Client) -> None:
    """GetCompletionsWithDeepResearcherEntry gives none of another caller's rows."""
    id = row_of(make(client))["id"]
    change(client, id, metadata=METADATA)
    found = expect.succeeds(client.another().call(Op.RESEARCH_ROWS)).value.get("completions", [])
    expect.holds(id not in [row.get("id") for row in found], "another's rows of research", "no such row", id)


@clause("ROWS-021", "SDK", Op.LIST_ROWS, Op.CREATE_CHAT, Op.UPDATE_ROW, nature=WRITES, transports=[Transport.CONNECT])
def rows_on_the_wire(client: Client) -> None:
    """Over Connect a row has lowerCamelCase names and RFC 3339 times, and its metadata keeps the caller's names."""
    made = make(client)
    change(client, row_of(made)["id"], completion_text="For trust.", metadata={"snake_case": 1})
    answer = expect.succeeds(client.call(Op.LIST_ROWS, {"chat_id": chat_id(made)}))
    (row,) = answer.raw["chatCompletions"]
    missing = {"id", "chatId", "completionType", "createdAt", "userPromptText", "completionText", "metadata"} - set(row)
    expect.equal(sorted(missing), [], "fields that a row lacks", answer)
    expect.matches(row["createdAt"], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "createdAt", answer)
    expect.equal(row["metadata"], {"snake_case": 1}, "metadata", answer)
