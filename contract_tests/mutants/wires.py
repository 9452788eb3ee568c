"""Breaks of the wires' own forms."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from pydantic import TypeAdapter

from apex_mock.core.types import ChatRequest
from apex_mock.errors import InvalidRequest
from apex_mock.transports import grpc_server
from apex_mock.wire import codec, rpc, sn1
from apex_mock.wire.gen.apex.v1 import apex_pb as pb

from .mutant import HttpAnswer, Patch, mutant

SERVICE = "/apex.v1.ApexService/"


def connect_json(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Changes the value of every good unary answer in Connect JSON."""

    def changed(answer: HttpAnswer) -> None:
        if (
            answer.path.startswith(SERVICE)
            and answer.status == 200
            and "connect+" not in answer.headers["content-type"]
        ):
            value = orjson.loads(answer.body)
            answer.body = orjson.dumps(change(value) if answer.status == 200 else value)

    patch.answers(changed)


def everywhere(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Every object of a JSON value, changed."""
    if isinstance(value, list):
        return [everywhere(part, change) for part in value]
    if isinstance(value, dict):
        return change({name: everywhere(part, change) for name, part in value.items()})
    return value


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)


def rest_answers(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Changes the value of every good chat answer on REST."""

    def changed(answer: HttpAnswer) -> None:
        if answer.path == "/v1/chat/completions" and answer.headers["content-type"] == "application/json":
            answer.body = orjson.dumps(change(orjson.loads(answer.body)))

    patch.answers(changed)


# --- Constellation's JSON ---------------------------------------------------------------------------------------------


@mutant("WIRE-001", "WIRE-016", "ROWS-021")
def snake_case_on_connect(patch: Patch) -> None:
    """Constellation's JSON has snake_case names."""
    connect_json(patch, lambda value: everywhere(value, lambda part: {snake(k): v for k, v in part.items()}))


@mutant("WIRE-002")
def int64_as_a_number(patch: Patch) -> None:
    """created is a number in Constellation's JSON."""
    connect_json(
        patch,
        lambda value: everywhere(value, lambda part: {k: int(v) if k == "created" else v for k, v in part.items()}),
    )


@mutant("WIRE-003")
def defaults_are_sent(patch: Patch) -> None:
    """index 0 is in Constellation's JSON."""
    connect_json(patch, lambda value: everywhere(value, lambda p: {**p, "index": "0"} if "message" in p else p))


@mutant("WIRE-004")
def null_for_omitted(patch: Patch) -> None:
    """What is not there is null in Constellation's JSON."""
    connect_json(patch, lambda value: {**value, "usage": None} if "choices" in value else value)


@mutant("WIRE-006")
def numbers_only(patch: Patch) -> None:
    """int64 as a string is refused by Constellation."""

    def decode(was: Any) -> Any:
        def decoded(self: Any, data: bytes, message: Any) -> Any:
            if re.search(rb'"seed": ?"', data):
                raise codec._invalid("seed must be a number")
            return was(self, data, message)

        return decoded

    patch(codec.GuardedJsonCodec, "decode", decode)


@mutant("WIRE-007")
def unknown_fields_on_connect_are_refused(patch: Patch) -> None:
    """Constellation's JSON may hold no field that nobody knows."""

    def decode(was: Any) -> Any:
        def decoded(self: Any, data: bytes, message: Any) -> Any:
            known = {name for field in message.desc().fields for name in (field.name, field.json_name)}
            try:
                sent = set(orjson.loads(data or b"{}"))
            except (ValueError, TypeError):
                sent = set()
            if unknown := sent - known - set(codec._ALIASES):
                raise codec._invalid(f"there is no field {sorted(unknown)[0]}")
            return was(self, data, message)

        return decoded

    patch(codec.GuardedJsonCodec, "decode", decode)


@mutant("WIRE-014")
def null_is_no_value(patch: Patch) -> None:
    """A null in a request to Constellation is an error."""

    def decode(was: Any) -> Any:
        def decoded(self: Any, data: bytes, message: Any) -> Any:
            if b"null" in data:
                raise codec._invalid("a field is null")
            return was(self, data, message)

        return decoded

    patch(codec.GuardedJsonCodec, "decode", decode)


class Present(sn1.ChatBody):
    model: str = ""


@mutant("WIRE-014")
def null_is_no_value_on_rest(patch: Patch) -> None:
    """A null for the model on REST is an error."""
    patch(sn1, "_CHAT", lambda was: TypeAdapter(Present))


@mutant("WIRE-012")
def json_under_another_name(patch: Patch) -> None:
    """Constellation's JSON is text/plain."""

    def change(answer: HttpAnswer) -> None:
        if answer.path.startswith(SERVICE):
            answer.headers["content-type"] = "text/plain"

    patch.answers(change)


@mutant("WIRE-016")
def timestamps_as_numbers(patch: Patch) -> None:
    """A chat's times are milliseconds in Constellation's JSON."""
    connect_json(
        patch,
        lambda value: everywhere(value, lambda part: {k: 1 if k == "createdAt" else v for k, v in part.items()}),
    )


@mutant("WIRE-017")
def empty_lists_are_sent(patch: Patch) -> None:
    """An empty list of rows is in Constellation's JSON."""
    connect_json(patch, lambda value: value or {"chatCompletions": []})


@mutant("WIRE-011")
def gzip_is_refused(patch: Patch) -> None:
    """A request compressed with gzip is refused over HTTP."""
    from apex_mock import server

    class Refusing:
        def __init__(self, app: Any) -> None:
            self.app, self.state = app, app.state

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if (b"content-encoding", b"gzip") in scope.get("headers", ()):
                body = b'{"code": "unimplemented", "message": "no gzip", "error": "Unimplemented"}'
                headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
                await send({"type": "http.response.start", "status": 404, "headers": headers})
                await send({"type": "http.response.body", "body": body})
            else:
                await self.app(scope, receive, send)

    patch(server, "create_app", lambda was: lambda *args, **more: Refusing(was(*args, **more)))


@mutant("WIRE-013")
def unknown_fields_on_grpc_are_refused(patch: Patch) -> None:
    """A message on gRPC may hold no field that nobody knows."""

    def read(was: Any) -> Any:
        def checked(data: bytes) -> ChatRequest:
            message = pb.ChatCompletionRequest.from_binary(data)
            known = pb.ChatCompletionRequest.from_json(message.to_json()).to_binary()
            if len(known) != len(data):
                raise InvalidRequest("there is a field that nobody knows")
            request: ChatRequest = was(data)
            return request

        return checked

    patch(rpc, "read_chat", read)


@mutant("WIRE-015")
def no_bytes_are_no_message(patch: Patch) -> None:
    """A gRPC message of no bytes is an error."""

    def read(was: Any) -> Any:
        async def checked(method: Any, context: Any, clients: Any, reader: Any) -> Any:
            def filled(data: bytes) -> Any:
                if not data:
                    raise ValueError("empty")
                return reader(data)

            return await was(method, context, clients, filled)

        return checked

    patch(grpc_server, "_read", read)


# --- The REST host's JSON ---------------------------------------------------------------------------------------------


@mutant("WIRE-008")
def omitted_on_rest(patch: Patch) -> None:
    """What is unused is not in REST's answer."""
    rest_answers(patch, lambda v: everywhere(v, lambda p: {k: x for k, x in p.items() if x is not None}))


@mutant("WIRE-009")
def created_as_a_string(patch: Patch) -> None:
    """created is a string on REST."""
    rest_answers(patch, lambda value: {**value, "created": str(value.get("created"))})


@mutant("WIRE-010")
def camel_case_on_rest(patch: Patch) -> None:
    """REST's JSON says finishReason."""
    rest_answers(
        patch,
        lambda v: everywhere(v, lambda p: {"finishReason" if k == "finish_reason" else k: x for k, x in p.items()}),
    )
