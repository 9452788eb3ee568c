"""Breaks of errors, of keys that are wrong and of rates."""

from typing import Any

import orjson

from apex_mock.auth import Gate
from apex_mock.core.types import Caller
from apex_mock.errors import Code, InvalidRequest, RateLimited, Unauthenticated
from apex_mock.mock import ApexMock
from apex_mock.transports import grpc_server
from apex_mock.wire import sn1

from .mutant import HttpAnswer, Patch, mutant

SERVICE = "/apex.v1.ApexService/"


def errors(patch: Patch, change: Any, *, rest: bool) -> None:
    """Changes every error's body: of the REST host, or of Constellation over HTTP."""

    def changed(answer: HttpAnswer) -> None:
        if answer.status >= 400 and answer.path.startswith(SERVICE) is not rest:
            answer.body = orjson.dumps(change(orjson.loads(answer.body)))

    patch.answers(changed)


def status(patch: Patch, was: int, now: int, *, rest: bool) -> None:
    """Changes an HTTP status."""

    def changed(answer: HttpAnswer) -> None:
        if answer.status == was and answer.path.startswith(SERVICE) is not rest:
            answer.status = now

    patch.answers(changed)


def refusals(patch: Patch, forgive: Any) -> None:
    """Lets callers in although they were refused: `forgive` gets the error."""

    def admit(was: Any) -> Any:
        async def admitted(self: Gate, raw: Any, *args: Any, **more: Any) -> Any:
            try:
                return await was(self, raw, *args, **more)
            except (Unauthenticated, RateLimited) as error:
                if not forgive(error):
                    raise
                return Caller("anybody", "anybody")

        return admitted

    patch(Gate, "admit", admit)


# --- Errors -----------------------------------------------------------------------------------------------------------


@mutant("ERR-001")
def bad_bodies_are_400_on_rest(patch: Patch) -> None:
    """A body on REST that cannot be read is a 400."""
    status(patch, 422, 400, rest=True)


@mutant("ERR-001", "ERR-011")
def details_are_sentences(patch: Patch) -> None:
    """The detail of a 422 is a sentence."""
    errors(patch, lambda body: {"detail": str(body["detail"])}, rest=True)


@mutant("ERR-002")
def success_for_a_bad_body(patch: Patch) -> None:
    """A body that Constellation cannot read is answered with 200."""
    status(patch, 400, 200, rest=False)


@mutant("ERR-002", "ERR-017")
def another_invalid_request(patch: Patch) -> None:
    """Constellation's error for a bad request is not "Invalid request"."""
    errors(patch, lambda body: {**body, "error": body["message"]}, rest=False)


@mutant("ERR-005")
def types_do_not_matter(patch: Patch) -> None:
    """A field of the wrong type is left out on REST."""

    def read(was: Any) -> Any:
        def forgiving(adapter: Any, body: bytes) -> Any:
            try:
                return was(adapter, body)
            except sn1.BadBody as bad:
                sent = orjson.loads(body) if bad.detail[0]["type"] != "json_invalid" else None
                if not isinstance(sent, dict) or bad.detail[0]["loc"][1:2] == ("messages",):
                    raise
                wrong = {fault["loc"][1] for fault in bad.detail}
                return was(adapter, orjson.dumps({name: v for name, v in sent.items() if name not in wrong}))

        return forgiving

    patch(sn1, "_read", read)


@mutant("ERR-006")
def unknown_methods_are_400(patch: Patch) -> None:
    """A method that does not exist is a 400 over HTTP."""

    def change(answer: HttpAnswer) -> None:
        if answer.path.endswith("/NoSuchMethod"):
            answer.status = 400

    patch.answers(change)


@mutant("ERR-007")
def another_not_found(patch: Patch) -> None:
    """A path that does not exist on REST has another detail."""
    patch.bodies(b'{"detail":"Not Found"}', b'{"error":"no such path"}')


@mutant("ERR-008")
def errors_without_a_code(patch: Patch) -> None:
    """An error on Constellation that is no bad request has no code."""
    errors(
        patch,
        lambda body: body if body["code"] == "invalid_argument" else {"error": body["error"]},
        rest=False,
    )


@mutant("ERR-009")
def bad_bytes_are_unknown(patch: Patch) -> None:
    """Bytes that are no message are an unknown error on gRPC."""
    patch(
        grpc_server,
        "STATUS",
        lambda was: {**was, Code.INVALID_ARGUMENT: was[Code.UNKNOWN]},
    )


@mutant("ERR-010")
def other_methods_are_404(patch: Patch) -> None:
    """A path of REST asked for by another method is a 404."""
    status(patch, 405, 404, rest=True)


@mutant("ERR-011")
def faults_without_a_place(patch: Patch) -> None:
    """A fault does not say where it is."""
    errors(
        patch,
        lambda body: (
            {"detail": [{**fault, "loc": ["body"]} for fault in body["detail"]]}
            if isinstance(body["detail"], list)
            else body
        ),
        rest=True,
    )


@mutant("ERR-012", "ERR-013")
def no_rates(patch: Patch) -> None:
    """A key may make as many requests as it likes."""
    refusals(patch, lambda error: isinstance(error, RateLimited))


@mutant("ERR-012")
def everybodys_rate(patch: Patch) -> None:
    """Once one key is over its rate, every key is refused."""

    def admit(was: Any) -> Any:
        over: list[RateLimited] = []

        async def admitted(self: Gate, *args: Any, **more: Any) -> Any:
            if over:
                raise over[0]
            try:
                return await was(self, *args, **more)
            except RateLimited as error:
                over.append(error)
                raise

        return admitted

    patch(Gate, "admit", admit)


@mutant("ERR-013")
def come_back_sometime(patch: Patch) -> None:
    """Retry-After is missing over HTTP."""

    def change(answer: HttpAnswer) -> None:
        answer.headers.pop("retry-after", None)

    patch.answers(change)


@mutant("ERR-014")
def deadlines_are_ignored(patch: Patch) -> None:
    """A call over Connect goes on after its deadline."""

    def change(answer: HttpAnswer) -> None:
        if answer.status == 504:
            answer.status = 200
            answer.body = b'{"choices": [{"message": {"content": "Late."}}]}'

    patch.answers(change)


@mutant("ERR-018")
def streams_have_no_deadline(patch: Patch) -> None:
    """A stream over Connect whose deadline passes ends as canceled."""
    patch.bodies(b'"deadline_exceeded"', b'"canceled"', only="ChatCompletionStream")


@mutant("ERR-015")
def no_miner_is_500(patch: Patch) -> None:
    """Without a miner Constellation answers 500."""
    status(patch, 503, 500, rest=False)


@mutant("ERR-019")
def no_answer_is_503_on_rest(patch: Patch) -> None:
    """When no miner answers REST says 503."""
    status(patch, 502, 503, rest=True)


@mutant("ERR-016")
def a_bad_stream_is_empty(patch: Patch) -> None:
    """A bad request to stream on RPC is an empty stream."""

    def chat(was: Any) -> Any:
        async def forgiving(self: ApexMock, request: Any, *args: Any, **more: Any) -> Any:
            try:
                return await was(self, request, *args, **more)
            except InvalidRequest:
                raise InvalidRequest("something is wrong") from None

        return forgiving

    patch(ApexMock, "chat", chat)


# --- Keys -------------------------------------------------------------------------------------------------------------


@mutant("AUTH-001", "AUTH-011")
def no_key_is_needed(patch: Patch) -> None:
    """Who sends no key is let in."""
    refusals(patch, lambda error: error.message == "Missing API key")


@mutant("AUTH-001")
def another_status_for_no_key(patch: Patch) -> None:
    """REST answers 401 where no key was sent."""
    status(patch, 403, 401, rest=True)


@mutant("AUTH-002")
def any_scheme(patch: Patch) -> None:
    """Another scheme than Bearer is let in."""
    refusals(patch, lambda error: error.message == "Invalid authorization scheme")


@mutant("AUTH-003")
def any_key(patch: Patch) -> None:
    """A key that nobody knows is let in."""
    refusals(patch, lambda error: error.message == "Invalid API key")


def admitting(patch: Patch, refuse: Any) -> None:
    """Refuses callers by their headers."""

    def admit(was: Any) -> Any:
        async def admitted(self: Gate, raw: Any, *args: Any, **more: Any) -> Any:
            names = {name if isinstance(name, str) else name.decode() for name, _ in raw}
            if refuse(names):
                raise Unauthenticated("Missing API key")
            return await was(self, raw, *args, **more)

        return admitted

    patch(Gate, "admit", admit)


@mutant("AUTH-004")
def bearer_only(patch: Patch) -> None:
    """The header api-key carries no key."""
    admitting(patch, lambda names: "authorization" not in names)


@mutant("AUTH-006")
def strangers_metadata(patch: Patch) -> None:
    """Who says of itself what it is is refused."""
    admitting(patch, lambda names: "x-source" in names)


@mutant("AUTH-011")
def refusals_without_a_code(patch: Patch) -> None:
    """A refusal on Constellation has D1's error alone."""
    errors(patch, lambda body: {"error": body["error"]} if body["code"] == "unauthenticated" else body, rest=False)
