"""Breaks of whose a stored chat or row is."""

from typing import Any

from apex_mock.auth import Gate
from apex_mock.core.types import Caller, Chat, Completion
from apex_mock.errors import Unauthenticated

from .mutant import Patch, mutant
from .stored import around


def one_world(patch: Patch) -> None:
    """Puts all callers into one scope, where only the owner tells them apart."""
    patch(
        Gate,
        "_read_headers",
        lambda was: lambda self, *args: ((read := was(self, *args))[0]._replace(scope="one"), *read[1:]),
    )


async def whoever_owns_it(was: Any, self: Any, id: str, caller: Caller) -> Any:
    """A chat or a row by its id, whosever it is."""
    for kind in (Chat, Completion):
        record = await self.store.get(kind, caller.scope, id)
        if record is not None:
            return await was(self, id, caller._replace(owner=record.owner))
    return await was(self, id, caller)


@mutant("CHATS-018")
def everybodys_chats_are_listed(patch: Patch) -> None:
    """Every caller's chats are listed to each."""
    one_world(patch)

    async def listed(was: Any, self: Any, chat_type: str, caller: Caller) -> Any:
        return list(await self.store.list(Chat, caller.scope))

    around(patch, "list_chats", listed)


@mutant("CHATS-019", "ROWS-019")
def anothers_chat_is_ones_own(patch: Patch) -> None:
    """Another caller's chat can be changed and added to."""
    one_world(patch)
    around(patch, "_own_chat", whoever_owns_it)


@mutant("CHATS-020")
def anybody_deletes_chats(patch: Patch) -> None:
    """Another caller's chat is deleted."""
    one_world(patch)

    async def delete(was: Any, self: Any, ids: Any, caller: Caller) -> None:
        await self.store.remove(Chat, caller.scope, list(ids))

    around(patch, "delete_chats", delete)


@mutant("CHATS-021", "ROWS-016", "ROWS-018", "ROWS-020")
def everybodys_rows_are_ones_own(patch: Patch) -> None:
    """Lists, searches and deletions go over every caller's rows."""
    one_world(patch)

    async def rows(was: Any, self: Any, caller: Caller) -> Any:
        return list(await self.store.list(Completion, caller.scope))

    around(patch, "_own_rows", rows)


@mutant("ROWS-016", "ROWS-017")
def anothers_row_is_ones_own(patch: Patch) -> None:
    """Another caller's row can be read and changed."""
    one_world(patch)
    around(patch, "_own_row", whoever_owns_it)


@mutant("CHATS-022")
def users_are_the_key(patch: Patch) -> None:
    """x-forwarded-user changes nothing."""
    patch(
        Gate,
        "_read_headers",
        lambda was: lambda self, *args: ((read := was(self, *args))[0]._replace(owner=read[1]), *read[1:]),
    )


@mutant("AUTH-007")
def stored_chats_are_open_to_all(patch: Patch) -> None:
    """Who sends no key has stored chats like anybody."""

    def admit(was: Any) -> Any:
        async def admitted(self: Gate, raw: Any, *args: Any, **more: Any) -> Any:
            try:
                return await was(self, raw, *args, **more)
            except Unauthenticated:
                return Caller()

        return admitted

    patch(Gate, "admit", admit)
