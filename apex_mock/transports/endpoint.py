"""From a route's handler to its answer on the wire: every HTTP route but those of Constellation."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from apex_mock.asgi import HttpRequest
from apex_mock.faulting import ACTING
from apex_mock.transports.broken import Broken


class Endpoint:
    """A handler of requests as the ASGI application that a route wants."""

    def __init__(self, handle: Callable[[HttpRequest], Awaitable[Response]], limit: int) -> None:
        self._handle, self._limit = handle, limit
        self.__name__ = handle.__name__

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handle(HttpRequest(scope, receive, self._limit))
        if ACTING.get() is None:
            await response(scope, receive, send)
        else:
            await deliver(response, scope, receive, send)


async def deliver(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends an answer as the faults leave it that act on its call, if any do. Raises Lost."""
    acting = ACTING.get()
    if acting is None:
        await response(scope, receive, send)
        return
    broken = Broken(send, acting, scope)
    await response(scope, receive, broken)
    await broken.end(receive)
