"""The control API under /__apex/: what the fake says of itself. None of it counts as a call to Apex."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apex_mock.mock import ApexMock


class Control:
    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def routes(self) -> list[Route]:
        return [
            Route("/__apex/health", self.health, methods=["GET"]),
            Route("/__apex/info", self.info, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def info(self, request: Request) -> Response:
        settings = self.mock.settings
        said: dict[str, Any] = {
            "seed": settings.seed,
            "auth": settings.auth,
            "profile": settings.profile,
            "research": settings.research,
            "pages": len(self.mock.corpus.pages),
            "miners": len(self.mock.network.miners),
            "models": list(self.mock.network.models),
            "calls": self.mock.journal.seq,
        }
        return JSONResponse(said)
