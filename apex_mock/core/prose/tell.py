"""Answers to direct questions, and explanations."""

import re
from random import Random

from apex_mock.core.corpus import Page, Passage, PassageKind
from apex_mock.core.kept import kept
from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import answers, definition, distinct, expand, said_about, support, topic
from apex_mock.core.prose.library import Hit, Library, Line
from apex_mock.core.prose.style import NUMBERS
from apex_mock.core.prose.words import content, count_words, plain, sentences, telling
from apex_mock.core.regex import regex

_WH = regex(r"^(?:who|when|where|how (?:many|much|tall|far|high|long|old|big|fast|deep|large|often|hot))\b", re.I)


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
    line = definition(page, shelf, content(expand(ask.subject)), ask.spoken)
    return line.text if line else page.title


_DATE = regex(
    r"\b(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December) \d{4}\b|\b1\d{3}\b|\b20\d\d\b|\b\d+ BCE?\b"
)
_AMOUNT = regex(r"(?:about |roughly |nearly )?[−-]?\d[\d,.]*\d|\d+")


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
        for word in re.findall(r"[a-z]+", text.lower()):
            if NUMBERS.get(word, 0) > 1:
                return str(NUMBERS[word])
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


_KNOWN = ("Here is what is known:", "The figures speak for themselves:", "To judge by the facts:")


def yes_no(ask: Ask, shelf: Library, random: Random) -> str:
    """Yes or no as far as a fact says so, and the fact."""
    hits = answers(ask, shelf)
    wanted = set(telling(expand(ask.text)))
    if verdict := _verdict(ask, shelf):
        right, line = verdict
        word = "Yes" if right else "No"
        return f"{word}." if ask.style.yes_no or ask.style.only else f"{word}. {line.text}"
    if re.search(r"\bthan\b", ask.text) and hits and not ask.style.yes_no:
        return f"{random.choice(_KNOWN)} {hits[0].line.text}"
    for hit in hits[:4]:
        if wanted <= hit.line.stems:
            negative = bool(re.search(r"\b(?:not|no|never|cannot|hardly|myth|neither)\b", hit.line.text)) != bool(
                re.search(r"\bnot\b|n't\b", ask.text)
            )
            word = "No" if negative else "Yes"
            return word + "." if ask.style.yes_no or ask.style.only else f"{word}. {hit.line.text}"
    if ask.style.yes_no or ask.style.only:
        return random.choice(("Yes.", "No."))
    if hits:
        return (
            f"{random.choice(('In general, yes.', 'Broadly speaking, yes.', 'Yes, as far as it goes.'))} "
            f"{hits[0].line.text}"
        )
    page = topic(ask, shelf, 0.5)
    if page and (lines := said_about(ask, shelf, 2)):
        return (
            f"{random.choice(('It depends on what is meant.', 'That depends on the circumstances.'))} "
            f"{' '.join(line.text for line in lines)}"
        )
    return unknown.talk(ask, shelf, random)


def _verdict(ask: Ask, shelf: Library) -> tuple[bool, Line] | None:
    """Whether X is the Y of Z, by the fact that says what the Y of Z is."""
    text = ask.text
    match = re.match(r"^(?:is|was) (?P<x>.+?) the (?P<rel>[^?]+ (?:of|in|on) [^?]+?)[?.! ]*$", text, re.I)
    if not match:
        match = re.match(r"^(?:is|was) the (?P<rel>[^?]+? of [A-Z]\w+(?: [A-Z]\w+)*) (?P<x>[^?]+?)[?.! ]*$", text)
    if not match:
        return None
    relation = content(expand(match["rel"]))
    candidate = set(content(match["x"]))
    for hit in shelf.find(relation, "en")[:12]:
        line = hit.line
        said = re.split(r"\b(?:is|was|are|were)\b", line.text, maxsplit=1)
        if len(said) == 2 and set(relation) == set(line.lead):
            value = re.split(r",|;| not | although | while ", said[1])[0]
            return bool(candidate <= set(content(value))), line
        if len(said) == 2 and candidate == set(line.lead) and set(relation) <= set(content(said[1])):
            return True, line
    return None


# --- Explanations -----------------------------------------------------------------------------------------------------

_LEANING = regex(
    r"\b(?:table|above|below|following|figure|this page|this guide|the code|listing|diagram|section|here "
    r"are|as follows)\b|:$",
    re.I,
)


def explanation(ask: Ask, shelf: Library, random: Random) -> str:
    """Two to four paragraphs: what it is, then what the page says about it."""
    page = topic(ask, shelf)
    wanted = telling(expand(ask.subject)) or list(ask.wanted)
    if page is None:
        return _scattered(ask, shelf, random)
    single = bool(re.search(r"\b(?:a|one|single|short|brief) (?:\w+ )?paragraph\b", ask.text, re.I))
    opening = _opening(ask, page, shelf, content(expand(ask.subject)))
    goal = 95 if single else random.randint(150, 260) * (2 if ask.style.long else 1)
    blocks: list[tuple[str, str]] = []
    words = count_words(opening)
    for passage in _ordered(page, shelf, wanted, ask.text, random):
        text = paragraph(passage.text)
        if count_words(text) < 18 or _echoes(text, opening):
            continue
        if words + count_words(text) > goal + 70:
            continue
        blocks.append((passage.heading, text))
        words += count_words(text)
        if single or words >= goal or len(blocks) == (7 if ask.style.long else 4):
            break
    body = [text for _, text in blocks]
    if single:
        return " ".join([opening, *body])
    if len(blocks) >= 3 and words > 230 and random.random() < 0.5:
        before = ""
        for i, (heading, text) in enumerate(blocks):
            if heading and heading != before and not heading.endswith("?"):
                body[i] = f"**{heading}.** {text}"
            before = heading
    if count_words(" ".join([opening, *body])) < 110:
        extra = distinct(shelf.facts(page, ask.spoken))
        body.append(
            " ".join(
                line.text for line in extra if line.text not in opening and not any(_echoes(line.text, b) for b in body)
            )
        )
    return "\n\n".join(part for part in [opening, *body] if part)


def _opening(ask: Ask, page: Page, shelf: Library, wanted: list[str]) -> str:
    """What the subject is: the page's own first paragraph when it begins so, else the fact that says it."""
    line = definition(page, shelf, wanted, ask.spoken)
    prose = shelf.passages(page, PassageKind.PROSE)
    if line and not (line.defines and set(line.lead) == set(wanted)):
        for passage in prose:
            lines = shelf.lines_of(passage)
            if (
                lines
                and lines[0].defines
                and set(wanted) <= set(lines[0].lead)
                and len(lines[0].lead) <= len(wanted) + 2
            ):
                return paragraph(passage.text)
    if prose and line:
        lines = shelf.lines_of(prose[0])
        if lines and lines[0].lead == line.lead and lines[0].defines:
            return paragraph(prose[0].text)
    return line.text if line else ""


def _ordered(page: Page, shelf: Library, wanted: list[str], asked: str, random: Random) -> list[Passage]:
    """Paragraphs worth telling, in the order of the page."""
    how = bool(re.search(r"\bhow\b", asked, re.I))
    scored: list[tuple[float, int, Passage]] = []
    passages = shelf.by_page[page.url]
    for i, passage in enumerate(passages):
        if passage.kind is not PassageKind.PROSE:
            continue
        before = passages[i - 1] if i else passage
        if before.kind in (PassageKind.CODE, PassageKind.TABLE, PassageKind.LIST) and before.heading == passage.heading:
            continue  # it may speak of what stands before it
        lines = shelf.lines_of(passage)
        if not lines or _BACK.match(lines[0].text):
            continue
        held = len({w for line in lines for w in wanted if w in line.stems})
        about = 1.2 if how and re.search(r"\bhow\b|\bwork", passage.heading, re.I) else 0.0
        scored.append(
            (held + about + (1.5 if len(scored) == 0 else 0) - 0.08 * len(scored) + random.random() * 1.2, i, passage)
        )
    best = sorted(scored, key=lambda entry: -entry[0])[:6]
    return [passage for _, _, passage in sorted(best, key=lambda entry: entry[1])]


_BACK = regex(
    r"^(?:The (?:two|three|four|same|other|second|third|last|result|difference)|These|Those|Both|This|It|"
    r"They|He|She|Such|Another|In this|In both|For this)\b"
)


@kept(4096, longest=2048)
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
    return bool(a) and len(a & b) / len(a) > 0.7


def more(ask: Ask, shelf: Library, random: Random) -> str:
    """What has not been said yet about the topic of before."""
    said = " ".join(m.content for m in ask.messages if m.role == "assistant")[-20_000:]
    page = topic(ask, shelf, 0.5)
    if page is None and (hits := answers(ask, shelf)):
        page = hits[0].line.page
    if page is None:
        lines = [line for line in said_about(ask, shelf, 8) if line.text not in said]
        return (
            " ".join(line.text for line in lines[:4]) if len(lines) > 1 else unknown.talk(ask, shelf, random, long=True)
        )
    fresh = [line for line in distinct(shelf.facts(page, ask.spoken)) if line.text not in said]
    prose = [
        text
        for p in shelf.passages(page, PassageKind.PROSE)[1:]
        if count_words(text := paragraph(p.text)) > 25 and text[:80] not in said
    ]
    facts = " ".join(line.text for line in random.sample(fresh[:5], min(2, len(fresh[:5]))))
    chosen = random.sample(prose, min(2, len(prose)))
    return "\n\n".join(part for part in [facts, *sorted(chosen, key=prose.index)] if part) or page.facts[0]


def _scattered(ask: Ask, shelf: Library, random: Random) -> str:
    """An explanation from sentences of several pages, when none is about the subject."""
    lines = said_about(ask, shelf, 7)
    if len(lines) < 2:
        return unknown.talk(ask, shelf, random, long=True)
    first = next((line for line in lines if line.lead and set(ask.wanted) & set(line.lead)), lines[0])
    rest = [line for line in lines if line is not first]
    return first.text + " " + " ".join(line.text for line in rest[: random.randint(2, 4)])
