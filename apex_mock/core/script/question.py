"""What a research prompt asks: its kind, and the phrases that name its subject, ready to stand inside a sentence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apex_mock.core.prose.library import language
from apex_mock.core.prose.words import clip, sentences, telling
from apex_mock.core.regex import regex
from apex_mock.core.script.asks import (
    ASKS,
    CUT,
    DETERMINER,
    EMPTY,
    FOCUS,
    LEAD,
    MODAL,
    NOMINAL,
    NOT_ASKED,
    ORDER,
    ORDERS,
    PLANS,
    PREPOSITION,
    RULES,
    TAIL,
    VERBS,
    WITHOUT,
    Angle,
)

READ = 4_000  # characters of a prompt that are read
LONGEST = 13  # words of a phrase


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of the language of the subjects: `topics` as stems, and the words that are written small."""

    topics: frozenset[tuple[str, ...]] = frozenset()
    common: frozenset[str] = frozenset()

    def knows(self, words: Sequence[str]) -> bool:
        return tuple(telling(" ".join(words))) in self.topics

    def small(self, text: str) -> str:
        """With a small first letter when its first word is no name."""
        first = text.split(" ", 1)[0]
        return text[:1].lower() + text[1:] if first.istitle() and first.lower() in self.common else text


@dataclass(frozen=True, slots=True)
class Question:
    """`x` names the subject; `y` what it bears on; `goal` is a verb phrase ("reduce food waste"); `aspects` are further
    phrases that the prompt names, `constraints` those that it rules out. "" and () where there is none."""

    angle: Angle
    text: str
    x: str
    y: str = ""
    goal: str = ""
    sides: tuple[str, str] | None = None
    aspects: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """Every phrase that the question is made of, the subject first."""
        named = self.sides or ((self.goal,) if self.goal and self.angle is Angle.OPTIONS else (self.x,))
        return tuple(dict.fromkeys(p for p in (*named, self.y, *self.aspects, *self.constraints) if telling(p)))


def parse(prompt: str, lexicon: Lexicon = Lexicon()) -> Question:
    """Reads a prompt; the lexicon helps to tell where a noun phrase ends."""
    text, others = _asking(prompt)
    core = _bare(text)
    if language(core) != "en":
        return Question(Angle.OVERVIEW, core, f"“{clip(_unmarked(core), 90)}”")
    found = _match(core, lexicon)
    if not telling(found.x):
        found = replace(found, x=_context(others) or phrase(core) or "this question")
    aspects = [*found.aspects, *(a for sentence in (core, *others) for a in _listed(sentence))]
    taken = {frozenset(telling(p)) for p in (found.x, found.y, *(found.sides or ()), *found.constraints)}
    kept = []
    for aspect in aspects:
        key = frozenset(telling(aspect))
        if key and not any(key <= other for other in taken):
            taken.add(key)
            kept.append(_related(aspect, found.x))
    return replace(found, text=text, x=lexicon.small(found.x), aspects=tuple(kept[:4]))


_RELATION = regex(
    r"^(?:the )?(?:causes?|measurements?|effects?|costs?|history|security|energy use|efficiency|consequences|"
    r"limits|limitations|benefits|risks|"
    r"advantages|drawbacks|challenges|reliability|scalability|decentrali[sz]ation|performance|privacy|safety|"
    r"price|speed|future|origins?|structure|"
    r"environmental impact|impact|latency|durability|fairness|ethics|governance|taste|shelf life|labour cost|"
    r"quality|regulation|role|use|uses)$",
    re.I,
)


def _related(aspect: str, x: str) -> str:
    return f"the {aspect.removeprefix('the ')} of {x}" if _RELATION.match(aspect) and len(x.split()) < 9 else aspect


def _context(others: Sequence[str]) -> str:
    """What the prompt says of the asker's plans, when the question itself names no subject."""
    for sentence in others:
        if match := PLANS.match(sentence):
            return f"the plan to {phrase(match['goal'])}"
    return next((phrase(_bare(sentence)) for sentence in others if telling(sentence)), "")


def _asking(prompt: str) -> tuple[str, list[str]]:
    """The sentence that asks, and the others that say what about."""
    head = re.sub(r"```.*?(?:```|$)", " ", prompt[:READ], flags=re.S)
    head = re.sub(r"^\s*(?:#+|[-*>]|\d+[.)])\s+", "", head, flags=re.M)
    head = re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", head)
    head = re.sub(r"\n\s*\n", ". ", head) if "\n" in head else head
    flat = re.sub(r"([.?!:])\.(?= )", r"\1", " ".join(head.split()))
    found = sentences(flat) or [flat]
    wanted = [s for s in found if not NOT_ASKED.match(s)] or found
    asks = [s for s in wanted if ASKS.search(s) and telling(s)]
    chosen = next((s for s in asks if len(telling(_bare(s))) > 1), None) or (asks or wanted)[0]
    return chosen.strip(), [s for s in wanted if s is not chosen]


def _bare(text: str) -> str:
    """Without the words that only ask for an answer."""
    text = text.strip(" \"“”'.?!,;:*")
    for _ in range(6):
        match = LEAD.match(text)
        if not match or not match.end() or match.end() >= len(text) - 2:
            break
        text = text[match.end() :].lstrip(" ,:;")
    return text


def _match(core: str, lexicon: Lexicon) -> Question:
    for angle, pattern in RULES:
        if not (match := pattern.search(core)):
            continue
        got = {name: value for name, value in match.groupdict().items() if value}
        constraints = _without(core)
        if "a" in got:
            a, b = (
                phrase(got["a"]),
                phrase(re.split(r" (?:in terms of|with respect to|with regard to|regarding|as) ", got["b"])[0]),
            )
            if re.search(r"\w", a) and re.search(r"\w", b) and telling(f"{a} {b}"):
                return Question(angle, core, f"{a} and {b}", sides=(a, b), constraints=constraints)
            continue
        if "clause" in got:
            return _clause(angle, core, got["clause"], constraints, lexicon)
        if "goal" in got:
            goal = _goal(got["goal"])
            return Question(angle, core, phrase(_object(goal)) or phrase(goal), goal=goal, constraints=constraints)
        if "np_be" in got:
            subject, rest = _split_be(phrase(got["np_be"]).split(), lexicon)
            if angle is Angle.CAUSES and rest:
                return Question(angle, core, f"{subject} being {rest}", constraints=constraints)
            return Question(angle, core, phrase(subject), constraints=constraints)
        if "np_do" in got:
            subject, other = _split_do(CUT.split(got["np_do"])[0].split(), lexicon)
            if core.lower().startswith("should ") and telling(other):
                subject, other = other, subject
            return Question(angle, core, phrase(subject), phrase(other), constraints=constraints)
        listed = tuple(_items(got["y"]))[1:] if "," in got.get("y", "") else ()
        x, y = phrase(got.get("x", "" if "y" in got else core)), phrase(got.get("y", ""))
        if telling(x) or telling(y):
            return Question(angle, core, x, y, aspects=listed, constraints=constraints)
    return Question(Angle.OVERVIEW, core, phrase(core))


def _clause(angle: Angle, core: str, clause: str, constraints: tuple[str, ...], lexicon: Lexicon) -> Question:
    """Somebody could do something: "cities reduce traffic", "a network of agents could achieve alignment"."""
    halves = re.split(rf"\b{MODAL}\b", clause, maxsplit=1)
    if len(halves) == 2 and halves[0].strip():
        actor, goal = phrase(halves[0]), _goal(halves[1])
    else:
        words = clause.split()
        at = next((i for i, w in enumerate(words) if i and _verb(w) and not lexicon.knows(words[: i + 1])), 0)
        if at and words[at - 1] == "be":
            at -= 1
        actor, goal = phrase(" ".join(words[:at])), _goal(" ".join(words[at:]))
        if words[0].lower() in ("we", "i", "you", "one", "people", "someone"):
            actor = ""
            goal = _goal(" ".join(words[1:]))
        passive = re.match(r"^(?P<x>.+?) be (?P<verb>\w+)", clause, re.I)
        if passive:
            return Question(angle, core, phrase(passive["x"]), constraints=constraints)
    thing = phrase(_object(goal))
    if telling(actor) and telling(thing):
        if angle is Angle.OPTIONS and len(actor.split()) <= 2:
            return Question(angle, core, thing, actor, goal, constraints=constraints)
        return Question(angle, core, actor, thing, goal, constraints=constraints)
    return Question(angle, core, thing or actor or phrase(clause), "", goal, constraints=constraints)


def _goal(text: str) -> str:
    goal = phrase(re.sub(r"^(?:be able to|to)\s+", "", text.strip(), flags=re.I), 11)
    return goal if len(goal.split()) > 1 else ""


def _object(goal: str) -> str:
    """What the verb of a goal acts on."""
    words = goal.split()
    skip = 2 if len(words) > 2 and words[1].lower() in ("up", "out", "with", "on", "to", "off", "down", "and") else 1
    return " ".join(words[skip:])


def _split_do(words: Sequence[str], lexicon: Lexicon) -> tuple[str, str]:
    """Subject and object of a clause whose verb is in its base form: "did the Roman Empire fall"."""
    if not words:
        return "", ""
    bare = [w.strip(",.?!").lower() for w in words]
    for take in (2, 1):
        verb = _base(" ".join(bare[-take:]))
        if len(bare) > take and verb in NOMINAL:
            return f"{NOMINAL[verb]} {' '.join(words[:-take])}".strip(), ""
    start = 1 if bare[0] in DETERMINER else 0
    ends = [i for i in range(start + 1, min(start + 6, len(words))) if lexicon.knows(words[start:i])]
    if not ends:
        ends = [i for i in range(1, len(words)) if _verb(bare[i]) and bare[i - 1] not in DETERMINER | {"of"}]
        ends = [i for i in ends if not lexicon.knows(words[start : i + 1])][:1]
    if not ends:
        return " ".join(words), ""
    at = ends[-1]
    rest = " ".join(words[at + 1 :])
    verb = _base(bare[at])
    name = " ".join(words[:at])
    if verb in NOMINAL and (not rest or bare[at + 1] in PREPOSITION):
        name = f"{NOMINAL[verb]} {name}".strip()
    return name, re.sub(r"^(?:in|on|to|for|with|from|into|by|as|at|after|before|than) ", "", rest)


def _base(verb: str) -> str:
    """Of a regular past form, the base form."""
    return next((v for v in (verb, verb[:-2], verb[:-1]) if v in NOMINAL), verb) if verb.endswith("ed") else verb


def _split_be(words: Sequence[str], lexicon: Lexicon) -> tuple[str, str]:
    """Subject and complement: "the sky" and "blue"."""
    start = 1 if words and words[0].lower() in DETERMINER else 0
    best = 0
    for size in range(1, min(6, len(words) - start - 1) + 1):
        if lexicon.knows(words[start : start + size]):
            best = size
    if not best:
        while start + best < len(words) and words[start + best][:1].isupper():
            best += 1
    if not best:
        rest = words[start:]
        stop = next((i for i, w in enumerate(rest) if i and w.lower() in PREPOSITION), len(rest))
        best = max(1, stop - 1) if stop > 1 else stop
        if start + best < len(words) and words[start + best - 1].lower() in ("so", "such", "considered", "called"):
            best = max(1, best - 1)
    return " ".join(words[: start + best]), " ".join(words[start + best :])


def _verb(word: str) -> bool:
    word = word.lower().strip(",.?!")
    return word in VERBS or word in NOMINAL or word == "be" or bool(re.search(r"..(?:ise|ize|ify|ate)$", word))


def _without(core: str) -> tuple[str, ...]:
    match = WITHOUT.search(core)
    return tuple(_items(match["list"]))[:3] if match else ()


def _listed(sentence: str) -> list[str]:
    found = []
    for match in FOCUS.finditer(sentence):
        if not ORDERS.search(match["list"]):
            found += _items(match["list"])
    return found


def _items(text: str) -> list[str]:
    parts = re.split(r",? (?:and|or|as well as) |[,;] ", text)
    made = [
        re.sub(r"^(?:both|the role of|how|what|why|any|also|on)\s+", "", part.strip(" .?!:"), flags=re.I)
        for part in parts
    ]
    return [phrase(part) for part in made if telling(part) and len(part.split()) <= 8 and not ORDER.match(part)]


def _unmarked(text: str) -> str:
    """On one line, without what Markdown or a template would take for its own."""
    return " ".join(re.sub(r"</?\w+[^>]*>|[{}\[\]|#`<>\\]", " ", text).split())


def phrase(text: str, longest: int = LONGEST) -> str:
    """A phrase that can stand inside a sentence: no clause after it, no question mark, at most `longest` words."""
    text = _unmarked(text).strip(" \"“”'.?!,;:*")
    text = EMPTY.sub("", text)
    text = re.split(r"[?!]|\.(?= )", text)[0]
    for match in CUT.finditer(text):
        if telling(text[: match.start()]):
            text = text[: match.start()]
            break
    for _ in range(3):
        text = TAIL.sub("", text).strip(" \"“”'.?!,;:*")
    words = text.split()
    if len(words) > longest:
        stops = [
            i for i, w in enumerate(words[: longest + 1]) if w.lower() in PREPOSITION | {"and", "or", "of"} and i > 1
        ]
        words = words[: stops[-1] if stops else longest]
    while len(words) > 1 and words[-1].lower() in DETERMINER | PREPOSITION | {
        "and",
        "or",
        "of",
        "is",
        "are",
        "be",
        "not",
    }:
        words.pop()
    text = clip(" ".join(words), 120)
    if words and words[0] in ("The", "A", "An"):
        text = text[:1].lower() + text[1:]
    return text
