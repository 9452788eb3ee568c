"""One question with one seed: put synchronously, asynchronously, and answered as a stream."""

import asyncio
from typing import Any

import google.protobuf
import macrocosmos
from common import as_dict, options, say

QUESTION: dict[str, Any] = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 7}


def ask() -> Any:
    client = macrocosmos.ApexClient(**options(macrocosmos.ApexClient))
    return client.chat.completions.create(**QUESTION)


async def ask_async() -> tuple[Any, list[Any]]:
    client = macrocosmos.AsyncApexClient(**options(macrocosmos.AsyncApexClient))
    answer = await client.chat.completions.create(**QUESTION)
    stream = await client.chat.completions.create(**QUESTION, stream=True)
    return answer, [chunk async for chunk in stream]


answer, chunks = asyncio.run(ask_async())
say(
    {
        "sdk": macrocosmos.__version__,
        "protobuf": google.protobuf.__version__,
        "sync": as_dict(ask()),
        "async": as_dict(answer),
        "stream": [as_dict(chunk) for chunk in chunks],
    }
)
