"""The Starlette application: every route of HTTP/1.1, on one mock."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from apex_mock.errors import ApexError
from apex_mock.mock import ApexMock
from apex_mock.settings import Settings
from apex_mock.transports import constellation, sn1
from apex_mock.transports.control import Control
from apex_mock.wire.sn1 import BadBody

log = logging.getLogger("apex_mock")


def create_app(mock: ApexMock | None = None, *, settings: Settings | None = None) -> Starlette:
    """The application for a mock: for uvicorn, or for an ASGI test client. Its state has the mock as `mock`."""
    mock = mock or ApexMock(settings)
    app = Starlette(
        routes=[
            Mount(constellation.PATH, app=constellation.Constellation(mock)),
            *sn1.Sn1(mock).routes(),
            *Control(mock).routes(),
        ],
        exception_handlers={
            ApexError: sn1.on_error,
            BadBody: sn1.on_error,
            HTTPException: on_http_error,
            Exception: on_crash,
        },
        max_body_size=mock.settings.max_body_bytes,
    )
    app.router.redirect_slashes = False
    app.state.mock = mock
    return app


async def on_http_error(request: Request, error: Exception) -> Response:
    """An unknown path, a wrong method, a body over the limit: said as the REST host says everything."""
    assert isinstance(error, HTTPException)
    return sn1.OrjsonResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


async def on_crash(request: Request, error: Exception) -> Response:
    """A bug of ours: the traceback goes to the log, never on the wire."""
    log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
    return sn1.OrjsonResponse({"detail": "Internal Server Error"}, status_code=500)
