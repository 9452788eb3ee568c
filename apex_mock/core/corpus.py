"""The pages that stand for the web, and their index: whole pages for retrieval, passages for grounded text.

The index is SQLite's FTS5 with BM25, held in memory and built when first asked for. What it answers depends on the
pages and the query alone, so answers are kept.
"""

import re
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from apex_mock.core.kept import kept

T = TypeVar("T")

MAX_TERMS = 24  # of a query; a longer prompt is searched by its first distinct words
KEPT_QUERIES = 2048
LONGEST_QUERY = 2048  # characters of one that is kept

_STOPWORDS = """
a about above after all also am an and any are as at be because been being below between both but by can could
did do does doing down during each explain few for from further give had has have having he her here him his
how i if in into is it its just latest let like me more most my no nor not now of off on once only or other
our out over own please recent same she should so some such tell than that the their them then there these
they this those through to too under until up very was we were what when where which while who whom why will
with would write you your
"""
STOPWORDS = frozenset(_STOPWORDS.split())


class PassageKind(StrEnum):
    FACT = "fact"
    PROSE = "prose"
    LIST = "list"
    STEPS = "steps"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the corpus; `body` is Markdown, `facts` are sentences that stand alone."""

    url: str
    title: str
    topics: tuple[str, ...]
    date: str
    body: str
    facts: tuple[str, ...] = ()
    domain: str = ""

    @property
    def content(self) -> str:
        """What a miner brings home: the title and the text."""
        return f"{self.title}\n\n{self.body}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list, table or code block of `page`, under `heading`; or one of its facts."""

    page: Page
    kind: PassageKind
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Ranked(Generic[T]):
    """What fits a query, and how well: a higher score fits better."""

    item: T
    score: float


def terms(text: str) -> tuple[str, ...]:
    """The distinct words of a text that say what it is about, in order; all its words when none of them does."""
    words = list(dict.fromkeys(re.findall(r"\w+", text.casefold())))
    telling = [word for word in words if word not in STOPWORDS and len(word) < 64]
    return tuple((telling or [word for word in words if len(word) < 64])[:MAX_TERMS])


def split_passages(page: Page) -> list[Passage]:
    """The blocks of a page in order, facts first. Fenced code keeps its fences and its blank lines."""
    passages = [Passage(page, PassageKind.FACT, fact) for fact in page.facts]
    heading = ""
    for block in _blocks(page.body):
        if block.startswith("#") and (match := re.match(r"#{1,6} +(.+)", block)):
            heading = match[1].strip()
            block = block[match.end() :].strip("\n")
        if block:
            passages.append(Passage(page, _kind(block), block, heading))
    return passages


def _blocks(body: str) -> Iterator[str]:
    lines: list[str] = []
    fenced = False
    for line in body.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.strip() or fenced:
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _kind(text: str) -> PassageKind:
    if "```" in text:
        return PassageKind.CODE
    if text.startswith("|"):
        return PassageKind.TABLE
    if re.match(r"\d+[.)] ", text):
        return PassageKind.STEPS
    if re.match(r"[-*+] ", text):
        return PassageKind.LIST
    return PassageKind.PROSE


class Corpus:
    """The pages, searchable. Safe to use from several threads."""

    def __init__(self, pages: Sequence[Page]) -> None:
        if not pages:
            raise ValueError("a corpus needs at least one page")
        self.pages = tuple(pages)
        self._lock = threading.Lock()
        self._stems: dict[str, list[tuple[str, frozenset[str]]]] = {}
        self.rank_pages = kept(KEPT_QUERIES, LONGEST_QUERY)(self._rank_pages)
        self.rank_passages = kept(KEPT_QUERIES, LONGEST_QUERY)(self._rank_passages)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        return tuple(passage for page in self.pages for passage in split_passages(page))

    @cached_property
    def _index(self) -> sqlite3.Connection:
        db = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, db.close)  # Python 3.13 warns of one that is left to the collector
        tokenizer = "tokenize='porter unicode61 remove_diacritics 2'"
        db.execute(f"CREATE VIRTUAL TABLE page USING fts5(title, topics, facts, body, {tokenizer})")
        db.execute(f"CREATE VIRTUAL TABLE passage USING fts5(text, heading, title, {tokenizer})")
        db.executemany(
            "INSERT INTO page(rowid, title, topics, facts, body) VALUES (?, ?, ?, ?, ?)",
            ((i, p.title, " ".join(p.topics), " ".join(p.facts), p.body) for i, p in enumerate(self.pages)),
        )
        db.executemany(
            "INSERT INTO passage(rowid, text, heading, title) VALUES (?, ?, ?, ?)",
            ((i, p.text, p.heading, f"{p.page.title} {' '.join(p.page.topics)}") for i, p in enumerate(self.passages)),
        )
        return db

    def _search(self, table: str, weights: str, query: str, limit: int) -> list[tuple[int, float]]:
        found = terms(query)
        if not found:
            return []
        match = " OR ".join(f'"{word}"' if word.isascii() else f'"{word}"*' for word in found)
        with self._lock:
            rows = self._index.execute(  # table and weights are this module's own words, the query is bound
                f"SELECT rowid, -bm25({table}, {weights}) AS score FROM {table} WHERE {table} MATCH ?"  # noqa: S608  # see above
                " ORDER BY score DESC, rowid LIMIT ?",
                (match, limit),
            )
            return [(int(row), float(score)) for row, score in rows]

    def _rank_pages(self, query: str) -> tuple[Ranked[Page], ...]:
        """Every page that shares a word with the query, best first; none when nothing does."""
        found = self._search("page", "4.0, 3.0, 2.0, 1.0", query, len(self.pages))
        return tuple(Ranked(self.pages[i], score) for i, score in found)

    def _rank_passages(self, query: str, limit: int = 40) -> tuple[Ranked[Passage], ...]:
        """The passages that fit the query, best first."""
        found = self._search("passage", "3.0, 1.0, 1.5", query, limit)
        return tuple(Ranked(self.passages[i], score) for i, score in found)

    def best_passage(self, page: Page, query: str) -> str:
        """The part of `page.content` that fits the query best: a passage of it, word for word."""
        wanted = frozenset(_stem(word) for word in terms(query))
        blocks = self._stems_of(page)
        if not blocks:
            return page.content
        # Between equal fits the fuller passage wins, then the earlier one.
        return max(blocks, key=lambda block: len(wanted & block[1]) + min(len(block[1]), 40) / 100)[0]

    def _stems_of(self, page: Page) -> list[tuple[str, frozenset[str]]]:
        found = self._stems.get(page.url)
        if found is None:
            blocks = [p for p in split_passages(page) if p.kind is not PassageKind.FACT]
            found = self._stems[page.url] = [(p.text, _stems(f"{p.heading} {p.text}")) for p in blocks]
        return found


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.findall(r"\w+", text.casefold()))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
