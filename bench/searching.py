"""What a search over the whole corpus costs in processor time, by five miners and for queries that are all different.

python -m bench.searching QUERIES
"""

import asyncio
import json
import statistics
import sys
import time
from contextlib import suppress

from apex_mock.core.types import SearchRequest
from apex_mock.errors import NoSearchResult
from apex_mock.mock import ApexMock
from bench.prompts import distinct

MINERS = 5


async def search(count: int) -> dict[str, float]:
    mock = ApexMock()
    costs = []
    await mock.search(SearchRequest("the first search builds the index", n_miners=MINERS))
    for query in distinct(mock.corpus, count):
        begun = time.process_time()
        with suppress(NoSearchResult):
            await mock.search(SearchRequest(query, n_miners=MINERS, per_miner=3))
        costs.append((time.process_time() - begun) * 1000)
    costs.sort()
    return {"mean": statistics.mean(costs), "median": costs[count // 2], "p99": costs[int(count * 0.99)]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(search(int(sys.argv[1])))))
