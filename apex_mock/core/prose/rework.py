"""Work on a text that the prompt brings: rewrite it, extract from it, continue it, answer a question from it."""

import re
from random import Random

from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import answers, expand
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.words import closed, fold, plain, sentences, stems, telling

_FORMAL = (
    (r"\bcan't\b", "cannot"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"\bI'm\b", "I am"),
    (r"'re\b", " are"),
    (r"'ll\b", " will"),
    (r"'ve\b", " have"),
    (r"\bit's\b", "it is"),
    (r"\bthat's\b", "that is"),
    (r"\b(?:hey|hi)\b,?", "Hello,"),
    (r"\bthanks\b", "thank you"),
    (r"\bgonna\b", "going to"),
    (r"\bwanna\b", "want to"),
    (r"\bgotta\b", "have to"),
    (r"\basap\b", "as soon as possible"),
    (r"\bkinda\b", "somewhat"),
    (r"\bguys\b", "everyone"),
    (r"\bget back to\b", "reply to"),
    (r"\ba lot of\b|\blots of\b", "many"),
    (r"\bkids\b", "children"),
    (r"\bpls\b|\bplz\b", "please"),
    (r"\bu\b", "you"),
    (r"\bstuff\b", "material"),
    (r"\bneed\b", "require"),
    (r"\bget\b", "receive"),
    (r"\bhelp\b", "assist"),
    (r"\bbuy\b", "purchase"),
    (r"\bask for\b", "request"),
    (r"\bstart\b", "begin"),
    (r"!+", "."),
)
_GRAMMAR = (
    (r"\b(he|she|it|they|we|I) goe?s?\b(?=[^.]*\byesterday\b)", r"\1 went"),
    (r"\bme (like|want|think|need|love)\b", r"I \1"),
    (r"\b(he|she|it) (?:go)\b", r"\1 goes"),
    (r"\b(he|she|it) (?:don't|dont)\b", r"\1 doesn't"),
    (r"\b(he|she|it) have\b", r"\1 has"),
    (r"\b(he|she|it) (like|want|need|work|live|play|eat|know|think|make|come|see|run)\b", r"\1 \2s"),
    (r"\bI (?:is|are)\b", "I am"),
    (r"\b(they|we|you) (?:is)\b", r"\1 are"),
    (r"\b(they|we|you) was\b", r"\1 were"),
    (r"\bi\b", "I"),
    (r"\bim\b", "I'm"),
    (r"\bdont\b", "don't"),
    (r"\bcant\b", "can't"),
    (r"\bdidnt\b", "didn't"),
    (r"\bdoesnt\b", "doesn't"),
    (r"\bisnt\b", "isn't"),
    (r"\bteh\b", "the"),
    (r"\brecieve", "receive"),
    (r"\bdefinately\b", "definitely"),
    (r"\bseperate", "separate"),
    (r"\boccured\b", "occurred"),
    (r"\balot\b", "a lot"),
    (r"\buntill\b", "until"),
    (r"\bwich\b", "which"),
    (r"\bbecuase\b", "because"),
    (r"\bthier\b", "their"),
    (r"\bshould of\b", "should have"),
    (r"\bcould of\b", "could have"),
    (r"\bwould of\b", "would have"),
    (r"\byour welcome\b", "you're welcome"),
    (r"\bits a\b", "it's a"),
    (r"\bme and (\w+) (?:was|were|is|are)\b", r"\1 and I were"),
    (r"\ba ([aeio]\w+)", r"an \1"),
    (r"\b(yesterday[^.]*?) go\b", r"\1 went"),
    (r"\bgoed\b", "went"),
    (r"\beated\b", "ate"),
    (r"\bmore better\b", "better"),
    (r"\bmany informations\b", "much information"),
    (r"\bchilds\b", "children"),
    (r"\s+([,.!?])", r"\1"),
)
_PLAIN_WORDS = (
    (r"\butili[sz]e", "use"),
    (r"\bcommence", "start"),
    (r"\bapproximately\b", "about"),
    (r"\bsubsequently\b", "later"),
    (r"\bin order to\b", "to"),
    (r"\bprior to\b", "before"),
    (r"\bnumerous\b", "many"),
    (r"\bfacilitate", "help"),
    (r"\bpurchase", "buy"),
    (r"\bassist(?:ance)?\b", "help"),
    (r"\bdemonstrate", "show"),
    (r"\bsufficient\b", "enough"),
    (r"\bregarding\b", "about"),
    (r"\bdue to the fact that\b", "because"),
    (r"\bquick\b", "fast"),
    (r"\bvery\b ", ""),
)


def rewrite(ask: Ask, shelf: Library, random: Random) -> str:
    """The text in another register, or mended."""
    text = ask.source.strip()[:20_000]
    head = ask.prompt.replace(ask.source, " ")[:400]
    if re.search(r"\b(?:correct|proofread|fix|grammar|spelling|typo|mistake)", head, re.I):
        rules: tuple[tuple[str, str], ...] = _GRAMMAR
    elif re.search(r"\b(?:formal|professional|polite|business)", head, re.I):
        rules = _FORMAL
    else:
        rules = _PLAIN_WORDS + _FORMAL[:9]
    for pattern, put in rules:
        text = re.sub(
            pattern, put, text, flags=re.I if not put.startswith("I") or pattern == r"\bI (?:is|are)\b" else 0
        )
    text = re.sub(r"(^|[.!?]\s+)([a-z])", lambda m: m[1] + m[2].upper(), text.strip())
    text = re.sub(r"\.{2,}(?!\.)", ".", text)
    if re.search(r"\bpolite", head, re.I) and not re.search(r"\bplease\b", text, re.I):
        text = "Would you please consider the following: " + text[:1].lower() + text[1:]
    return closed(text)


def extract(ask: Ask, shelf: Library, random: Random) -> str:
    """What was asked for out of the text, as a list."""
    text = ask.source or ask.prompt
    head = ask.prompt.replace(ask.source, " ")[:300].lower() if ask.source else ask.prompt[:300].lower()
    if "email" in head or "e-mail" in head:
        found = re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)
    elif "url" in head or "link" in head:
        found = re.findall(r"https?://[^\s)>\"]+", text)
    elif "phone" in head:
        found = re.findall(r"\+?\d[\d ()-]{6,}\d", text)
    elif "date" in head:
        found = re.findall(
            r"\b\d{1,2}(?:st|nd|rd|th)? (?:January|February|March|April|May|June|July|August|September|October|"
            r"November|December)(?: \d{4})?\b|\b(?:January|February|March|April|May|June|July|August|September|"
            r"October|November|December) \d{1,2}(?:,? \d{4})?\b|\b\d{4}-\d\d-\d\d\b|\b(?:1\d|20)\d\d\b",
            text,
        )
    elif "number" in head:
        found = re.findall(r"\d+(?:[.,]\d+)*", text)
    elif "keyword" in head:
        found = telling(text)[:8]
    else:
        found = [
            n
            for n in re.findall(r"\b[A-ZÀ-Þ][\w'’-]+(?: (?:of |de |van |von )?[A-ZÀ-Þ][\w'’-]+)*", text)
            if fold(n)
            not in (
                "the",
                "a",
                "an",
                "in",
                "on",
                "at",
                "he",
                "she",
                "it",
                "they",
                "we",
                "i",
                "but",
                "and",
                "after",
                "before",
                "when",
            )
        ]
    found = list(dict.fromkeys(found))
    if not found:
        return "None are mentioned in the text."
    return "\n".join(f"- {item}" for item in found[:50])


_NEXT = (
    "At first nothing seemed to change. Then, quite slowly, the small differences began to add up, and "
    "what had looked like the end of the matter turned out to be its beginning.",
    (
        "For a moment nobody spoke. The light moved a little on the wall, a door closed somewhere below, and "
        "when the first of them found a word, it was not the one that any of them had expected."
    ),
    (
        "It would have been easy to turn back, and for a while that seemed the sensible thing to do. But the "
        "road ahead was open, the evening was mild, and there was one question left that would not let go."
    ),
    (
        "What happened next took less than a minute and was talked about for years. There was a sound, a "
        "pause, and then, from the far end, somebody began to laugh."
    ),
)


def carry_on(ask: Ask, shelf: Library, random: Random) -> str:
    """The text continued: with the fact that it begins, or as a story."""
    text = ask.source.strip().strip('"“”').rstrip(".… ")
    words = telling(text)
    if words and len(words) <= 8:
        for hit in shelf.find(words)[:5]:
            at = fold(hit.line.text).find(fold(text))
            if at == 0 and len(hit.line.text) > len(text) + 3:
                return hit.line.text
    return " ".join(random.sample(_NEXT, 2))


def reading(ask: Ask, shelf: Library, random: Random) -> str:
    """The sentences of the given text that answer the question."""
    parts = [
        s
        for block in ask.source.split("\n")
        for s in sentences(plain(re.sub(r"^\s*(?:[-*]|\[?\d+[\].)])\s*", "", block)))
    ][:600]
    wanted = set(telling(expand(ask.text)))
    held = [(len(wanted & set(stems(part))), part) for part in parts]
    kind = (
        re.search(r"\b(?:when|what year|date)\b", ask.text, re.I),
        re.search(r"\bhow (?:many|much|long|far|tall|old)\b", ask.text, re.I),
        re.search(r"\bwho\b", ask.text, re.I),
    )

    def fit(entry: tuple[int, str]) -> float:
        score = float(entry[0]) - 0.002 * len(entry[1])
        if (kind[0] or kind[1]) and re.search(r"\d", entry[1]):
            score += 0.7
        if kind[2] and re.search(r"(?<!^)\b[A-Z]\w+", entry[1]):
            score += 0.4
        return score

    if held and wanted:
        best = max(held, key=fit)
        if best[0] >= max(1, 0.34 * len(wanted)):
            at = parts.index(best[1])
            if ask.style.short or not re.match(r"^(?:It|They|He|She|This)\b", best[1]) or at == 0:
                return closed(best[1])
            return closed(f"{parts[at - 1]} {best[1]}")
    if hits := answers(ask, shelf):
        return f"The text given does not say so itself. {hits[0].line.text}"
    if parts:
        return random.choice(
            (
                "The text does not answer that directly. What it does say: ",
                "That is not stated in the text. It does say this much: ",
            )
        ) + closed(parts[0])
    return unknown.talk(ask, shelf, random)
