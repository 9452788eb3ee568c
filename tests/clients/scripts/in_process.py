"""The SDK and the fake in one process, imported in the order of the arguments; each then uses what the other has."""

import sys
from importlib import import_module

for module in sys.argv[1:]:
    import_module(module)

import asyncio  # noqa: E402
from typing import Any  # noqa: E402

import google.protobuf  # noqa: E402
import macrocosmos  # noqa: E402
from common import as_dict, say  # noqa: E402
from google.protobuf.descriptor_pool import Default  # noqa: E402

import apex_mock  # noqa: E402

QUESTION: dict[str, Any] = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}


async def ask(address: str) -> dict[str, Any]:
    client = macrocosmos.AsyncApexClient(base_url=address, secure=False, api_key="k")
    answer = await client.chat.completions.create(**QUESTION)
    stream = await client.chat.completions.create(**QUESTION, stream=True)
    pieces = [chunk.choices[0].delta.content async for chunk in stream]
    at_once = await asyncio.gather(*(client.chat.completions.create(**QUESTION) for _ in range(20)))
    found = await client.web_search.search("What is Bittensor?", n_miners=3, max_results_per_miner=2)
    job = await client.deep_research.create_job(messages=QUESTION["messages"])
    view = await client.deep_research.get_job_results(job.job_id)
    return {
        "async": as_dict(answer)["choices"],
        "stream": "".join(pieces),
        "at once": [as_dict(each)["choices"] for each in at_once],
        "found": as_dict(found)["results"],
        "job": view.job_id == job.job_id,
    }


with apex_mock.serve() as server:
    client = macrocosmos.ApexClient(base_url=server.address, secure=False, api_key="k")
    answer = client.chat.completions.create(**QUESTION)
    said = asyncio.run(ask(server.address))

say(
    {
        "sdk": macrocosmos.__version__,
        "protobuf": google.protobuf.__version__,
        "pool": Default().FindMessageTypeByName("apex.v1.ChatCompletionRequest").file.name,
        "sync": as_dict(answer)["choices"],
        **said,
    }
)
