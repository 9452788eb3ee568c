"""Instructions in steps, comparisons of two sides, and lists of n."""

import re
from collections.abc import Iterator
from random import Random

from apex_mock.core.corpus import Page, Passage, PassageKind
from apex_mock.core.prose import unknown
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import answers, definition, distinct, expand, overlap, said_about, topic
from apex_mock.core.prose.library import Library, Line
from apex_mock.core.prose.tell import explanation, paragraph
from apex_mock.core.prose.words import closed, count_words, lower_first, plain, sentences, stems, telling, upper_first

# --- How to -----------------------------------------------------------------------------------------------------------

_STEP = re.compile(r"^\d+[.)]\s+", re.M)


def how_to(ask: Ask, shelf: Library, random: Random) -> str:
    """Numbered steps, with a sentence before and, at times, one after them."""
    wanted = telling(expand(ask.subject)) or list(ask.wanted)
    found = _steps(wanted, shelf)
    if found is None:
        hits = answers(ask, shelf)
        if hits and hits[0].cover > 0.85:
            line = hits[0].line
            page = topic(ask, shelf, 0.6)
            return explanation(ask, shelf, random) if page else line.text
        return _general_steps(ask, random)
    steps = [closed(re.sub(r"\s+", " ", part).strip()) for part in _STEP.split(found.text) if part.strip()]
    fact = next(
        (
            f
            for f in shelf.facts(found.page)
            if f.text.startswith("To ") and len(set(wanted) & f.stems) >= min(2, len(wanted))
        ),
        None,
    )
    intro = (
        fact.text
        if fact and random.random() < 0.6
        else random.choice(
            (
                "Here is how to {x}:",
                "To {x}, go through these steps:",
                "These steps will take you there:",
                "Here is a way to {x} that works well:",
            )
        ).format(x=ask.subject)
    )
    lines = [intro, "", *(f"{i}. {step}" for i, step in enumerate(steps, 1))]
    if not ask.style.short:
        after = _remarks(found, steps, shelf, wanted, random)
        if after:
            lines += ["", after]
    return "\n".join(lines)


def _steps(wanted: list[str], shelf: Library) -> Passage | None:
    """The steps passage that fits: its page has to be about what is to be done."""
    best: tuple[float, Passage] | None = None
    for page, share in shelf.pages_about(wanted):
        for place, passage in enumerate(shelf.passages(page, PassageKind.STEPS)):
            if len(_STEP.split(passage.text)) < 4:
                continue
            held = set(stems(f"{passage.heading} {passage.text} {page.title} {' '.join(page.topics)}"))
            cover = sum(w in held for w in wanted) / max(1, len(wanted))
            near = len(set(stems(passage.heading)) & set(wanted)) + (
                1.5 if re.search(r"how to|steps", passage.heading, re.I) else 0
            )
            score = cover * 4 + near + share - 0.2 * place
            if cover >= 0.67 and (best is None or score > best[0]):
                best = (score, passage)
    return best[1] if best else None


def _remarks(found: Passage, steps: list[str], shelf: Library, wanted: list[str], random: Random) -> str:
    """One or two facts of the page that the steps do not say already."""
    told = frozenset(stems(" ".join(steps)))
    pool = [
        line
        for line in shelf.facts(found.page)
        if overlap(line.stems, told) < 0.75 and not line.text.startswith("To ") and not line.defines
    ]
    pool.sort(key=lambda line: -len(line.stems & set(wanted)))
    chosen = pool[:3]
    random.shuffle(chosen)
    return " ".join(line.text for line in chosen[: random.choice((1, 2))])


_PLAN = (
    ("**Settle what you want.** Write down in one sentence what the result should be, so that you can tell when you are done with {x}.",
     "**Start from the result.** Picture what it will look like when you have managed to {x}, and note the two or three things that matter most."),
    ("**Gather what you need.** List the materials, tools and information, and get them together before you begin.",
     "**Look at how others do it.** One or two good examples show which parts are easy and which take care."),
    ("**Begin with a small trial.** A first attempt on a small scale costs little and shows early what you have overlooked.",
     "**Break it into parts.** Tackle one part at a time, the least certain one first, so that surprises come early."),
    ("**Work through it step by step.** Finish each part before you go on to the next, and keep a note of what you changed.",
     "**Do the main work without hurry.** Most mistakes come from skipping a step that looked unimportant."),
    ("**Check the result.** Compare it with what you wrote down at the beginning, and mend what does not fit.",
     "**Test it in real use.** Try the result the way it will be used, and ask somebody else to look at it as well."),
    ("**Improve it.** Keep what worked, change one thing at a time, and repeat until you are content.",
     "**Write down what you learned.** The second time will be much quicker for it."),
)  # fmt: skip


def _general_steps(ask: Ask, random: Random) -> str:
    task = ask.subject or "this"
    opening = random.choice(
        (
            "How to {x} depends on your circumstances, but this order of work serves well:",
            "There is more than one way to {x}. A sound approach looks like this:",
            "If you want to {x}, it pays to go about it in order:",
        )
    )
    steps = [random.choice(pair) for pair in _PLAN]
    if random.random() < 0.5:
        steps.pop()
    ending = random.choice(
        (
            "Tell me what you have at hand, and I can make these steps more concrete.",
            "If you get stuck at one of the steps, describe it and we can look at it together.",
        )
    )
    return "\n".join([opening, "", *(f"{i}. {s}" for i, s in enumerate(steps, 1)), "", ending]).format(
        x=task.replace("{", "").replace("}", "")
    )


# --- Comparisons ------------------------------------------------------------------------------------------------------


def comparison(ask: Ask, shelf: Library, random: Random) -> str:
    """Both sides, what sets them apart, and a table where the corpus has one."""
    assert ask.sides is not None
    a, b = (_bare(side) for side in ask.sides)
    wanted_a, wanted_b = telling(expand(a)), telling(expand(b))
    both = list(dict.fromkeys(wanted_a + wanted_b))
    page = next((p for p, share in shelf.pages_about(both) if share > 0.95), None)
    contrast = [
        h.line for h in shelf.find(both) if h.cover > 0.9 and h.line.alone and h.line.fact and set(both) <= h.line.stems
    ]
    contrast = distinct(sorted(contrast, key=lambda line: -bool(line.stems & {"differ", "while"})))[:2]
    side_a, side_b = _side(a, ask, shelf, contrast), _side(b, ask, shelf, contrast)
    if not (side_a or side_b or contrast):
        return _unknown_sides(ask, a, b, random)
    parts: list[str] = []
    if contrast:
        parts.append(" ".join(line.text for line in contrast[: 1 if ask.style.short else 2]))
    if not ask.style.short or not contrast:
        for name, side in ((a, side_a), (b, side_b)):
            if side:
                parts.append(f"**{_heading(name)}.** " + " ".join(line.text for line in side[: random.choice((2, 3))]))
            elif not contrast:
                parts.append(
                    f"**{_heading(name)}.** "
                    + random.choice(
                        (
                            "Here much depends on the particular case, so the fair comparison is with one concrete example.",
                            "This one is best judged by the same questions: what it is for, what it costs, and who uses it.",
                        )
                    )
                )
    if page and not ask.style.short:
        table = next((p for p in shelf.passages(page, PassageKind.TABLE) if _heads(p, wanted_a, wanted_b)), None)
        if table and (random.random() < 0.75 or ask.style.table):
            parts.append(table.text)
    if not ask.style.short:
        parts.append(
            random.choice(
                (
                    "Which of the two fits better depends on what you need it for.",
                    "In short, the two answer different needs, and it helps to decide first which need is yours.",
                    "Neither is better in every respect; the points above show where each has its place.",
                )
            )
            if re.search(r"\b(?:better|choose|which|should|vs|versus)\b", ask.text, re.I)
            else ""
        )
    return "\n\n".join(part for part in parts if part)


def _bare(side: str) -> str:
    return re.sub(r"^(?:the|a|an|between|both)\s+", "", side.strip(), flags=re.I)


def _heading(name: str) -> str:
    return upper_first(name)


def _heads(table: Passage, a: list[str], b: list[str]) -> bool:
    head = set(stems(table.text.split("\n")[0]))
    return bool(head & set(a)) and bool(head & set(b))


def _side(name: str, ask: Ask, shelf: Library, taken: list[Line]) -> list[Line]:
    wanted = telling(expand(name))
    found = [h.line for h in shelf.find(wanted) if h.line.alone and set(wanted) <= h.line.stems]
    if not found:
        return []
    found.sort(
        key=lambda line: (
            not (line.defines and set(line.lead) == set(wanted)),
            not (set(line.lead) >= set(wanted)),
            not line.fact,
        )
    )
    led = [line for line in found if set(wanted) <= set(line.lead) or line.text.lower().startswith(name.lower())]
    return distinct((led or found)[:10], taken)[:3]


def _unknown_sides(ask: Ask, a: str, b: str, random: Random) -> str:
    opening = random.choice(
        (
            f"To compare {a} with {b}, it helps to put the same questions to both.",
            f"{upper_first(a)} and {b} are best compared point by point.",
        )
    )
    points = random.sample((
        f"**Purpose.** What is {a} meant for, and what is {b} meant for? Where the purposes differ, there is often no need to choose.",
        f"**Effort and cost.** Compare what {a} and {b} ask for at the beginning, and what each takes to keep up.",
        f"**Strengths.** Look for the case in which {a} is clearly ahead, and then for the case in which {b} is.",
        f"**Limits.** Each has situations in which it disappoints; knowing them for both {a} and {b} is worth more than a list of advantages.",
        f"**Experience of others.** Ask people who have used both {a} and {b} for some time, since first impressions fade.",
    ), 3 if not ask.style.short else 1)  # fmt: skip
    close = random.choice(
        (
            "Tell me which of these points counts most for you, and the choice becomes easier.",
            "Once you know which point counts most, the decision usually makes itself.",
        )
    )
    return "\n\n".join([opening, "\n".join(f"- {p}" for p in points), close])


# --- Lists ------------------------------------------------------------------------------------------------------------

_ROW = re.compile(r"^\|(?P<cells>.+)\|\s*$")


def items(ask: Ask, shelf: Library, random: Random, count: int) -> list[str]:
    """Exactly `count` items about the subject."""
    wanted = telling(expand(ask.subject)) or list(ask.wanted)
    found: list[str] = []
    best: list[tuple[float, list[str]]] = []
    for page, share in shelf.pages_about(wanted):
        for passage in shelf.passages(page, PassageKind.LIST, PassageKind.STEPS, PassageKind.TABLE):
            made = [item for item in _items(passage) if item]
            head = set(stems(passage.heading)) | set(stems(" ".join(_columns(passage))))
            near = sum(shelf.weight(w) for w in wanted if w in head) / max(0.1, sum(shelf.weight(w) for w in wanted))
            if len(made) >= min(count, 3):
                best.append((near * 2 + share + (0.4 if len(made) >= count else 0), made))
    best.sort(key=lambda entry: -entry[0])
    if best and best[0][0] >= 1.25:
        found = list(best[0][1])
        if len(found) > count and not _ordered(ask):
            kept = sorted(random.sample(range(len(found)), count))
            found = [found[i] for i in kept]
    if len(found) < count:
        lines = [h.line for h in shelf.find(wanted) if h.cover >= 0.7 and h.line.alone]
        page = topic(ask, shelf)
        if page:
            lines += [line for line in shelf.facts(page)]
        chosen = distinct([line for line in lines if not found or all(line.text not in f for f in found)])
        found += [line.text for line in chosen[: count - len(found)]]
    if len(found) < count:
        found += _aspects(ask, random, count - len(found))
    return found[:count]


def _ordered(ask: Ask) -> bool:
    return bool(re.search(r"\b(?:top|first|largest|biggest|highest|longest|oldest|steps?|most)\b", ask.text, re.I))


def _columns(passage: Passage) -> list[str]:
    if passage.kind is not PassageKind.TABLE:
        return []
    return [cell.strip() for cell in passage.text.split("\n")[0].strip("|").split("|")][:1]


def _items(passage: Passage) -> Iterator[str]:
    if passage.kind is PassageKind.TABLE:
        rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in passage.text.split("\n")]
        if len(rows) < 3:
            return
        head = rows[0]
        for row in rows[2:]:
            if row and row[0] and not row[0].isdigit():
                details = [
                    f"{lower_first(h)}: {v}" if h and not re.search(r"[A-Z]{2}", h) else v
                    for h, v in zip(head[1:], row[1:], strict=False)
                    if v and v not in ("–", "-", "—")
                ]
                yield f"**{plain(row[0])}**" + (f" ({'; '.join(details)})" if details else "")
            elif row and len(row) > 1 and row[0].isdigit():
                yield f"**{plain(row[1])}**" + (f" ({'; '.join(v for v in row[2:] if v)})" if len(row) > 2 else "")
        return
    for part in re.split(r"^(?:[-*+]|\d+[.)])\s+", passage.text, flags=re.M):
        text = " ".join(part.split())
        if text:
            yield text


_VIEWS = (
    "**Where it comes from.** The origins of {x} explain much of what it is today.",
    "**How it is used.** Looking at {x} in practice shows more than any definition.",
    "**Who is involved.** The people behind {x}, and those it serves, see it differently.",
    "**What it costs.** Time, money and attention all belong in an honest account of {x}.",
    "**What makes it work.** There are usually one or two parts of {x} that everything else depends on.",
    "**Where its limits lie.** Knowing what {x} cannot do saves many detours.",
    "**How it has changed.** Comparing {x} now with {x} some years ago makes the direction visible.",
    "**What beginners overlook.** The details of {x} that look unimportant at first often matter most.",
    "**How to judge it.** Decide beforehand by which signs you would call {x} a success.",
    "**What comes next.** It is worth asking where {x} may lead and who will shape it.",
    "**What to compare it with.** A good comparison puts {x} in proportion.",
    "**Where to learn more.** A good introduction and one conversation with somebody experienced go a long way with {x}.",
)  # fmt: skip


def _aspects(ask: Ask, random: Random, count: int) -> list[str]:
    name = unknown.name_of(ask)
    name = re.sub(
        r"^(?:reasons?|tips?|ways?|facts?|things?|ideas?|examples?|benefits?|uses|questions?) (?:why|to|for|of|about|on)?\s*",
        "",
        name,
    )
    order = random.sample(_VIEWS, len(_VIEWS))
    return [order[i % len(order)].format(x=name) for i in range(count)]


def listing(ask: Ask, shelf: Library, random: Random) -> str:
    """A lead-in and exactly the number of items asked for."""
    count = ask.count or 5
    made = items(ask, shelf, random, count)
    numbered = ask.style.numbered or (not ask.style.bullets and (_ordered(ask) or random.random() < 0.6))
    lead = (
        random.choice(
            ("Here are {n} {x}:", "{N} {x}:", "These {n} are a good selection:", "Here is a list of {n} {x}:")
        ).format(n=_spelled(count), N=upper_first(_spelled(count)), x=ask.subject)
        if ask.count and ask.subject
        else f"{upper_first(ask.subject)}:"
    )
    if count == 1:
        return made[0]
    if not re.search(r"\w", ask.subject):
        lead = f"Here are {_spelled(count)}:"
    return lead + "\n\n" + "\n".join(f"{i}. {item}" if numbered else f"- {item}" for i, item in enumerate(made, 1))


def _spelled(n: int) -> str:
    words = "zero one two three four five six seven eight nine ten eleven twelve".split()
    return words[n] if n < len(words) else str(n)


__all__ = [
    "Page",
    "comparison",
    "count_words",
    "definition",
    "how_to",
    "items",
    "listing",
    "paragraph",
    "said_about",
    "sentences",
]
