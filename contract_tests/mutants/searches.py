"""Breaks of web retrieval."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

from pydantic import TypeAdapter

import apex_mock.mock as mocks
from apex_mock.core import latency, retrieval
from apex_mock.core.miners import Network
from apex_mock.core.types import SearchRequest, WebResult
from apex_mock.wire import codec, rpc, sn1

from .mutant import Patch, mutant


def each_result(patch: Patch, change: Callable[[WebResult], WebResult]) -> None:
    patch(retrieval, "search", lambda was: lambda *args: tuple(change(result) for result in was(*args)))


def rest_search(patch: Patch, change: Callable[[Any, SearchRequest], SearchRequest]) -> None:
    patch(sn1.SearchBody, "to_request", lambda was: lambda self: change(self, was(self)))


def rpc_search(patch: Patch, change: Callable[[SearchRequest], SearchRequest]) -> None:
    patch(rpc, "search_request", lambda was: lambda message: change(was(message)))


@mutant("SEARCH-001")
def nothing_relevant(patch: Patch) -> None:
    """A result's relevant part is empty."""
    each_result(patch, lambda result: replace(result, relevant=""))


@mutant("SEARCH-002")
def more_relevant_than_there_is(patch: Patch) -> None:
    """A result's relevant part is longer than its content."""
    each_result(patch, lambda result: replace(result, relevant=result.content + " and more"))


@mutant("SEARCH-019")
def relevant_in_other_words(patch: Patch) -> None:
    """A result's relevant part is no part of its content."""
    each_result(patch, lambda result: replace(result, relevant=result.relevant.upper()))


@mutant("SEARCH-003")
def no_dedupe(patch: Patch) -> None:
    """A page that several miners found is there several times."""

    def merge(found: Any, per_miner: Any, in_all: Any) -> Any:
        return tuple(chain.from_iterable(pages[:per_miner] for pages in found))[:in_all]

    patch(retrieval, "merge", lambda was: merge)


@mutant("SEARCH-018")
def miner_by_miner(patch: Patch) -> None:
    """All of one miner's results come before another's first."""

    def merge(found: Any, per_miner: Any, in_all: Any) -> Any:
        pages = chain.from_iterable(pages[:per_miner] for pages in found)
        return tuple({page.url: page for page in pages}.values())[:in_all]

    patch(retrieval, "merge", lambda was: merge)


@mutant("SEARCH-004")
def ten_miners_by_default(patch: Patch) -> None:
    """On RPC ten miners are asked unless told otherwise."""
    patch(rpc, "DEFAULT_MINERS", lambda was: 10)


@mutant("SEARCH-004")
def two_results_by_default(patch: Patch) -> None:
    """On RPC a miner brings five results unless told otherwise."""
    patch(rpc, "DEFAULT_RESULTS", lambda was: 5)


@mutant("SEARCH-005")
def three_results_by_default(patch: Patch) -> None:
    """On REST three results come unless told otherwise."""
    rest_search(patch, lambda body, request: replace(request, in_all=body.n_results or 3))


@mutant("SEARCH-006")
def one_result_too_many(patch: Patch) -> None:
    """On RPC each miner brings one result more than was asked for."""
    rpc_search(patch, lambda request: replace(request, per_miner=(request.per_miner or 0) + 1))


@mutant("SEARCH-007")
def rpc_counts_as_rest(patch: Patch) -> None:
    """On RPC n_results counts for the whole response."""
    rpc_search(patch, lambda request: replace(request, per_miner=None, in_all=request.per_miner))


@mutant("SEARCH-008")
def rest_counts_as_rpc(patch: Patch) -> None:
    """On REST n_results counts for each miner."""
    rest_search(patch, lambda body, request: replace(request, per_miner=request.in_all, in_all=None))


@mutant("SEARCH-009")
def one_miner_by_default(patch: Patch) -> None:
    """On REST one miner is asked unless told otherwise."""
    rest_search(patch, lambda body, request: replace(request, n_miners=body.n_miners or 1))


@mutant("SEARCH-010")
def one_name_only(patch: Patch) -> None:
    """max_results_per_miner means nothing."""
    patch(codec, "_ALIASES", lambda was: ())


@mutant("SEARCH-011", "WIRE-005")
def snake_case_only(patch: Patch) -> None:
    """Fields in camelCase are unknown on Constellation."""
    import orjson

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(part) for part in value]
        if isinstance(value, dict):
            return {name: plain(part) for name, part in value.items() if name == name.lower()}
        return value

    def decode(was: Any) -> Any:
        def decoded(self: Any, data: bytes, message: Any) -> Any:
            try:
                value = plain(orjson.loads(data))
            except ValueError:
                return was(self, data, message)
            return was(self, orjson.dumps(value), message)

        return decoded

    patch(codec.GuardedJsonCodec, "decode", decode)


@mutant("SEARCH-012")
def nothing_is_searched_for(patch: Patch) -> None:
    """A search for nothing is answered."""
    patch(mocks, "check_search", lambda was: lambda request: None)


class Lax(sn1.SearchBody):
    n_miners: int | None = None
    n_results: int | None = None
    max_response_time: int | None = None

    def to_request(self) -> SearchRequest:
        least = {name: max(1, value) for name, value in self.model_dump().items() if isinstance(value, int)}
        return sn1.SearchBody.model_validate({**self.model_dump(), **least}).to_request()


@mutant("SEARCH-013", "SEARCH-014", "SEARCH-015")
def no_least_number(patch: Patch) -> None:
    """0 counts as 1 on REST."""
    patch(sn1, "_SEARCH", lambda was: TypeAdapter(Lax))


@mutant("SEARCH-016")
def anybody_searches(patch: Patch) -> None:
    """uids mean nothing in a search."""
    patch(
        Network, "choose_for_search", lambda was: lambda self, request, rng: was(self, replace(request, uids=()), rng)
    )


@mutant("SEARCH-017")
def the_slow_count_too(patch: Patch) -> None:
    """A miner that is slower than max_response_time contributes."""
    patch(latency, "search_time", lambda was: lambda *args: 0.0)


@mutant("SEARCH-020")
def endless_patience_on_rpc(patch: Patch) -> None:
    """A miner on RPC has an hour unless told otherwise."""
    patch(rpc, "DEFAULT_RESPONSE_TIME", lambda was: 3600)


@mutant("SEARCH-020")
def rest_is_as_patient_as_rpc(patch: Patch) -> None:
    """A miner on REST has 20 seconds unless told otherwise."""
    rest_search(patch, lambda body, request: replace(request, max_response_time=body.max_response_time or 20))


@mutant("SEARCH-021")
def results_by_another_name(patch: Patch) -> None:
    """A result's address is called link."""
    patch.bodies(b'"url":', b'"link":')


@mutant("AUTH-009")
def searches_are_open_to_all(patch: Patch) -> None:
    """Who sends no key may search on REST."""
    from apex_mock.transports.sn1 import Sn1

    def search(was: Any) -> Any:
        async def searched(self: Any, request: Any) -> Any:
            if not any(name in (b"api-key", b"authorization") for name, _ in request.raw_headers):
                request.raw_headers = (*request.raw_headers, (b"api-key", b"anybody"))
            return await was(self, request)

        searched.__name__ = "search"
        return searched

    patch(Sn1, "search", search)
