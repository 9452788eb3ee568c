"""What the corpus says, sentence by sentence: an index for answers, as the corpus' own is one for pages.

A *line* is one sentence, or one fact, that can be said by itself. Everything here is computed once for a corpus.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from apex_mock.core.corpus import Corpus, Page, Passage, PassageKind
from apex_mock.core.prose.words import CJK, content, count_words, plain, sentences, stems, telling

# A sentence that needs the one before it, or something else on its page, cannot be said alone.
_LEANS = re.compile(
    r"^(?:it|its|this|these|those|they|their|he|she|his|her|both|such|here|there|then|thus|so|but|and|or|also|another|"
    r"instead|however|therefore|later|next|even so|others?|neither|either|all of|the (?:other|same|former|latter|first|"
    r"second|third|two|three|four|last|result|name|idea|table|reason|rest|word|effect|book|method)|"
    r"most of|many of|some of|one of them|for example|for instance|a second|after that|by then|in this|in "
    r"that|in both|at that|"
    r"for this|with this|with that|from this|the following|[a-z])\b",
    re.IGNORECASE,
)
_LINKS = re.compile(r"\b(?:nevertheless|therefore|however|instead|likewise|too|then)\b[,. ]", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:table|above|below|following|figure|this page|this guide|this article|steps? \d|listing|as follows|diagram|"
    r"previous|section|here are|the code|example shows|page collects)\b|:$",
    re.IGNORECASE,
)
_MARKS = {
    "fr": frozenset(
        """le la les des est une dans que pour qui
    sur avec du et par sont quelle quel où comment pourquoi""".split()
    ),
    "es": frozenset(
        """el los las del una que por para con es en
    y son cuál cual qué dónde cómo por quién como se""".split()
    ),
    "de": frozenset(
        """der die das und ist ein eine von mit den dem
    nicht wie was wer wo warum zu im sind des auf""".split()
    ),
    "en": frozenset(
        """the of and is are in to a an what how who when
    why for with that it on by from was or me my you""".split()
    ),
}


def language(text: str) -> str:
    """The language of a text by its small words: "en" unless another one is clearly seen."""
    if CJK.search(text):
        return "ja"
    words = re.findall(r"[^\W\d_]+", text[:600].casefold())
    counts = {code: sum(word in marks for word in words) for code, marks in _MARKS.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    return best if counts[best] >= 2 and counts[best] > counts["en"] else "en"


_DEFINES = re.compile(
    r"(?:is|are|was|were) (?:an?|the|one|any|those|computation|energy|interest|a set|insects|proteins|"
    r"medicines|organic|"
    r"running|behaviour|artificial|machine|inflation)\b|means\b|(?:est|sont) (?:une?|le|la|les|l[’'])|"
    r"(?:ist|sind) (?:eine?|der|die|das)\b|"
    r"(?:es|son) (?:una?|el|la|los|las)\b"
)
_VERB = re.compile(r"\b(?:is|are|was|were|means|consists|says|est|sont|ist|sind|es|son)\b")


class Line:
    """A sentence of `passage`. What is not asked of every line is worked out when it is first asked for."""

    def __init__(self, text: str, passage: Passage, place: int, stems: frozenset[str], language: str) -> None:
        self.text, self.passage, self.place, self.stems, self.language = text, passage, place, stems, language
        self.page = passage.page
        self.fact = passage.kind is PassageKind.FACT
        self.worth = (0.8 if self.fact else 0.0) - 0.012 * len(stems)  # facts before prose, short before long

    @cached_property
    def alone(self) -> bool:
        """Whether it can be said without its neighbours."""
        text = self.text
        leans = _LEANS.match(text) or _LINKS.search(text) or _POINTS.search(text) or count_words(text) < 4
        return self.fact or not leans or bool(CJK.search(text))

    @cached_property
    def _verb(self) -> int | None:
        verb = _VERB.search(self.text)
        return verb.start() if verb and verb.start() < 70 else None

    @cached_property
    def lead(self) -> tuple[str, ...]:
        """The stems before its first verb: "X is ..."."""
        return tuple(content(self.text[: self._verb])) if self._verb is not None else ()

    @cached_property
    def defines(self) -> bool:
        """Whether that verb says what the lead is: "X is a ..."."""
        return bool(self.lead) and bool(_DEFINES.match(self.text[self._verb :]))


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that fits; `cover` is the weight of the wanted words that it holds, from 0 to 1."""

    line: Line
    score: float
    cover: float


class Library:
    """The lines of a corpus and what its words weigh."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        lines: list[Line] = []
        self._of_passage: dict[int, list[Line]] = {}
        for passage in corpus.passages:
            if passage.kind in (PassageKind.FACT, PassageKind.PROSE) and not passage.text.startswith((">", "![", "<")):
                made = list(self._read(passage, len(lines)))
                lines += made
                self._of_passage[id(passage)] = made
        self.lines = tuple(lines)
        self._postings: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            for word in line.stems:
                self._postings[word].append(line)
        self.page_stems = {page.url: frozenset(stems(f"{page.title} {' '.join(page.topics)}")) for page in corpus.pages}
        self._order = {page.url: i for i, page in enumerate(corpus.pages)}
        self._about: dict[str, list[Page]] = defaultdict(list)
        for page in corpus.pages:
            for word in self.page_stems[page.url]:
                self._about[word].append(page)

    def _read(self, passage: Passage, place: int) -> Iterable[Line]:
        fact = passage.kind is PassageKind.FACT
        tongue = self._tongues[passage.page.url]
        for sentence in [passage.text] if fact else sentences(plain(passage.text)):
            if found := frozenset(stems(sentence)):
                # Pages in English are in English throughout; in others a fact may be.
                yield Line(sentence, passage, place, found, tongue if tongue == "en" else language(sentence))
                place += 1

    @cached_property
    def _ceiling(self) -> float:
        return math.log(1 + len(self.lines))

    def knows(self, word: str) -> bool:
        """Whether a stem stands anywhere in the corpus' sentences, titles or topics."""
        return word in self._postings or word in self._about

    def weight(self, word: str) -> float:
        """How much a stem tells: rare words tell more, and those that nobody has ever seen most."""
        return math.log(1 + len(self.lines) / (1 + len(self._postings.get(word, ()))))

    def find(self, wanted: Sequence[str], spoken: str = "en", limit: int = 30) -> list[Hit]:
        """The lines that share the most telling words with `wanted`, best first."""
        weights = {word: self.weight(word) for word in wanted}
        total = sum(weights.values())
        if not total:
            return []
        sums: dict[Line, float] = defaultdict(float)
        by_rarity = sorted((w for w in weights if w in self._postings), key=lambda w: -weights[w])
        for word in by_rarity[:10]:
            gain = weights[word]
            for line in self._postings[word]:
                sums[line] += gain
        scored: list[tuple[float, int, float, Line]] = []
        named: dict[str, list[tuple[str, float]]] = {}
        for line, got in sums.items():
            if line.language != spoken:
                continue
            url = line.page.url
            known = named.get(url)
            if known is None:
                about = self.page_stems[url]
                known = named[url] = [(word, w) for word, w in weights.items() if word in about]
            missing = 0.0
            for word, w in known:
                if word not in line.stems:
                    missing += w
            # Until it is known whether it can be said alone, the most it could score.
            scored.append((-got - missing * 0.4 - line.worth, line.place, (got + missing * 0.5) / total, line))
        return self._best(scored, limit)

    @staticmethod
    def _best(scored: list[tuple[float, int, float, Line]], limit: int) -> list[Hit]:
        """The best of what is scored; a sentence that cannot be said alone scores 2 less than it seemed."""
        hits: list[Hit] = []
        sure = 0
        scored.sort(key=lambda entry: entry[:2])
        for cost, _, cover, line in scored:
            sure += line.alone
            hits.append(Hit(line, -cost if line.alone else -cost - 2.0, cover))
            if sure == limit:
                break
        hits.sort(key=lambda hit: (-hit.score, hit.line.place))
        return hits[:limit]

    def pages_about(self, wanted: Sequence[str], spoken: str = "en") -> list[tuple[Page, float]]:
        """The pages whose title and topics name `wanted`, best first, with the share of it that they name."""
        weights = {word: math.log(1 + len(self.page_stems) / (1 + len(self._about.get(word, ())))) for word in wanted}
        total = sum(weights.values())
        if not total:
            return []
        found = []
        shares: dict[str, float] = defaultdict(float)
        named: dict[str, Page] = {}
        for word, weight in weights.items():
            for page in self._about.get(word, ()):
                shares[page.url] += weight / total
                named[page.url] = page
        for url in sorted(shares, key=self._order.__getitem__):
            page, share = named[url], shares[url]
            if share > 0.3:
                exact = any(set(topic) <= set(wanted) for topic in self._topics[page.url])
                first = set(self._topics[page.url][0]) <= set(wanted) if self._topics[page.url] else False
                title = sum(w for word, w in weights.items() if word in self._titles[page.url]) / total
                tongue = 0.3 if self._tongues[page.url] == spoken else 0.0
                found.append((page, share, share + 0.3 * exact + 0.2 * first + 0.3 * title + tongue))
        found.sort(key=lambda entry: -entry[2])
        return [(page, share) for page, share, _ in found[:5]]

    def is_about(self, page: Page, wanted: Sequence[str]) -> bool:
        """Whether the page's title, or one of its topics, is what is wanted, or wanted is a part of it."""
        asked = set(wanted)
        topics = [set(topic) for topic in self._topics[page.url]]
        head = set(content(re.split(r"[:,(]|\bversus\b", page.title)[0]))
        return (
            any(topic <= asked for topic in topics)
            or any(asked <= topic for topic in [*topics, head] if len(asked) > 1)
            or asked <= head
            or len(asked & self.page_stems[page.url]) >= 3
        )

    @cached_property
    def _topics(self) -> dict[str, list[list[str]]]:
        return {p.url: [telling(topic) for topic in p.topics if telling(topic)] for p in self.corpus.pages}

    @cached_property
    def _titles(self) -> dict[str, frozenset[str]]:
        return {p.url: frozenset(stems(p.title)) for p in self.corpus.pages}

    @cached_property
    def _tongues(self) -> dict[str, str]:
        return {p.url: language(p.body) for p in self.corpus.pages}

    @cached_property
    def by_page(self) -> dict[str, tuple[Passage, ...]]:
        found: dict[str, list[Passage]] = defaultdict(list)
        for passage in self.corpus.passages:
            found[passage.page.url].append(passage)
        return {url: tuple(passages) for url, passages in found.items()}

    def passages(self, page: Page, *kinds: PassageKind) -> list[Passage]:
        return [p for p in self.by_page[page.url] if p.kind in kinds]

    def lines_of(self, passage: Passage) -> list[Line]:
        return self._of_passage.get(id(passage), [])

    def facts(self, page: Page, spoken: str = "en") -> list[Line]:
        found = [line for p in self.passages(page, PassageKind.FACT) for line in self.lines_of(p)]
        return [line for line in found if line.language == spoken] or found


@lru_cache(maxsize=8)
def library(corpus: Corpus) -> Library:
    return Library(corpus)
