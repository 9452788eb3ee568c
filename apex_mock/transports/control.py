"""The control API under /__apex/: what the fake says of itself, and how a test moves it. None of it counts as a call.

Every route takes ?scope=NAME; without one it speaks of all scopes that have not chosen for themselves.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.routing import Route

from apex_mock.asgi import Endpoint, HttpRequest, Json
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
        limit = self.mock.settings.max_body_bytes
        return [Route(path, Endpoint(handle, limit), methods=[method]) for method, path, handle in self.table()]

    def table(self) -> list[tuple[str, str, Callable[[HttpRequest], Awaitable[Response]]]]:
        return [
            ("GET", "/__apex/health", self.health),
            ("GET", "/__apex/info", self.info),
            ("GET", "/__apex/clock", self.read_clock),
            ("POST", "/__apex/clock", self.set_clock),
            ("POST", "/__apex/clock/advance", self.advance_clock),
            ("GET", "/__apex/profile", self.read_profile),
            ("POST", "/__apex/profile", self.set_profile),
            ("POST", "/__apex/research", self.set_research),
            ("GET", "/__apex/jobs", self.jobs),
        ]

    async def health(self, request: HttpRequest) -> Response:
        return Json({"status": "ok"})

    async def info(self, request: HttpRequest) -> Response:
        settings = self.mock.settings
        return Json(
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

    async def read_clock(self, request: HttpRequest) -> Response:
        return self._clock(_scope(request))

    async def set_clock(self, request: HttpRequest) -> Response:
        """{"scale": 0} freezes, {"scale": 1} resumes, {"scale": 60} hurries; {"reset": true} goes back to real time."""
        scope, body = _scope(request), await _body(request, {"scale", "reset"})
        if body.get("reset"):
            self.mock.clock.reset(scope)
        else:
            self.mock.clock.scale(scope, _number(body, "scale"))
        return self._clock(scope)

    async def advance_clock(self, request: HttpRequest) -> Response:
        """{"seconds": 30}: what falls due in them happens now."""
        scope, body = _scope(request), await _body(request, {"seconds"})
        self.mock.clock.advance(scope, _number(body, "seconds"))
        return self._clock(scope)

    def _clock(self, scope: str) -> Response:
        state = self.mock.clock.state(scope)
        now = rfc3339(self.mock.clock.now(scope))
        return Json(
            {"scope": scope, "now": now, "scale": state.scale, "frozen": state.frozen, "moved": state.moved / 1e6}
        )

    # --- How long things take, and how research goes on ---------------------------------------------------------------

    async def read_profile(self, request: HttpRequest) -> Response:
        scope = _scope(request)
        chosen = (await self.mock.choice(scope)).profile or self.mock.settings.profile
        return Json({"scope": scope, "profile": chosen, "profiles": list(self.mock.profiles)})

    async def set_profile(self, request: HttpRequest) -> Response:
        """{"profile": "realistic"}"""
        body = await _body(request, {"profile"})
        await self.mock.choose(_scope(request), profile=str(body.get("profile", "")))
        return await self.read_profile(request)

    async def set_research(self, request: HttpRequest) -> Response:
        """{"progress": "polls", "polls": 3}, {"duration": 10}, {"fail_at": 4, "error": "no more miners"}..."""
        scope, body = _scope(request), await _body(request)
        mode = research_mode(body, (await self.mock.choice(scope)).research)
        await self.mock.choose(scope, research=mode)
        return Json({"scope": scope, "research": mode})

    async def jobs(self, request: HttpRequest) -> Response:
        """The jobs of a scope as they are now; reading them here moves none of them on."""
        scope = _scope(request)
        now, moved = self.mock.clock.now(scope), self.mock.clock.state(scope).moved
        views = [research.view(job, now, moved) for job in await self.mock.store.list(Job, scope)]
        return Json(
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


def _scope(request: HttpRequest) -> str:
    return request.query_params.get("scope", "") or request.headers.get("x-apex-scope", "")


async def _body(request: HttpRequest, known: set[str] | None = None) -> dict[str, Any]:
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
