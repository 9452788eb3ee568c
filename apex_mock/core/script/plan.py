"""The plan of a job: which sides of the question are looked at, in which order, and what is searched for each."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from apex_mock.core.prose.words import join, telling, upper_first
from apex_mock.core.regex import regex
from apex_mock.core.script.asks import Angle
from apex_mock.core.script.facets import CAUSES, DEFINE, EFFECTS, FACTS, Facet
from apex_mock.core.script.findings import Card, Notebook, Source, roots, same
from apex_mock.core.script.plans import CONTRAST, PART, PLANS, SIDE_A, SIDE_B, WITHOUT
from apex_mock.core.script.question import Question

LEAST, MOST = 3, 6  # steps
CONSIDERED = 70  # sentences that are looked at for one job
ROOM = 9  # sentences that one step may hold
PICKED = (2, 3, 3, 4)  # sentences of a step's summary


@dataclass(slots=True)
class Step:
    """One step: what it is called, what it searches for, and, once it has run, what it found."""

    facet: Facet
    names: dict[str, str]
    plan: str
    purposes: tuple[str, ...]
    head: str
    sources: tuple[Source, ...] = ()
    cards: list[Card] = field(default_factory=list)

    @property
    def about(self) -> str:
        return self.facet.about.format(**self.names)


def steps_for(question: Question, random: Random) -> list[Step]:
    parts = list(dict.fromkeys(p for p in (question.y, *question.aspects) if telling(p)))
    ruled_out = join(list(question.constraints), "or")
    if len(parts) > 1 and question.angle is Angle.OVERVIEW:
        parts = parts[:4]
    listed = [
        (facet, required)
        for facet, required in PLANS[question.angle]
        if (facet is not WITHOUT or ruled_out) and (facet is not FACTS or len(parts) < 2)
    ]
    needed = sum(required for facet, required in listed if facet is not PART)
    parts = parts[: max(1, min(3, MOST - needed))]
    count = max(LEAST, min(MOST, needed + len(parts) + random.choice((0, 0, 1, 1, 2))))
    spare = [facet for facet, required in listed if not required and facet is not PART]
    extra = set(random.sample(range(len(spare)), min(len(spare), max(0, count - needed - len(parts)))))
    chosen = {id(facet) for i, facet in enumerate(spare) if i in extra}
    steps: list[Step] = []
    for facet, required in listed:
        if facet is PART:
            steps += [_step(facet, question, random, part) for part in parts]
        elif facet is WITHOUT:
            steps.append(_step(facet, question, random, ruled_out))
        elif required or id(facet) in chosen:
            steps.append(_step(facet, question, random))
    return steps[:MOST]


def _step(facet: Facet, question: Question, random: Random, part: str = "") -> Step:
    names = names_of(question, part)
    searches = [random.choice(facet.seek)]
    if facet.also and random.random() < 0.5:
        searches.append(random.choice(facet.also))
    return Step(
        facet,
        names,
        _filled(random.choice(facet.plan), names),
        tuple(_filled(text, names) for text in searches),
        _filled(random.choice(facet.head), names),
    )


def _filled(template: str, names: dict[str, str]) -> str:
    return upper_first(template.format(**names))


def names_of(question: Question, part: str = "") -> dict[str, str]:
    a, b = question.sides or (question.x, question.y)
    goal = question.goal or f"make the most of {question.x}"
    apart = part and not set(roots(part)) & set(roots(question.x))
    near = question.y if question.y and question.angle is not Angle.DESIGN else ""
    return {
        "x": gerund(question.goal) if question.goal and question.angle is Angle.OPTIONS else question.x,
        "y": question.y,
        "a": a,
        "b": b,
        "A": upper_first(a),
        "B": upper_first(b),
        "part": part,
        "Part": heading(part),
        "goal": goal,
        "aim": f"to {question.goal}" if question.goal else f"for {question.x}",
        "serve": gerund(question.goal) if question.goal else question.x,
        "on_y": f" on {near}" if near else "",
        "in_x": f" in connection with {question.x}" if apart and len(question.x.split()) <= 6 else "",
        "for_y": f" for {near}" if near else "",
    }


def heading(phrase: str) -> str:
    return upper_first(re.sub(r"^(?:the|a|an) ", "", phrase))


_DOUBLED = frozenset(
    (
        "cut",
        "get",
        "set",
        "run",
        "stop",
        "plan",
        "win",
        "let",
        "put",
        "shut",
        "begin",
        "forget",
        "swim",
        "ship",
        "fit",
        "map",
        "drop",
        "trim",
        "cap",
        "tag",
    )
)


def gerund(goal: str) -> str:
    """ "reduce food waste": "reducing food waste"."""
    verb, _, rest = goal.partition(" ")
    if verb.endswith("ie"):
        made = verb[:-2] + "ying"
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and len(verb) > 2:
        made = verb[:-1] + "ing"
    elif verb in _DOUBLED:
        made = verb + verb[-1] + "ing"
    else:
        made = verb + "ing"
    return f"{made} {rest}".strip()


def run(steps: list[Step], notebook: Notebook, random: Random) -> None:
    """Makes the searches, and gives every sentence that fits to the step that it fits best."""
    for step in steps:
        found = [source for purpose in step.purposes for source in notebook.look(purpose)]
        step.sources = tuple(dict.fromkeys(found))
    scored: dict[Card, list[tuple[float, int]]] = {}
    for k, step in enumerate(steps):
        score = _scorer(step, notebook)
        for rank, source in enumerate(step.sources):
            for card, fit in notebook.fitting(source):
                if got := score(card, source, fit):
                    scored.setdefault(card, []).append((got - 0.03 * rank + 0.08 * random.random(), k))
    best_first = sorted(scored.items(), key=lambda entry: max(entry[1]), reverse=True)[:CONSIDERED]
    kept: list[Card] = []
    for card, places in best_first:
        if not any(same(card, other) for other in kept):
            kept.append(card)
            places.sort(reverse=True)
            roomy = [k for got, k in places if len(steps[k].cards) < ROOM and got > places[0][0] - 0.5]
            if roomy:
                steps[roomy[0]].cards.append(card)
            else:
                notebook.left.append(card)
    _share_out(steps, scored)
    _second_chance(steps, notebook.question)


def _share_out(steps: list[Step], scored: dict[Card, list[tuple[float, int]]]) -> None:
    """A step that has nothing gets something from those that have plenty, as far as it fits."""
    for k, step in enumerate(steps):
        while len(step.cards) < 2:
            spare = [
                (got, -i, card, other)
                for other in steps
                if other is not step and len(other.cards) > 3
                for i, card in enumerate(other.cards)
                for got, place in scored[card]
                if place == k and i > 1
            ]
            if not spare:
                break
            _, _, card, giver = max(spare, key=lambda entry: entry[:2])
            giver.cards.remove(card)
            step.cards.append(card)


def _second_chance(steps: list[Step], question: Question) -> None:
    """A part of the question for which nothing was found gets what names at least one of its words."""
    for step in steps:
        words = set(within(step, question)) if step.facet in (PART, WITHOUT) and not step.cards else set()
        for other in steps:
            for card in list(other.cards):
                if len(step.cards) < 2 < len(other.cards) and other.facet not in _NARROW and words & card.words:
                    other.cards.remove(card)
                    step.cards.append(card)


def _scorer(step: Step, notebook: Notebook) -> Callable[[Card, Source, float], float]:
    """How well a sentence belongs to a step; 0 when it does not."""
    facet, question = step.facet, notebook.question
    words = within(step, question)
    phrase = step.about if facet in _NARROW else ""
    sides = (
        [(side, _own(side, other)) for side, other in (question.sides, question.sides[::-1])] if question.sides else []
    )
    subject = frozenset(roots(question.x))
    object_ = roots(question.y)

    def score(card: Card, source: Source, fit: float) -> float:
        cued = bool(facet.cue.search(card.text))
        if facet.strict and not cued:
            return 0.0
        if phrase and not notebook.about(phrase, words, card, source):
            return 0.0
        told = [notebook.about(side, own, card, source) for side, own in sides]
        got = fit + 0.25 * cued + 0.05 * card.fact
        got += 0.35 * notebook.beside(card)
        got -= 0.12 * (card.size < 8) + 0.1 * (card.size > 34)
        if phrase:
            got += 0.8
        if facet in (CAUSES, EFFECTS):
            aimed = bool(object_ and notebook.about(question.y, object_, card, source))
            if not (aimed or card.under & subject or cued):
                return 0.0
            got += 0.3 * aimed + 0.2 * bool(card.under & subject) + 0.4 * bool(_CAUSAL.search(card.text))
        if facet is CONTRAST:
            return got + 0.6 if all(told) else 0.0
        if facet in (SIDE_A, SIDE_B):
            got += 0.3 * bool(card.lead and set(words) & set(card.lead)) - 1.0 * all(told)
        if facet is DEFINE:
            defining = card.defines and bool(card.lead) and set(card.lead) <= subject
            leading = 2 * len(set(card.lead) & subject) > len(card.lead) if card.lead else False
            if not (defining or leading or (card.fact and subject & card.words)):
                return 0.0
            got += 0.6 if defining else 0.25 if leading else -0.2
        return got

    return score


_CAUSAL = regex(
    r"\b(?:caused by|causes? of|many causes|because|due to|blamed|led to|as a result|threatens?|changed)\b", re.I
)
_NARROW = (PART, WITHOUT, SIDE_A, SIDE_B)


def within(step: Step, question: Question) -> list[str]:
    """The roots that only the step's own part of the question has."""
    if step.facet in (PART, WITHOUT):
        own = roots(step.names["part"])
        return [w for w in own if w not in roots(question.x)] or own
    if step.facet is SIDE_A or step.facet is SIDE_B:
        return _own(
            *((step.names["a"], step.names["b"]) if step.facet is SIDE_A else (step.names["b"], step.names["a"]))
        )
    return []


def _own(side: str, other: str) -> list[str]:
    return [w for w in roots(side) if w not in roots(other)]


_LEADS = (
    "The clearest account comes from “{title}”.",
    "“{title}” covers this best.",
    "Most of what was found here goes back to “{title}”.",
    "Useful material came from “{title}”.",
    "The search led to “{title}” first of all.",
    "Here “{title}” was the page that helped most.",
    "Of the pages that came back, “{title}” says the most about it.",
    "The main findings of this step are taken from “{title}”.",
)
_NONE = (
    "The search brought up no page that deals with {about} directly.",
    "Nothing was found that answers this for {about}.",
    "No result speaks of {about} as such.",
    "On this point the search stayed without a result that fits {about}.",
    "The pages that came back treat other subjects and leave {about} aside.",
    "For {about}, this search added nothing that could be cited.",
    "The results pass over {about}.",
)
_NO_MORE = (
    "The search returned the pages that were read before, and nothing in them goes beyond the earlier steps.",
    "This search confirmed what the earlier steps had found and added no new point.",
    "No further evidence turned up; the pages overlap with those already read.",
    "What came back repeats earlier findings, so this step closes without a new one.",
    "The results were known from the steps before and needed no second reading.",
    "Nothing new came of this search, which suggests that the pages on the subject are exhausted.",
)


class Summaries:
    """Words each step's summary; no two of them share a sentence."""

    def __init__(self, random: Random) -> None:
        self.leads = iter(random.sample(_LEADS, len(_LEADS)))
        self.none = iter(random.sample(_NONE, len(_NONE)))
        self.no_more = iter(random.sample(_NO_MORE, len(_NO_MORE)))
        self._framed: set[str] = set()
        self.random = random

    def of(self, step: Step, titles: dict[str, str], told_before: bool) -> str:
        if step.cards:
            kept = step.cards[: self.random.choice(PICKED)]
            lead = next(self.leads).format(title=titles[step.cards[0].url])
            cards = sorted(kept, key=lambda card: (card.url != kept[0].url, card.key))
            return " ".join([lead, *(card.text for card in cards)])
        opening = next(self.no_more) if told_before else next(self.none).format(about=step.about)
        start = self.random.randrange(len(step.facet.frame))
        for i in range(len(step.facet.frame)):
            template = step.facet.frame[(start + i) % len(step.facet.frame)]
            if template not in self._framed:
                self._framed.add(template)
                return f"{opening} {_filled(template, step.names)}"
        return opening
