"""The SN1 REST host's routes (D2, V): chat, its jobs, web retrieval, models, keys, miners, health."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apex_mock.asgi import JSON, Body, HttpRequest, Json, Stream
from apex_mock.core.credentials import ADMIN_KEY
from apex_mock.core.types import Caller, Mode
from apex_mock.errors import ApexError
from apex_mock.mock import Answer, ApexMock
from apex_mock.transports.endpoint import Endpoint
from apex_mock.wire import sn1, sse

SSE = b"text/event-stream; charset=utf-8"


class Sn1:
    """The endpoints. Each reads its body, calls the mock and answers; errors are raised to `on_error`."""

    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def routes(self) -> list[Route]:
        limit = self.mock.settings.max_body_bytes
        return [Route(path, Endpoint(handle, limit), methods=[method]) for method, path, handle in self.table()]

    def table(self) -> list[tuple[str, str, Callable[[HttpRequest], Awaitable[Response]]]]:
        """Method, path, handler; the busiest first."""
        return [
            ("POST", "/v1/chat/completions", self.chat),
            ("POST", "/v1/chat/completions/jobs", self.submit_job),
            ("GET", "/v1/chat/completions/jobs/{job_id}", self.get_job),
            ("POST", "/web_retrieval", self.search),
            ("GET", "/v1/models", self.models),
            ("GET", "/v1/models/{model:path}", self.model),
            ("GET", "/health", self.health),
            ("POST", "/api_management/create-api-key/", self.create_key),
            ("PUT", "/api_management/modify-api-key/{key}", self.modify_key),
            ("DELETE", "/api_management/delete-api-key/{key}", self.delete_key),
            ("GET", "/miner_availabilities/get_available_miners", self.available_miners),
            ("POST", "/miner_availabilities/miner_availabilities", self.miner_availabilities),
        ]

    async def caller(self, request: HttpRequest) -> Caller:
        return await self.mock.gate.admit(request.raw_headers, "rest", self.mock.clock.now, api_key_header=True)

    async def chat(self, request: HttpRequest) -> Response:
        caller = await self.caller(request)
        asked = sn1.read_chat(await request.body())
        answer = await self.mock.chat(asked, caller, request.came)
        if not (asked.stream or asked.mode is Mode.CHAIN_OF_THOUGHT):
            return Body(sn1.completion(await self.mock.finish(answer)), JSON)
        headers = {"cache-control": "no-cache"}
        if answer.plan.duration or answer.plan.error is not None:
            return Stream(self.stream(answer), SSE, headers)
        # What is due at once leaves in one piece, without a task that watches the client.
        plan = await self.mock.finish(answer)
        return Body(sse.Events(plan).of(plan.chunks), SSE, headers=headers, length=False)

    async def stream(self, answer: Answer) -> AsyncGenerator[tuple[bytes, bool], None]:
        """The events as they fall due, and whether more may follow."""
        events = sse.Events(answer.plan)
        try:
            async with aclosing(self.mock.play(answer)) as parts:
                async for chunks in parts:
                    yield events.of(chunks), not events.ends_with(chunks)
        except ApexError as error:
            # The status has gone out with 200, so the error is an event, and the stream ends without [DONE] (V).
            yield sse.error_event(sn1.status_of(error), error.message), False

    async def submit_job(self, request: HttpRequest) -> Response:
        caller = await self.caller(request)
        view = await self.mock.submit_research(sn1.read_job(await request.body()), caller)
        return Json(sn1.submitted(view), status=202)

    async def get_job(self, request: HttpRequest) -> Response:
        caller = await self.caller(request)
        return Json(sn1.job(await self.mock.get_research(request.path_params["job_id"], caller)))

    async def search(self, request: HttpRequest) -> Response:
        caller = await self.caller(request)
        return Json(sn1.results(await self.mock.search(sn1.read_search(await request.body()), caller)))

    async def models(self, request: HttpRequest) -> Response:
        await self.caller(request)
        return Json({"object": "list", "data": [_model(name) for name in self.mock.list_models()]})

    async def model(self, request: HttpRequest) -> Response:
        await self.caller(request)
        name = request.path_params["model"]
        if name not in self.mock.list_models():
            return Json({"detail": f"The model {name!r} does not exist"}, status=404)
        return Json(_model(name))

    async def health(self, request: HttpRequest) -> Response:
        return Json({"status": "ok"})

    async def create_key(self, request: HttpRequest) -> Response:
        rate_limit = _whole(request, "rate_limit")
        key = await self.mock.create_key(rate_limit, request.headers.get(ADMIN_KEY, ""))
        return Json({"message": "API key created", "api_key": key})

    async def modify_key(self, request: HttpRequest) -> Response:
        rate_limit = _whole(request, "rate_limit")
        await self.mock.modify_key(request.path_params["key"], rate_limit, request.headers.get(ADMIN_KEY, ""))
        return Json({"message": "API key updated"})

    async def delete_key(self, request: HttpRequest) -> Response:
        await self.mock.delete_key(request.path_params["key"], request.headers.get(ADMIN_KEY, ""))
        return Json({"message": "API key deleted"})

    async def available_miners(self, request: HttpRequest) -> Response:
        await self.caller(request)
        query = request.query_params
        count = _whole(request, "k", default=10)
        return Json(self.mock.available_miners(query.get("task", ""), query.get("model", ""), count))

    async def miner_availabilities(self, request: HttpRequest) -> Response:
        await self.caller(request)
        network = self.mock.network
        uids = sn1.read_uids(await request.body() or b"null")
        found = {uid: network.by_uid.get(uid) for uid in (network.by_uid if uids is None else uids)}
        return Json(
            {
                str(uid): miner
                and {
                    "task_availabilities": {task: task in miner.tasks for task in network.tasks},
                    "llm_model_availabilities": {model: model in miner.models for model in network.models},
                }
                for uid, miner in found.items()
            }
        )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "apex"}


def _whole(request: HttpRequest, name: str, default: int | None = None) -> int:
    """A query parameter that must be a whole number of at least 1. Raises sn1.BadBody."""
    sent = request.query_params.get(name)
    if sent is None and default is not None:
        return default
    if sent is None:
        raise sn1.BadBody([{"type": "missing", "loc": ("query", name), "msg": "Field required", "input": None}])
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19 and int(sent) >= 1):
        msg = "Input should be a valid integer greater than or equal to 1"
        raise sn1.BadBody([{"type": "int_parsing", "loc": ("query", name), "msg": msg, "input": sent}])
    return int(sent)


async def on_error(request: Request, error: Exception) -> Response:
    """REST's form of every error: `detail`, as FastAPI has it."""
    if isinstance(error, sn1.BadBody):
        return Json({"detail": error.detail}, status=422)
    assert isinstance(error, ApexError)
    headers = {"retry-after": str(error.retry_seconds)} if error.retry_after is not None else None
    return Json(sn1.error_body(error), status=sn1.status_of(error), headers=headers)
