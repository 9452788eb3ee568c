"""Stored chats and their rows: each operation reads, changes by a function of core, and writes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apex_mock.core import chats
from apex_mock.core.checks import check_id
from apex_mock.core.types import Caller, Chat, Completion, Micros, Operation
from apex_mock.errors import NotFound
from apex_mock.seed import digest, ident
from apex_mock.store.base import Orphan
from apex_mock.world import ANYBODY, Call, World


class StoredChats(World):
    """The caller's own chats. Somebody else's read as not there."""

    async def create_chat(
        self, prompt: str, chat_type: str, completion_type: str, title: str | None = None, caller: Caller = ANYBODY
    ) -> tuple[Chat, Completion]:
        """Makes a chat and its first row; no inference runs, so the row's completion text is empty."""
        request = {"user_prompt": prompt, "chat_type": chat_type, "completion_type": completion_type, "title": title}
        async with self.call(Operation.CREATE_CHAT, request, caller) as call:
            now = call.entry.at
            if call.chats:
                said = call.chats[0]
                chat = self._said_chat(call, said)
                given = said.rows[0] if said.rows else chats.GivenRow(prompt, completion_type=completion_type)
                return chat, self._said_row(call, given, chat.id)
            of_type = chats.check_chat_type(chat_type)
            named = chats.title_for(prompt) if title is None else title
            user_id = self._user_id(caller.owner)

            async def make() -> tuple[Chat, Completion]:
                chat_id = await self._new_id(caller, "chat", prompt, named)
                chat = Chat(chat_id, caller.owner, user_id, named, of_type, now, now)
                return chat, await self._new_row(chat_id, prompt, completion_type, now, caller)

            return await self.add_new(caller.scope, make)

    async def create_completion(
        self, chat_id: str, prompt: str, completion_type: str, caller: Caller = ANYBODY
    ) -> Completion:
        """Adds a row to a chat. Raises NotFound."""
        request = {"chat_id": chat_id, "user_prompt": prompt, "completion_type": completion_type}
        async with self.call(Operation.CREATE_COMPLETION, request, caller) as call:
            check_id(chat_id, "chat_id")
            if call.rows is not None:
                return self._one_row(call, chat_id=chat_id)
            await self._own_chat(chat_id, caller)
            now = call.entry.at

            async def make() -> tuple[Completion]:
                return (await self._new_row(chat_id, prompt, completion_type, now, caller),)

            try:
                (row,) = await self.add_new(caller.scope, make)
            except Orphan:  # it was deleted at this moment
                raise NotFound(f"Chat with ID {chat_id} not found") from None
            await self.store.update(
                Chat, caller.scope, chat_id, lambda c: replace(c, updated_at=max(now, c.updated_at))
            )
            return row

    async def list_chats(self, chat_type: str = "", caller: Caller = ANYBODY) -> list[Chat]:
        """The caller's chats, newest first; of one type when one is given."""
        async with self.call(Operation.LIST_CHATS, chat_type, caller) as call:
            if chat_type:
                chats.check_chat_type(chat_type)
            if call.chats is not None:
                return [self._said_chat(call, chat, n) for n, chat in enumerate(call.chats)]
            own = [chat for chat in await self.store.list(Chat, caller.scope) if chat.owner == caller.owner]
            return [chat for chat in reversed(own) if not chat_type or chat.chat_type == chat_type]

    async def list_completions(self, chat_id: str, caller: Caller = ANYBODY) -> list[Completion]:
        """A chat's rows, oldest first; none for a chat that does not exist."""
        async with self.call(Operation.LIST_COMPLETIONS, chat_id, caller) as call:
            check_id(chat_id, "chat_id")
            if call.rows is not None:
                return [self._said_row(call, row, chat_id, n) for n, row in enumerate(call.rows)]
            return [row for row in await self._own_rows(caller) if row.chat_id == chat_id]

    async def get_completion(self, completion_id: str, caller: Caller = ANYBODY) -> Completion:
        """One row. Raises NotFound."""
        async with self.call(Operation.GET_COMPLETION, completion_id, caller) as call:
            check_id(completion_id, "completion_id")
            if call.rows is not None:
                return self._one_row(call, id=completion_id)
            return await self._own_row(completion_id, caller)

    async def update_chat(self, chat_id: str, attributes: Mapping[str, str], caller: Caller = ANYBODY) -> Chat:
        """Changes title or type and moves updated_at. Raises NotFound, InvalidRequest."""
        request = {"chat_id": chat_id, "attributes": dict(attributes)}
        async with self.call(Operation.UPDATE_CHAT, request, caller) as call:
            check_id(chat_id, "chat_id")
            if call.chats is not None:
                if not call.chats:
                    raise NotFound(f"Chat with ID {chat_id} not found")
                return replace(self._said_chat(call, call.chats[0]), id=call.chats[0].id or chat_id)
            await self._own_chat(chat_id, caller)
            now = call.entry.at
            changed = await self.store.update(
                Chat, caller.scope, chat_id, lambda chat: chats.change_chat(chat, attributes, now)
            )
            if changed is None:
                raise NotFound(f"Chat with ID {chat_id} not found")
            return changed

    async def update_completion(
        self,
        completion_id: str,
        *,
        text: str | None = None,
        prompt: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        caller: Caller = ANYBODY,
    ) -> Completion:
        """Changes only what is given. Raises NotFound."""
        request = {"completion_id": completion_id, "text": text, "prompt": prompt, "metadata": metadata}
        async with self.call(Operation.UPDATE_COMPLETION, request, caller) as call:
            check_id(completion_id, "completion_id")
            if call.rows is not None:
                return self._one_row(call, id=completion_id)
            await self._own_row(completion_id, caller)
            now = call.entry.at
            changed = await self.store.update(
                Completion,
                caller.scope,
                completion_id,
                lambda row: chats.change_completion(row, now, text=text, prompt=prompt, metadata=metadata),
            )
            if changed is None:
                raise NotFound(f"Completion with ID {completion_id} not found")
            return changed

    async def delete_chats(self, chat_ids: Sequence[str], caller: Caller = ANYBODY) -> None:
        """Deletes the caller's chats among these, and their rows. Ids that are already gone do no harm."""
        async with self.call(Operation.DELETE_CHATS, list(chat_ids), caller):
            wanted = set(chat_ids)
            own = [
                c.id for c in await self.store.list(Chat, caller.scope) if c.owner == caller.owner and c.id in wanted
            ]
            await self.store.remove(Chat, caller.scope, own)

    async def delete_completions(self, completion_ids: Sequence[str], caller: Caller = ANYBODY) -> None:
        """Deletes the caller's rows among these."""
        async with self.call(Operation.DELETE_COMPLETIONS, list(completion_ids), caller):
            wanted = set(completion_ids)
            own = [row.id for row in await self._own_rows(caller) if row.id in wanted]
            await self.store.remove(Completion, caller.scope, own)

    async def search_chats(self, term: str, caller: Caller = ANYBODY) -> tuple[str, ...]:
        """Ids of the caller's chats in which the term occurs, whatever its case."""
        async with self.call(Operation.SEARCH_CHATS, term, caller) as call:
            if call.chats is not None:
                return tuple(self._said_chat(call, chat, n).id for n, chat in enumerate(call.chats))
            return chats.chats_with(term, await self._own_rows(caller))

    async def list_research_completions(self, caller: Caller = ANYBODY) -> list[Completion]:
        """The caller's rows whose metadata has "deep-researcher"."""
        async with self.call(Operation.LIST_RESEARCH_COMPLETIONS, None, caller) as call:
            if call.rows is not None:
                return [self._said_row(call, row, place=n) for n, row in enumerate(call.rows)]
            return [row for row in await self._own_rows(caller) if chats.has_research_entry(row)]

    async def seed_chats(self, scope: str, owner: str, given: Sequence[chats.GivenChat]) -> list[Chat]:
        """Stores chats as if they had always been there, outside the journal: all of them, or none. Raises ValueError
        for an id that is there already."""
        caller = Caller(scope, owner)
        now = self.clock.now(scope)
        stored: list[Chat] = []
        rows: list[Completion] = []
        for chat in given:
            chat_id = chat.id or await self._new_id(caller, "chat", chat.name)
            stored.append(chat.chat(chat_id, owner, self._user_id(owner), now))
            for row in chat.rows:
                row_id = row.id or await self._new_id(caller, "completion", chat_id, row.prompt)
                rows.append(row.row(row_id, chat_id, owner, now))
        for ids in ([chat.id for chat in stored], [row.id for row in rows]):
            if twice := next((id for id in ids if ids.count(id) > 1), None):
                raise ValueError(f"the id {twice!r} is there twice")
        await self.store.add(scope, *stored, *rows)
        return stored

    # --- What a stub says is there ------------------------------------------------------------------------------------

    def _said_chat(self, call: Call, given: chats.GivenChat, place: int = 0) -> Chat:
        caller = call.caller
        id = ident(self.settings.seed, caller.scope, "said chat", given.name, place)
        return given.chat(id, caller.owner, self._user_id(caller.owner), call.entry.at)

    def _said_row(self, call: Call, given: chats.GivenRow, chat_id: str = "", place: int = 0) -> Completion:
        caller, seed = call.caller, self.settings.seed
        chat_id = chat_id or ident(seed, caller.scope, "said chat", place)
        id = ident(seed, caller.scope, "said row", chat_id, given.prompt, place)
        return given.row(id, chat_id, caller.owner, call.entry.at)

    def _one_row(self, call: Call, *, id: str = "", chat_id: str = "") -> Completion:
        """The first row of the stub, with the id that was asked for unless it has its own. Raises NotFound."""
        if not call.rows:
            raise NotFound(f"Completion with ID {id} not found" if id else f"Chat with ID {chat_id} not found")
        row = self._said_row(call, call.rows[0], chat_id)
        return replace(row, id=call.rows[0].id or id or row.id)

    # --- What is there ------------------------------------------------------------------------------------------------

    def _user_id(self, owner: str) -> str:
        return ident(self.settings.seed, "user", owner)

    async def _own_rows(self, caller: Caller) -> list[Completion]:
        return [row for row in await self.store.list(Completion, caller.scope) if row.owner == caller.owner]

    async def _own_chat(self, chat_id: str, caller: Caller) -> Chat:
        chat = await self.store.get(Chat, caller.scope, chat_id)
        if chat is None or chat.owner != caller.owner:
            raise NotFound(f"Chat with ID {chat_id} not found")
        return chat

    async def _own_row(self, completion_id: str, caller: Caller) -> Completion:
        row = await self.store.get(Completion, caller.scope, completion_id)
        if row is None or row.owner != caller.owner:
            raise NotFound(f"Completion with ID {completion_id} not found")
        return row

    async def _new_row(
        self, chat_id: str, prompt: str, completion_type: str, now: Micros, caller: Caller
    ) -> Completion:
        row_id = await self._new_id(caller, "completion", chat_id, prompt)
        return Completion(row_id, chat_id, caller.owner, completion_type, now, user_prompt_text=prompt)

    async def _new_id(self, caller: Caller, kind: str, *content: str) -> str:
        name = digest(self.settings.seed, kind, caller.owner, *content).hex()
        ordinal = await self.store.next_ordinal(caller.scope, name)
        return ident(self.settings.seed, caller.scope, name, ordinal)
