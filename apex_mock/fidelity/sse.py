"""Streams of the REST host, each over a connection of its own."""

import asyncio
from typing import cast

import orjson

from apex_mock.clock import stopwatch
from apex_mock.fidelity.streams import PROMPT, SEED, Load, Run, Seen, connect, drive

MOST_SAID = 200  # bytes of a refusal that are shown
CHAT = "/v1/chat/completions"


async def over_sse(load: Load) -> Run:
    """Raises Failed."""
    sent = {
        "messages": [{"role": "user", "content": PROMPT}],
        "seed": SEED,
        "stream": True,
        "sampling_parameters": {"max_new_tokens": load.chunks},
    }
    body = orjson.dumps(sent)
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: {load.host}\r\nauthorization: Bearer {load.key}\r\n"
        f"x-apex-profile: {load.profile}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    clients = [_Client(head.encode("latin-1") + body) for _ in range(load.streams)]
    for client in clients:
        connected = await connect(load)
        await loop.create_connection(lambda made=client: made, sock=connected)  # type: ignore[misc]  # bound at once
    return await drive(load, [client.seen for client in clients], [client.stream for client in clients])


class _Client(asyncio.Protocol):
    def __init__(self, request: bytes) -> None:
        self.seen = Seen()
        self._request = request
        self._rest = b""
        self._transport: asyncio.Transport
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def stream(self) -> None:
        self.seen.sent = stopwatch()
        self._transport.write(self._request)
        await self._done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        now = stopwatch()
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if b'"content":"' in event:
                self.seen.arrivals.append(now)
            elif b"data: [DONE]" in event:
                self._end("")
        if self._rest.startswith(b"HTTP/1.") and self._rest[9:12] != b"200":
            status, said = self._rest[9:12], self._rest.partition(b"\r\n\r\n")[2].partition(b"\n")[0]
            self._end(f"HTTP {status.decode('latin-1')}: {said[:MOST_SAID].decode('utf-8', 'replace')}".rstrip(": \r"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the connection ended")

    def _end(self, error: str) -> None:
        if not self._done.done():
            self.seen.error = error
            self._done.set_result(None)
            self._transport.close()
