"""Very many gRPC calls at once, from a client in a process of its own.

python -m bench.storm PORT CALLS AT_ONCE BODY
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import grpc

from bench.work import CONNECT, KEY

CHANNELS = 10


async def storm(port: int, calls: int, at_once: int, body: bytes) -> dict[str, object]:
    # Without pools of their own the channels would share one connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) for _ in range(CHANNELS)]
    ask = [channel.unary_unary(CONNECT) for channel in channels]
    metadata = (("authorization", f"Bearer {KEY}"),)
    errors: Counter[str] = Counter()
    todo = iter(range(calls))

    async def caller() -> None:
        for number in todo:
            try:
                answer = await ask[number % CHANNELS](body, metadata=metadata, timeout=60)
                if not answer:
                    errors["empty answer"] += 1
            except grpc.aio.AioRpcError as error:
                errors[f"{error.code().name}: {error.details()}"] += 1

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    took = time.perf_counter() - begun
    for channel in channels:
        await channel.close()
    return {"seconds": took, "errors": dict(errors)}


if __name__ == "__main__":
    port, calls, at_once = map(int, sys.argv[1:4])
    # The body is kept as h2load sends it, with gRPC's five bytes before the message.
    print(json.dumps(asyncio.run(storm(port, calls, at_once, Path(sys.argv[4]).read_bytes()[5:]))))
