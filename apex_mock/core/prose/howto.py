"""Instructions: the steps that the corpus has for a task, or a sound order of work for any other."""

import re
from random import Random

from apex_mock.core.corpus import Passage, PassageKind
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.ground import answers, expand, overlap, topic
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.tell import explanation
from apex_mock.core.prose.words import closed, stems, telling
from apex_mock.core.regex import regex

_STEP = regex(r"^\d+[.)]\s+", re.M)


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
    (
        "**Settle what you want.** Write down in one sentence what the result should be, so that you can "
        "tell when you have managed to {x}."
    ,
     (
         "**Start from the result.** Picture what it will look like when you have managed to {x}, and note "
         "the two or three things that matter most."
     )),
    ("**Gather what you need.** List the materials, tools and information, and get them together before you begin.",
     "**Look at how others do it.** One or two good examples show which parts are easy and which take care."),
    (
        "**Begin with a small trial.** A first attempt on a small scale costs little and shows early what "
        "you have overlooked."
    ,
     "**Break it into parts.** Tackle one part at a time, the least certain one first, so that surprises come early."),
    (
        "**Work through it step by step.** Finish each part before you go on to the next, and keep a note of "
        "what you changed."
    ,
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
