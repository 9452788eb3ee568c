"""respx in front of the application: httpx's calls to the documented hosts are answered in process, streams included.

The application runs on the fake's own loop, so a sync client needs no loop and an async one keeps its own free.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import httpx
import respx

from apex_mock.testing.ground import Ground
from apex_mock.transports.broken import Lost

HOSTS = ("constellation.api.cloud.macrocosmos.ai", "sn1.api.macrocosmos.ai")
_in_async_client: ContextVar[bool] = ContextVar("in_async_client", default=False)


class ApexRouter(respx.MockRouter):
    """Answers HOSTS from the fake, in one test's world whatever the key; refuses any other host.

    Routes that a test adds come after: `apex_respx.get("https://example.com/").respond(204)`.
    """

    def __init__(self, ground: Ground, scope: str) -> None:
        super().__init__(assert_all_called=False, assert_all_mocked=True)
        self._ground, self._apex_scope = ground, scope
        self.route(host__in=HOSTS).mock(side_effect=self._answer)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        token = _in_async_client.set(True)
        try:
            return await super().async_handler(request)
        finally:
            _in_async_client.reset(token)

    def _answer(self, request: httpx.Request) -> Any:
        # respx calls this alike for both kinds of client; only for an async one may it return an awaitable.
        exchange = Exchange(self._ground, request, self._apex_scope)
        return exchange.answer_async() if _in_async_client.get() else exchange.answer()


class Exchange(httpx.SyncByteStream, httpx.AsyncByteStream):
    """One request through the application, and its body as the stream of the response."""

    def __init__(self, ground: Ground, request: httpx.Request, scope: str) -> None:
        self._ground, self._request = ground, request
        self._scope = _asgi_scope(request, scope)
        self._sent: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        self._task: asyncio.Task[None]

    # --- The client's side --------------------------------------------------------------------------------------------

    def answer(self) -> httpx.Response:
        return self._response(self._ground.run(self._begin()))

    async def answer_async(self) -> httpx.Response:
        return self._response(await self._awaited(self._begin()))

    def _response(self, start: dict[str, Any]) -> httpx.Response:
        return httpx.Response(start["status"], headers=start["headers"], stream=self, request=self._request)

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._ground.run(self._next())) is not None:
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._awaited(self._next())) is not None:
            yield piece

    def close(self) -> None:
        self._ground.run(self._end())

    async def aclose(self) -> None:
        await self._awaited(self._end())

    async def _awaited(self, coroutine: Any) -> Any:
        future = self._ground.submit(coroutine)
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # trio's
            return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
        return await asyncio.wrap_future(future)

    # --- The application's side, on the fake's loop -------------------------------------------------------------------

    async def _begin(self) -> dict[str, Any]:
        self._task = asyncio.create_task(self._serve())
        try:
            start = await self._sent.get()
        except asyncio.CancelledError:
            await self._end()
            raise
        if start is None:
            await self._task
            raise RuntimeError(f"the application did not answer {self._request.method} {self._request.url}")
        return start

    async def _serve(self) -> None:
        try:
            await self._ground.app(self._scope, self._receive, self._send)
        except Lost as lost:
            error = httpx.ReadError if lost.reset else httpx.RemoteProtocolError
            raise error(str(lost), request=self._request) from None
        finally:
            self._sent.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._request.content, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if self._gone.is_set():
            raise OSError("the client has closed the connection")
        self._sent.put_nowait(dict(message))

    async def _next(self) -> bytes | None:
        while (message := await self._sent.get()) is not None:
            if body := message.get("body", b""):
                return bytes(body)
        await self._task
        return None

    async def _end(self) -> None:
        self._gone.set()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _asgi_scope(request: httpx.Request, scope: str) -> dict[str, Any]:
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    if "x-apex-scope" not in request.headers:
        headers.append((b"x-apex-scope", scope.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port or 443),
    }
