"""What the user has told in earlier messages: a name, "my favourite colour is blue"."""

import re
from collections.abc import Sequence

from apex_mock.core.prose.ask import LOOKED_AT
from apex_mock.core.regex import regex
from apex_mock.core.types import Message

_NAME = regex(
    r"\b(?:my name is|i am called|call me|i'm called|my name's)\s+([^\W\d_][\w'’-]*(?: [A-Z][\w'’-]+){0,2})", re.I
)
_I_AM = regex(r"(?:^|[.!,]\s*)(?:hi|hello|hey)?[,!]?\s*(?:I'm|I am|This is)\s+([A-Z][\w'’-]+)(?=[.,!?]|\s+and\b|$)")
_TOLD = regex(r"\bmy (?!name\b)((?:\w+ ){0,3}?\w+) (?:is|are|was)(?: called| named)? ([^.!?\n]{1,60})", re.I)
_ASKS_TOLD = regex(
    r"\b(?:what(?:'s| is| was| are)|tell me|do you (?:remember|know|recall)(?: what)?|remember)\b.*?\bmy "
    r"((?:\w+ ){0,3}?\w+?)(?: is| are| was| called)?[?.! ]*$",
    re.I,
)


def told(messages: Sequence[Message], prompt: str) -> tuple[str, str] | None:
    """What the user once said about "my X", when the prompt asks for it: ("favourite colour", "blue")."""
    match = _ASKS_TOLD.search(" ".join(prompt.split())[:300])
    if not match:
        return None
    asked = match[1].lower()
    for message in reversed(messages[:-1]):
        if message.role == "user":
            for name, value in reversed(_TOLD.findall(message.content[:LOOKED_AT])):
                if name.lower() == asked or asked.endswith(name.lower()) or name.lower().endswith(asked):
                    return name.lower(), re.split(r",? (?:and|but) (?:my|i)\b", value)[0].strip(" ,\"'")
    return None


def names_told(messages: Sequence[Message]) -> str:
    """The name that the user gave last, or ""."""
    for message in reversed(messages):
        if message.role == "user":
            match = _NAME.search(message.content[:LOOKED_AT]) or _I_AM.search(message.content[:LOOKED_AT])
            if match and match[1].lower() not in ("what", "not", "a", "the"):
                name = match[1].strip()
                return name if name[:1].isupper() else name.split()[0].capitalize()
    return ""
