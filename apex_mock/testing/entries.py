"""Entries of the journal as the control API shows them, read back into what the fake's own process has."""

from collections.abc import Mapping
from typing import Any

from apex_mock.clock import SECOND
from apex_mock.core.types import (
    ChatRequest,
    Chunk,
    FinishReason,
    Message,
    Micros,
    Mode,
    Operation,
    Plan,
    Sampling,
    SearchRequest,
    ToolCall,
)
from apex_mock.journal import Entry
from apex_mock.wire.times import micros


def read_entry(call: Mapping[str, Any]) -> Entry:
    """One call; its owner is the digest of the key, which is all that is shown."""
    at, answer, duration = micros(call["at"]), call["answer"], call["duration"]
    entry = Entry(
        call["seq"],
        at,
        Operation(call["operation"]),
        call["scope"],
        call["by"],
        call["transport"],
        call["app"],
        _request(call["operation"], call["request"]),
        outcome=call["status"],
        message=call["message"],
        stub=call["stub"] or "",
        fault=call["fault"] or "",
        ended_at=0 if duration is None else at + round(duration * SECOND),
    )
    if answer is not None:
        entry.plan = _plan(answer, at)
        entry.streamed = [n for frame in answer["frames"] for n in (micros(frame["at"]), 1)]
    return entry


def _request(operation: str, request: Any) -> Any:
    if not isinstance(request, dict):
        return request
    if operation == Operation.SEARCH:
        return SearchRequest(**(request | {"uids": tuple(request["uids"])}))
    if operation in (Operation.CHAT, Operation.SUBMIT_RESEARCH):
        read = {
            "messages": tuple(Message(**message) for message in request["messages"]),
            "uids": tuple(request["uids"]),
            "stop": tuple(request["stop"]),
            "mode": Mode(request["mode"]),
            "sampling": Sampling(**request["sampling"]),
        }
        return ChatRequest(**(request | read))
    return request


def _plan(answer: Mapping[str, Any], at: Micros) -> Plan:
    """What was planned is known as far as it has left."""
    frames = tuple(Chunk(frame["text"], frame["after"]) for frame in answer["frames"])
    return Plan(
        answer["id"],
        at // SECOND,
        answer["model"],
        answer["text"],
        frames or (Chunk(answer["text"]),),
        FinishReason(answer["finish_reason"]),
        miners=tuple(answer["miners"]),
        tool_calls=tuple(ToolCall(**call) for call in answer["tool_calls"]),
    )
