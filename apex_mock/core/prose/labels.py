"""Classification: a label for a text, out of those that the prompt names, by the words of the text."""

import re
from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import join, stems, upper_first
from apex_mock.core.regex import regex

_GOOD = frozenset(
    """good great excellent love loved lovely amazing wonderful best happy fantastic perfect awesome enjoy
    enjoyed nice pleased delicious brilliant superb recommend helpful friendly beautiful delighted
    satisfied fast smooth impressive outstanding thanks glad fun""".split()
)
_BAD = frozenset(
    """bad terrible awful hate hated worst poor disappointing disappointed broken horrible slow rude sad
    angry useless waste never boring annoying ugly refund failed fail problem dirty cold wrong worse
    unhappy dreadful crash crashes late overpriced bland""".split()
)
_SPAM = regex(
    r"\b(?:win|won|winner|free|prize|click|offer|urgent|cash|lottery|viagra|guaranteed|limited time|act "
    r"now|subscribe|million|bitcoin|congratulations)\b",
    re.I,
)
_NEGATION = regex(
    r"\b(?:not|never|no|hardly|isn't|wasn't|don't|didn't|doesn't|won't|can't)\b\W+(?:\w+\W+){0,2}?(\w+)", re.I
)
_FIELDS = {
    "sports": "match team goal game player season coach league football won score tournament race",
    "politics": "president election government minister parliament vote law senate policy party",
    "technology": "software computer phone app ai internet chip device data model code digital startup",
    "business": "company market shares profit stock revenue bank economy investors sales price",
    "science": "study researchers scientists physics experiment species planet cell theory discovery",
    "health": "doctor patient disease hospital vaccine medicine health treatment symptoms",
    "billing": "invoice charge charged payment refund bill card subscription price",
    "technical": "error bug crash crashes login password install broken update app loading",
    "shipping": "delivery package parcel arrive arrived shipping tracking order late",
    "question": "what how why when who where ?",
    "complaint": "terrible disappointed broken late refund unhappy never rude",
    "entertainment": "film movie music actor album concert series show",
    "urgent": "now immediately asap urgent emergency down outage",
    "travel": "flight hotel trip airport holiday booking passport",
}


def sentiment(text: str) -> str:
    """Positive, negative or neutral, by the words."""
    words = re.findall(r"[a-z']+", text.casefold())
    good, bad = sum(w in _GOOD for w in words), sum(w in _BAD for w in words)
    for word in _NEGATION.findall(text):
        if word.lower() in _GOOD:
            good, bad = good - 1, bad + 1
        elif word.lower() in _BAD:
            good, bad = good + 1, bad - 1
    return "positive" if good > bad else "negative" if bad > good else "neutral"


def labels_of(text: str) -> list[str]:
    """The labels to choose from, as the prompt names them."""
    if match := re.search(
        r"\b(?:as|into|labels?|categor\w+|classes|options|choose from|one of|either)(?: (?:are|one of|the "
        r"following|either|is|of))*\s*:?\s*[\[(]?((?:[\"'“]?[\w-]+(?: [\w-]+)?[\"'”]?\s*(?:,\s*(?:or |and )?|"
        r"\bor\b|\band\b|/|\|)\s*)+[\"'“]?[\w-]+[\"'”]?)",
        text,
        re.I,
    ):
        found = [p.strip(" \"'“”[]().") for p in re.split(r"\s*(?:,\s*(?:or |and )?|\bor\b|\band\b|/|\|)\s*", match[1])]
        return [p for p in found if p and len(p.split()) <= 3]
    if match := re.search(r"\b(\w+),? (?:or|/) (not \w+|\w+)\b", text, re.I):
        return [match[1], match[2]]
    return []


def classify(ask: Ask, shelf: Library, random: Random) -> str:
    """The label, and a reason when there is room for one."""
    text = ask.source or ask.text
    head = ask.prompt[:600].replace(ask.source, " ") if ask.source else ask.prompt[:600]
    labels = labels_of(head) or (["spam", "not spam"] if re.search(r"\bspam\b", head, re.I) else [])
    lower = [label.lower() for label in labels]
    if not labels or {"positive", "negative"} & set(lower):
        label = sentiment(text)
        if labels and label not in lower:
            label = next((name for name in lower if name in ("mixed", "positive")), lower[0])
        label = labels[lower.index(label)] if label in lower else label
        cues = [w for w in re.findall(r"[A-Za-z']+", text) if w.lower() in (_GOOD | _BAD)][:2]
        reason = (
            f"words such as {join([f'“{c.lower()}”' for c in dict.fromkeys(cues)])} carry the tone"
            if cues
            else "it states facts without a clear feeling"
        )
        return _label(label, reason, ask, random)
    if any("spam" in name for name in lower):
        spam = len(_SPAM.findall(text)) >= 2 or bool(re.search(r"https?://\S+", text) and _SPAM.search(text))
        wanted = next((labels[i] for i, n in enumerate(lower) if (n == "spam") == spam), labels[0])
        return _label(
            wanted,
            "it presses the reader to act and promises a gain" if spam else "it reads like an ordinary message",
            ask,
            random,
        )
    words = set(stems(text))

    def fit(label: str) -> float:
        cues = next((v for k, v in _FIELDS.items() if stems(k)[0][:5] == (stems(label) or ["?"])[0][:5]), "")
        return len(words & set(stems(f"{cues} {label}"))) + (2 if label.lower() == "question" and "?" in text else 0)

    best = max(labels, key=lambda label: (fit(label), -labels.index(label)))
    shared = [w for w in re.findall(r"[^\W\d_]{4,}", text) if w.lower() in " ".join(_FIELDS.values())][:2]
    return _label(
        best,
        f"it speaks of {join([f'“{w.lower()}”' for w in dict.fromkeys(shared)])}"
        if shared
        else "it comes closest to what the text is about",
        ask,
        random,
    )


def _label(label: str, reason: str, ask: Ask, random: Random) -> str:
    if (
        ask.style.only
        or ask.style.short
        or re.search(r"\b(?:only|just|one word|single word|label only)\b", ask.prompt[:600], re.I)
    ):
        return label
    shown = upper_first(label)
    return random.choice(
        (
            f"{shown}. The text fits this label because {reason}.",
            f"{shown}: {reason}.",
            f"{shown}. What speaks for it: {reason}.",
        )
    )
