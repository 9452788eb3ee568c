"""What every control route reads: its scope, its body's fields, its query; each fault names the field."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import orjson
from starlette.responses import Response

from apex_mock.asgi import HttpRequest
from apex_mock.core.types import Operation
from apex_mock.errors import InvalidRequest

Handler: TypeAlias = Callable[[HttpRequest], Awaitable[Response]]
Table: TypeAlias = list[tuple[str, str, Handler]]  # method, path below /__apex/, handler
MOST_LISTED = 100_000


def scope_of(request: HttpRequest) -> str:
    """The scope that is spoken of: "" when none is named."""
    return request.query_params.get("scope", "") or request.headers.get("x-apex-scope", "")


async def json_of(request: HttpRequest) -> Any:
    """The body; an empty one is an empty object. Raises InvalidRequest."""
    try:
        return orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {error}") from None


async def body_of(request: HttpRequest, known: set[str] | None = None) -> dict[str, Any]:
    """The body's fields. Raises InvalidRequest for what is no JSON object, and for a field that means nothing here."""
    sent = await json_of(request)
    if not isinstance(sent, dict):
        raise InvalidRequest("the body must be a JSON object")
    if known is not None and (unknown := sorted(set(sent) - known)):
        raise InvalidRequest(f"there is no such field; there are {', '.join(sorted(known))}", (unknown[0],))
    return sent


def query_of(request: HttpRequest, known: set[str]) -> dict[str, str]:
    """The query's fields; `scope` always may be there. Raises InvalidRequest for one that means nothing here."""
    sent = {name: value for name, value in request.query_params.items() if name != "scope"}
    if unknown := sorted(set(sent) - known):
        raise InvalidRequest(f"there is no such field; there are {', '.join(sorted({*known, 'scope'}))}", (unknown[0],))
    return sent


def number(body: Mapping[str, Any], name: str, default: float | None = None, most: float = 1e9) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < most:
        raise InvalidRequest(f"must be a number from 0 up, not {value!r}", (name,))
    return float(value)


def whole(fields: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 0 up, also when a query gives it as text; None when it is not there."""
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise InvalidRequest(f"must be a whole number from 0 up, not {value!r}", (name,))
    return value


def word(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"must be a text, not {value!r}", (name,))
    return value


def operation_of(fields: Mapping[str, Any]) -> Operation | None:
    named = word(fields, "operation")
    if named is None:
        return None
    try:
        return Operation(named)
    except ValueError:
        raise InvalidRequest(f"no {named!r}; there are {', '.join(Operation)}", ("operation",)) from None
