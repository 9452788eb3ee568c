"""What the searches of one job bring home, sentence by sentence, and how well each of it fits the question."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from apex_mock.core.corpus import Corpus, Page, PassageKind, split_passages
from apex_mock.core.prose.library import Library, language, library
from apex_mock.core.prose.words import ASKING, plain, sentences, stem, stems, telling
from apex_mock.core.regex import regex
from apex_mock.core.script.asks import Angle
from apex_mock.core.script.question import Lexicon, Question
from apex_mock.core.types import WebResult

Search = Callable[[str], Sequence[WebResult]]

SAME = 0.55  # the share of words from which on two sentences say the same
ABOUT = 0.58  # the share of a phrase that a page's title and topics must hold to be about it
_ENGLISH = regex(r"\b(?:the|of|and|is|are|was|were|to|in|that|it|by|with|for|from|on)\b")
_ORDERS = regex(
    r"(?:Give|Put|Add|Take|Use|Let|Run|Try|Look|Make|Read|Limit|Write|Cut|Bake|Keep|Check|Choose|Start|Begin|"
    r"Set|Ask|Say|Learn|Do not|Don't|"
    r"Never|Always|Avoid|Mix|Stir|Wait|Place|Pour|Heat|Press|Hold|Call|Go|Get|Turn|Think|Compare|Test|Save|"
    r"Spend|Buy|Book|Imagine|Consider) (?!is\b|are\b|of\b)"
)
FITS = 0.34  # how well a sentence must fit to be told

# "Learn" and "work" say how something is asked in a chat; here they may be what it is about.
_SMALL = frozenset(stem(word) for word in ASKING - {"learn", "work", "works", "information"})
_SUFFIX = regex(
    r"(?<=....)(?:ically|ical|i[sz]ation|i[sz]ed|i[sz]ing|i[sz]e|ate|ation|ative|ator|ability|able|ment|ness|"
    r"ance|ence|ally|ity|al|ly|er|or|ion|ive)$"
)
_POINTS = regex(
    r"\b(?:table|above|below|following|figure|^because |this (?:page|guide|article|section|list)|steps? \d|"
    r"listing|as follows|diagram|previous|section|"
    r"here are|in english|en anglais|here is|the code|page collects|in this example|example shows)\b|^(?:but|"
    r"and|or) |[|#<>{}\[\]\\]|\w_\w|\w\(\)|https?:|= ?\d|::|/\w+/",
    re.I,
)
_WHOLE = regex(r"^[\"“‘'(]?[A-Z0-9À-Þ¿¡Α-ΩА-Я].*[.!?…。][\"”’')]?$|^[\u3040-\u9fff].*[。！？]$", re.S)


@lru_cache(maxsize=1 << 15)
def root(word: str) -> str:
    """What a stem shares with its relatives: "alignment" and "align", "ethical" and "ethic"."""
    found = _SUFFIX.sub("", word)
    return found[:-1] if len(found) > 4 and found.endswith("e") else found


def roots(text: str) -> list[str]:
    """The roots of the words that say what a text is about, each once, in order."""
    return list(dict.fromkeys(root(word) for word in stems(text) if word not in _SMALL and len(word) > 1))


def _held(words: Iterable[str]) -> frozenset[str]:
    return frozenset(root(word) for word in words if word not in _SMALL)


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A sentence of a page. `alone`: it can be said without the one before it; `run` and `place`: where it stands."""

    text: str
    url: str
    run: int
    place: int
    words: frozenset[str]  # their roots
    language: str
    alone: bool
    fact: bool
    lead: tuple[str, ...]
    defines: bool
    under: frozenset[str] = frozenset()  # the roots of its heading

    @property
    def key(self) -> tuple[str, int, int]:
        return self.url, self.run, self.place

    @property
    def size(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A page, cut into sentences. `about`: the roots of its title and topics."""

    url: str
    title: str
    date: str
    cards: tuple[Card, ...]
    about: frozenset[str]
    named: frozenset[str]  # those of its title alone
    subjects: tuple[frozenset[str], ...]  # of its title and of each topic
    language: str


class Shelf:
    """A corpus as sources. Everything here is computed once for a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.library: Library = library(corpus)
        topics = {tuple(telling(topic)) for page in corpus.pages for topic in page.topics}
        self._pages = {page.url: page for page in corpus.pages}
        self._sources: dict[str, Source] = {}
        text = " ".join(page.body for page in corpus.pages)
        small = Counter(re.findall(r"(?<=[a-z,;] )[a-z]{2,}\b", text))
        names = Counter(word.lower() for word in re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+\b", text))
        common = frozenset(word for word, count in small.items() if count > names[word])
        self.lexicon = Lexicon(frozenset(topic for topic in topics if topic), common)
        self._spread = Counter(
            word
            for page in corpus.pages
            for word in {root(w) for held in (page.title, *page.topics) for w in stems(held)}
        )
        self._counts = Counter(word for line in self.library.lines for word in {root(w) for w in line.stems})
        self._abroad = lru_cache(maxsize=256)(self._read_result)

    def knows(self, word: str) -> bool:
        return word in self._counts

    def tells(self, word: str) -> bool:
        """Whether a root by itself names a subject: few pages have it in their title or topics."""
        return self._spread[word] <= 3

    def weight(self, word: str) -> float:
        """How much a root tells: rare ones tell more."""
        return math.log(1 + len(self.library.lines) / (1 + self._counts[word]))

    def source(self, result: WebResult) -> Source:
        """What a search result is worth. A page that is not the corpus' own is read from the result itself."""
        page = self._pages.get(result.url)
        if page is None:
            return self._abroad(result.url, result.content)
        found = self._sources.get(page.url)
        if found is None:
            made = _cards_of_page(page, self.library)
            named = _held(stems(page.title))
            subjects = (named, *(_held(stems(topic)) for topic in page.topics))
            about = frozenset(word for held in subjects for word in held)
            spoken = language(page.body)
            found = Source(page.url, page.title, page.date, made, about, named, subjects, spoken)
            self._sources[page.url] = found
        return found

    def _read_result(self, url: str, content: str) -> Source:
        title, _, body = content.strip().partition("\n")
        title = plain(title).lstrip("# ") or url
        page = Page(url, title, (), "", body.strip())
        made: list[Card] = []
        for run, passage in enumerate(split_passages(page)):
            if passage.kind is PassageKind.PROSE:
                for place, text in enumerate(sentences(plain(passage.text))):
                    if _clean(text):
                        words = _held(stems(text))
                        made.append(Card(text, url, run, place, words, language(text), place == 0, False, (), False))
        named = _held(stems(title))
        return Source(url, title, "", tuple(made), named, named, (named,), language(body))


@lru_cache(maxsize=8)
def shelf(corpus: Corpus) -> Shelf:
    return Shelf(corpus)


def _cards_of_page(page: Page, shelf: Library) -> tuple[Card, ...]:
    made = []
    for run, passage in enumerate(shelf.by_page[page.url]):
        fact = passage.kind is PassageKind.FACT
        under = _held(stems(passage.heading))
        for place, line in enumerate(shelf.lines_of(passage)):
            text = " ".join(line.text.split())
            if _clean(text):
                words = _held(line.stems)
                alone = line.alone and (place == 0 or not _leans(text))
                lead = _leads(line.lead)
                made.append(
                    Card(text, page.url, run, place, words, line.language, alone, fact, lead, line.defines, under)
                )
    return tuple(made)


def _leads(lead: Iterable[str]) -> tuple[str, ...]:
    return tuple(root(word) for word in lead)


def _clean(text: str) -> bool:
    """Whether a sentence is one, and can stand in running text."""
    size = len(text.split())
    balanced = text.count("(") == text.count(")") and text.count('"') % 2 == 0 and text.count("“") == text.count("”")
    long_enough = size >= 5 or not text.isascii()
    return bool(long_enough and size <= 48 and balanced and _WHOLE.match(text) and not _POINTS.search(text))


_LEANS = regex(
    r"^(?:It|Its|This|That|These|Those|They|Their|He|She|His|Her|Both|Such|So|Thus|Here|There|Each (?:has|is|of|was)|"
    r"One (?:is|was|of)|All three|Some (?:are|do|were)|Most (?:are|do|were)|Others?|A (?:second|third|further))\b|"
    r"\b(?:this|these|those) (?!is\b|are\b)\w+|\b(?:spreads|of|in|for|with) that \w+|^\w+ \w+ then\b|\bits owner\b|"
    r"\b(?:the|all|of) (?:two|three|four|same|former|latter|other)\b|\b(?:them|it|this|that|so)[.]$"
)


def _leans(text: str) -> bool:
    """Whether a sentence needs the one before it."""
    return bool(_LEANS.search(text))


class Notebook:
    """The searches of one job. `seen` are the pages that they gave, in order."""

    def __init__(self, question: Question, shelf: Shelf, search: Search) -> None:
        self.question = question
        self.shelf = shelf
        self.spoken = language(question.text)
        self.seen: dict[str, Source] = {}
        self.left: list[Card] = []  # what fits the question but none of the steps
        self._search = search
        self._phrases = _phrases(question, shelf)
        words = dict.fromkeys([*(w for phrase in self._phrases for w in phrase), *_telling(question.text)])
        self.weights = {word: shelf.weight(word) for word in words}
        self._words = tuple(self.weights)
        self._beside = [w for w in words if not any(w in phrase for phrase in self._phrases) and shelf.knows(w)]
        self.nearest = 0.0
        self._near: dict[str, float] = {}
        self._fits: dict[str, list[tuple[Card, float]]] = {}

    def look(self, purpose: str) -> tuple[Source, ...]:
        """Searches, and remembers what came."""
        found = tuple(dict.fromkeys(self.shelf.source(result) for result in self._search(purpose)))
        for source in found:
            self.seen.setdefault(source.url, source)
            self.nearest = max(self.nearest, self.nearness(source))
        return found

    def share(self, words: Sequence[str], held: frozenset[str]) -> float:
        """The weight of `words` that `held` holds, from 0 to 1."""
        total = got = 0.0
        for word in words:
            weight = self.weights.get(word, 1.0)
            total += weight
            if word in held:
                got += weight
        return got / total if total else 0.0

    def nearness(self, source: Source) -> float:
        """How much a page is about the question, or about one of its phrases: from 0 to 1."""
        got = self._near.get(source.url)
        if got is None:
            wanted = (*self._phrases, self._words)
            got = max([self._names(p, held) for p in wanted for held in source.subjects], default=0.0)
            self._near[source.url] = got
        return got

    def _names(self, words: Sequence[str], held: frozenset[str]) -> float:
        """As `share`; but one word alone never stands for a phrase of several."""
        got = self.share(words, held)
        return 0.5 if got > 0.5 and len(words) > 1 and sum(w in held for w in words) < 2 else got

    def closeness(self, source: Source) -> float:
        """How near a page comes when none answers: the share of the question that its best sentence holds."""
        best = (
            max([self.share(self._phrases[0], card.words) for card in source.cards], default=0.0)
            if self._phrases
            else 0.0
        )
        return best + 0.3 * self.share(self._words, source.about)

    def fitting(self, source: Source) -> list[tuple[Card, float]]:
        """The sentences of a page that can be told, with how well each fits the question."""
        found = self._fits.get(source.url)
        if found is None:
            told = ((card, self._fit(card, source)) for card in source.cards if self.usable(card, source))
            found = self._fits[source.url] = [(card, fit) for card, fit in told if fit >= FITS]
        return found

    def _fit(self, card: Card, source: Source) -> float:
        """0 for a sentence that has nothing to do with the question."""
        own = [self._names(p, card.words) for p in self._phrases]
        cover = max([*own, self.share(self._words, card.words)], default=0.0)
        near = self.nearness(source)
        if near >= ABOUT:
            if cover > 0:
                return 0.4 * cover + 0.6 * near
            named = max([self._names(p, source.named) for p in self._phrases], default=0.0)
            return 0.38 * near + 0.05 * card.fact if named >= ABOUT else 0.0
        matched = sum(w in card.words for w in self.weights)
        if self.nearest >= 0.9:
            return 0.6 * cover if matched > 2 and cover >= 0.8 else 0.0
        if matched < 2 and not (near > 0 and cover >= 0.6):
            return 0.0
        return cover * (0.6 + 0.5 * near) if cover >= 0.5 else 0.0

    def about(self, phrase: str, words: Sequence[str], card: Card, source: Source) -> bool:
        """Whether a sentence is about one phrase of the question; `words` are the roots that only this phrase has."""
        if phrase.casefold().rstrip("s") in card.text.casefold():
            return True
        known = [w for w in words if self.shelf.knows(w)]
        if not known:
            return False
        if self.share(known, card.words) >= (0.34 if len(known) > 2 else 0.5):
            return True
        if self.share(known, card.under) >= ABOUT and self.nearness(source) >= ABOUT:
            return True
        others = [p for p in self._phrases if not set(p) & set(words)]
        elsewhere = any(self.share(p, source.about) >= ABOUT for p in others)
        return self.share(known, source.about) >= 0.7 and not elsewhere and not card.lead

    def beside(self, card: Card) -> float:
        """How much a sentence holds of the words of the question that its phrases leave out."""
        return self.share(self._beside, card.words | card.under) if self._beside else 0.0

    def usable(self, card: Card, source: Source) -> bool:
        """Whether a sentence can be told by itself, in the language of the question."""
        if not card.alone or card.language != self.spoken:
            return False
        if self.question.angle not in (Angle.OPTIONS, Angle.DESIGN) and _ORDERS.match(card.text):
            return False
        return source.language == self.spoken or len(set(_ENGLISH.findall(card.text))) > 1

    def following(self, card: Card, count: int, taken: Sequence[Card]) -> list[Card]:
        """The sentences right after a card in its own paragraph, as long as they add something."""
        source = self.seen[card.url]
        found: list[Card] = []
        if card.fact:
            return found
        for other in source.cards:
            if other.run == card.run and other.place == card.place + len(found) + 1 and len(found) < count:
                if any(same(other, t) for t in (*taken, card, *found)) or source.language != self.spoken:
                    break
                found.append(other)
        return found

    def spare(self) -> list[Card]:
        """What fits the question but none of the steps, the nearest page first."""
        found = list(self.left)
        for source in sorted(self.seen.values(), key=lambda s: -self.nearness(s))[:2]:
            found += [card for card, _ in self.fitting(source) if card not in found]
        return found[:24]

    def unknown_words(self) -> list[str]:
        """The words of the question that no page of the searches holds, as they were written."""
        held = frozenset(w for source in self.seen.values() for w in source.about)
        held |= frozenset(w for source in self.seen.values() for card in source.cards for w in card.words)
        words = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", " ".join(self.question.phrases))
        missing = []
        for word in words:
            found = roots(word)
            if len(word) > 4 and found and not any(s in held for s in found) and word not in missing:
                missing.append(word)
        return missing[:3]


# Words that say what is wanted, and not about what.
_GENERIC_WORDS = """
    strategy mechanism approach method system plan design research state impact role way framework process
    concept technique solution option measure aspect topic question effect implication consequence importance
    study knowledge practice current latest development advancement progress propose achieve analysis possible
    different new modern various general key main detail report overview provable rely handle without respond
    deal cope conduct carry kind form time year figure
    """
_GENERIC = frozenset(root(stem(word)) for word in _GENERIC_WORDS.split())
_BESIDE_WORDS = """
    fall rise collapse beginning end failure spread decline evolution formation emergence growth success
    expansion origin death disappearance change history future cause basics move plan
    """
_BESIDE = frozenset(root(stem(word)) for word in _BESIDE_WORDS.split())


def _telling(text: str) -> tuple[str, ...]:
    found = roots(text)
    return tuple([w for w in found if w not in _GENERIC] or found)


def _phrases(question: Question, shelf: Shelf) -> list[tuple[str, ...]]:
    """The phrases of a question as roots: each as a whole, and its noun phrases by themselves."""
    found: list[tuple[str, ...]] = []
    for phrase in question.phrases:
        parts = re.split(r" (?:for|of|in|on|from|to|with|between|by|and) ", phrase)
        whole = _telling(phrase)
        found.append(whole)
        for part in parts if len(parts) > 1 else ():
            words = _telling(part)
            named = len(words) > 1 or (words and shelf.tells(words[0]))
            if named and not set(words) <= _GENERIC | _BESIDE and len(words) < len(whole):
                found.append(words)
    return list(dict.fromkeys(p for p in found if p))


def same(a: Card, b: Card) -> bool:
    """Whether two sentences say the same."""
    if a is b or a.text == b.text:
        return True
    return len(a.words & b.words) >= SAME * max(1, min(len(a.words), len(b.words)))
