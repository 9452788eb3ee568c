"""Stubs over HTTP: listing, laying down, taking away, and why a request got none."""

from dataclasses import replace
from typing import Any

import orjson
from starlette.responses import Response

from apex_mock.asgi import HttpRequest, Json
from apex_mock.core.stubs import SECRET, Difference, Stub
from apex_mock.core.types import Caller, ChatRequest, Message, Operation, SearchRequest
from apex_mock.errors import InvalidRequest, NotFound
from apex_mock.journal import Entry
from apex_mock.mock import ApexMock
from apex_mock.reading import BadRule
from apex_mock.stubbing import ALL_SCOPES, ANSWERED
from apex_mock.stubfile import read_stubs
from apex_mock.stubfolder import StubFolder
from apex_mock.transports.control.asking import Table, body_of, json_of, operation_of, query_of, scope_of, whole, word
from apex_mock.transports.control.shown import Shown
from apex_mock.wire import sn1

LAST = 5  # how many unmatched calls near-misses speaks of unless told otherwise
UNSTUBBED = "failed_precondition"


class Stubs:
    def __init__(self, mock: ApexMock, folder: StubFolder | None = None) -> None:
        self.mock, self.folder = mock, folder

    def table(self) -> Table:
        return [
            ("GET", "stubs", self.listed),
            ("POST", "stubs", self.add),
            ("DELETE", "stubs", self.clear),
            ("DELETE", "stubs/{id:path}", self.remove),
            ("PUT", "stubs/{id:path}", self.replace),
            ("GET", "journal/unmatched", self.unmatched),
            ("GET", "journal/near-misses", self.near_misses),
            ("POST", "journal/near-misses", self.near_misses_of),
        ]

    async def listed(self, request: HttpRequest) -> Response:
        """The stubs that hold in a scope, in the order in which they are tried; and the fault of a bad file."""
        scope, shown = scope_of(request), await Shown.to(self.mock, scope_of(request))
        laid = await self.mock.stubs.tried(scope)
        stubs = [shown.stub(stub, own, await self.mock.stubs.used(own, stub)) for own, stub in laid]
        folder = self.folder
        told = {"folder": str(folder.folder), "fault": folder.fault or None} if folder is not None else None
        return Json({"scope": scope, "stubs": stubs, "files": told})

    async def add(self, request: HttpRequest) -> Response:
        """One stub, a list of them, or {"stubs": [...]}, as in a file; all are laid down, or none. They are for the
        scope of the request; without one for that which they name, else for all."""
        named, stubs = scope_of(request), _read(await json_of(request))
        scopes = [_scope(stub, number, named) for number, stub in enumerate(stubs, 1)]
        given = [(scope, stub.id) for scope, stub in zip(scopes, stubs, strict=True) if stub.id]
        there = {(scope, stub.id) for scope in {*scopes} for stub in await self.mock.stubs.laid(scope)}
        if taken := sorted(there & set(given)) or sorted({one for one in given if given.count(one) > 1}):
            raise InvalidRequest(f"there is a stub {taken[0][1]!r} already", ("id",))
        laid = [
            (scope, await self.mock.stubs.add(scope, stub, self.mock.clock.now(scope)))
            for scope, stub in zip(scopes, stubs, strict=True)
        ]
        shown = await Shown.to(self.mock, named)
        return Json({"scope": named, "stubs": [shown.stub(stub, scope, 0) for scope, stub in laid]}, 201)

    async def replace(self, request: HttpRequest) -> Response:
        """One stub, in the place of the one with that id if there is one: the newest now, with the count it had."""
        named, stubs = scope_of(request), _read(await json_of(request))
        if len(stubs) != 1:
            raise InvalidRequest(f"must be one stub, not {len(stubs)}")
        scope, stub = _scope(stubs[0], 1, named), replace(stubs[0], id=request.path_params["id"])
        await self.mock.stubs.remove(scope, stub.id)
        laid = await self.mock.stubs.add(scope, stub, self.mock.clock.now(scope))
        shown = (await Shown.to(self.mock, named)).stub(laid, scope, await self.mock.stubs.used(scope, laid))
        return Json({"scope": named, "stubs": [shown]})

    async def clear(self, request: HttpRequest) -> Response:
        """Those of a scope; without one, those that are for all scopes."""
        scope = scope_of(request)
        count = len(await self.mock.stubs.laid(scope))
        await self.mock.stubs.clear(scope)
        return Json({"scope": scope, "removed": count})

    async def remove(self, request: HttpRequest) -> Response:
        scope, id = scope_of(request), request.path_params["id"]
        if not await self.mock.stubs.remove(scope, id):
            raise NotFound(f"there is no stub {id!r} " + ("in this scope" if scope else "for all scopes"))
        return Json({"scope": scope, "removed": 1})

    # --- Why there was none -------------------------------------------------------------------------------------------

    async def unmatched(self, request: HttpRequest) -> Response:
        """The calls that no stub answered, in strict mode or while stubs were laid down."""
        shown = await Shown.to(self.mock, scope_of(request))
        return Json({"calls": [shown.entry(entry) for entry in await self._unmatched(request)]})

    async def near_misses(self, request: HttpRequest) -> Response:
        """For the last unmatched calls, the stubs that came nearest."""
        shown = await Shown.to(self.mock, scope_of(request))
        calls = []
        for entry in await self._unmatched(request, LAST):
            headers = {name: value for name, value in (entry.headers or {}).items() if value is not None}
            caller = Caller(entry.scope, entry.owner, entry.transport, entry.app, headers=headers)
            missed = await self.mock.stubs.near_misses(entry.operation, entry.request, caller, counted=True)
            told = [(stub, [_as_known(d, entry) for d in found]) for stub, found in missed]
            calls.append({"seq": entry.seq, "call": entry.describe(), "near_misses": shown.missed(told)})
        return Json({"calls": calls})

    async def near_misses_of(self, request: HttpRequest) -> Response:
        """{"operation": "chat", "prompt": "..."} or {"operation", "request": a body of the REST host, "app", "key",
        "headers"}: which stubs would answer, the first to be tried first, and how the others differ."""
        known = {"operation", "prompt", "request", "app", "key", "headers"}
        scope, body = scope_of(request), await body_of(request, known)
        operation = operation_of(body) or Operation.CHAT
        caller = Caller(scope, word(body, "key") or "", "control", word(body, "app") or "", headers=_headers(body))
        missed = await self.mock.stubs.near_misses(operation, _request(operation, body), caller)
        missing = {stub.id for stub, _ in missed}
        fits = [stub.title for _, stub in await self.mock.stubs.tried(scope) if stub.id not in missing]
        return Json({"fits": fits, "near_misses": (await Shown.to(self.mock, scope)).missed(missed)})

    async def _unmatched(self, request: HttpRequest, most: int | None = None) -> list[Entry]:
        query, scope = query_of(request, {"since", "limit"}), scope_of(request)
        since, limit = whole(query, "since") or 0, whole(query, "limit")
        limit = most if limit is None else limit
        found = [
            e for e in await self.mock.journal.select(scope=scope or None, since=since) if await self._is_unmatched(e)
        ]
        return found if limit is None else found[max(0, len(found) - limit) :]

    async def _is_unmatched(self, entry: Entry) -> bool:
        if entry.stub or entry.operation not in ANSWERED:
            return False
        if entry.outcome == UNSTUBBED:
            return True
        own = await self.mock.stubs.laid(entry.scope)
        return any(stub.created_at <= entry.at for stub in own) or bool(await self.mock.stubs.laid(ALL_SCOPES))


def _read(body: Any) -> list[Stub]:
    """Raises InvalidRequest."""
    try:
        return read_stubs(body)
    except BadRule as error:
        raise InvalidRequest(f"{error.rule}: {error.problem}" if error.rule else error.problem, error.field) from None


def _scope(stub: Stub, number: int, named: str) -> str:
    """Raises InvalidRequest when the stub names another scope than the request."""
    if named and stub.scope not in ("", named):
        raise InvalidRequest(f"stub {number}: the request is for another scope", ("scope",))
    return named or stub.scope


def _as_known(found: Difference, entry: Entry) -> Difference:
    """Of the headers the journal keeps only what stubs ask for at the time of the call, and no secret one."""
    if not found.field.startswith("header ") or found.field in SECRET:
        return found
    if found.field.removeprefix("header ") in (entry.headers or ()):
        return found
    return Difference(found.field, found.wanted, "not known: no stub asked for it when the call came")


def _headers(body: dict[str, Any]) -> dict[str, str]:
    headers = body.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise InvalidRequest("must be a mapping of texts", ("headers",))
    return {name.lower(): value for name, value in headers.items()}


def _request(operation: Operation, body: dict[str, Any]) -> Any:
    """The request that is asked about, as the operation has it. Raises InvalidRequest, BadBody."""
    prompt = word(body, "prompt")
    if ("request" in body) == (prompt is not None):
        raise InvalidRequest("say one of request and prompt", ("request",))
    if operation in (Operation.CHAT, Operation.SUBMIT_RESEARCH):
        if prompt is not None:
            return ChatRequest((Message("user", prompt),))
        return sn1.read_chat(orjson.dumps(body["request"]))
    if operation is Operation.SEARCH:
        return SearchRequest(prompt) if prompt is not None else sn1.read_search(orjson.dumps(body["request"]))
    return body["request"] if prompt is None else prompt
