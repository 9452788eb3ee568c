"""Composes an answer: understands what is asked, has it answered by kind, and gives it the form that was asked for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from apex_mock.core.corpus import Corpus
from apex_mock.core.prose import (
    code,
    comparison,
    drafts,
    fields,
    haiku,
    howto,
    jokes,
    labels,
    lists,
    poem,
    rework,
    steps,
    story,
    summary,
    sums,
    talk,
    tell,
    translation,
    weave,
)
from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.followup import understand
from apex_mock.core.prose.intent import echo
from apex_mock.core.prose.library import Library, library
from apex_mock.core.prose.style import Style, dress
from apex_mock.core.types import Message

Teller = Callable[[Ask, Library, Random], str]


def compose(messages: Sequence[Message], corpus: Corpus, random: Random, *, json_format: bool = False) -> str:
    """The answer to the last user message, in the light of the others: never empty, and JSON when asked for."""
    shelf = library(corpus)
    if json_format or fields.wanted(messages):
        return _clean(fields.render(*_asked(messages), lambda ask: answer(ask, shelf, random), random))
    return _clean(answer(understand(messages), shelf, random))


def compose_stepwise(messages: Sequence[Message], corpus: Corpus, random: Random) -> str:
    """The answer, with the steps that lead to it shown before."""
    ask, shelf = understand(messages), library(corpus)
    text = answer(ask, shelf, random)
    return _clean(text if ask.kind is Kind.ECHO else steps.reasoned(ask, text, shelf, random))


def compose_woven(messages: Sequence[Message], corpus: Corpus, miners: Sequence[Random], random: Random) -> str:
    """One answer out of those of several miners, each with a generator of its own."""
    ask, shelf = understand(messages), library(corpus)
    return _clean(weave.synthesis(ask, [answer(ask, shelf, own) for own in miners], random))


def compose_json_woven(messages: Sequence[Message], corpus: Corpus, miners: Sequence[Random], random: Random) -> str:
    """The same as one JSON object."""
    shelf = library(corpus)
    ask, wish = _asked(messages)

    def woven(ask: Ask) -> str:
        return weave.synthesis(ask, [answer(ask, shelf, own) for own in miners], random)

    return _clean(fields.render(ask, wish, woven, random))


def wants_json(messages: Sequence[Message]) -> bool:
    """Whether the conversation asks for JSON by itself."""
    return fields.wanted(messages)


def _asked(messages: Sequence[Message]) -> tuple[Ask, str]:
    """The question behind a wish for JSON, and the words of the wish."""
    last = max((i for i, m in enumerate(messages) if m.role == "user"), default=len(messages) - 1)
    wish = f"{messages[last].content[:4000]}\n" + " ".join(m.content[:2000] for m in messages if m.role == "system")
    asked = [replace(m, content=fields.question_in(m.content)) if i == last else m for i, m in enumerate(messages)]
    return replace(understand(asked), style=Style()), wish


def answer(ask: Ask, shelf: Library, random: Random) -> str:
    """The answer in its final form, to a request that has been understood."""
    if ask.kind is Kind.ECHO:
        return echo(ask.prompt) or ask.prompt
    text = TELLERS[ask.kind](ask, shelf, random)
    return dress(text, ask.style, random) or text


def _clean(text: str) -> str:
    """Without lone surrogates, and never empty."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text if text.strip() else "Could you tell me a little more about what you need?"


def _small(ask: Ask, shelf: Library, random: Random) -> str:
    return talk.reply(ask, random)


def _sum(ask: Ask, shelf: Library, random: Random) -> str:
    if ask.style.only or ask.style.short:
        found = sums.arithmetic(ask.subject)
        return found[1] if found else ask.subject
    return sums.work_out(ask.subject, random)


TELLERS: dict[Kind, Teller] = {
    Kind.ECHO: lambda ask, shelf, random: echo(ask.prompt) or ask.prompt,
    Kind.GREETING: _small,
    Kind.THANKS: _small,
    Kind.FAREWELL: _small,
    Kind.WELLBEING: _small,
    Kind.IDENTITY: _small,
    Kind.ABILITY: _small,
    Kind.INTRODUCTION: _small,
    Kind.RECALL: _small,
    Kind.HISTORY: _small,
    Kind.ARITHMETIC: _sum,
    Kind.JOKE: jokes.joke,
    Kind.HAIKU: haiku.haiku,
    Kind.POEM: poem.poem,
    Kind.STORY: story.story,
    Kind.DRAFT: drafts.draft,
    Kind.CODE: code.code,
    Kind.EXPLAIN_CODE: code.explain_code,
    Kind.SUMMARY: summary.summary,
    Kind.TRANSLATION: translation.translation,
    Kind.CLASSIFY: labels.classify,
    Kind.REWRITE: rework.rewrite,
    Kind.EXTRACT: rework.extract,
    Kind.CONTINUE: rework.carry_on,
    Kind.READING: rework.reading,
    Kind.COMPARISON: comparison.comparison,
    Kind.LIST: lists.listing,
    Kind.HOW_TO: howto.how_to,
    Kind.YES_NO: tell.yes_no,
    Kind.QUESTION: tell.question,
    Kind.EXPLANATION: tell.explanation,
    Kind.MORE: tell.more,
}
