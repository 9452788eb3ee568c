"""What a stub's reply says to one request: its text, in pieces, with their times."""

from dataclasses import dataclass
from typing import Any

import orjson

from apex_mock.core.prose import tokenize
from apex_mock.core.stubs import Failure, Piece, Reply
from apex_mock.core.templates import compiled
from apex_mock.core.types import ChatRequest, Chunk, FinishReason, Plan, SearchRequest
from apex_mock.errors import ApexError, Prepared


@dataclass(frozen=True, slots=True)
class Spoken:
    """A reply to a chat, before it has an id. `timed`: its pieces bring their own times."""

    chunks: tuple[Chunk, ...]
    finish: FinishReason
    timed: bool = False


def text_of(reply: Reply, request: Any) -> str:
    """The reply's text; of a template, what it makes of the request. Raises BadStub when the template fails."""
    if reply.chunks is not None:
        return "".join(piece.text for piece in reply.chunks)
    if reply.template is not None:
        return rendered(reply.template, request)
    if reply.json is not None:
        return orjson.dumps(reply.json).decode()
    return reply.text or ""


def rendered(template: str, request: Any) -> str:
    known: dict[str, Any] = {"request": request}
    if isinstance(request, ChatRequest):
        known |= {"prompt": request.prompt, "messages": request.messages, "model": request.model}
    elif isinstance(request, SearchRequest):
        known |= {"query": request.query}
    return compiled(template)(known)


def check_template(source: str) -> None:
    """Raises ValueError for a template that cannot be read."""
    compiled(source)


def speaks(reply: Reply) -> bool:
    """Whether the reply says something to a chat; one that only breaks it off leaves the saying to the miners."""
    said = (reply.text, reply.chunks, reply.json, reply.template)
    return any(part is not None for part in said) or bool(reply.tool_calls)


def research_texts(reply: Reply, request: ChatRequest) -> tuple[str, ...]:
    """The chunks of a job that a stub answers: its own, or its text as the only one."""
    if reply.research is not None:
        return tuple(piece.text for piece in reply.research)
    return (text_of(reply, request),) if speaks(reply) else ()


def delayed(chunks: tuple[Chunk, ...], by: float) -> tuple[Chunk, ...]:
    """The chunks, all of them `by` seconds later."""
    return tuple(Chunk(chunk.text, chunk.after + by) for chunk in chunks)


def broken_off(plan: Plan, failure: Failure) -> Plan:
    """The plan with an error after its first chunks, in place of its end."""
    kept = plan.chunks[: failure.after_chunks]
    # At least one chunk carries the error's time; an empty one if nothing is to be said before it.
    chunks = kept or (Chunk("", plan.chunks[0].after),)
    text = "".join(chunk.text for chunk in chunks)
    return plan._replace(chunks=chunks, text=text, error=error_of(failure))


def spoken(reply: Reply, request: ChatRequest) -> Spoken:
    """A reply to a chat as its chunks. Text is cut into tokens as an answer is; given chunks stay as they are."""
    finish = FinishReason(reply.finish_reason) if reply.finish_reason else FinishReason.STOP
    if reply.tool_calls and not reply.finish_reason:
        finish = FinishReason.TOOL_CALLS
    if reply.chunks is not None:
        timed = any(piece.after is not None for piece in reply.chunks)
        return Spoken(timetabled(reply.chunks, reply.delay), finish, timed or bool(reply.delay))
    texts = tokenize(text_of(reply, request)) or ("",)
    limit = request.sampling.max_new_tokens
    if len(texts) > limit and not reply.finish_reason:
        texts, finish = texts[:limit], FinishReason.LENGTH
    return Spoken(tuple(Chunk(text, reply.delay) for text in texts), finish, bool(reply.delay))


def timetabled(pieces: tuple[Piece, ...], delay: float = 0.0) -> tuple[Chunk, ...]:
    """The pieces with their times, each at least as late as the one before it."""
    due, chunks = delay, []
    for piece in pieces:
        due = max(due, delay + piece.after) if piece.after is not None else due
        chunks.append(Chunk(piece.text, due))
    return tuple(chunks) or (Chunk("", delay),)


def error_of(failure: Failure) -> ApexError:
    message = failure.message or f"this stub answers {failure.code}"
    return Prepared(failure.code, message, retry_after=failure.retry_after)
