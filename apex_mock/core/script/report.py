"""The final answer: short answer first, sections that cite their sources, what remains open, and the sources.

A citation is `[n]` in the sentence that comes from the source; the numbers follow the order of first citation.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from apex_mock.core.prose.words import join, upper_first
from apex_mock.core.regex import regex
from apex_mock.core.script.asks import Angle
from apex_mock.core.script.closing import OPEN, PROPOSALS, Proposal
from apex_mock.core.script.facets import DEFINE
from apex_mock.core.script.findings import ABOUT, Card, Notebook, Source, roots, same
from apex_mock.core.script.plan import Step
from apex_mock.core.script.plans import CONTRAST, PART, SIDE_A, SIDE_B, WITHOUT

SHORTEST, LONGEST = 400, 1_400  # words of a final answer
_END = regex(r"^(?P<body>.*?)(?P<end>[.!?…。！？]+)$", re.S)


@dataclass(slots=True)
class Citations:
    """Which number each page has."""

    order: list[Source] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def number(self, source: Source) -> int:
        self.counts[source.url] += 1
        if source not in self.order:
            self.order.append(source)
        return self.order.index(source) + 1

    def cite(self, text: str, source: Source) -> str:
        mark = f"[{self.number(source)}]"
        match = _END.match(text)
        if match is None:
            return f"{text} {mark}"
        gap = "" if match["end"][0] in "。！？" else " "
        return f"{match['body']}{gap}{mark}{match['end']}"


class Report:
    """A report under way."""

    def __init__(self, notebook: Notebook, steps: list[Step], random: Random) -> None:
        self.notebook = notebook
        self.question = notebook.question
        self.steps = steps
        self.random = random
        self.cites = Citations()
        self.told: list[Card] = []
        self.blocks: list[str] = []
        self.bare: list[str] = []  # the headings of the sections without a source
        self.framed: set[str] = set()
        self._adds = iter(random.sample(_ADDS, len(_ADDS)))

    @property
    def words(self) -> int:
        return sum(len(block.split()) for block in self.blocks)

    def write(self) -> str:
        rich = sum(len(step.cards) for step in self.steps)
        goal = self.random.randint(560, 900) if rich >= 8 else self.random.randint(460, 600)
        self._short_answer()
        share = max(70, (goal - 220) // len(self.steps))
        for place, step in enumerate(self.steps):
            if self.question.angle is Angle.DESIGN and place == len(self.steps) - 1:
                self._proposal()
            if self.words < LONGEST - 400:
                self._section(step, share)
        self._fill(goal)
        self._caveats()
        self._sources()
        return "\n\n".join(self.blocks)

    # --- Parts --------------------------------------------------------------------------------------------------------

    def _say(self, card: Card) -> str:
        self.told.append(card)
        return self.cites.cite(card.text, self.notebook.seen[card.url])

    def _short_answer(self) -> None:
        label = self.random.choice(("Short answer.", "In short.", "The short answer."))
        cards = self._answer_cards()
        if not cards:
            self.blocks.append(f"**{label}** {self._no_answer()}")
            return
        text = " ".join(self._say(card) for card in cards)
        if self.question.angle is Angle.DESIGN:
            text = f"{self._design_answer()} {text}"
        self.blocks.append(f"**{label}** {text}")

    def _answer_cards(self) -> list[Card]:
        """Two or three sentences that say the most: what it is, and what was asked about it."""
        found = [card for step in self.steps for card in step.cards]
        if not found or self.notebook.nearest < ABOUT:
            return []
        chosen: list[Card] = []
        if self.question.sides:
            for step in sorted(self.steps, key=lambda s: s.facet is not CONTRAST):
                if step.facet in (CONTRAST, SIDE_A, SIDE_B):
                    chosen += step.cards[:1]
        elif self.question.angle is not Angle.CAUSES:
            words = roots(self.question.x)
            defining = [c for c in found if c.defines and c.lead and set(c.lead) <= set(words)]
            chosen = defining[:1]
        asked = [s for s in self.steps if s.facet not in (DEFINE, SIDE_A, SIDE_B, PART, WITHOUT) and s.cards]
        rest = [s for s in self.steps if s not in asked]
        for step, most in [*((s, 2 if i == 0 else 1) for i, s in enumerate(asked)), *((s, 1) for s in rest)]:
            for card in step.cards[:most]:
                if len(chosen) < 3 and not any(same(card, other) for other in chosen):
                    chosen.append(card)
        return chosen[:3]

    def _design_answer(self) -> str:
        return self.random.choice(_DESIGNS[bool(_MANY.search(self.question.text))]).format(**self.steps[0].names)

    def _no_answer(self) -> str:
        close = {source.url: self.notebook.closeness(source) for source in self.notebook.seen.values()}
        near = sorted(self.notebook.seen.values(), key=lambda s: -close[s.url])
        near = [s for s in near if close[s.url] > max(0.1, 0.6 * close[near[0].url])][:2] or near[:1]
        x = self.steps[0].names["x"]
        parts = [self.random.choice(_NO_ANSWER).format(x=x)]
        if near:
            shared = any(close[s.url] > 0.6 for s in near)
            names = join([f"“{s.title}” [{self.cites.number(s)}]" for s in near])
            parts.append(self.random.choice(_NEAREST if shared else _FAR).format(names=names))
        parts.append(self.random.choice(_INSTEAD).format(x=x))
        return " ".join(parts)

    def _section(self, step: Step, budget: int) -> None:
        texts, used = self._evidence(step, budget)
        lead = ""
        if not texts or (step.facet is not DEFINE and self.random.random() < 0.2):
            lead = self._frame(step)
        if not texts and not lead:
            return
        if not texts:
            self.bare.append(step.head)
        if lead and texts and used < 60:
            texts.insert(0, lead)
        elif lead and texts:
            texts[0] = f"{lead} {texts[0]}"
        elif lead:
            texts = [lead]
        self.blocks.append("\n\n".join([f"### {step.head}", *texts]))

    def _evidence(self, step: Step, budget: int) -> tuple[list[str], int]:
        """Paragraphs, one for each page that has something to say, and their length in words."""
        cards = [c for c in step.cards if not any(same(c, t) for t in self.told)] or step.cards[:2]
        promised = [card for other in self.steps for card in other.cards]
        chosen: list[Card] = []
        for card in cards:
            if any(same(card, other) for other in chosen):
                continue
            group = [card, *self.notebook.following(card, self.random.choice((0, 1, 2)), [*self.told, *promised])]
            group = [group[0], *(c for c in group[1:] if not any(same(c, other) for other in chosen))]
            if chosen and sum(c.size for c in (*chosen, *group)) > budget + 30:
                continue
            chosen += group
        pages = list(dict.fromkeys(card.url for card in chosen))
        texts = []
        for i, url in enumerate(pages[:3]):
            own = sorted((c for c in chosen if c.url == url), key=lambda c: c.key)
            said = " ".join(self._say(card) for card in own)
            source = self.notebook.seen[url]
            if i and (glue := next(self._adds, "")):
                said = glue.format(title=source.title) + " " + said
            texts.append(said)
        return texts, sum(len(text.split()) for text in texts)

    def _frame(self, step: Step) -> str:
        for template in step.facet.frame:
            if template not in self.framed:
                self.framed.add(template)
                return upper_first(template.format(**step.names))
        return ""

    def _proposal(self) -> None:
        """Numbered measures; those for which a page has a fitting sentence cite it."""
        kind = PROPOSALS[bool(_MANY.search(self.question.text))]
        picked = sorted(self.random.sample(range(len(kind)), self.random.choice((4, 5))))
        names = self.steps[0].names
        lines = [self._measure(n, kind[i], names) for n, i in enumerate(picked, 1)]
        self.blocks.append(
            f"### {self.random.choice(('A proposal', 'Proposed design', 'The proposal in outline'))}\n\n"
            + "\n".join(lines)
        )

    def _measure(self, n: int, proposal: Proposal, names: dict[str, str]) -> str:
        text = f"{n}. **{proposal.head}** {proposal.text.format(**names)}"
        words = roots(proposal.words)
        best: tuple[float, Card] | None = None
        for source in self.notebook.seen.values():
            if self.notebook.nearness(source) < 0.25:
                continue
            for card in source.cards:
                held = sum(w in card.words for w in words)
                if held < 2 or not card.alone or card.language != self.notebook.spoken or card.size > 32:
                    continue
                score = held + self.notebook.nearness(source)
                if (best is None or score > best[0]) and not any(same(card, t) for t in self.told):
                    best = (score, card)
        return f"{text} {self._say(best[1])}" if best else text

    def _fill(self, goal: int) -> None:
        """Adds what was found beside the steps, then considerations, until the report is long enough to be one."""
        more: list[Card] = []
        if self.told:
            for card in self.notebook.spare():
                room = self.words + sum(c.size for c in more) < goal
                if room and not any(same(card, t) for t in (*self.told, *more)):
                    more.append(card)
        if len(more) > 1:
            head = self.random.choice(("Further findings", "Also worth knowing", "Further points"))
            said = " ".join(self._say(card) for card in sorted(more, key=lambda c: c.key))
            self.blocks.append(f"### {head}\n\n{said}")
        spare = [step for step in self.steps if step.facet is not DEFINE]
        texts: list[str] = []
        while self.words + sum(len(t.split()) for t in texts) < SHORTEST and spare:
            step = spare.pop(0)
            if frame := self._frame(step):
                texts.append(frame)
        general = [text.format(**self.steps[0].names) for text in self.random.sample(_GENERAL, len(_GENERAL))]
        while self.words + sum(len(t.split()) for t in texts) < SHORTEST and general:
            texts.append(general.pop(0))
        if texts:
            head = self.random.choice(
                ("How to go further", "How the question can be approached", "Points for further work")
            )
            self.blocks.append("\n\n".join([f"### {head}", *texts]))

    def _caveats(self) -> None:
        notes = []
        if missing := self.notebook.unknown_words():
            words = join([f"“{w}”" for w in missing], "or")
            notes.append(self.random.choice(_UNSEEN).format(words=words))
        if self.bare:
            heads = join([f"“{h}”" for h in dict.fromkeys(self.bare)][:3])
            notes.append(
                self.random.choice(_BARE).format(
                    heads=heads, section="section" if len(set(self.bare)) == 1 else "sections"
                )
            )
        total = sum(self.cites.counts.values())
        if total > 3:
            url, most = self.cites.counts.most_common(1)[0]
            if most >= 0.6 * total:
                n = next(i for i, s in enumerate(self.cites.order, 1) if s.url == url)
                notes.append(self.random.choice(_ONE_SOURCE).format(n=n))
        dates = sorted(s.date for s in self.cites.order if re.match(r"\d{4}-\d\d", s.date))
        if dates and self.told and len(notes) < 3:
            notes.append(self.random.choice(_DATED).format(date=_month(dates[-1])))
        notes.append(self.random.choice(OPEN[self.question.angle]).format(**self.steps[0].names))
        title = self.random.choice(("Caveats and open questions", "What remains open", "Open questions and caveats"))
        self.blocks.append("\n".join([f"### {title}", "", *(f"- {upper_first(note)}" for note in notes)]))

    def _sources(self) -> None:
        lines = [f"[{n}] {source.title} - {source.url}" for n, source in enumerate(self.cites.order, 1)]
        self.blocks.append("\n".join(["### Sources", "", *(lines or ["No page was cited."])]))


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _month(date: str) -> str:
    year, month = date.split("-")[:2]
    return f"{_MONTHS[int(month) - 1]} {year}"


_MANY = regex(
    r"\b(?:networks?|decentrali[sz]\w+|agents?|governance|consensus|alignment|incentives?|communit\w+|vot\w+|"
    r"institutions?|markets?|"
    r"polic\w+|subnets?|miners?|validators?|participants|members|states|nations|democra\w+|peer)\b",
    re.I,
)
_ADDS = (
    "“{title}” adds to this.",
    "A further page, “{title}”, is of use here.",
    "“{title}” looks at it from another side.",
    "Some detail comes from “{title}”.",
    "The page “{title}” fits in here as well.",
)
_DESIGNS = {
    True: (
        "There is no ready-made design {aim}, but one can be put together from parts that have each been "
        "tried elsewhere: goals that can be tested, several independent checks, and rules that are revised "
        "on evidence.",
        "A workable design {aim} rests on three ideas: make every claim testable, let no single party "
        "decide, and keep a way back when something fails.",
    ),
    False: (
        "A workable design {aim} rests on three ideas: begin with the simplest thing that works, measure "
        "before and after every change, and keep a way back when something fails.",
        "No design {aim} can be copied as it stands, but the parts are known; what matters is the order in "
        "which they are put in place, and how each of them is checked.",
    ),
}
_NO_ANSWER = (
    "The pages that the searches brought up do not answer the question about {x} directly.",
    "None of the pages that were found deals with {x} as such, so this report cannot give a sourced answer.",
    "The searches found no page about {x}, and what follows is therefore an orientation and not a finding.",
)
_NEAREST = (
    "The nearest material is in {names}.",
    "The closest match among the results: {names}.",
)
_FAR = (
    "What came back treats other subjects, for instance {names}.",
    "The results lie far from the subject, for instance {names}.",
)
_INSTEAD = (
    "What can be given is a way to take the question apart, what would count as evidence, and where the gaps are.",
    "It is still possible to say how the question breaks down, which evidence would settle it, and what to "
    "look for next.",
)
_UNSEEN = (
    "None of the pages found mentions {words}; whatever is said here about that part is reasoning and not evidence.",
    "The pages found do not use the word {words}, so that part of the question could only be treated in general terms.",
)
_BARE = ("No source was found for the {section} {heads}; there, only general considerations are given.",)
_ONE_SOURCE = (
    "Most of the evidence comes from a single page [{n}], so its choice of facts weighs heavily.",
    "The report leans on one page more than on all the others [{n}]; a second independent account would make "
    "it firmer.",
)
_DATED = (
    "The most recent of the cited pages is dated {date}; anything newer is not reflected here.",
    "The cited pages go up to {date}, and later developments may have changed the picture.",
)
_GENERAL = (
    "A good next step is to find one primary source on {x}, read it in full, and only then return to "
    "summaries. Secondary accounts tend to copy one another, so ten of them may amount to a single "
    "observation.",
    "It is worth asking who has a reason to know about {x} at first hand: whoever works in the field, "
    "whoever takes the measurements, and whoever has to pay when something goes wrong. Their reports differ "
    "in useful ways.",
    "Claims about {x} can be sorted by how they could fail. A claim that no observation could contradict "
    "says little, while one that names a place, a date or an amount can be checked and is worth the effort.",
    "Where the evidence on {x} is thin, a range is more honest than a number, and a list of possible "
    "explanations more honest than a single one.",
    "Finally, the question may be too wide as it stands. Narrowed down to one place, one period or one "
    "purpose, {x} would be easier to research and the result easier to check.",
)
