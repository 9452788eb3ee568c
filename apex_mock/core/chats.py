"""Stored chats and their rows: what a new one looks like, what may be changed, what a search finds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apex_mock.core.types import Chat, Completion, Micros, Operation
from apex_mock.errors import InvalidRequest

CHAT_TYPES = ("apex", "gravity")
CHAT_ATTRIBUTES = ("title", "chat_type")
RESEARCH_ENTRY = "deep-researcher"
TITLE_LENGTH = 60
# What is answered with rows, and what with chats.
ROWS_OF = (
    Operation.LIST_COMPLETIONS,
    Operation.LIST_RESEARCH_COMPLETIONS,
    Operation.GET_COMPLETION,
    Operation.CREATE_COMPLETION,
    Operation.UPDATE_COMPLETION,
)
CHATS_OF = (Operation.LIST_CHATS, Operation.SEARCH_CHATS, Operation.CREATE_CHAT, Operation.UPDATE_CHAT)


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row as people write it, to be stored or to be answered with. Without an `id` one is made."""

    prompt: str
    completion: str = ""
    completion_type: str = "basic"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    chat_id: str = ""

    def row(self, id: str, chat_id: str, owner: str, now: Micros) -> Completion:
        """The row, with an id and a chat for where it has none of its own."""
        return Completion(
            self.id or id,
            self.chat_id or chat_id,
            owner,
            self.completion_type,
            now,
            now if self.completion else 0,
            self.prompt,
            self.completion,
            self.metadata,
        )


@dataclass(frozen=True, slots=True)
class GivenChat:
    """A chat as people write it, and its rows, oldest first. Without a `title` it is called after its first row."""

    title: str = ""
    chat_type: str = ""
    id: str = ""
    rows: tuple[GivenRow, ...] = ()

    def __post_init__(self) -> None:
        if self.chat_type and self.chat_type not in CHAT_TYPES:
            raise ValueError(f"chat_type must be one of {', '.join(CHAT_TYPES)}, not {self.chat_type!r}")

    @property
    def name(self) -> str:
        return self.title or title_for(self.rows[0].prompt if self.rows else "")

    def chat(self, id: str, owner: str, user_id: str, now: Micros) -> Chat:
        """The chat, with an id if it has none of its own."""
        return Chat(self.id or id, owner, user_id, self.name, self.chat_type or CHAT_TYPES[0], now, now)


def title_for(prompt: str) -> str:
    """A title for a chat that was given none: the prompt's beginning, on one line."""
    line = " ".join(prompt.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def check_chat_type(chat_type: str) -> str:
    """An unknown chat type is refused; an absent one is the default, apex."""
    if chat_type and chat_type not in CHAT_TYPES:
        raise InvalidRequest(f"must be one of {', '.join(CHAT_TYPES)}, not {chat_type!r}", ("chat_type",))
    return chat_type or CHAT_TYPES[0]


def change_chat(chat: Chat, attributes: Mapping[str, str], now: Micros) -> Chat:
    """The chat with its title or type changed. Raises InvalidRequest for any other attribute."""
    for name in attributes:
        if name not in CHAT_ATTRIBUTES:
            known = " and ".join(CHAT_ATTRIBUTES)
            raise InvalidRequest(f"no attribute {name!r}; {known} can be changed", ("attributes",))
    return replace(
        chat,
        title=attributes.get("title", chat.title),
        chat_type=check_chat_type(attributes.get("chat_type", chat.chat_type)),
        updated_at=max(now, chat.updated_at + 1),
    )


def change_completion(
    row: Completion,
    now: Micros,
    *,
    text: str | None = None,
    prompt: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Completion:
    """The row with only what is given changed; metadata replaces the whole (D1)."""
    if text is not None:
        row = replace(row, completion_text=text, completed_at=now)
    if prompt is not None:
        row = replace(row, user_prompt_text=prompt)
    if metadata is not None:
        row = replace(row, metadata=dict(metadata))
    return row


def chats_with(term: str, rows: Iterable[Completion]) -> tuple[str, ...]:
    """Ids of the chats of which any row's prompt or completion has the term, whatever its case; each once."""
    wanted = term.casefold()
    found = (
        r.chat_id for r in rows if wanted in r.user_prompt_text.casefold() or wanted in r.completion_text.casefold()
    )
    return tuple(dict.fromkeys(found))


def has_research_entry(row: Completion) -> bool:
    return RESEARCH_ENTRY in row.metadata
