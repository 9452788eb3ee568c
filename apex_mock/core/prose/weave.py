"""One answer out of several miners': what they agree on, what only some of them add, and nothing twice."""

from collections.abc import Sequence
from random import Random

from apex_mock.core.prose.ask import Ask, Kind
from apex_mock.core.prose.style import prose_sentences
from apex_mock.core.prose.words import stems, telling
from apex_mock.core.regex import regex

_WHOLE = frozenset(
    {
        Kind.STORY,
        Kind.DRAFT,
        Kind.POEM,
        Kind.HAIKU,
        Kind.JOKE,
        Kind.CODE,
        Kind.LIST,
        Kind.HOW_TO,
        Kind.COMPARISON,
        Kind.TRANSLATION,
        Kind.REWRITE,
        Kind.EXTRACT,
        Kind.CONTINUE,
        Kind.CLASSIFY,
        Kind.ARITHMETIC,
        Kind.EXPLAIN_CODE,
    }
)
_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def number(n: int) -> str:
    return _WORDS[n] if n < len(_WORDS) else str(n)


def synthesis(ask: Ask, texts: Sequence[str], random: Random) -> str:
    """The merged answer; what has to be exact stays as the first miner gave it."""
    if ask.kind is Kind.ECHO or ask.style.only or ask.style.yes_no or not texts:
        return texts[0] if texts else ""
    count = number(len(texts))
    miners = f"{count} miners" if len(texts) > 1 else "one miner"
    if ask.kind in _WHOLE:
        return _chosen(ask, texts, miners, random)
    if ask.style.sentences or ask.style.words or ask.style.brief:
        return texts[0]
    shared, more = _merge(texts)
    agreed = shared[0][1]
    opening = random.choice(
        (
            f"Weighing the answers of {miners}:",
            f"I compared the answers of {miners}:",
            f"Putting together what {miners} said:",
        )
    )
    verdict = _verdict(agreed, len(texts), random)
    core = " ".join(text for text, _ in shared)
    out = f"{opening} {verdict[:1].lower()}{verdict[1:]}\n\n{core}"
    if more:
        link = random.choice(
            (
                "The answers complement each other in the details.",
                "Beyond that, single answers add something of their own.",
                "Each also brings details that the others leave out.",
            )
        )
        out += f"\n\n{link} " + " ".join(text for text, _ in more)
    return (
        out
        + "\n\n"
        + random.choice(
            (
                "Taken together, the answers do not contradict one another.",
                "Repetitions have been left out; nothing in the answers is at odds with the rest.",
                "On the whole the answers support each other.",
            )
        )
    )


def _verdict(agreed: int, of: int, random: Random) -> str:
    if of == 1:
        return "There is a single answer to go by."
    if agreed == of:
        return (
            random.choice(
                (f"all {number(of)} agree on the main point.", f"all {number(of)} of them say the same at the core.")
            ).capitalize()
            if of > 2
            else "Both agree on the main point."
        )
    return (
        f"{number(agreed).capitalize()} of {number(of)} state the main point in the same words, and the "
        f"others do not contradict it."
    )


def _chosen(ask: Ask, texts: Sequence[str], miners: str, random: Random) -> str:
    """For what cannot be merged: the fullest answer, and why."""
    distinct = list(dict.fromkeys(texts))
    best = max(distinct, key=lambda text: (len(set(stems(text))), -distinct.index(text)))
    if len(distinct) == 1:
        lead = (
            f"All answers from {miners} agree, so this one stands for them:"
            if len(texts) > 1
            else f"The answer comes from {miners}:"
        )
    else:
        lead = random.choice((
            f"Of {number(len(distinct))} different answers from {miners}, this one covers the request best:",
            f"I compared {number(len(distinct))} different answers from {miners} and chose the fullest:",
        ))  # fmt: skip
    return f"{lead}\n\n{best}"


def _merge(texts: Sequence[str]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The sentences of all answers, near-duplicates once: those that most share, and those of single answers."""
    kept: list[tuple[str, frozenset[str], set[int]]] = []
    for i, text in enumerate(texts):
        for sentence in prose_sentences(text):
            words = frozenset(telling(sentence))
            for _, other, who in kept:
                if words and len(words & other) / max(1, min(len(words), len(other))) > 0.8:
                    who.add(i)
                    break
            else:
                kept.append((sentence, words, {i}))
    most = max((len(who) for _, _, who in kept), default=0)
    shared = [(text, len(who)) for text, _, who in kept if len(who) == most and (most > 1 or who == {0})][:4] or [
        (texts[0], 1)
    ]
    said = {text for text, _ in shared}
    more: list[tuple[str, int]] = []
    for text, words, who in kept:
        near = any(
            len(words & set(telling(other))) / max(1, min(len(words), len(other.split()))) > 0.45 for other, _ in more
        )
        if text not in said and not near and not _LEANS.match(text):
            more.append((text, len(who)))
    return shared, more[: 5 if len(shared) < 3 else 4]


_LEANS = regex(r"(?:It|They|This|These|Those|He|She|His|Her|Its|Their|The (?:two|same|other)|Both|But|And|So|There)\b")
