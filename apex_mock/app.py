"""The Starlette application: every route of HTTP/1.1, on one mock."""

import logging
import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from apex_mock.asgi import BEGUN, Json
from apex_mock.errors import ApexError
from apex_mock.faulting import ACTING
from apex_mock.mock import ApexMock
from apex_mock.settings import Settings
from apex_mock.standing import StandingFaults
from apex_mock.stubfolder import StubFolder, folder_of
from apex_mock.transports import constellation, sn1
from apex_mock.transports.broken import Lost
from apex_mock.transports.control import Control
from apex_mock.transports.control.access import ANYBODY, Access
from apex_mock.transports.described import Described
from apex_mock.transports.endpoint import deliver
from apex_mock.transports.prometheus import Prometheus
from apex_mock.wire.sn1 import BadBody

_KEY_IN_PATH = re.compile("(?<=-api-key/)[^/]+")
log = logging.getLogger("apex_mock")


class ApexApp(Starlette):
    """A Starlette application with one middleware, Errors, in the place of Starlette's own three, and a Shortcut before
    its router."""

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = Shortcut(self.router)
        for wrap in reversed(self.user_middleware):
            app = wrap.cls(app, *wrap.args, **wrap.kwargs)
        return Errors(app, self.state.mock)


def create_app(
    mock: ApexMock | None = None,
    *,
    settings: Settings | None = None,
    folder: StubFolder | None = None,
    access: Access = ANYBODY,
) -> Starlette:
    """The application for a mock: for uvicorn, or for an ASGI test client. Its state has the mock as `mock`.

    `folder` is the stubs that a server already keeps; without one, those of the settings are laid down by the first
    request. `access` says who may use the control API.
    """
    mock = mock or ApexMock(settings)
    middleware = []
    if folder is None and (folder := folder_of(mock)) is not None:
        middleware.append(Middleware(Laid, folder=folder))
    if mock.standing.waiting:
        middleware.append(Middleware(Laid, folder=mock.standing))
    host = sn1.Sn1(mock)
    rest = host.routes()
    rpc = Mount(constellation.PATH, app=constellation.Constellation(mock))
    # Routes are tried in order, so the two busiest stand first.
    control = Control(mock, folder, access).routes()
    told = [Described(host).route(), Prometheus(mock, access).route()]
    app = ApexApp(routes=[rest[0], rpc, *rest[1:], *told, *control], middleware=middleware)
    app.router.redirect_slashes = False
    app.state.mock = mock
    return app


class Shortcut:
    """The way of the two busiest routes, the first two of the router, which finds them in a fifth of the time.

    All that is not plainly theirs goes to the router, which then finds the same.
    """

    def __init__(self, router: Router) -> None:
        self._router = router
        chat, rpc = router.routes[:2]
        assert isinstance(chat, Route)
        assert isinstance(rpc, Mount)
        self._chat_path, self._chat = chat.path, chat.app
        self._rpc_path, self._rpc = f"{rpc.path}/", rpc.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope.get("method") == "POST" and not scope.get("root_path"):
            if path == self._chat_path:
                return await self._chat(scope, receive, send)
            if path.startswith(self._rpc_path):
                return await self._rpc(scope, receive, send)
        return await self._router(scope, receive, send)


class Laid:
    """Lays the stubs or faults of the settings down before anything is answered, where no server has done so."""

    def __init__(self, app: ASGIApp, folder: StubFolder | StandingFaults) -> None:
        self._app, self._folder = app, folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._folder.ready()
        await self._app(scope, receive, send)


class Errors:
    """Turns what a route raises into an answer, unless one has begun."""

    def __init__(self, app: ASGIApp, mock: ApexMock) -> None:
        self._app, self._mock = app, mock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ACTING.set(None)  # an ASGI test client makes all its calls in one task
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            pass
        except Exception as error:
            if isinstance(error, Lost) or BEGUN in scope or scope["type"] != "http":
                raise
            request = Request(scope)
            if isinstance(error, HTTPException) and not request.url.path.startswith("/__apex/"):
                scope_name = self._mock.gate.scope_of(tuple(scope["headers"]))
                await self._mock.surprise(scope_name, f"{shown(request)}: {error.detail}")
            await deliver(await answer_to(request, error), scope, receive, send)


async def answer_to(request: Request, error: Exception) -> Response:
    """An error in the REST host's form: a path, method or body that is wrong, or a bug of ours."""
    if isinstance(error, ApexError | BadBody):
        return await sn1.on_error(request, error)
    if isinstance(error, HTTPException):
        return Json({"detail": error.detail}, error.status_code, error.headers)
    # The traceback goes to the log, never on the wire.
    log.error("unexpected error in %s", shown(request), exc_info=error)
    return Json({"detail": "Internal Server Error"}, 500)


def shown(request: Request) -> str:
    """Method and path, without the key that some paths name."""
    return f"{request.method} {_KEY_IN_PATH.sub('…', request.url.path)}"
