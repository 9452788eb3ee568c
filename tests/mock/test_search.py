"""Web retrieval by the whole fake: who is asked, who answers in time, how long it takes."""

import asyncio
from dataclasses import replace

import pytest

from apex_mock import ApexMock, Settings
from apex_mock.clock import Clock
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency, Network
from apex_mock.core.types import Caller, SearchRequest
from apex_mock.errors import InvalidRequest, NoMiners, NoSearchResult
from tests.core.worlds import miner

ASKED = SearchRequest("the currents of the ocean", n_miners=5, per_miner=2, max_response_time=10)
STILL = Caller("still", "me")


def urls(results) -> list[str]:
    return [result.url for result in results]


def slow_mock(*medians: float) -> ApexMock:
    """A fake whose miners take exactly these times to search, in a scope where time stands still."""
    mock = ApexMock(Settings(), clock=Clock(lambda: 0))
    mock.network = Network(
        tuple(miner(uid, latency=Latency(0.75 * median, 0.0)) for uid, median in enumerate(medians)), "house/default"
    )
    mock.profiles = {"instant": Profile(search=Latency(1.0, 0.0), miner_speed=True)}
    mock.clock.freeze("still")
    return mock


async def searching(mock: ApexMock, request: SearchRequest) -> asyncio.Task:
    task = asyncio.ensure_future(mock.search(request, STILL))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_a_miner_that_is_late_contributes_nothing():
    """The others' results come at the limit, exactly as if it had not been asked."""
    mock = slow_mock(1, 2, 11)
    request = replace(ASKED, uids=(0, 1, 2))
    task = await searching(mock, request)
    mock.clock.advance("still", 9.9)
    await asyncio.sleep(0.01)
    assert not task.done()
    mock.clock.advance("still", 0.1)
    found = await task
    mock.clock.reset()
    mock.profiles = {"instant": Profile()}
    assert found == await mock.search(replace(ASKED, uids=(0, 1)), STILL)


async def test_a_search_ends_when_its_slowest_miner_has_answered():
    """Not sooner, and not at the limit when all were in time."""
    mock = slow_mock(1, 4)
    task = await searching(mock, replace(ASKED, uids=(0, 1)))
    mock.clock.advance("still", 3.9)
    await asyncio.sleep(0.01)
    assert not task.done()
    mock.clock.advance("still", 0.1)
    assert await task


async def test_it_says_so_when_nobody_answered_in_time():
    """After as long as the caller was ready to wait."""
    mock = slow_mock(11, 12)
    task = await searching(mock, replace(ASKED, uids=(0, 1)))
    mock.clock.advance("still", 10)
    with pytest.raises(NoSearchResult, match="No miner responded successfully"):
        await task


async def test_asking_more_miners_finds_all_that_fewer_found(mock):
    """Twelve find what three of them found, and more."""
    more = 0
    for query in ("ocean currents", "how do vaccines work", "interest rates and bonds", "history of Rome"):
        few = urls(await mock.search(replace(ASKED, query=query, n_miners=3)))
        many = urls(await mock.search(replace(ASKED, query=query, n_miners=12)))
        assert set(few) <= set(many)
        more += len(many) - len(few)
    assert more > 0


async def test_both_limits_hold_in_their_own_way(mock):
    """Per miner on one surface, in all on the other."""
    per_miner = await mock.search(replace(ASKED, n_miners=4, per_miner=3))
    in_all = await mock.search(replace(ASKED, n_miners=4, per_miner=None, in_all=3))
    assert 3 < len(per_miner) <= 12
    assert len(in_all) == 3
    assert len(set(urls(per_miner))) == len(per_miner)


async def test_the_same_search_finds_the_same_whatever_else_happens(mock):
    """Other searches at the same moment, other callers: nothing remembers."""
    alone = await mock.search(ASKED)
    others = (mock.search(SearchRequest(f"other {n}", per_miner=1), Caller(str(n))) for n in range(20))
    *_, again = await asyncio.gather(*others, mock.search(ASKED, Caller("x")))
    assert again == alone


async def test_another_seed_asks_other_miners():
    """The seed is where all choices come from."""
    found = {tuple(urls(await ApexMock(Settings(seed=seed)).search(ASKED))) for seed in range(5)}
    assert len(found) > 1


async def test_miners_that_do_not_exist_are_nobody():
    """The request named only them."""
    mock = ApexMock()
    with pytest.raises(NoMiners):
        await mock.search(replace(ASKED, uids=(65_000,)))
    with pytest.raises(InvalidRequest, match="search_query"):
        await mock.search(replace(ASKED, query=" "))


async def test_every_page_of_the_corpus_has_a_passage_that_is_part_of_it():
    """On the real corpus, for queries of every kind: relevant is never longer than content, and found in it."""
    corpus = ApexMock().corpus
    for query in ("What is the capital of France?", "ocean", "código", "東京", "?!"):
        for page in corpus.pages:
            assert corpus.best_passage(page, query) in page.content
