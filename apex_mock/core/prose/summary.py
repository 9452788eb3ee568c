"""Summaries: the sentences of a text that carry the most of what it says; always shorter than the text."""

import math
import re
from collections import Counter
from random import Random

from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import definition, distinct, expand, said_about, topic
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import closed, content, plain, sentences, telling, upper_first


def summary(ask: Ask, shelf: Library, random: Random) -> str:
    """Of the text that the prompt brings; without one, of what the corpus says about the subject."""
    if len(ask.source.split()) >= 8:
        return condense(ask.source, random, 1 if ask.style.short else 0)
    page = topic(ask, shelf)
    if page:
        first = definition(page, shelf, content(expand(ask.subject)), ask.spoken)
        rest = [line for line in shelf.facts(page, ask.spoken) if first is None or line is not first]
        rest = distinct(rest, [first] if first else [])
        chosen = sorted(random.sample(range(len(rest)), min(2, len(rest))))
        return " ".join([first.text if first else "", *(rest[i].text for i in chosen)]).strip()
    if lines := said_about(ask, shelf, 3):
        return " ".join(line.text for line in lines)
    if ask.source:
        return closed(upper_first(ask.source))
    return unknown.talk(ask, shelf, random)


def condense(source: str, random: Random, most: int = 0) -> str:
    """The telling sentences of a text in their own order."""
    text = re.sub(r"^\s*(?:[-*#>]+|\d+[.)])\s*", "", source, flags=re.M)
    parts = [p for block in re.split(r"\n\s*\n|\n(?=[A-Z])", text) for p in sentences(plain(block))][:400]
    if len(parts) <= 1:
        return _shorter(parts[0] if parts else plain(source))
    counts = Counter(word for part in parts for word in set(telling(part)))
    count = most or max(1, min(4, math.ceil(len(parts) * 0.4)))

    def worth(i: int) -> float:
        words = telling(parts[i])
        if not words:
            return 0.0
        weight: float = sum(counts[w] for w in words) / math.pow(len(words), 0.6)
        leans = bool(re.match(r"(?:It|This|These|They|He|She|But|And|However|For example|Also)\b", parts[i])) and i > 0
        return weight * (1.35 if i == 0 else 1.0) * (0.75 if leans else 1.0) * (1 + 0.06 * random.random())

    best = sorted(sorted(range(len(parts)), key=lambda i: -worth(i))[:count])
    out = " ".join(parts[i] for i in best)
    if len(out) >= 0.8 * len(plain(source)):
        out = _shorter(parts[best[0]])
    return out


def _shorter(sentence: str) -> str:
    """One sentence without what stands in brackets or after its main clause."""
    text = re.sub(r"\s*\([^)]*\)", "", sentence).strip()
    bare = re.sub(r", (?:which|who|whose|where|when)\b[^,]*,", "", text)
    if bare != text:
        return closed(upper_first(bare))
    for pattern in (
        r",? (?:which|who|because|although|while|so that|where|and then|since)\b",
        r"[;:—–] ?",
        r", (?:and|but|or) ",
        r", ",
        r" and ",
    ):
        pieces = re.split(pattern, text, maxsplit=1)
        if len(pieces) > 1 and len(pieces[0].split()) >= 4 and len(pieces[0]) < 0.85 * len(sentence):
            return closed(upper_first(pieces[0].rstrip(" ,;")))
    words = text.split()
    if len(words) < 6:
        return closed(text)
    kept = words[: max(4, int(len(words) * 0.7))]
    while len(kept) > 3 and kept[-1].lower() in (
        "the",
        "a",
        "an",
        "of",
        "in",
        "to",
        "and",
        "or",
        "for",
        "with",
        "by",
        "on",
        "at",
        "that",
        "is",
    ):
        kept.pop()
    return closed(upper_first(" ".join(kept)))
