"""What each call of the SDK raises when the key is wrong, and what the answer is to questions that cannot be asked."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import macrocosmos
from common import options, say

HELLO: Any = [{"role": "user", "content": "Hello"}]


def raised(call: Callable[[], Any]) -> list[str]:
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


async def stream() -> str:
    """The SDK hands a stream out before the server has spoken, so its error is gRPC's own."""
    client = macrocosmos.AsyncApexClient(**options(macrocosmos.AsyncApexClient))
    chunks = await client.chat.completions.create(messages=HELLO, stream=True)
    try:
        async for _ in chunks:
            pass
    except grpc.RpcError as error:
        return error.code().name
    finally:
        await chunks.aclose()
    return "OK"


client = macrocosmos.ApexClient(**options(macrocosmos.ApexClient))
retrying = macrocosmos.ApexClient(max_retries=2, **options(macrocosmos.ApexClient))
say(
    {
        "chat": raised(lambda: client.chat.completions.create(messages=HELLO)),
        "retries": raised(lambda: retrying.chat.completions.create(messages=HELLO)),
        "search": raised(lambda: client.web_search.search("Bittensor")),
        "submit": raised(lambda: client.deep_research.create_job(messages=HELLO)),
        "poll": raised(lambda: client.deep_research.get_job_results(job_id="no-such-job")),
        "role": raised(lambda: client.chat.completions.create(messages=[{"role": "nobody", "content": "Hello"}])),
        "stream": asyncio.run(stream()),
    }
)
