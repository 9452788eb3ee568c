"""Faults over HTTP: listing, laying down, taking away."""

from typing import Any

from starlette.responses import Response

from apex_mock.asgi import HttpRequest, Json
from apex_mock.core.faults.rules import Fault
from apex_mock.errors import InvalidRequest, NotFound
from apex_mock.faultfile import read_faults
from apex_mock.faulting import ALL_SCOPES
from apex_mock.mock import ApexMock
from apex_mock.reading import BadRule
from apex_mock.transports.control.asking import Table, json_of, scope_of
from apex_mock.transports.control.shown import Shown


class Faults:
    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def table(self) -> Table:
        return [
            ("GET", "faults", self.listed),
            ("POST", "faults", self.add),
            ("DELETE", "faults", self.clear),
            ("DELETE", "faults/{id:path}", self.remove),
        ]

    async def listed(self, request: HttpRequest) -> Response:
        """The faults that are in force in a scope, in the order in which they act, and on how many calls each did."""
        scope = scope_of(request)
        laid = [fault for own in dict.fromkeys((scope, ALL_SCOPES)) for fault in await self.mock.faults.laid(own)]
        shown = await Shown.to(self.mock, scope)
        faults = [await self._shown(fault, shown) for fault in sorted(laid, key=lambda fault: fault.order)]
        return Json({"scope": scope, "faults": faults})

    async def add(self, request: HttpRequest) -> Response:
        """One fault, a list of them, or {"faults": [...]}, as in a file, each a mapping or its short form as a text.

        All are laid down, or none; for the scope of the request, without one for that which they name, else for all.
        """
        named = scope_of(request)
        try:
            faults = read_faults(await json_of(request))
        except BadRule as error:
            raise InvalidRequest(
                f"{error.rule}: {error.problem}" if error.rule else error.problem, error.field
            ) from None
        scopes = [_scope(fault, number, named) for number, fault in enumerate(faults, 1)]
        given = [(scope, fault.id) for scope, fault in zip(scopes, faults, strict=True) if fault.id]
        there = {(scope, fault.id) for scope in {*scopes} for fault in await self.mock.faults.laid(scope)}
        if taken := sorted(there & set(given)) or sorted({one for one in given if given.count(one) > 1}):
            raise InvalidRequest(f"there is a fault {taken[0][1]!r} already", ("id",))
        book, clock, shown = self.mock.faults, self.mock.clock, await Shown.to(self.mock, named)
        laid = [await book.add(scope, fault, clock.now(scope)) for scope, fault in zip(scopes, faults, strict=True)]
        return Json({"scope": named, "faults": [await self._shown(fault, shown) for fault in laid]}, 201)

    async def clear(self, request: HttpRequest) -> Response:
        """Those of a scope; without one, those that are for all scopes."""
        scope = scope_of(request)
        count = len(await self.mock.faults.laid(scope))
        await self.mock.faults.clear(scope)
        return Json({"scope": scope, "removed": count})

    async def remove(self, request: HttpRequest) -> Response:
        scope, id = scope_of(request), request.path_params["id"]
        if not await self.mock.faults.remove(scope, id):
            raise NotFound(f"there is no fault {id!r} " + ("in this scope" if scope else "for all scopes"))
        return Json({"scope": scope, "removed": 1})

    async def _shown(self, fault: Fault, shown: Shown) -> dict[str, Any]:
        return shown.fault(fault, await self.mock.faults.acted(fault.scope, fault))


def _scope(fault: Fault, number: int, named: str) -> str:
    if named and fault.scope and fault.scope != named:
        problem = f"fault {number}: names {fault.scope!r}, but the request is for {named!r}"
        raise InvalidRequest(problem, ("scope",))
    return named or fault.scope
