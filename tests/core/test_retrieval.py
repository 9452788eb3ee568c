"""Web retrieval: each miner by itself, then merged by rank, each url once, within the limits of either wire."""

from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.corpus import Corpus
from apex_mock.core.miners import Failing
from apex_mock.core.retrieval import merge, search, search_as
from apex_mock.core.types import SearchRequest
from tests.core.worlds import miner, miners, page, pages, queries

seeds = st.integers(0, 2**32)
limits = st.integers(1, 6)
PAGES = tuple(page(n, "") for n in range(8))
rankings = st.lists(st.lists(st.sampled_from(PAGES), unique=True).map(tuple), min_size=1, max_size=6)


def urls(results) -> list[str]:
    return [result.url for result in results]


# --- Merging ----------------------------------------------------------------------------------------------------------


@given(rankings, st.none() | limits, st.none() | limits)
def test_no_url_comes_twice_and_none_from_nowhere(found, per_miner, in_all):
    """A merged list is a subset of what the miners returned."""
    merged = urls(merge(found, per_miner, in_all))
    assert len(set(merged)) == len(merged)
    assert set(merged) <= {p.url for ranking in found for p in ranking[:per_miner]}


@given(rankings, limits)
def test_the_limit_per_miner_bounds_what_each_may_add(found, per_miner):
    """D1: at most n_results of each, so at most n_miners times n_results in all; and within that nothing is lost."""
    merged = urls(merge(found, per_miner, None))
    assert len(merged) <= per_miner * len(found)
    assert set(merged) == {p.url for ranking in found for p in ranking[:per_miner]}


@given(rankings, limits)
def test_the_limit_in_all_cuts_the_merged_list(found, in_all):
    """D2: the best by rank stay, and nothing else changes."""
    assert urls(merge(found, None, in_all)) == urls(merge(found, None, None))[:in_all]


@given(rankings)
def test_results_come_rank_by_rank_across_the_miners(found):
    """V: first every miner's first page, then every miner's second; a page stands at its best rank."""
    by_rank = [p.url for rank in zip_longest(*found) for p in rank if p is not None]
    assert urls(merge(found, None, None)) == list(dict.fromkeys(by_rank))


@given(rankings, st.lists(st.sampled_from(PAGES), unique=True).map(tuple), st.none() | limits)
def test_one_more_miner_never_loses_a_url(found, one_more, per_miner):
    """Unless the cap on all of them bites."""
    assert set(urls(merge(found, per_miner, None))) <= set(urls(merge([*found, one_more], per_miner, None)))


# --- Searching --------------------------------------------------------------------------------------------------------


@given(pages, queries, seeds, miners)
def test_what_a_miner_finds_depends_on_seed_query_and_uid_alone(found, query, seed, asked):
    """Not on who else is asked, nor on what was asked before: a new corpus of the same pages says the same."""
    corpus = Corpus(found)
    alone = {m.uid: urls(search_as(m, query, corpus, seed)) for m in asked}
    corpus.rank_pages("something else")
    again = Corpus(found)
    assert {m.uid: urls(search_as(m, query, again, seed)) for m in reversed(asked)} == alone


@given(pages, queries, seeds, miners)
def test_a_miner_finds_something_and_nothing_twice(found, query, seed, asked):
    """As a search engine does, even where its slice of the web holds nothing that fits."""
    corpus = Corpus(found)
    for one in asked:
        mine = urls(search_as(one, query, corpus, seed))
        assert mine
        assert len(set(mine)) == len(mine)
        assert set(mine) <= set(urls(found))


@given(pages, queries, seeds, miners, limits)
def test_a_search_gives_what_its_miners_found(found, query, seed, asked, per_miner):
    """With each page's own text, and of that the part that fits: never longer than the text, and found in it."""
    corpus = Corpus(found)
    results = search(SearchRequest(query, per_miner=per_miner), dict.fromkeys(asked), corpus, seed)
    assert urls(results) == urls(merge([search_as(m, query, corpus, seed) for m in asked], per_miner, None))
    for result in results:
        own = next(p for p in found if p.url == result.url)
        assert result.content == own.content
        assert result.relevant in result.content


@given(pages, queries, seeds, miners, limits, st.integers(0, 11))
def test_a_miner_that_is_not_there_contributes_nothing(found, query, seed, asked, per_miner, missing):
    """What is left is exactly what the others found."""
    corpus = Corpus(found)
    left = [m for index, m in enumerate(asked) if index != missing % len(asked)]
    request = SearchRequest(query, per_miner=per_miner)
    expected = {url for m in left for url in urls(search_as(m, query, corpus, seed))[:per_miner]}
    assert set(urls(search(request, dict.fromkeys(left), corpus, seed))) == expected


@given(pages, seeds, miners)
def test_a_query_that_nothing_fits_still_answers(found, seed, asked):
    """With pages of the corpus, the same ones each time."""
    corpus = Corpus(found)
    request = SearchRequest("zzyzx quuxly", per_miner=2)
    results = search(request, dict.fromkeys(asked), corpus, seed)
    assert results
    assert results == search(request, dict.fromkeys(asked), corpus, seed)


def test_a_better_page_comes_first_when_a_miner_sees_all():
    """The ranking is the index's, but for the miner's own small noise."""
    corpus = Corpus((page(0, "wind and drift"), page(1, "salt salt salt, nothing but salt"), page(2, "heat")))
    assert urls(search_as(miner(1, coverage=1.0), "salt", corpus, 0))[0] == "https://sea.example/1"


def test_miners_see_different_slices_that_overlap():
    """So that asking several finds more, and merging has something to deduplicate."""
    corpus = Corpus(tuple(page(n, "ocean current") for n in range(40)))
    slices = [set(urls(search_as(miner(uid, coverage=0.6), "ocean", corpus, 0))) for uid in range(6)]
    assert len({frozenset(s) for s in slices}) == 6
    assert all(one & other for one in slices for other in slices)
    assert all(12 < len(s) < 36 for s in slices)


# --- Miners that err --------------------------------------------------------------------------------------------------


@given(pages, queries, seeds, miners, limits, st.data())
def test_miners_that_err_spoil_no_more_than_their_own(found, query, seed, asked, per_miner, data):
    """A duplicate repeats itself, a truncated one cuts its texts short; urls stay unique and parts stay parts."""
    corpus = Corpus(found)
    kinds = st.sampled_from([None, Failing.DUPLICATE, Failing.TRUNCATED])
    answered = {one: data.draw(kinds) for one in asked}
    results = search(SearchRequest(query, per_miner=per_miner), answered, corpus, seed)
    sound = [one for one in asked if answered[one] is None]
    assert len(set(urls(results))) == len(results)
    assert {u for one in sound for u in urls(search_as(one, query, corpus, seed))[:per_miner]} <= set(urls(results))
    for result in results:
        whole = next(p for p in found if p.url == result.url).content
        assert whole.startswith(result.content.removesuffix("…").rstrip())
        assert len(result.relevant) <= len(result.content)


def test_a_duplicating_miner_brings_home_one_page():
    """However many it was asked for."""
    corpus = Corpus(tuple(page(n, "ocean current") for n in range(6)))
    answered = {miner(1, coverage=1.0): Failing.DUPLICATE}
    assert len(search(SearchRequest("ocean", per_miner=4), answered, corpus, 0)) == 1
