"""Breaks of streams, in events and in messages."""

import re
from typing import Any

import apex_mock.mock as mocks
from apex_mock.errors import ApexError, InvalidRequest
from apex_mock.mock import ApexMock
from apex_mock.transports.sn1 import Sn1
from apex_mock.wire import rpc, sn1, sse

from .mutant import HttpAnswer, Patch, mutant

EVENT_STREAM = "text/event-stream"


def event_streams(patch: Patch, change: Any) -> None:
    """Changes the bytes of every event stream."""

    def changed(answer: HttpAnswer) -> None:
        if answer.headers["content-type"].startswith(EVENT_STREAM):
            answer.body = change(answer.body)

    patch.answers(changed)


@mutant("STREAM-001")
def streams_of_json(patch: Patch) -> None:
    """An event stream calls itself JSON."""

    def change(answer: HttpAnswer) -> None:
        if answer.headers["content-type"].startswith(EVENT_STREAM):
            answer.headers["content-type"] = "application/json"

    patch.answers(change)


@mutant("STREAM-002")
def streams_are_cached(patch: Patch) -> None:
    """An event stream says nothing of caches."""

    def change(answer: HttpAnswer) -> None:
        answer.headers.pop("cache-control", None)

    patch.answers(change)


@mutant("STREAM-003")
def chunks_are_completions(patch: Patch) -> None:
    """The chunks on REST call themselves chat.completion."""
    event_streams(patch, lambda body: body.replace(b"chat.completion.chunk", b"chat.completion"))


@mutant("STREAM-003")
def another_index(patch: Patch) -> None:
    """The choice of a chunk has index 1."""
    event_streams(patch, lambda body: body.replace(b'"index":0', b'"index":1'))


@mutant("STREAM-004")
def done_is_missing(patch: Patch) -> None:
    """An event stream ends without [DONE]."""
    patch(sse, "DONE", lambda was: b"")


@mutant("STREAM-004")
def done_twice(patch: Patch) -> None:
    """An event stream says [DONE] two times."""
    patch(sse, "DONE", lambda was: was * 2)


@mutant("STREAM-005")
def no_role(patch: Patch) -> None:
    """No delta of an event stream names the role."""
    event_streams(patch, lambda body: body.replace(b'"role":"assistant"', b'"role":null'))


@mutant("STREAM-005")
def the_role_in_each(patch: Patch) -> None:
    """Every delta on RPC names the role."""
    patch(rpc, "_choice", lambda was: lambda content, role, finish: was(content, "assistant", finish))


@mutant("STREAM-006")
def ids_of_their_own(patch: Patch) -> None:
    """The second event has another id than the first."""
    event_streams(patch, lambda body: body.replace(b'"id":"', b'"id":"x', 1))


@mutant("STREAM-007")
def no_finish_reason(patch: Patch) -> None:
    """An event stream ends without a finish_reason."""
    event_streams(patch, lambda body: re.sub(rb'"finish_reason":"\w+"', b'"finish_reason":null', body))


@mutant("STREAM-007")
def finished_at_once(patch: Patch) -> None:
    """Every chunk of an event stream has a finish_reason."""
    event_streams(patch, lambda body: body.replace(b'"finish_reason":null', b'"finish_reason":"stop"'))


@mutant("STREAM-008")
def another_text_when_streamed(patch: Patch) -> None:
    """What is streamed is in capitals."""
    patch(sse, "quoted", lambda was: lambda text: was(text.upper()))


@mutant("STREAM-008")
def a_chunk_is_lost(patch: Patch) -> None:
    """The second chunk of a stream on RPC does not arrive."""

    def lossy(was: Any) -> Any:
        def some(plan: Any, chunks: Any) -> Any:
            for number, binary in enumerate(was(plan, chunks)):
                if number != 1:
                    yield binary

        return some

    patch(rpc, "chunk_binaries", lossy)


@mutant("STREAM-009")
def all_in_one_piece(patch: Patch) -> None:
    """A stream is one chunk, however long."""

    def joined(text: Any, request: Any, was: Any) -> Any:
        tokens, reason = was(text, request)
        return ("".join(tokens),), reason

    patch(mocks, "limit", lambda was: lambda text, request: joined(text, request, was))


@mutant("STREAM-011")
def refused_within_the_stream(patch: Patch) -> None:
    """A bad request on REST is a stream with an error in it."""

    def change(answer: HttpAnswer) -> None:
        if answer.status == 422:
            answer.status, answer.headers["content-type"] = 200, EVENT_STREAM
            answer.body = sse.error_event(422, "Unprocessable")

    patch.answers(change)


@mutant("STREAM-012")
def done_after_an_error(patch: Patch) -> None:
    """An error in an event stream is followed by [DONE]."""
    patch(sse, "error_event", lambda was: lambda status, message: was(status, message) + sse.DONE)


@mutant("STREAM-012")
def an_error_is_not_told(patch: Patch) -> None:
    """An error in an event stream just ends it."""
    patch(sse, "error_event", lambda was: lambda status, message: b"")


@mutant("STREAM-013")
def errors_end_quietly(patch: Patch) -> None:
    """An error after a stream began ends it as if all had been said."""

    def quiet(was: Any) -> Any:
        async def play(self: ApexMock, answer: Any, **more: Any) -> Any:
            try:
                async for chunks in was(self, answer, **more):
                    yield chunks
            except ApexError:
                pass

        return play

    patch(ApexMock, "play", quiet)


@mutant("STREAM-014")
def stream_options_are_refused(patch: Patch) -> None:
    """OpenAI's stream_options are an error."""

    def read(was: Any) -> Any:
        def request(self: sn1.ChatBody) -> Any:
            if self.stream_options is not None:
                raise InvalidRequest("unknown", ("stream_options",))
            return was(self)

        return request

    patch(sn1.ChatBody, "to_request", read)


@mutant("STREAM-015")
def events_over_two_lines(patch: Patch) -> None:
    """An event's data is spread over lines."""
    event_streams(patch, lambda body: body.replace(b',"choices"', b',\ndata: "choices"'))


@mutant("STREAM-015")
def no_empty_lines(patch: Patch) -> None:
    """Events follow each other without an empty line."""
    event_streams(patch, lambda body: body.replace(b"\n\n", b"\n"))


@mutant("STREAM-016")
def a_connect_stream_has_no_end(patch: Patch) -> None:
    """Over Connect the end-of-stream message is missing."""

    def change(answer: HttpAnswer) -> None:
        if answer.headers["content-type"].startswith("application/connect+"):
            answer.body = answer.body[: answer.body.rindex(b"\x02\x00\x00")]

    patch.answers(change)


@mutant("STREAM-017")
def another_model_when_streamed(patch: Patch) -> None:
    """The chunks of an event stream name another model."""
    event_streams(patch, lambda body: re.sub(rb'"model":"[^"]*"', b'"model":"some-model"', body))


@mutant("AUTH-008")
def streams_are_open_to_all(patch: Patch) -> None:
    """Who sends no key gets a stream on REST."""

    async def anybody(self: Sn1, request: Any) -> Any:
        return await self.mock.gate.admit((("api-key", "anybody"),), "rest", self.mock.clock.now, api_key_header=True)

    patch(Sn1, "caller", lambda was: anybody)
