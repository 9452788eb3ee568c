"""Stored chats: made, listed, renamed, found, deleted, and seen by their owner alone."""

from collections.abc import Mapping
from typing import Any

from .. import expect
from ..clause import Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport

WRITES = Nature.WRITES
PROMPT = "What is a contract suite good for?"
SERVICE_USER = "x-forwarded-user"


def make(client: Client, prompt: str = PROMPT, **fields: Any) -> Mapping[str, Any]:
    """A new chat with its first row."""
    body = {"user_prompt": prompt, "chat_type": "apex", "completion_type": "basic", **fields}
    return expect.succeeds(client.call(Op.CREATE_CHAT, body)).value


def chat_id(made: Mapping[str, Any]) -> str:
    found: str = (made.get("parsed_chat") or {}).get("id", "")
    expect.filled(found, "parsed_chat.id")
    return found


def row_of(made: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = made.get("parsed_completion") or {}
    expect.filled(found.get("id"), "parsed_completion.id")
    return found


def listed(client: Client, **body: Any) -> list[Mapping[str, Any]]:
    return list(expect.succeeds(client.call(Op.LIST_CHATS, body)).value.get("chat_sessions", []))


def own(client: Client, *ids: str, **body: Any) -> list[Mapping[str, Any]]:
    """Of the listed chats those with these ids: on a live target there may be others."""
    return [chat for chat in listed(client, **body) if chat.get("id") in ids]


def found_by(client: Client, term: str) -> list[str]:
    return list(expect.succeeds(client.call(Op.SEARCH_CHATS, {"search_term": term})).value.get("chat_ids", []))


def rows_of(client: Client, id: str) -> list[Mapping[str, Any]]:
    answer = expect.succeeds(client.call(Op.LIST_ROWS, {"chat_id": id}))
    return list(answer.value.get("chat_completions", []))


@clause("CHATS-001", "D1 SDK", Op.CREATE_CHAT, nature=WRITES)
def a_chat_and_its_row(client: Client) -> None:
    """CreateChatAndCompletion makes a chat and its first row, and returns both; the row names its chat."""
    made = make(client)
    expect.equal(row_of(made).get("chat_id"), chat_id(made), "parsed_completion.chat_id")


@clause("CHATS-002", "SDK", Op.CREATE_CHAT, nature=WRITES)
def a_title_is_kept(client: Client) -> None:
    """A title that is given is the chat's title."""
    expect.equal(make(client, title="On contracts")["parsed_chat"].get("title"), "On contracts", "parsed_chat.title")


@clause("CHATS-003", "SDK", Op.CREATE_CHAT, nature=WRITES)
def a_title_is_optional(client: Client) -> None:
    """A chat can be made without a title."""
    chat_id(make(client))


@clause("CHATS-004", "SDK", Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES)
def two_chat_types(client: Client) -> None:
    """A chat is of the type apex or gravity, as it was made."""
    for kind in ("apex", "gravity"):
        made = make(client, chat_type=kind)
        expect.equal(made["parsed_chat"].get("chat_type"), kind, "parsed_chat.chat_type")
        expect.equal([c.get("chat_type") for c in own(client, chat_id(made))], [kind], "chat_type in the list")


@clause("CHATS-005", "SDK", Op.CREATE_CHAT, nature=WRITES)
def completion_types_are_free(client: Client) -> None:
    """The completion_type is free text and is kept: basic, reasoning, combined, chain-of-thought, or another."""
    for kind in ("basic", "reasoning", "combined", "chain-of-thought", "something of one's own"):
        row = row_of(make(client, completion_type=kind))
        expect.equal(row.get("completion_type"), kind, "parsed_completion.completion_type")


@clause("CHATS-006", "SDK", Op.CREATE_CHAT, nature=WRITES)
def no_inference_runs(client: Client) -> None:
    """Making a chat runs no inference: the row has the prompt, and its completion text is empty."""
    row = row_of(make(client))
    expect.equal(row.get("user_prompt_text"), PROMPT, "user_prompt_text")
    expect.equal(row.get("completion_text", ""), "", "completion_text")


@clause("CHATS-007", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES)
def chats_are_listed(client: Client) -> None:
    """GetChatSessions lists a chat that was made, with its id, title, type and times."""
    made = make(client, title="Listed")
    found = own(client, chat_id(made))
    expect.equal(len(found), 1, "how often the new chat is listed")
    expect.equal((found[0].get("title"), found[0].get("chat_type")), ("Listed", "apex"), "title and chat_type")
    for name in ("user_id", "created_at", "updated_at"):
        expect.filled(found[0].get(name), name)


@clause("CHATS-008", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES)
def newest_first(client: Client) -> None:
    """GetChatSessions lists the newest chat first."""
    ids = [chat_id(make(client, f"Question {n}")) for n in range(3)]
    expect.equal([chat["id"] for chat in own(client, *ids)], ids[::-1], "the order of the listed chats")


@clause("CHATS-009", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES)
def listed_by_type(client: Client) -> None:
    """GetChatSessions with a chat_type lists the chats of that type alone."""
    apex, gravity = chat_id(make(client)), chat_id(make(client, chat_type="gravity"))
    expect.equal([c["id"] for c in own(client, apex, gravity, chat_type="gravity")], [gravity], "the gravity chats")
    expect.equal([c["id"] for c in own(client, apex, gravity, chat_type="apex")], [apex], "the apex chats")


@clause("CHATS-010", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES)
def an_empty_request_lists_all(client: Client) -> None:
    """GetChatSessions with an empty request, as older SDKs send it, lists the chats of every type."""
    ids = {chat_id(make(client)), chat_id(make(client, chat_type="gravity"))}
    expect.equal({chat["id"] for chat in own(client, *ids)}, ids, "the listed chats")


@clause("CHATS-011", "SDK", Op.UPDATE_CHAT, Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES)
def a_title_can_change(client: Client) -> None:
    """UpdateChatAttributes changes the title, returns the chat, and moves updated_at but not created_at."""
    id = chat_id(make(client, title="Before"))
    (before,) = own(client, id)
    changed = expect.succeeds(client.call(Op.UPDATE_CHAT, {"chat_id": id, "attributes": {"title": "After"}}))
    chat = changed.value.get("chat", {})
    expect.equal((chat.get("id"), chat.get("title")), (id, "After"), "the returned id and title", changed)
    expect.equal(chat.get("created_at"), before.get("created_at"), "created_at", changed)
    later = str(chat.get("updated_at")) > str(before.get("updated_at"))
    expect.holds(later, "updated_at", f"later than {before.get('updated_at')}", chat.get("updated_at"), changed)
    expect.equal([c.get("title") for c in own(client, id)], ["After"], "the listed title")


@clause("CHATS-012", "SDK", Op.UPDATE_CHAT, Op.CREATE_CHAT, nature=WRITES)
def a_type_can_change(client: Client) -> None:
    """UpdateChatAttributes changes the chat_type, and leaves the title alone."""
    id = chat_id(make(client, title="Kept"))
    answer = expect.succeeds(client.call(Op.UPDATE_CHAT, {"chat_id": id, "attributes": {"chat_type": "gravity"}}))
    chat = answer.value.get("chat", {})
    expect.equal((chat.get("chat_type"), chat.get("title")), ("gravity", "Kept"), "chat_type and title", answer)


@clause("CHATS-013", "SDK", Op.UPDATE_CHAT, Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES)
def other_attributes_are_refused(client: Client) -> None:
    """UpdateChatAttributes with any other key is invalid_argument, and changes nothing."""
    id = chat_id(make(client, title="Kept"))
    attributes = {"title": "Changed", "colour": "red"}
    expect.fails(client.call(Op.UPDATE_CHAT, {"chat_id": id, "attributes": attributes}), "invalid_argument")
    expect.equal([c.get("title") for c in own(client, id)], ["Kept"], "the listed title")


@clause("CHATS-014", "SDK", Op.UPDATE_CHAT)
def an_unknown_chat_cannot_change(client: Client) -> None:
    """UpdateChatAttributes of a chat that does not exist is not_found."""
    body = {"chat_id": "no-such-chat", "attributes": {"title": "After"}}
    expect.fails(client.call(Op.UPDATE_CHAT, body), "not_found")


@clause("CHATS-015", "SDK", Op.DELETE_CHATS, Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES)
def deleted_chats_are_gone(client: Client) -> None:
    """DeleteChats deletes the chats of a list and no others, and says success."""
    ids = [chat_id(make(client, f"Question {n}")) for n in range(3)]
    answer = expect.succeeds(client.call(Op.DELETE_CHATS, {"chat_ids": ids[:2]}))
    expect.equal(answer.value.get("success"), True, "success", answer)
    expect.equal([chat["id"] for chat in own(client, *ids)], ids[2:], "the chats that are left")


@clause("CHATS-016", "SDK", Op.DELETE_CHATS, Op.CREATE_CHAT, Op.LIST_ROWS, Op.GET_ROW, nature=WRITES)
def rows_go_with_their_chat(client: Client) -> None:
    """Deleting a chat deletes its rows."""
    made = make(client)
    expect.succeeds(client.call(Op.DELETE_CHATS, {"chat_ids": [chat_id(made)]}))
    expect.equal(rows_of(client, chat_id(made)), [], "the rows of a deleted chat")
    expect.fails(client.call(Op.GET_ROW, {"completion_id": row_of(made)["id"]}), "not_found")


@clause("CHATS-017", "SDK", Op.DELETE_CHATS, nature=WRITES)
def deleting_what_is_gone(client: Client) -> None:
    """DeleteChats says success also when an id was already gone."""
    answer = expect.succeeds(client.call(Op.DELETE_CHATS, {"chat_ids": ["no-such-chat"]}))
    expect.equal(answer.value.get("success"), True, "success", answer)


@clause("CHATS-018", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_lists_anothers(client: Client) -> None:
    """A caller's chats are not listed to another caller."""
    id = chat_id(make(client))
    expect.equal(own(client.another(), id), [], "what another caller sees of the chat")


@clause("CHATS-019", "SDK", Op.UPDATE_CHAT, Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_changes_anothers(client: Client) -> None:
    """Another caller's chat reads as not_found, and is not changed."""
    id = chat_id(make(client, title="Mine"))
    body = {"chat_id": id, "attributes": {"title": "Yours"}}
    expect.fails(client.another().call(Op.UPDATE_CHAT, body), "not_found")
    expect.equal([chat.get("title") for chat in own(client, id)], ["Mine"], "the title")


@clause("CHATS-020", "SDK", Op.DELETE_CHATS, Op.CREATE_CHAT, Op.LIST_CHATS, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_deletes_anothers(client: Client) -> None:
    """Another caller's chat is not deleted."""
    id = chat_id(make(client))
    client.another().call(Op.DELETE_CHATS, {"chat_ids": [id]})
    expect.equal([chat["id"] for chat in own(client, id)], [id], "the chats that are left")


@clause("CHATS-021", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, nature=WRITES, needs=[Need.SECOND_KEY])
def nobody_finds_anothers(client: Client) -> None:
    """A search finds none of another caller's chats."""
    id = chat_id(make(client, "The zephyr of the quagga"))
    expect.holds(id in found_by(client, "quagga"), "one's own search", f"{id} among the ids", "it is not there")
    expect.holds(id not in found_by(client.another(), "quagga"), "another's search", "no such chat", id)


@clause(
    "CHATS-022", "TS", Op.LIST_CHATS, Op.CREATE_CHAT, nature=WRITES, needs=[Need.SERVICE_KEY], without=[Transport.SDK]
)
def users_behind_a_service_key(client: Client) -> None:
    """Behind a service key rows belong to the user whom x-forwarded-user names."""
    key = client.target.service_key or client.key
    body = {"user_prompt": PROMPT, "chat_type": "apex", "completion_type": "basic"}
    for_anna, for_ben = {SERVICE_USER: "contract-anna"}, {SERVICE_USER: "contract-ben"}
    made = expect.succeeds(client.call(Op.CREATE_CHAT, body, key=key, headers=for_anna))
    id = chat_id(made.value)
    seen = {}
    for user, headers in (("anna", for_anna), ("ben", for_ben)):
        answer = expect.succeeds(client.call(Op.LIST_CHATS, {}, key=key, headers=headers))
        seen[user] = id in [chat.get("id") for chat in answer.value.get("chat_sessions", [])]
    client.call(Op.DELETE_CHATS, {"chat_ids": [id]}, key=key, headers=for_anna)
    expect.equal(seen, {"anna": True, "ben": False}, "who sees the chat of anna")


@clause("CHATS-023", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, nature=WRITES)
def prompts_are_searched(client: Client) -> None:
    """A chat is found by a part of a row's prompt, whatever its case."""
    id = chat_id(make(client, "Tell me of the Quaggas of the Karoo"))
    for term in ("quaggas", "QUAGGAS", "Quagga", "of the karoo"):
        expect.holds(id in found_by(client, term), f"the chats found by {term!r}", f"{id} among them", "it is not")


@clause("CHATS-024", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, Op.UPDATE_ROW, nature=WRITES)
def completions_are_searched(client: Client) -> None:
    """A chat is found by a part of a row's completion text, whatever its case."""
    made = make(client)
    change = {"completion_id": row_of(made)["id"], "completion_text": "It was last seen in Artis, the Zoo."}
    expect.succeeds(client.call(Op.UPDATE_ROW, change))
    for term in ("artis, the zoo", "ARTIS"):
        found = found_by(client, term)
        expect.holds(chat_id(made) in found, f"the chats found by {term!r}", "the chat among them", found)


@clause("CHATS-025", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, Op.CREATE_ROW, nature=WRITES)
def found_once(client: Client) -> None:
    """A chat of which several rows fit is found once."""
    id = chat_id(make(client, "A quagga"))
    body = {"chat_id": id, "user_prompt": "Another quagga", "completion_type": "basic"}
    expect.succeeds(client.call(Op.CREATE_ROW, body))
    expect.equal(found_by(client, "quagga").count(id), 1, "how often the chat is found")


@clause("CHATS-026", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, nature=WRITES)
def nothing_is_found(client: Client) -> None:
    """A term that no row has finds nothing."""
    make(client)
    expect.equal(found_by(client, "xyzzy-no-row-has-this"), [], "the chats found")


@clause("CHATS-027", "SDK", Op.SEARCH_CHATS, Op.CREATE_CHAT, nature=WRITES)
def any_row_is_enough(client: Client) -> None:
    """Of several chats, those are found of which any row has the term, and no others."""
    with_it, without = chat_id(make(client, "The okapi")), chat_id(make(client, "The zebra"))
    found = found_by(client, "okapi")
    expect.equal((with_it in found, without in found), (True, False), "which of the two chats is found")
