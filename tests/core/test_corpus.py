"""The corpus: pages into passages, and what its index finds."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.corpus import MAX_TERMS, STOPWORDS, Corpus, Page, PassageKind, split_passages, terms
from tests.core.worlds import page, pages, queries

BODY = """Intro without a heading.

## A heading

A paragraph
of two lines.

1. first
2. second

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```python
x = 1

y = 2
```
### Next
"""


def corpus(*texts: str) -> Corpus:
    return Corpus(tuple(page(number, text) for number, text in enumerate(texts)))


def found(pages: Corpus, query: str) -> list[int]:
    return [pages.pages.index(hit.item) for hit in pages.rank_pages(query)]


def test_a_page_falls_into_its_blocks_under_their_headings():
    """Facts first; fenced code keeps its blank lines; a heading alone is no passage."""
    whole = Page("https://a.example/", "T", (), "2025-01-01", BODY, ("A fact.",))
    assert [(p.kind, p.heading, p.text.splitlines()[0]) for p in split_passages(whole)] == [
        (PassageKind.FACT, "", "A fact."),
        (PassageKind.PROSE, "", "Intro without a heading."),
        (PassageKind.PROSE, "A heading", "A paragraph"),
        (PassageKind.STEPS, "A heading", "1. first"),
        (PassageKind.LIST, "A heading", "- one"),
        (PassageKind.TABLE, "A heading", "| a | b |"),
        (PassageKind.CODE, "A heading", "```python"),
    ]


@given(st.text(max_size=300))
def test_every_passage_is_a_part_of_its_page_word_for_word(body):
    """But for the kinds of line ends, which become one; whatever the Markdown."""
    normal = "\n".join(body.splitlines())
    for passage in split_passages(page(0, body)):
        assert passage.text
        assert passage.text in normal


@given(st.text(max_size=200))
def test_terms_are_distinct_bounded_and_about_something(text):
    """Words that say nothing are left out unless there is nothing else."""
    chosen = terms(text)
    assert len(set(chosen)) == len(chosen) <= MAX_TERMS
    assert not set(chosen) & STOPWORDS or set(chosen) <= STOPWORDS


@given(st.text(max_size=100))
def test_a_query_is_never_taken_for_search_syntax(query):
    """Quotes, operators and NULs of users are words, or nothing."""
    hits = corpus("salt AND water", "NEAR the sea").rank_pages(query)
    assert {hit.item.url for hit in hits} <= {"https://sea.example/0", "https://sea.example/1"}


@pytest.mark.parametrize(
    "query", ['salt"', "salt*", "title:salt", "salt OR", "NOT salt", "(salt", "salt NEAR/2 x", "^salt"]
)
def test_search_operators_are_searched_for_as_words(query):
    """Not one of them is an error, and the word in it is found."""
    assert found(corpus("salt", "pepper"), query) == [0]


def test_pages_that_share_more_with_the_query_come_first():
    """By BM25: rare words count more, and so does the title."""
    sea = corpus("wind", "wind and salt", "salt salt salt")
    assert found(sea, "salt") == [2, 1]
    titled = Corpus((page(0, "salt here"), Page("https://b.example/", "Salt", (), "2025-01-01", "about it")))
    assert found(titled, "salt") == [1, 0]


@pytest.mark.parametrize(
    ("text", "query"), [("Zürich", "zurich"), ("currents", "current"), ("SALT", "salt"), ("東京タワー", "東京")]
)
def test_case_accents_and_endings_do_not_matter(text, query):
    """Nor does it that some scripts write no blanks."""
    assert found(corpus("nothing", text), query) == [1]


def test_nothing_is_found_where_no_word_fits():
    """The caller decides what to do then."""
    assert corpus("salt").rank_pages("zzyzx") == ()
    assert corpus("salt").rank_pages("?!") == ()


@given(pages, queries)
def test_ranking_is_in_order_and_names_each_page_once(some, query):
    """Best first; equal ones in the order of the pages."""
    hits = Corpus(some).rank_pages(query)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert len({h.item.url for h in hits}) == len(hits)


@given(pages, queries)
def test_the_best_passage_is_a_part_of_the_content(some, query):
    """Word for word, and never longer."""
    whole = Corpus(some)
    for one in some:
        best = whole.best_passage(one, query)
        assert best
        assert best in one.content


def test_the_best_passage_is_the_one_about_the_query():
    """The paragraph that shares most words with it, whatever their endings."""
    long = page(0, "Wind moves the surface.\n\nCold currents sink at the poles.\n\nWarm water stays up.")
    assert (
        Corpus((long,)).best_passage(long, "where do cold current masses sink?") == "Cold currents sink at the poles."
    )


def test_a_page_of_headings_alone_fits_as_a_whole():
    """There is no passage to choose from."""
    bare = page(0, "# Only\n\n## Headings")
    assert Corpus((bare,)).best_passage(bare, "headings") == bare.content


def test_a_corpus_needs_a_page():
    """An empty web answers nothing."""
    with pytest.raises(ValueError, match="at least one page"):
        Corpus(())


def test_several_threads_may_search_at_once():
    """A server in a thread and the test beside it share the corpus that comes with the package."""
    shared = corpus(*(f"word{n} common" for n in range(50)))
    answers: dict[int, list[int]] = {}

    def look(number: int) -> None:
        for _ in range(20):
            answers[number] = found(shared, f"word{number}")

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [number] for number in range(8)}
