"""The control API under /__apex/: what the fake says of itself, and how a test moves it. None of it counts as a call.

Every route takes ?scope=NAME (or the header x-apex-scope); without one a setting or a stub is for all scopes that have
none of their own, and the journal and a reset are of every scope.
"""

from functools import wraps

from starlette.responses import Response
from starlette.routing import Route, compile_path

from apex_mock.asgi import HttpRequest, Json
from apex_mock.mock import ApexMock
from apex_mock.stubfolder import StubFolder
from apex_mock.transports.control.access import ANYBODY, Access
from apex_mock.transports.control.asking import Handler, Table, scope_of
from apex_mock.transports.control.faults import Faults
from apex_mock.transports.control.general import General
from apex_mock.transports.control.journal import JournalRoutes
from apex_mock.transports.control.scopes import Scopes
from apex_mock.transports.control.stubs import Stubs
from apex_mock.transports.endpoint import Endpoint

PREFIX = "/__apex/"


class Control:
    def __init__(self, mock: ApexMock, folder: StubFolder | None = None, access: Access = ANYBODY) -> None:
        self.mock, self._access = mock, access
        self._parts = (General(mock, folder), Stubs(mock, folder), Faults(mock), JournalRoutes(mock), Scopes(mock))

    def table(self) -> Table:
        """Method, path below /__apex/, handler."""
        return [row for part in self._parts for row in part.table()]

    def routes(self) -> list[Route]:
        routes = [
            # Being alive is told whatever the store does.
            Route(
                PREFIX + path,
                self._endpoint(handle if path == "health" else self._looking(handle)),
                methods=[method],
            )
            for method, path, handle in self.table()
        ]
        return [*routes, Route(PREFIX + "{path:path}", self._endpoint(self.nothing))]

    def _endpoint(self, handle: Handler) -> Endpoint:
        return Endpoint(self._access.guarded(handle), self.mock.settings.max_body_bytes)

    def _looking(self, handle: Handler) -> Handler:
        """What others have done until now is seen, as in any other call."""

        @wraps(handle)
        async def looking(request: HttpRequest) -> Response:
            await self.mock.store.look(scope_of(request))
            return await handle(request)

        return looking

    async def nothing(self, request: HttpRequest) -> Response:
        """No such route; or there is, for another method."""
        asked, known = request.path_params["path"], self.table()
        methods = [method for method, path, _ in known if compile_path(path)[0].match(asked)]
        if methods:
            allowed = ", ".join(methods)
            return Json({"detail": f"use {allowed}"}, 405, {"allow": allowed})
        paths = ", ".join(dict.fromkeys(path for _, path, _ in known))
        return Json({"detail": f"there is no control route {asked!r}; there are {paths}"}, 404)
