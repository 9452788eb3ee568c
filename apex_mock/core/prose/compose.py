"""Composes an answer: understands what is asked, has it answered by kind, and gives it the form that was asked for."""

from collections.abc import Callable, Sequence
from random import Random

from apex_mock.core.corpus import Corpus
from apex_mock.core.prose import sums, talk, tell
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.followup import understand
from apex_mock.core.prose.intent import echo
from apex_mock.core.prose.library import Library, library
from apex_mock.core.prose.style import dress
from apex_mock.core.types import Message

Teller = Callable[[Ask, Library, Random], str]


def compose(messages: Sequence[Message], corpus: Corpus, random: Random, *, json_format: bool = False) -> str:
    """The answer to the last user message, in the light of the others. Never empty."""
    ask = understand(messages)
    text = answer(ask, library(corpus), random)
    return _clean(text)


def answer(ask: Ask, shelf: Library, random: Random) -> str:
    """The answer in its final form, to a request that has been understood."""
    if ask.kind is Kind.ECHO:
        return echo(ask.prompt) or ask.prompt
    text = TELLERS.get(ask.kind, tell.question)(ask, shelf, random)
    if ask.kind in _PLAIN:
        return text
    return dress(text, ask.style, random) or text


def _clean(text: str) -> str:
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    return text if text.strip() else "Could you tell me a little more about what you need?"


def _small(ask: Ask, shelf: Library, random: Random) -> str:
    return talk.reply(ask, random)


TELLERS: dict[Kind, Teller] = {
    **dict.fromkeys(
        (
            Kind.GREETING,
            Kind.THANKS,
            Kind.FAREWELL,
            Kind.WELLBEING,
            Kind.IDENTITY,
            Kind.ABILITY,
            Kind.INTRODUCTION,
            Kind.RECALL,
            Kind.HISTORY,
        ),
        _small,
    ),
    Kind.ARITHMETIC: lambda ask, shelf, random: sums.work_out(ask.subject, random),
    Kind.QUESTION: tell.question,
    Kind.YES_NO: tell.yes_no,
    Kind.EXPLANATION: tell.explanation,
}
_PLAIN = frozenset({Kind.ECHO})
