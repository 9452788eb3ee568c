"""The record of a request that has been understood."""

from dataclasses import dataclass, replace
from enum import StrEnum, auto

from apex_mock.core.prose.style import PLAIN, Style
from apex_mock.core.prose.words import telling
from apex_mock.core.types import Message

LOOKED_AT = 4_000  # characters of a prompt that are read for its meaning; the text to work on is taken from all of it


class Kind(StrEnum):
    ECHO = auto()
    GREETING = auto()
    THANKS = auto()
    FAREWELL = auto()
    WELLBEING = auto()
    IDENTITY = auto()
    ABILITY = auto()
    INTRODUCTION = auto()
    RECALL = auto()
    HISTORY = auto()
    ARITHMETIC = auto()
    JOKE = auto()
    HAIKU = auto()
    POEM = auto()
    STORY = auto()
    DRAFT = auto()
    CODE = auto()
    EXPLAIN_CODE = auto()
    SUMMARY = auto()
    TRANSLATION = auto()
    CLASSIFY = auto()
    REWRITE = auto()
    EXTRACT = auto()
    CONTINUE = auto()
    READING = auto()
    COMPARISON = auto()
    LIST = auto()
    HOW_TO = auto()
    YES_NO = auto()
    QUESTION = auto()
    EXPLANATION = auto()
    MORE = auto()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, understood. `text` is the prompt without what it says about the form; `subject` what it is about."""

    kind: Kind
    prompt: str
    text: str
    subject: str = ""
    wanted: tuple[str, ...] = ()
    spoken: str = "en"
    count: int = 0
    sides: tuple[str, str] | None = None
    source: str = ""
    style: Style = PLAIN
    system: str = ""
    messages: tuple[Message, ...] = ()

    def about(self, subject: str) -> "Ask":
        return replace(self, subject=subject, wanted=tuple(telling(subject)))
