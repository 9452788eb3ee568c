"""Web retrieval: each miner searches its own slice of the corpus by itself, then the results are merged.

What a miner brings home depends on (seed, query, uid) alone, so asking twelve finds all that three of them found.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest

from apex_mock.core.conduct import truncated_result
from apex_mock.core.corpus import Corpus, Page
from apex_mock.core.miners import Failing, Miner
from apex_mock.core.types import SearchRequest, WebResult
from apex_mock.seed import fraction

RANK_NOISE = 0.25  # how far a miner's own ranking may differ from the index's, as a share of a page's score
FALLBACK_PAGES = 24  # what a query that nothing fits is answered from
RELEVANT = 0.3  # the share of the best page's score below which a page does not count as found
DEPTH = 48  # of the index's ranking that a miner looks through


def search_as(miner: Miner, query: str, corpus: Corpus, seed: int) -> tuple[Page, ...]:
    """The pages that one miner finds, best first. It finds something for every query, as a search engine does."""
    ranked = [(hit.item, hit.score) for hit in corpus.rank_pages(query)[:DEPTH]]
    ranked = [(page, score) for page, score in ranked if score >= RELEVANT * ranked[0][1]]
    if not ranked:
        ranked = _unrelated(query, corpus, seed)
    seen = [(page, score) for page, score in ranked if fraction(0, "slice", miner.uid, page.url) < miner.coverage]
    own = [
        (score * (1 + RANK_NOISE * (fraction(seed, "rank", query, miner.uid, page.url) - 0.5)), -i, page)
        for i, (page, score) in enumerate(seen or ranked[:1])
    ]
    own.sort(key=lambda entry: entry[:2], reverse=True)
    return tuple(page for _, _, page in own)


def _unrelated(query: str, corpus: Corpus, seed: int) -> list[tuple[Page, float]]:
    keyed = sorted(corpus.pages, key=lambda page: fraction(seed, "unrelated", query, page.url))
    return [(page, 1.0) for page in keyed[:FALLBACK_PAGES]]


def merge(found: Sequence[Sequence[Page]], per_miner: int | None, in_all: int | None) -> tuple[Page, ...]:
    """First every miner's first result, then every miner's second, and so on; each url once (V)."""
    capped = [pages[:per_miner] for pages in found]
    by_rank = (page for page in chain.from_iterable(zip_longest(*capped)) if page is not None)
    unique: dict[str, Page] = {}
    for page in by_rank:
        unique.setdefault(page.url, page)
    return tuple(unique.values())[:in_all]


def search(
    request: SearchRequest, answered: Mapping[Miner, Failing | None], corpus: Corpus, seed: int
) -> tuple[WebResult, ...]:
    """What the miners that answered in time found together; each as it should, or erring as its value says."""
    depth = request.per_miner if request.per_miner is not None else request.in_all
    found: list[list[Page]] = []
    cut: set[str] = set()
    for miner, errs in answered.items():
        pages = list(search_as(miner, request.query, corpus, seed)[:depth])
        if errs is Failing.DUPLICATE:
            pages = pages[:1] * len(pages)
        elif errs is Failing.TRUNCATED:
            cut.update(page.url for page in pages if not any(page in others for others in found))
        found.append(pages)
    results = []
    for page in merge(found, request.per_miner, request.in_all):
        result = WebResult(page.url, page.content, corpus.best_passage(page, request.query))
        results.append(truncated_result(result) if page.url in cut else result)
    return tuple(results)
