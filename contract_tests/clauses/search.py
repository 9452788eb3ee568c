"""Web retrieval: what a result holds, and limits that mean one thing on RPC and another on REST."""

from collections.abc import Sequence

from .. import expect
from ..answer import Answer
from ..clause import RPC, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .chat import NO_SUCH_UID

COSTS = Nature.COSTS
QUERY = "What is Bittensor?"
HASTE = 20_000.0  # how many times as fast a fake's clock runs while miners are slow


def urls(answer: Answer) -> list[str]:
    return [result.get("url", "") for result in expect.succeeds(answer).results]


@clause("SEARCH-001", "D1 D2", Op.SEARCH, nature=COSTS)
def results_have_three_fields(client: Client) -> None:
    """Each result has the url, the content and the relevant part of a page."""
    answer = expect.succeeds(client.search(QUERY, n_miners=3, n_results=3))
    expect.holds(answer.results, "results", "at least one", answer.results, answer)
    for result in answer.results:
        expect.matches(result.get("url"), r"https?://\S+", "url", answer)
        expect.filled(result.get("content"), "content", answer)
        expect.filled(result.get("relevant"), "relevant", answer)


@clause("SEARCH-002", "D1 V", Op.SEARCH, nature=COSTS)
def relevant_is_no_longer(client: Client) -> None:
    """The relevant part is never longer than the content."""
    answer = expect.succeeds(client.search(QUERY, n_miners=5, n_results=5))
    for result in answer.results:
        relevant, content = len(result["relevant"]), len(result["content"])
        expect.holds(relevant <= content, "the length of relevant", f"at most {content}", relevant, answer)


@clause("SEARCH-003", "V", Op.SEARCH, nature=COSTS)
def each_url_once(client: Client) -> None:
    """However many miners found a page, its url is there once."""
    expect.distinct(urls(client.search(QUERY, n_miners=10, n_results=20)), "urls")


@clause("SEARCH-004", "D1", Op.SEARCH, nature=COSTS, transports=RPC)
def rpc_defaults(client: Client) -> None:
    """On RPC three miners are asked for one result each unless told otherwise: at most three in all."""
    answer = expect.succeeds(client.search(QUERY))
    expect.holds(1 <= len(answer.results) <= 3, "the number of results", "one to three", len(answer.results), answer)
    if client.exact:
        spelled = client.search(QUERY, n_miners=3, n_results=1, max_response_time=20)
        expect.equal(urls(answer), urls(spelled), "the urls without limits", answer)


@clause("SEARCH-005", "D2", Op.SEARCH, nature=COSTS, transports=[Transport.REST])
def rest_defaults(client: Client) -> None:
    """On REST one result comes unless told otherwise."""
    answer = expect.succeeds(client.search(QUERY))
    expect.equal(len(answer.results), 1, "the number of results", answer)


@clause("SEARCH-006", "D1", Op.SEARCH, nature=COSTS, transports=(*RPC, Transport.SDK))
def rpc_limit_in_all(client: Client) -> None:
    """On RPC there are at most n_miners x n_results results."""
    answer = expect.succeeds(client.search(QUERY, n_miners=2, n_results=2))
    expect.holds(1 <= len(answer.results) <= 4, "the number of results", "one to four", len(answer.results), answer)


@clause("SEARCH-007", "D1", Op.SEARCH, nature=COSTS, transports=(*RPC, Transport.SDK), needs=[Need.EXACT])
def rpc_limit_is_per_miner(client: Client) -> None:
    """On RPC n_results counts for each miner: ten of them bring more than one result at n_results 1."""
    answer = expect.succeeds(client.search(QUERY, n_miners=10, n_results=1))
    expect.holds(len(answer.results) > 1, "the number of results", "more than one", len(answer.results), answer)


@clause("SEARCH-008", "D2", Op.SEARCH, nature=COSTS, transports=[Transport.REST])
def rest_limit_in_all(client: Client) -> None:
    """On REST n_results counts for the whole response, however many miners are asked."""
    for n_results in (1, 2):
        answer = expect.succeeds(client.search(QUERY, n_miners=10, n_results=n_results))
        found = len(answer.results)
        expect.holds(1 <= found <= n_results, "the number of results", f"one to {n_results}", found, answer)


@clause("SEARCH-009", "D2", Op.SEARCH, nature=COSTS, transports=[Transport.REST], needs=[Need.EXACT])
def rest_miners_default(client: Client) -> None:
    """On REST three miners are asked unless told otherwise."""
    plain, spelled = client.search(QUERY, n_results=9), client.search(QUERY, n_results=9, n_miners=3)
    expect.equal(urls(plain), urls(spelled), "the urls without n_miners", plain)
    ten = client.search(QUERY, n_results=200, n_miners=40)
    found, all_found = len(expect.succeeds(plain).results), len(expect.succeeds(ten).results)
    expect.holds(all_found >= found, "the number of results of forty miners", f"at least {found}", all_found, ten)


@clause("SEARCH-010", "D1", Op.SEARCH, nature=COSTS, transports=[Transport.CONNECT])
def page_names_the_limit_otherwise(client: Client) -> None:
    """JSON callers may call n_results max_results_per_miner, as the page's examples do."""
    body = {"search_query": QUERY, "n_miners": 3, "max_response_time": 30}
    alias = expect.succeeds(client.call(Op.SEARCH, {**body, "max_results_per_miner": 4}))
    expect.holds(len(alias.results) <= 12, "the number of results", "at most twelve", len(alias.results), alias)
    if client.exact:
        expect.equal(urls(alias), urls(client.call(Op.SEARCH, {**body, "n_results": 4})), "the urls", alias)


@clause("SEARCH-011", "D1 TS", Op.SEARCH, nature=COSTS, transports=[Transport.CONNECT])
def camel_case_in(client: Client) -> None:
    """searchQuery, nMiners, nResults and maxResponseTime mean what the snake_case names mean."""
    camel = {"searchQuery": QUERY, "nMiners": 4, "nResults": 2, "maxResponseTime": 25}
    answer = expect.succeeds(client.call(Op.SEARCH, camel))
    expect.holds(1 <= len(answer.results) <= 8, "the number of results", "one to eight", len(answer.results), answer)
    if client.exact:
        snake = client.search(QUERY, n_miners=4, n_results=2, max_response_time=25)
        expect.equal(urls(answer), urls(snake), "the urls", answer)


@clause("SEARCH-012", "D1 D2", Op.SEARCH)
def a_query_is_required(client: Client) -> None:
    """A search without a search_query is refused as invalid."""
    answer = expect.fails(client.call(Op.SEARCH, {"n_miners": 3}), "invalid_argument")
    if client.transport is Transport.REST:
        expect.equal(answer.status, 422, "the status", answer)


def _refused(client: Client, name: str, values: Sequence[int]) -> None:
    for value in values:
        answer = expect.fails(client.search(QUERY, **{name: value}), "invalid_argument")
        expect.equal(answer.status, 422, f"the status for {name} {value}", answer)


@clause("SEARCH-013", "D2", Op.SEARCH, transports=[Transport.REST])
def at_least_one_miner(client: Client) -> None:
    """On REST n_miners is at least 1."""
    _refused(client, "n_miners", (0, -1))


@clause("SEARCH-014", "D2", Op.SEARCH, transports=[Transport.REST])
def at_least_one_result(client: Client) -> None:
    """On REST n_results is at least 1."""
    _refused(client, "n_results", (0, -1))


@clause("SEARCH-015", "D2", Op.SEARCH, transports=[Transport.REST])
def at_least_one_second(client: Client) -> None:
    """On REST max_response_time is at least 1."""
    _refused(client, "max_response_time", (0, -1))


@clause("SEARCH-016", "D1 D2", Op.SEARCH, nature=COSTS)
def uids_choose(client: Client) -> None:
    """Searching by uids asks those miners alone: with none that exists there is no result."""
    expect.fails(client.search(QUERY, uids=[NO_SUCH_UID]), "unavailable", status=500)


@clause("SEARCH-017", "V", Op.SEARCH, nature=COSTS, needs=[Need.CONTROL])
def nobody_in_time(client: Client) -> None:
    """When no miner answers within max_response_time: REST 500 "No miner responded successfully", RPC unavailable."""
    client.control.profile("overloaded")
    client.control.hurry(HASTE)
    answer = expect.fails(client.search(QUERY, n_miners=2, n_results=1, max_response_time=1), "unavailable", status=500)
    said = "No miner responded successfully"
    expect.holds(said in answer.message, "the message", said, answer.message, answer)


@clause("SEARCH-018", "V", Op.SEARCH, Op.AVAILABLE_MINERS, nature=COSTS, transports=RPC, needs=[Need.EXACT])
def merged_rank_by_rank(client: Client) -> None:
    """Every miner's first result comes before any miner's second, and so on."""
    first, second = _searchers(client, 2)
    alone = [urls(client.search(QUERY, uids=[uid], n_miners=1, n_results=4)) for uid in (first, second)]
    expected: list[str] = []
    for rank in range(4):
        expected += [found[rank] for found in alone if rank < len(found) and found[rank] not in expected]
    together = client.search(QUERY, uids=[first, second], n_miners=2, n_results=4)
    expect.equal(urls(together), expected, f"the urls of miners {first} and {second}", together)


@clause("SEARCH-019", "D1 V", Op.SEARCH, nature=COSTS, needs=[Need.EXACT])
def relevant_is_a_part(client: Client) -> None:
    """The relevant part is a part of the content."""
    answer = expect.succeeds(client.search(QUERY, n_miners=5, n_results=5))
    for result in answer.results:
        inside = " ".join(result["relevant"].split()) in " ".join(result["content"].split())
        expect.holds(inside, f"relevant of {result['url']}", "a part of the content", result["relevant"], answer)


@clause(
    "SEARCH-020",
    "D1 D2",
    Op.SEARCH,
    Op.AVAILABLE_MINERS,
    nature=COSTS,
    needs=[Need.CONTROL, Need.EXACT],
    without=[Transport.SDK],
)
def default_response_time(client: Client) -> None:
    """A miner has 20 seconds on RPC and 10 on REST unless max_response_time says otherwise."""
    client.control.profile("overloaded")
    client.control.hurry(HASTE)
    for uid in _searchers(client, 60):
        if not client.search(QUERY, uids=[uid], max_response_time=10).ok:
            within_20 = client.search(QUERY, uids=[uid], max_response_time=20)
            if within_20.ok:
                break
    else:
        raise expect.Broken("sixty slow miners", "one that takes between 10 and 20 s", "none")
    answer = client.search(QUERY, uids=[uid])
    if client.transport is Transport.REST:
        expect.fails(answer, "unavailable", status=500)
        return
    expect.succeeds(answer)
    for uid in _searchers(client, 60):
        patient, impatient = (client.search(QUERY, uids=[uid], max_response_time=most) for most in (60, 20))
        if patient.ok and not impatient.ok:
            expect.fails(client.search(QUERY, uids=[uid]), "unavailable")
            break


def _searchers(client: Client, count: int) -> list[int]:
    """Miners that serve web retrieval."""
    found = expect.succeeds(client.call(Op.AVAILABLE_MINERS, {"task": "WebRetrievalTask", "k": count}))
    uids: list[int] = found.raw
    expect.holds(len(uids) >= min(count, 2), "available miners", "at least two", uids, found)
    return uids


@clause("SEARCH-021", "D1 D2", Op.SEARCH, nature=COSTS, transports=[Transport.CONNECT, Transport.REST])
def result_names(client: Client) -> None:
    """On the wire a result's fields are url, content and relevant, within results."""
    answer = expect.succeeds(client.search(QUERY, n_miners=3))
    expect.equal(sorted(answer.raw), ["results"], "the fields of the answer", answer)
    for result in answer.raw["results"]:
        expect.equal(sorted(result), ["content", "relevant", "url"], "the fields of a result", answer)
