"""Translations out of the phrase book; what it does not hold is said openly."""

import re
from random import Random

from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.phrases import LANGUAGES, PHRASES
from apex_mock.core.prose.words import clip, fold, join, upper_first


def translation(ask: Ask, shelf: Library, random: Random) -> str:
    """From the phrase book; a sentence it lacks gets its known words, and the rest is said openly."""
    text = " ".join(ask.text.split())
    target = next((name for name in LANGUAGES if re.search(rf"\b(?:to|into|in) {name}\b", text, re.I)), "")
    target = target or next((name for name in LANGUAGES if re.search(rf"\b{name}\b", text, re.I)), "French")
    source = ask.source[:2000]
    if not source:
        match = re.search(r"\b(?:translate|say|is)\s+(.+?)\s+(?:(?:from \w+ )?(?:to|into|in))\s+\w+", text, re.I)
        source = match[1] if match else re.sub(r"^.*?:\s*", "", text)
    source = source.strip(" \"“”'’.:") if len(source.split()) < 6 else source.strip(' "“”')
    if found := phrase(source, target):
        return found
    parts = [phrase(part, target) for part in re.split(r"(?<=[.!?,])\s+", source)]
    if all(parts):
        return " ".join(p for p in parts if p)
    known = [
        f"“{en}” is “{PHRASES[en][LANGUAGES[target]]}”"
        for en in PHRASES
        if re.search(rf"\b{re.escape(en)}\b", source, re.I)
    ][:3]
    name = clip(source, 120)
    lead = random.choice(
        (
            f"A good {target} version of “{name}” keeps its tone and carries over the meaning rather than the "
            f"single words.",
            f"In {target}, “{name}” is best put the way a native speaker would say it in that situation.",
        )
    )
    if known:
        return f"{lead} Useful building blocks: {join(known)}."
    return f"{lead} {random.choice(_FORMS)}"


_FORMS = (
    "Whether the sentence addresses a friend or a stranger decides on the form of the verb.",
    "The choice between the familiar and the polite form depends on who is addressed.",
)


def phrase(text: str, target: str) -> str:
    """One phrase of the book in another language, or ""."""
    key = re.sub(r"[^\w\s']", "", text.casefold().replace("’", "'")).strip()
    key = re.sub(r"^(?:the word|the phrase|the sentence)\s+", "", key)
    entry = PHRASES.get(key)
    if entry is None:
        if target == "English":
            for english, others in PHRASES.items():
                if any(fold(re.sub(r"[^\w\s']", "", o)).strip() == fold(key) for o in others):
                    return upper_first(english)
        return ""
    said = upper_first(key) if target == "English" else entry[LANGUAGES[target]]
    end = text.strip()[-1:]
    if end in "!?." and said[-1] not in "!?.！？。":
        said += end
    return said
