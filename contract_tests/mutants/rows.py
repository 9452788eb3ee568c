"""Breaks of the rows of stored chats."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apex_mock.core import chats
from apex_mock.core.types import Caller, Chat, Completion
from apex_mock.errors import NotFound

from .mutant import Patch, mutant
from .stored import around


@mutant("ROWS-001")
def a_row_without_its_prompt(patch: Patch) -> None:
    """A row that is added has no prompt."""

    async def create(was: Any, self: Any, chat_id: str, prompt: str, kind: str, caller: Caller) -> Any:
        return await was(self, chat_id, "", kind, caller)

    around(patch, "create_completion", create)


@mutant("ROWS-002")
def rows_of_no_chat(patch: Patch) -> None:
    """A row can be added to a chat that does not exist."""

    async def create(was: Any, self: Any, chat_id: str, prompt: str, kind: str, caller: Caller) -> Any:
        try:
            return await was(self, chat_id, prompt, kind, caller)
        except NotFound:
            return Completion("some-row", chat_id, caller.owner, kind, 1, user_prompt_text=prompt)

    around(patch, "create_completion", create)


@mutant("ROWS-003")
def newest_rows_first(patch: Patch) -> None:
    """A chat's rows are listed newest first."""

    async def listed(was: Any, *args: Any) -> Any:
        return (await was(*args))[::-1]

    around(patch, "list_completions", listed)


@mutant("ROWS-003")
def rows_of_every_chat(patch: Patch) -> None:
    """A chat's list has every chat's rows."""

    async def listed(was: Any, self: Any, chat_id: str, caller: Caller) -> Any:
        return await self._own_rows(caller)

    around(patch, "list_completions", listed)


@mutant("ROWS-004", "WIRE-017")
def an_unknown_chat_has_no_list(patch: Patch) -> None:
    """The rows of an unknown chat are not_found."""

    async def listed(was: Any, self: Any, chat_id: str, caller: Caller) -> Any:
        await self._own_chat(chat_id, caller)
        return await was(self, chat_id, caller)

    around(patch, "list_completions", listed)


@mutant("ROWS-005")
def another_row(patch: Patch) -> None:
    """A row is read without its prompt."""

    async def get(was: Any, *args: Any) -> Any:
        return replace(await was(*args), user_prompt_text="")

    around(patch, "get_completion", get)


@mutant("ROWS-006")
def an_unknown_row_is_empty(patch: Patch) -> None:
    """A row that does not exist is read as an empty one."""

    async def get(was: Any, self: Any, id: str, caller: Caller) -> Any:
        try:
            return await was(self, id, caller)
        except NotFound:
            return Completion(id, "", caller.owner, "", 0)

    around(patch, "get_completion", get)


def changing(patch: Patch, change: Callable[..., Any]) -> None:
    """Puts another rule in the place of change_completion; it gets the old one, the row, the time and what is sent."""
    patch(chats, "change_completion", lambda was: lambda row, now, **sent: change(was, row, now, **sent))


@mutant("ROWS-007")
def a_text_wipes_the_rest(patch: Patch) -> None:
    """Setting the completion text empties prompt and metadata."""
    changing(
        patch,
        lambda was, row, now, text=None, **more: was(
            row if text is None else replace(row, user_prompt_text="", metadata={}), now, text=text, **more
        ),
    )


@mutant("ROWS-008")
def a_prompt_wipes_the_rest(patch: Patch) -> None:
    """Setting the prompt empties completion text and metadata."""
    changing(
        patch,
        lambda was, row, now, prompt=None, **more: was(
            row if prompt is None else replace(row, completion_text="", metadata={}), now, prompt=prompt, **more
        ),
    )


@mutant("ROWS-009")
def metadata_is_merged(patch: Patch) -> None:
    """New metadata is added to the old."""
    changing(
        patch,
        lambda was, row, now, metadata=None, **more: was(
            row, now, metadata=None if metadata is None else {**row.metadata, **metadata}, **more
        ),
    )


@mutant("ROWS-010")
def metadata_is_flat(patch: Patch) -> None:
    """Metadata keeps texts alone."""
    changing(
        patch,
        lambda was, row, now, metadata=None, **more: was(
            row, now, metadata=metadata and {k: v for k, v in metadata.items() if isinstance(v, str)}, **more
        ),
    )


@mutant("ROWS-011")
def empty_is_nothing(patch: Patch) -> None:
    """An empty completion text changes nothing."""
    changing(patch, lambda was, row, now, text=None, **more: was(row, now, text=text or None, **more))


@mutant("ROWS-012")
def an_unknown_row_can_change(patch: Patch) -> None:
    """A change of a row that does not exist succeeds."""

    async def update(was: Any, self: Any, id: str, *, caller: Caller, **more: Any) -> Any:
        try:
            return await was(self, id, caller=caller, **more)
        except NotFound:
            return Completion(id, "", caller.owner, "", 0)

    around(patch, "update_completion", update)


@mutant("ROWS-013")
def deleting_a_row_deletes_its_chat(patch: Patch) -> None:
    """With a row its whole chat goes."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        rows = [row for row in await self._own_rows(caller) if row.id in ids]
        await was(self, ids, caller)
        await self.store.remove(Chat, caller.scope, [row.chat_id for row in rows])

    around(patch, "delete_completions", delete)


@mutant("ROWS-013")
def rows_are_kept(patch: Patch) -> None:
    """DeleteCompletions deletes nothing."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        return None

    around(patch, "delete_completions", delete)


@mutant("ROWS-014")
def a_row_that_is_gone_is_an_error(patch: Patch) -> None:
    """Deleting a row that is gone is not_found."""

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        for id in ids:
            await self._own_row(id, caller)
        await was(self, ids, caller)

    around(patch, "delete_completions", delete)


@mutant("ROWS-015")
def every_row_is_research(patch: Patch) -> None:
    """GetCompletionsWithDeepResearcherEntry gives every row."""
    patch(chats, "has_research_entry", lambda was: lambda row: True)


@mutant("ROWS-015")
def no_row_is_research(patch: Patch) -> None:
    """GetCompletionsWithDeepResearcherEntry gives no row."""
    patch(chats, "has_research_entry", lambda was: lambda row: False)
