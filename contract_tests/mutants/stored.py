"""Breaks of stored chats and their rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apex_mock.core import chats
from apex_mock.core.types import Caller, Chat, Completion
from apex_mock.errors import InvalidRequest, NotFound
from apex_mock.stored import StoredChats
from apex_mock.wire import rpc

from .mutant import Patch, mutant


def around(patch: Patch, name: str, change: Callable[..., Any]) -> None:
    """Puts an async method in the place of one of the mock's; it gets the old one first."""

    def made(was: Any) -> Any:
        async def method(self: Any, *args: Any, **more: Any) -> Any:
            return await change(was, self, *args, **more)

        return method

    patch(StoredChats, name, made)


def created(patch: Patch, change: Callable[[Chat, Completion], tuple[Chat, Completion]]) -> None:
    """Changes what a new chat and its row are answered with."""

    async def create(was: Any, *args: Any) -> Any:
        return change(*await was(*args))

    around(patch, "create_chat", create)


# --- Chats ------------------------------------------------------------------------------------------------------------


@mutant("CHATS-001")
def a_row_without_its_chat(patch: Patch) -> None:
    """A new chat's row names no chat."""
    created(patch, lambda chat, row: (chat, replace(row, chat_id="")))


@mutant("CHATS-002")
def titles_are_made_up(patch: Patch) -> None:
    """A title that is given is not taken."""

    async def create(was: Any, self: Any, prompt: str, kind: str, completion: str, title: Any, caller: Any) -> Any:
        return await was(self, prompt, kind, completion, None, caller)

    around(patch, "create_chat", create)


@mutant("CHATS-003")
def a_title_is_required(patch: Patch) -> None:
    """A chat without a title is refused."""

    async def create(was: Any, self: Any, prompt: str, kind: str, completion: str, title: Any, caller: Any) -> Any:
        if title is None:
            raise InvalidRequest("a title is required", ("title",))
        return await was(self, prompt, kind, completion, title, caller)

    around(patch, "create_chat", create)


@mutant("CHATS-004")
def every_chat_is_apex(patch: Patch) -> None:
    """The type gravity is taken for apex."""
    patch(chats, "check_chat_type", lambda was: lambda chat_type: "apex")


@mutant("CHATS-005")
def known_completion_types(patch: Patch) -> None:
    """Any completion_type becomes basic."""
    created(patch, lambda chat, row: (chat, replace(row, completion_type="basic")))


@mutant("CHATS-006")
def a_new_chat_is_answered(patch: Patch) -> None:
    """A new chat's row has a completion text."""
    created(patch, lambda chat, row: (chat, replace(row, completion_text="Here is the answer.")))


@mutant("CHATS-007")
def nobodys_chats(patch: Patch) -> None:
    """A listed chat has no user_id."""
    patch(rpc, "chat_session", lambda was: lambda chat: was(replace(chat, user_id="")))


@mutant("CHATS-008")
def oldest_chats_first(patch: Patch) -> None:
    """GetChatSessions lists the oldest chat first."""

    async def listed(was: Any, *args: Any) -> Any:
        return (await was(*args))[::-1]

    around(patch, "list_chats", listed)


@mutant("CHATS-009")
def types_are_not_filtered(patch: Patch) -> None:
    """GetChatSessions lists every type, whichever is asked for."""

    async def listed(was: Any, self: Any, chat_type: str, caller: Caller) -> Any:
        return await was(self, "", caller)

    around(patch, "list_chats", listed)


@mutant("CHATS-010")
def apex_unless_told(patch: Patch) -> None:
    """An empty GetChatSessions request means the type apex."""

    async def listed(was: Any, self: Any, chat_type: str, caller: Caller) -> Any:
        return await was(self, chat_type or "apex", caller)

    around(patch, "list_chats", listed)


@mutant("CHATS-011")
def updated_at_is_frozen(patch: Patch) -> None:
    """updated_at of a chat stays what it was."""
    patch(
        chats,
        "change_chat",
        lambda was: lambda chat, attributes, now: replace(was(chat, attributes, now), updated_at=chat.updated_at),
    )


@mutant("CHATS-011")
def created_with_each_change(patch: Patch) -> None:
    """A change moves created_at too."""
    patch(
        chats,
        "change_chat",
        lambda was: lambda chat, attributes, now: replace(was(chat, attributes, now), created_at=now),
    )


@mutant("CHATS-012")
def a_new_type_forgets_the_title(patch: Patch) -> None:
    """A change of type without a title empties the title."""
    patch(
        chats,
        "change_chat",
        lambda was: lambda chat, attributes, now: was(replace(chat, title=""), attributes, now),
    )


@mutant("CHATS-013")
def unknown_attributes_are_ignored(patch: Patch) -> None:
    """An attribute that a chat does not have is passed over."""
    patch(
        chats,
        "change_chat",
        lambda was: (
            lambda chat, sent, now: was(chat, {k: v for k, v in sent.items() if k in ("title", "chat_type")}, now)
        ),
    )


@mutant("CHATS-014")
def changing_nothing_succeeds(patch: Patch) -> None:
    """A change of a chat that does not exist succeeds."""

    async def update(was: Any, self: Any, chat_id: str, attributes: Any, caller: Caller) -> Any:
        try:
            return await was(self, chat_id, attributes, caller)
        except NotFound:
            return Chat(chat_id, caller.owner, "user", attributes.get("title", ""), "apex", 1, 1)

    around(patch, "update_chat", update)


@mutant("CHATS-015")
def only_the_first_is_deleted(patch: Patch) -> None:
    """Of a list of chats only the first is deleted."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        await was(self, ids[:1], caller)

    around(patch, "delete_chats", delete)


@mutant("CHATS-015")
def success_is_not_told(patch: Patch) -> None:
    """DeleteChats does not say success."""
    patch.bodies(b'"success":true', b'"success":false', only="DeleteChats")


@mutant("CHATS-016")
def deleting_leaves_rows(patch: Patch) -> None:
    """The rows of a deleted chat stay."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        for id in ids:
            await self.store.update(Chat, caller.scope, id, lambda chat: replace(chat, owner="nobody"))

    around(patch, "delete_chats", delete)


@mutant("CHATS-017")
def what_is_gone_is_an_error(patch: Patch) -> None:
    """Deleting a chat that is gone is not_found."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        for id in ids:
            await self._own_chat(id, caller)
        await was(self, ids, caller)

    around(patch, "delete_chats", delete)


# --- Search -----------------------------------------------------------------------------------------------------------


def searching(patch: Patch, search: Callable[..., Any]) -> None:
    patch(chats, "chats_with", lambda was: lambda term, rows: tuple(dict.fromkeys(search(term, list(rows)))))


@mutant("CHATS-023", "CHATS-024")
def case_matters(patch: Patch) -> None:
    """A search is case-sensitive."""
    searching(
        patch,
        lambda term, rows: (r.chat_id for r in rows if term in r.user_prompt_text or term in r.completion_text),
    )


@mutant("CHATS-024")
def completions_are_not_searched(patch: Patch) -> None:
    """A search looks into prompts alone."""
    patch(
        chats,
        "chats_with",
        lambda was: lambda term, rows: was(term, [replace(row, completion_text="") for row in rows]),
    )


@mutant("CHATS-023")
def whole_words_only(patch: Patch) -> None:
    """A search finds whole words alone."""
    searching(patch, lambda term, rows: (r.chat_id for r in rows if term.lower() in r.user_prompt_text.lower().split()))


@mutant("CHATS-025")
def found_once_for_each_row(patch: Patch) -> None:
    """A search gives a chat's id once for each of its rows that fits."""
    patch(
        chats,
        "chats_with",
        lambda was: lambda term, rows: tuple(r.chat_id for r in rows if term.lower() in r.user_prompt_text.lower()),
    )


@mutant("CHATS-026", "CHATS-027")
def every_chat_is_found(patch: Patch) -> None:
    """A search finds every chat."""
    searching(patch, lambda term, rows: (row.chat_id for row in rows))
