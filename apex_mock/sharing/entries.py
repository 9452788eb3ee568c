"""Entries of the journal as JSON, and back. A plan's chunks are cut from its text, so no text is written twice."""

from dataclasses import fields
from typing import Any

import orjson
from pydantic import TypeAdapter

from apex_mock.core.types import (
    ChatRequest,
    Chunk,
    FinishReason,
    Mode,
    Operation,
    Plan,
    SearchRequest,
    ToolCall,
    Usage,
)
from apex_mock.errors import ApexError, Code, Prepared
from apex_mock.journal import Entry

_CHAT = TypeAdapter(ChatRequest)
_SEARCH = TypeAdapter(SearchRequest)
_KEPT = [field.name for field in fields(Entry) if field.name not in ("seq", "request", "plan", "forgotten")]


def encode(entry: Entry) -> bytes:
    """What JSON has no word for is written as its text."""
    written: dict[str, Any] = {name: getattr(entry, name) for name in _KEPT}
    written["request"] = entry.request
    if entry.plan is not None:
        written["plan"] = _plan(entry.plan)
    return orjson.dumps(written, default=_other, option=orjson.OPT_NON_STR_KEYS)


def _other(value: Any) -> Any:
    return dict(value) if hasattr(value, "keys") else str(value)


def _plan(plan: Plan) -> dict[str, Any]:
    error = plan.error
    return {
        "id": plan.id,
        "created": plan.created,
        "model": plan.model,
        "text": plan.text,
        "lengths": [len(chunk[0]) for chunk in plan.chunks],
        "afters": [chunk.after for chunk in plan.chunks] if plan.duration else None,
        "finish_reason": plan.finish_reason,
        "usage": plan.usage,
        "mode": plan.mode,
        "miners": plan.miners,
        "tool_calls": [tuple(call) for call in plan.tool_calls],
        "error": error and [error.code, str(error), error.retry_after],
    }


def decode(seq: int, data: bytes) -> Entry:
    written = orjson.loads(data)
    plan, request = written.pop("plan", None), written.pop("request")
    operation = Operation(written.pop("operation"))
    if operation in (Operation.CHAT, Operation.SUBMIT_RESEARCH) and isinstance(request, dict):
        request = _CHAT.validate_python(request)
    elif operation is Operation.SEARCH and isinstance(request, dict):
        request = _SEARCH.validate_python(request)
    return Entry(seq, operation=operation, request=request, plan=plan and _read_plan(plan), **written)


def _read_plan(written: dict[str, Any]) -> Plan:
    text, chunks, begun = written["text"], [], 0
    afters = written.pop("afters") or [0.0] * len(written["lengths"])
    for length, after in zip(written.pop("lengths"), afters, strict=True):
        chunks.append(Chunk(text[begun : begun + length], after))
        begun += length
    usage = written.pop("usage")
    return Plan(
        **{
            **written,
            "chunks": tuple(chunks),
            "finish_reason": FinishReason(written["finish_reason"]),
            "usage": usage and Usage(**usage),
            "mode": Mode(written["mode"]),
            "miners": tuple(written["miners"]),
            "tool_calls": tuple(ToolCall(*call) for call in written["tool_calls"]),
            "error": _read_error(written["error"]),
        }
    )


def _read_error(written: Any) -> ApexError | None:
    if written is None:
        return None
    code, message, retry_after = written
    return Prepared(Code(code), message, retry_after=retry_after)
