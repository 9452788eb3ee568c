"""What the stored chats must be after any calls, written down once more and as simply as it can be.

It shares no code with the fake: the contract's sentences about stored chats, in a dict and a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    chat_id: str
    prompt: str
    kind: str
    text: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Chats:
    """Chats by id in the order of their making: (title, chat_type); rows by id likewise."""

    chats: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    updated: dict[str, str] = field(default_factory=dict)  # a chat's updated_at as last seen

    def newest_first(self, chat_type: str = "") -> list[tuple[str, str, str]]:
        """Id, title and type."""
        made = [(id, *chat) for id, chat in self.chats.items() if chat_type in ("", chat[1])]
        return made[::-1]

    def rows_of(self, chat_id: str) -> list[str]:
        return [id for id, row in self.rows.items() if row.chat_id == chat_id]

    def delete_chats(self, ids: list[str]) -> None:
        for id in ids:
            self.chats.pop(id, None)
            for row in self.rows_of(id):
                del self.rows[row]

    def delete_rows(self, ids: list[str]) -> None:
        for id in ids:
            self.rows.pop(id, None)

    def containing(self, term: str) -> set[str]:
        wanted = term.lower()
        return {row.chat_id for row in self.rows.values() if wanted in f"{row.prompt}\0{row.text}".lower()}

    def researched(self) -> list[str]:
        return [id for id, row in self.rows.items() if "deep-researcher" in row.metadata]
