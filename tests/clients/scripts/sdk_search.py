"""The page's web search, and the same one put asynchronously with the SDK's own defaults."""

import asyncio
from typing import Any

import macrocosmos
from common import as_dict, options, say

QUERY = "What is Bittensor?"


async def search() -> Any:
    client = macrocosmos.AsyncApexClient(**options(macrocosmos.AsyncApexClient))
    return await client.web_search.search(QUERY)


client = macrocosmos.ApexClient(**options(macrocosmos.ApexClient))
few = client.web_search.search(search_query=QUERY, n_miners=3, max_results_per_miner=2, max_response_time=30)
one = client.web_search.search(search_query=QUERY, n_miners=1, max_results_per_miner=4)
say({"few": as_dict(few), "one": as_dict(one), "defaults": as_dict(asyncio.run(search()))})
