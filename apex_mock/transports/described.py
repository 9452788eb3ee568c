"""The route of the OpenAPI document. It is no call of the API: the journal has none of it, and it wants no key."""

from functools import cached_property

import orjson
from starlette.responses import Response
from starlette.routing import Route

from apex_mock.asgi import Body, HttpRequest
from apex_mock.transports.endpoint import Endpoint
from apex_mock.transports.sn1 import Sn1
from apex_mock.wire.openapi import document


class Described:
    def __init__(self, rest: Sn1) -> None:
        self._rest = rest

    def route(self) -> Route:
        limit = self._rest.mock.settings.max_body_bytes
        return Route("/openapi.json", Endpoint(self.openapi, limit), methods=["GET"])

    async def openapi(self, request: HttpRequest) -> Response:
        return Body(self._document, b"application/json")

    @cached_property
    def _document(self) -> bytes:
        # Made when first asked for: whoever never asks does not wait for it.
        routes = ((method, path, handle.__name__) for method, path, handle in self._rest.table())
        return orjson.dumps(document(routes))
