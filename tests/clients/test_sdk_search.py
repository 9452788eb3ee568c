"""Web search by the official SDK."""

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests, run_script

pytestmark = client_tests()


def test_search(sdk: Sdk, either: Server, key: str) -> None:
    """No more than n_miners x max_results_per_miner in all; each url once; the passage is no longer than its page."""
    said = run_script(sdk.python, "sdk_search.py", env=either.environment(key))
    for limit, name in [(3 * 2, "few"), (4, "one"), (5 * 5, "defaults")]:
        results = said[name]["results"]
        assert 0 < len(results) <= limit, name
        urls = [result["url"] for result in results]
        assert len(set(urls)) == len(urls), name
        assert all(url.startswith(("http://", "https://")) for url in urls), name
        assert all(result["relevant"] and len(result["relevant"]) <= len(result["content"]) for result in results), name
    assert len(said["one"]["results"]) == 4
    assert len(said["defaults"]["results"]) > len(said["few"]["results"])
    assert any("Bittensor" in result["content"] for result in said["few"]["results"])
