"""The OpenAPI document of the REST host and of Constellation's Connect JSON, made from the tables that serve them.

It is OpenAPI 3.2, not 3.1: only 3.2 can say what one event of a stream holds (`itemSchema`). A program that reads 3.1
finds all the rest as it knows it. What stubs and faults make the fake say is not in it.
"""

import re
from collections.abc import Iterable
from typing import Any

from apex_mock.errors import Code
from apex_mock.wire import sn1
from apex_mock.wire.methods import METHODS, SERVICE, Method
from apex_mock.wire.openapi.bodies import body_schema
from apex_mock.wire.openapi.connect import ERRORS, LINKS, ONLY, SUMMARIES, error_schema
from apex_mock.wire.openapi.messages import answer_schemas, request_schemas
from apex_mock.wire.openapi.rest import ANSWERS, EVENT, OPERATIONS, Operation
from apex_mock.wire.openapi.schemas import FILLED, STRING, Schema, either, record, ref

__all__ = ["document"]

VERSION = "3.2.0"
RETRY: dict[str, Any] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "required": True}}
ABOUT = (
    "The Macrocosmos Apex API as apex-mock serves it: the SN1 REST host, and Constellation's calls as plain JSON "
    "(the Connect protocol). The same calls are served as gRPC and gRPC-Web on this port. Field names of a "
    "Constellation request may also be written in snake_case; unknown fields are ignored."
)


def document(rest: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """The document. `rest` is the REST host's routes: method, path, the handler's name. KeyError if one is unknown."""
    schemas: dict[str, Schema] = dict(ANSWERS)
    paths: dict[str, dict[str, Any]] = {}
    for method, path, handler in rest:
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        paths.setdefault(plain, {})[method.lower()] = _rest(plain, handler, OPERATIONS[handler], schemas)
    for rpc in METHODS:
        paths[rpc.path] = {"post": _stream(rpc, schemas) if rpc.handle is None else _unary(rpc, schemas)}
    return {
        "openapi": VERSION,
        "info": {"title": "Apex", "version": "1", "description": ABOUT},
        "tags": [{"name": "SN1", "summary": "The REST host"}, {"name": SERVICE, "summary": "Constellation, as JSON"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "api-key"},
                "adminKey": {"type": "apiKey", "in": "header", "name": "admin-key"},
            },
        },
    }


# --- The REST host ----------------------------------------------------------------------------------------------------

_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "key": [{"bearer": []}, {"apiKey": []}],
    "admin": [{"adminKey": []}],
    "": [],
}


def _rest(path: str, handler: str, told: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": ref(told.answer)}}
    if told.streams:
        content["text/event-stream"] = {"itemSchema": EVENT}
    answer: dict[str, Any] = {"description": told.summary, "content": content}
    if told.links:
        answer["links"] = {
            f"{target} of what {handler} made": {
                "operationId": target,
                "parameters": {f"path.{parameter}": f"$response.body#{pointer}"},
            }
            for target, (parameter, pointer) in told.links.items()
        }
    operation: dict[str, Any] = {
        "operationId": handler,
        "tags": ["SN1"],
        "summary": told.summary,
        "security": _SECURITY[told.security],
        "responses": {
            str(told.status): answer,
            **{str(status): _error(status, text, schema) for status, (text, schema) in sorted(told.errors.items())},
        },
    }
    names = re.findall(r"\{(\w+)\}", path)
    if parameters := [
        *({"name": n, "in": "path", "required": True, "schema": FILLED} for n in names),
        *told.parameters,
    ]:
        operation["parameters"] = parameters
    if told.body is not None:
        body = body_schema(told.body, schemas)
        if isinstance(told.body, type):
            schemas[told.body.__name__] = body
            body = ref(told.body.__name__)
        operation["requestBody"] = {
            "required": not told.body_is_optional,
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _error(status: int, text: str, schema: Schema) -> dict[str, Any]:
    made: dict[str, Any] = {"description": text, "content": {"application/json": {"schema": schema}}}
    return {**made, "headers": RETRY} if status == sn1.STATUS[Code.RESOURCE_EXHAUSTED] else made


# --- Constellation ----------------------------------------------------------------------------------------------------


def _unary(method: Method, schemas: dict[str, Schema]) -> dict[str, Any]:
    schema = request_schemas(method.input, schemas)
    answer: dict[str, Any] = {
        "description": f"A {method.output.desc().name}",
        "content": {"application/json": {"schema": answer_schemas(method.output, schemas)}},
    }
    if links := LINKS.get(method.name):
        answer["links"] = {
            f"{target} of what {method.name} made": {"operationId": target, "requestBody": body}
            for target, body in links.items()
        }
    return _rpc(method, {"application/json": {"schema": schema}}, answer, ERRORS)


def _stream(method: Method, schemas: dict[str, Schema]) -> dict[str, Any]:
    """The stream's messages, each in Connect's envelope of five bytes, and its end, which holds the error if any."""
    error = record({"code": {"enum": list(Code)}, "message": STRING, "details": {}}, optional=("message", "details"))
    schemas["StreamEnd"] = record({"error": error, "metadata": {}}, optional=("error", "metadata"))
    request = request_schemas(method.input, schemas)
    chunk = answer_schemas(method.output, schemas)
    answer = {
        "description": "Chunks, and then the stream's end",
        "content": {"application/connect+json": {"itemSchema": either(chunk, ref("StreamEnd"))}},
    }
    return _rpc(method, {"application/connect+json": {"itemSchema": request}}, answer, {415: ERRORS[415]})


def _rpc(method: Method, body: dict[str, Any], answer: dict[str, Any], errors: dict[int, str]) -> dict[str, Any]:
    wanted = {status: text for status, text in errors.items() if status not in ONLY or method.name in ONLY[status]}
    return {
        "operationId": method.name,
        "tags": [SERVICE],
        "summary": SUMMARIES[method.name],
        "security": _SECURITY["key"][:1],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": answer,
            **{str(status): _error(status, text, error_schema(status)) for status, text in sorted(wanted.items())},
        },
    }
