"""The control API under /__apex/: what the fake says of itself, and how a test moves it. None of it counts as a call.

Every route takes ?scope=NAME; without one it speaks of all scopes that have not chosen for themselves.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apex_mock.core import research
from apex_mock.core.types import Job
from apex_mock.errors import InvalidRequest
from apex_mock.mock import ApexMock
from apex_mock.wire.times import rfc3339
from apex_mock.world import research_mode


class Control:
    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def routes(self) -> list[Route]:
        return [
            Route("/__apex/health", self.health, methods=["GET"]),
            Route("/__apex/info", self.info, methods=["GET"]),
            Route("/__apex/clock", self.read_clock, methods=["GET"]),
            Route("/__apex/clock", self.set_clock, methods=["POST"]),
            Route("/__apex/clock/advance", self.advance_clock, methods=["POST"]),
            Route("/__apex/profile", self.read_profile, methods=["GET"]),
            Route("/__apex/profile", self.set_profile, methods=["POST"]),
            Route("/__apex/research", self.set_research, methods=["POST"]),
            Route("/__apex/jobs", self.jobs, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def info(self, request: Request) -> Response:
        settings = self.mock.settings
        return JSONResponse(
            {
                "seed": settings.seed,
                "auth": settings.auth,
                "profile": settings.profile,
                "research": settings.research,
                "pages": len(self.mock.corpus.pages),
                "miners": len(self.mock.network.miners),
                "models": list(self.mock.network.models),
                "calls": self.mock.journal.seq,
            }
        )

    # --- Time ---------------------------------------------------------------------------------------------------------

    async def read_clock(self, request: Request) -> Response:
        return self._clock(_scope(request))

    async def set_clock(self, request: Request) -> Response:
        """{"scale": 0} freezes, {"scale": 1} resumes, {"scale": 60} hurries; {"reset": true} goes back to real time."""
        scope, body = _scope(request), await _body(request, {"scale", "reset"})
        if body.get("reset"):
            self.mock.clock.reset(scope)
        else:
            self.mock.clock.scale(scope, _number(body, "scale"))
        return self._clock(scope)

    async def advance_clock(self, request: Request) -> Response:
        """{"seconds": 30}: what falls due in them happens now."""
        scope, body = _scope(request), await _body(request, {"seconds"})
        self.mock.clock.advance(scope, _number(body, "seconds"))
        return self._clock(scope)

    def _clock(self, scope: str) -> Response:
        state = self.mock.clock.state(scope)
        now = rfc3339(self.mock.clock.now(scope))
        return JSONResponse(
            {"scope": scope, "now": now, "scale": state.scale, "frozen": state.frozen, "moved": state.moved / 1e6}
        )

    # --- How long things take, and how research goes on ---------------------------------------------------------------

    async def read_profile(self, request: Request) -> Response:
        scope = _scope(request)
        chosen = (await self.mock.choice(scope)).profile or self.mock.settings.profile
        return JSONResponse({"scope": scope, "profile": chosen, "profiles": list(self.mock.profiles)})

    async def set_profile(self, request: Request) -> Response:
        """{"profile": "realistic"}"""
        body = await _body(request, {"profile"})
        await self.mock.choose(_scope(request), profile=str(body.get("profile", "")))
        return await self.read_profile(request)

    async def set_research(self, request: Request) -> Response:
        """{"progress": "polls", "polls": 3}, {"duration": 10}, {"fail_at": 4, "error": "no more miners"}..."""
        scope, body = _scope(request), await _body(request)
        mode = research_mode(body, (await self.mock.choice(scope)).research)
        await self.mock.choose(scope, research=mode)
        return OrjsonResponse({"scope": scope, "research": mode})

    async def jobs(self, request: Request) -> Response:
        """The jobs of a scope as they are now; reading them here moves none of them on."""
        scope = _scope(request)
        now, moved = self.mock.clock.now(scope), self.mock.clock.state(scope).moved
        views = [research.view(job, now, moved) for job in await self.mock.store.list(Job, scope)]
        return JSONResponse(
            {
                "jobs": [
                    {
                        "job_id": view.id,
                        "status": view.status,
                        "chunks": len(view.chunks),
                        "created_at": rfc3339(view.created_at),
                        "updated_at": rfc3339(view.updated_at),
                        "error": view.error,
                    }
                    for view in views
                ]
            }
        )


class OrjsonResponse(JSONResponse):
    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def _scope(request: Request) -> str:
    return request.query_params.get("scope", "") or request.headers.get("x-apex-scope", "")


async def _body(request: Request, known: set[str] | None = None) -> dict[str, Any]:
    """The body's fields. Raises InvalidRequest for what is no JSON object, and for a field that means nothing here."""
    try:
        sent = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {error}") from None
    if not isinstance(sent, dict):
        raise InvalidRequest("the body must be a JSON object")
    if known is not None and (unknown := sorted(set(sent) - known)):
        raise InvalidRequest(f"there is no such field; there are {', '.join(sorted(known))}", (unknown[0],))
    return sent


def _number(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e9:
        raise InvalidRequest(f"must be a number from 0 up, not {value!r}", (name,))
    return float(value)
