"""What the fake says of itself, and how a test moves it: time, pace, research, strictness, starting anew."""

import os
from importlib.metadata import version
from typing import Any

from starlette.responses import Response

from apex_mock.asgi import HttpRequest, Json
from apex_mock.clock import advancing, running, setting
from apex_mock.core import research
from apex_mock.core.miners import Miner
from apex_mock.core.types import Job
from apex_mock.errors import InvalidRequest
from apex_mock.faultfile import in_short
from apex_mock.mock import ApexMock
from apex_mock.researchmode import research_mode
from apex_mock.stubfolder import StubFolder
from apex_mock.transports.control.asking import Table, body_of, number, query_of, scope_of, word
from apex_mock.wire.times import micros, rfc3339
from apex_mock.world import PARTS


class General:
    def __init__(self, mock: ApexMock, folder: StubFolder | None = None) -> None:
        self.mock, self.folder = mock, folder

    def table(self) -> Table:
        return [
            ("GET", "health", self.health),
            ("GET", "ready", self.ready),
            ("GET", "info", self.info),
            ("POST", "reset", self.reset),
            ("GET", "clock", self.read_clock),
            ("POST", "clock", self.set_clock),
            ("POST", "clock/advance", self.advance_clock),
            ("GET", "profile", self.read_profile),
            ("POST", "profile", self.set_profile),
            ("GET", "research", self.read_research),
            ("POST", "research", self.set_research),
            ("GET", "strict", self.read_strict),
            ("POST", "strict", self.set_strict),
            ("GET", "miners", self.miners),
            ("GET", "jobs", self.jobs),
        ]

    async def health(self, request: HttpRequest) -> Response:
        return Json({"status": "ok"})

    async def ready(self, request: HttpRequest) -> Response:
        """200 once every port answers and the stubs of --stubs are laid down; while a file of them is bad, or the store
        is gone, 503."""
        fault = self.folder.fault if self.folder is not None else ""
        return Json({"detail": fault}, 503) if fault else Json({"status": "ready"})

    async def info(self, request: HttpRequest) -> Response:
        settings = self.mock.settings
        told: dict[str, Any] = {
            "name": "apex-mock",
            "version": version("apex-mock"),
            "pid": os.getpid(),
            "seed": settings.seed,
            "auth": settings.auth,
            "profile": settings.profile,
            "research": settings.research,
            "strict": settings.strict,
            "stubs": str(settings.stubs) if settings.stubs else None,
            "faults": [in_short(fault) for fault in self.mock.standing.faults],
            "pages": len(self.mock.corpus.pages),
            "miners": len(self.mock.network.miners),
            "models": list(self.mock.network.models),
            "calls": (await self.mock.journal.tally()).seq,
        }
        # Under TLS, where the authority's certificate lies on this machine.
        if ca := getattr(request.app.state, "ca", ""):
            told["ca"] = ca
        return Json(told)

    async def reset(self, request: HttpRequest) -> Response:
        """{} or {"what": ["state", "stubs", "faults"]}, the parts to forget; without a scope, in every scope."""
        scope, body = scope_of(request), await body_of(request, {"what"})
        what = body.get("what", list(PARTS))
        what = [what] if isinstance(what, str) else what
        if not isinstance(what, list) or not all(isinstance(part, str) for part in what):
            raise InvalidRequest(f"must be a list of {', '.join(PARTS)}", ("what",))
        await self.mock.reset(scope or None, what)
        if "stubs" in what and not scope and self.folder is not None:
            await self.folder.lay()
        return Json({"scope": scope or None, "reset": [part for part in PARTS if part in what]})

    # --- Time ---------------------------------------------------------------------------------------------------------

    async def read_clock(self, request: HttpRequest) -> Response:
        return self._clock(scope_of(request))

    async def set_clock(self, request: HttpRequest) -> Response:
        """{"scale": 0} freezes, {"scale": 1} resumes, {"scale": 60} hurries; {"now": "2025-06-01T12:00:00Z"} sets the
        time, with or without a scale; {"reset": true} goes back to real time."""
        scope, body, clock = scope_of(request), await body_of(request, {"now", "scale", "reset"}), self.mock.clock
        if body.get("reset"):
            if len(body) > 1:
                raise InvalidRequest("goes without now and scale", ("reset",))
            await clock.restored(scope)
            return self._clock(scope)
        scale = number(body, "scale") if "scale" in body or "now" not in body else None
        if "now" in body:
            try:
                await clock.moved(scope, setting(micros(word(body, "now") or "")))
            except ValueError as error:
                raise InvalidRequest(str(error), ("now",)) from None
        if scale is not None:
            await clock.moved(scope, running(scale))
        return self._clock(scope)

    async def advance_clock(self, request: HttpRequest) -> Response:
        """{"seconds": 30}: what falls due in them happens now."""
        scope, body = scope_of(request), await body_of(request, {"seconds"})
        await self.mock.clock.moved(scope, advancing(number(body, "seconds")))
        return self._clock(scope)

    def _clock(self, scope: str) -> Response:
        state = self.mock.clock.state(scope)
        now = rfc3339(self.mock.clock.now(scope))
        return Json(
            {"scope": scope, "now": now, "scale": state.scale, "frozen": state.frozen, "moved": state.moved / 1e6}
        )

    # --- How long things take, how research goes on, and how strict to be ---------------------------------------------

    async def read_profile(self, request: HttpRequest) -> Response:
        scope = scope_of(request)
        chosen = (await self.mock.choice(scope)).profile or self.mock.settings.profile
        return Json({"scope": scope, "profile": chosen, "profiles": list(self.mock.profiles)})

    async def set_profile(self, request: HttpRequest) -> Response:
        """{"profile": "realistic"}"""
        body = await body_of(request, {"profile"})
        await self.mock.choose(scope_of(request), profile=str(body.get("profile", "")))
        return await self.read_profile(request)

    async def read_research(self, request: HttpRequest) -> Response:
        scope, settings = scope_of(request), self.mock.settings
        own = {"progress": settings.research, "polls": settings.research_polls, "scale": settings.time_scale}
        return Json({"scope": scope, "research": (await self.mock.choice(scope)).research or research_mode(own)})

    async def set_research(self, request: HttpRequest) -> Response:
        """{"progress": "polls", "polls": 3}, {"duration": 10}, {"fail_at": 4, "error": "no more miners"}..."""
        scope, body = scope_of(request), await body_of(request)
        mode = research_mode(body, (await self.mock.choice(scope)).research)
        await self.mock.choose(scope, research=mode)
        return Json({"scope": scope, "research": mode})

    async def read_strict(self, request: HttpRequest) -> Response:
        scope = scope_of(request)
        chosen = (await self.mock.choice(scope)).strict
        return Json({"scope": scope, "strict": self.mock.settings.strict if chosen is None else chosen})

    async def set_strict(self, request: HttpRequest) -> Response:
        """{"strict": true}"""
        body = await body_of(request, {"strict"})
        if not isinstance(body.get("strict"), bool):
            raise InvalidRequest(f"must be true or false, not {body.get('strict')!r}", ("strict",))
        await self.mock.choose(scope_of(request), strict=body["strict"])
        return await self.read_strict(request)

    # --- Who is there, and what is under way --------------------------------------------------------------------------

    async def miners(self, request: HttpRequest) -> Response:
        """All of them, or those that serve ?task= and ?model=."""
        query = query_of(request, {"task", "model"})
        serving = self.mock.network.serving(query.get("task", ""), query.get("model", ""))
        return Json({"miners": [_miner(miner) for miner in serving]})

    async def jobs(self, request: HttpRequest) -> Response:
        """The jobs of a scope as they are now; reading them here moves none of them on."""
        scope = scope_of(request)
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


def _miner(miner: Miner) -> dict[str, Any]:
    return {
        "uid": miner.uid,
        "incentive": miner.incentive,
        "models": list(miner.models),
        "tasks": list(miner.tasks),
        "latency": {"median": miner.latency.median, "sigma": miner.latency.sigma},
        "reliability": miner.reliability,
        "errs": miner.failing,
        "coverage": miner.coverage,
    }
