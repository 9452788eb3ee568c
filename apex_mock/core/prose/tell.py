"""Answers to direct questions, and explanations."""

import re
from random import Random

from apex_mock.core.corpus import Page, Passage, PassageKind
from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import answers, definition, distinct, expand, said_about, support, topic
from apex_mock.core.prose.library import Hit, Library, Line
from apex_mock.core.prose.words import count_words, lower_first, plain, sentences, telling

_WH = re.compile(r"^(?:who|when|where|how (?:many|much|tall|far|high|long|old|big|fast|deep|large|often|hot))\b", re.I)


def question(ask: Ask, shelf: Library, random: Random) -> str:
    """One to four sentences, the answer first."""
    hits = answers(ask, shelf)
    if not hits:
        page = topic(ask, shelf, 0.85)
        if page and not _WH.match(ask.text):
            return explanation(ask, shelf, random) if not ask.style.short else _brief(ask, page, shelf)
        return unknown.talk(ask, shelf, random)
    first = _home(hits, shelf)
    if ask.style.only:
        return pick(first, ask)
    more = 0 if ask.style.short else random.choice((1, 1, 2) if _WH.match(ask.text) else (1, 2, 2, 3))
    rest = support(first, ask, shelf, random, more)
    if re.match(r"^(?:why|how)\b", ask.text, re.I) and not rest and not ask.style.short:
        rest = distinct([h.line for h in hits[1:6] if h.line.alone], [first])[:2]
    return " ".join([first.text, *(line.text for line in rest)])


def _home(hits: list[Hit], shelf: Library) -> Line:
    """The best line; of several equal ones, that on the page with the most to say about it."""
    best = hits[0].line
    same = [hit.line for hit in hits[:6] if hit.line.text == best.text]
    return max(same, key=lambda line: len(shelf.page_stems[line.page.url] & line.stems))


def _brief(ask: Ask, page: Page, shelf: Library) -> str:
    line = definition(page, shelf, telling(expand(ask.subject)), ask.spoken)
    return line.text if line else page.title


_DATE = re.compile(
    r"\b(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}\b|\b1\d{3}\b|\b20\d\d\b|\b\d+ BCE?\b"
)
_AMOUNT = re.compile(r"(?:about |roughly |nearly )?[−-]?\d[\d,.]*\d|\d+")


def pick(line: Line, ask: Ask) -> str:
    """The bare answer in a line: the name, the number or the date."""
    text = line.text
    only = ask.style.only
    asked = ask.text.lower()
    if only in ("number", "value", "digit", "digits") or (
        only in ("answer", "result", "word") and re.match(r"how (?:many|much|far|tall|high|long|deep|fast|old)", asked)
    ):
        found = [m for m in _AMOUNT.findall(text) if m not in ask.text]
        if found:
            return re.sub(r"^\D+", "", found[0])
    if only == "year" and (years := re.findall(r"\b1\d{3}\b|\b20\d\d\b", text)):
        return str(years[0])
    if (only == "date" or asked.startswith("when")) and (match := _DATE.search(text)):
        return match[0]
    if match := re.match(
        r"^[^.]*?\b(?:is|are|was) ((?:[A-ZÀ-Þ][\w'’.-]*)(?: (?:d[aei]s? |of |the )*[A-ZÀ-Þ][\w'’.-]*)*)", text
    ):
        return match[1].rstrip(".,")
    if match := re.match(r"^((?:[A-ZÀ-Þ][\w'’-]*)(?: (?:da |de |van |von |of )*[A-ZÀ-Þ][\w'’-]*)*)", text):
        first = match[1]
        if first not in ("The", "A", "An", "In", "To") and not set(telling(first)) <= set(telling(ask.text)):
            return first
    names = [
        n
        for n in re.findall(r"(?<!^)\b[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*", text)
        if not set(telling(n)) <= set(telling(ask.text))
    ]
    return names[0] if names else text


def yes_no(ask: Ask, shelf: Library, random: Random) -> str:
    """Yes or no as far as a fact says so, and the fact."""
    hits = answers(ask, shelf)
    wanted = set(telling(expand(ask.text)))
    for hit in hits[:4]:
        if wanted <= hit.line.stems:
            negative = bool(re.search(r"\b(?:not|no|never|cannot|hardly|myth|neither)\b", hit.line.text)) != bool(
                re.search(r"\bnot\b|n't\b", ask.text)
            )
            word = "No" if negative else "Yes"
            return word + "." if ask.style.yes_no or ask.style.only else f"{word}. {hit.line.text}"
    verdict = _contradicted(ask, shelf)
    if verdict:
        return "No." if ask.style.yes_no or ask.style.only else f"No. {verdict.text}"
    if ask.style.yes_no or ask.style.only:
        return random.choice(("Yes.", "No."))
    if hits:
        return f"{random.choice(('In general, yes.', 'Broadly speaking, yes.', 'Yes, as far as it goes.'))} {hits[0].line.text}"
    page = topic(ask, shelf, 0.5)
    if page and (lines := said_about(ask, shelf, 2)):
        return f"{random.choice(('It depends on what is meant.', 'That depends on the circumstances.'))} {' '.join(line.text for line in lines)}"
    return unknown.talk(ask, shelf, random)


def _contradicted(ask: Ask, shelf: Library) -> Line | None:
    """The fact that gives another value: "Is Lyon the capital of France?" meets "The capital of France is Paris."."""
    match = re.match(
        r"^(?:is|was|are|were) (?:the )?(?P<x>.+?) (?:the|an?) (?P<rel>[^?]+ (?:of|in) [^?]+?)[?.! ]*$", ask.text, re.I
    )
    if not match:
        match = re.match(r"^(?:is|was) the (?P<rel>[^?]+? of [A-Z]\w+(?: [A-Z]\w+)*) (?P<x>[^?]+?)[?.! ]*$", ask.text)
    if not match:
        return None
    relation = telling(expand(match["rel"]))
    for hit in shelf.find(relation, "en")[:4]:
        if set(relation) <= set(hit.line.lead) and not set(telling(match["x"])) & hit.line.stems:
            return hit.line
    return None


# --- Explanations -----------------------------------------------------------------------------------------------------

_LEANING = re.compile(
    r"\b(?:table|above|below|following|figure|this page|this guide|the code|listing|diagram|section|here are|as follows)\b|:$",
    re.I,
)


def explanation(ask: Ask, shelf: Library, random: Random) -> str:
    """Two to four paragraphs: what it is, then what the page says about it."""
    page = topic(ask, shelf)
    wanted = telling(expand(ask.subject)) or list(ask.wanted)
    if page is None:
        return _scattered(ask, shelf, random)
    opening = _opening(ask, page, shelf, wanted)
    goal = random.randint(150, 260) * (2 if ask.style.long else 1)
    blocks: list[tuple[str, str]] = []
    words = count_words(opening)
    for passage in _ordered(page, shelf, wanted, random):
        text = paragraph(passage.text)
        if count_words(text) < 18 or _echoes(text, opening):
            continue
        if words + count_words(text) > goal + 70:
            continue
        blocks.append((passage.heading, text))
        words += count_words(text)
        if words >= goal or len(blocks) == (7 if ask.style.long else 4):
            break
    if len(blocks) >= 3 and words > 230 and random.random() < 0.5:
        body = [f"**{heading}.** {text}" if heading and not heading.endswith("?") else text for heading, text in blocks]
    else:
        body = [text for _, text in blocks]
    if count_words(" ".join([opening, *body])) < 110:
        extra = distinct(shelf.facts(page, ask.spoken))
        body.append(
            " ".join(
                line.text for line in extra if line.text not in opening and not any(_echoes(line.text, b) for b in body)
            )
        )
    return "\n\n".join(part for part in [opening, *body] if part)


def _opening(ask: Ask, page: Page, shelf: Library, wanted: list[str]) -> str:
    line = definition(page, shelf, wanted, ask.spoken)
    return line.text if line else ""


def _ordered(page: Page, shelf: Library, wanted: list[str], random: Random) -> list[Passage]:
    prose = shelf.passages(page, PassageKind.PROSE)
    scored = []
    for i, passage in enumerate(prose):
        lines = shelf.lines_of(passage)
        held = len({w for line in lines for w in wanted if w in line.stems})
        scored.append((held + (1.5 if i == 0 else 0) + random.random() * 1.2, i, passage))
    best = sorted(scored, key=lambda entry: -entry[0])[:6]
    return [passage for _, _, passage in sorted(best, key=lambda entry: entry[1])]


def paragraph(text: str, most: int = 5) -> str:
    """The sentences of a paragraph up to the first that leans on something not shown."""
    kept = []
    for sentence in sentences(plain(text)):
        if _LEANING.search(sentence):
            break
        kept.append(sentence)
    return " ".join(kept[:most])


def _echoes(text: str, other: str) -> bool:
    head = sentences(text)[0] if text else ""
    a, b = set(telling(head)), set(telling(other))
    return bool(a) and len(a & b) / len(a) > 0.75


def _scattered(ask: Ask, shelf: Library, random: Random) -> str:
    """An explanation from sentences of several pages, when none is about the subject."""
    lines = said_about(ask, shelf, 7)
    if len(lines) < 2:
        return unknown.talk(ask, shelf, random, long=True)
    first = next((line for line in lines if line.lead and set(ask.wanted) & set(line.lead)), lines[0])
    rest = [line for line in lines if line is not first]
    return first.text + " " + " ".join(line.text for line in rest[: random.randint(2, 4)])


__all__ = ["explanation", "lower_first", "paragraph", "pick", "question", "yes_no"]
