"""Comparisons: what sets two things apart, each side by itself, and a table where the corpus has one."""

import re
from random import Random

from apex_mock.core.corpus import Page, Passage, PassageKind
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import distinct, expand
from apex_mock.core.prose.library import Library, Line
from apex_mock.core.prose.words import content, stems, upper_first


def comparison(ask: Ask, shelf: Library, random: Random) -> str:
    """Both sides, what sets them apart, and a table where the corpus has one."""
    assert ask.sides is not None
    a, b = (side.strip() for side in ask.sides)
    wanted_a, wanted_b = _key(a), _key(b)
    both = list(dict.fromkeys(wanted_a + wanted_b))
    page = next((p for p, share in shelf.pages_about(both) if share > 0.95), None)
    contrast = _contrast(both, page, shelf)
    side_a, side_b = (_side(name, other, page, shelf, contrast) for name, other in ((a, wanted_b), (b, wanted_a)))
    if not contrast and not (side_a and side_b):
        return _unknown_sides(ask, a, b, random)
    parts: list[str] = []
    if contrast:
        parts.append(" ".join(line.text for line in contrast[: 1 if ask.style.short else 3]))
    if not contrast or (side_a and side_b and not ask.style.short):
        most = random.choice((2, 3))
        for name, side in ((a, side_a), (b, side_b)):
            said = " ".join(line.text for line in side[:most]) or random.choice(_OPEN)
            parts.append(f"**{upper_first(name)}.** {said}")
    if page and not ask.style.short:
        table = next((p for p in shelf.passages(page, PassageKind.TABLE) if _heads(p, wanted_a, wanted_b)), None)
        if table and (random.random() < 0.75 or ask.style.table):
            parts.append(table.text)
    if not ask.style.short and re.search(r"\b(?:better|choose|which|should|vs|versus)\b", ask.text, re.I):
        parts.append(random.choice(_CLOSE))
    return "\n\n".join(part for part in parts if part)


def _key(name: str) -> list[str]:
    """The words of a side's name: both of "proof of work"; of "a miner in Bittensor" the miner too."""
    return content(expand(name))


def _contrast(both: list[str], page: Page | None, shelf: Library) -> list[Line]:
    """Facts that hold both sides, what says the difference first."""
    found = [h.line for h in shelf.find(both) if h.line.alone and h.line.fact and set(both) <= h.line.stems]
    found = [line for line in found if page is None or line.page is page] or found
    sided = [line for line in found if not line.defines or "differ" in line.stems or " while " in line.text]
    found = sided or found
    found.sort(key=lambda line: -2 * bool(line.stems & {"differ", "while"}) - bool(line.defines))
    return distinct(found, share=0.8)[:3]


def _heads(table: Passage, a: list[str], b: list[str]) -> bool:
    head = set(stems(table.text.split("\n")[0]))
    return bool(head & set(a)) and bool(head & set(b))


def _side(name: str, other: list[str], page: Page | None, shelf: Library, taken: list[Line]) -> list[Line]:
    """Lines about one side alone: what it is, then what is said of it."""
    wanted = set(_key(name))
    found = [h.line for h in shelf.find(_key(name), limit=60) if h.line.alone and wanted <= h.line.stems]
    led = [
        line
        for line in found
        if wanted == set(line.lead) or line.text.lower().startswith(re.sub(r"^(?:the|an?) ", "", name.lower()))
    ]
    led = [line for line in led if not (set(other) - wanted) & line.stems or wanted & set(other)]
    near = [line for line in led if line.page is page] if page else led
    near = near if len(near) > 1 else [*near, *(line for line in led if line.fact and line not in near)]
    near.sort(key=lambda line: (not (line.defines and set(line.lead) == wanted), not line.fact, line.place))
    return distinct(near[:10], taken, 0.6)[:3]


def _unknown_sides(ask: Ask, a: str, b: str, random: Random) -> str:
    opening = random.choice(
        (
            f"To compare {a} with {b}, it helps to put the same questions to both.",
            f"{upper_first(a)} and {b} are best compared point by point.",
        )
    )
    points = random.sample((
        
            f"**Purpose.** What is {a} meant for, and what is {b} meant for? Where the purposes differ, there is "
            f"often no need to choose."
        ,
        f"**Effort and cost.** Compare what {a} and {b} ask for at the beginning, and what each takes to keep up.",
        f"**Strengths.** Look for the case in which {a} is clearly ahead, and then for the case in which {b} is.",
        (
            f"**Limits.** Each has situations in which it disappoints; knowing them for both {a} and {b} is worth "
            f"more than a list of advantages."
        ),
        (
            f"**Experience of others.** Ask people who have used both {a} and {b} for some time, since first "
            f"impressions fade."
        ),
    ), 3 if not ask.style.short else 1)  # fmt: skip
    close = random.choice(
        (
            "Tell me which of these points counts most for you, and the choice becomes easier.",
            "Once you know which point counts most, the decision usually makes itself.",
        )
    )
    return "\n\n".join([opening, "\n".join(f"- {p}" for p in points), close])


_OPEN = (
    "Here much depends on the particular case, so the fair comparison is with one concrete example.",
    "This one is best judged by the same questions: what it is for, what it costs, and who uses it.",
)
_CLOSE = (
    "Which of the two fits better depends on what you need it for.",
    "In short, the two answer different needs, and it helps to decide first which need is yours.",
    "Neither is better in every respect; the points above show where each has its place.",
)
