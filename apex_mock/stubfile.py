"""Stubs as people write them: one model for YAML and JSON files and for the control API.

name: refund                          reply: a text, or a mapping of text, chunks, json, template, tool_calls,
when: {operation: chat,                      results, research, chats, rows, error, fault, finish_reason,
                                      model, delay
       prompt: refund}                replies: several, in turn
reply: Refunds take five days.        times: after so many calls it fits no more
                                      scope: whose it is, unless it is for all

Short forms: where a condition on a text goes, a plain text means `{contains: ...}`; a plain text as a reply means
`{text: ...}`, as a chunk `{text: ...}`, as an error its `{code: ...}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from apex_mock.core.chats import CHATS_OF, ROWS_OF, GivenChat, GivenRow
from apex_mock.core.replies import check_template
from apex_mock.core.stubs import Failure, Piece, Reply, Stub
from apex_mock.core.types import FinishReason, Operation, ToolCall, WebResult
from apex_mock.faultfile import read_spec, write_spec
from apex_mock.reading import (
    CONDITIONS,
    At,
    BadRule,
    check_count,
    check_number,
    first_fault,
    list_of,
    mapping_of,
    read_rules,
    read_when,
    written,
)

# What a reply says; the others shape it.
ANSWERS = ("text", "chunks", "json", "template", "results", "research", "chats", "rows")
KEYS: Mapping[str, tuple[str, ...]] = {
    "stub": ("id", "name", "scope", "when", "reply", "replies", "times"),
    "reply": tuple(field.name for field in fields(Reply)),
    "chunk": tuple(field.name for field in fields(Piece)),
    "error": tuple(field.name for field in fields(Failure)),
    "tool call": ToolCall._fields,
    "result": tuple(field.name for field in fields(WebResult)),
    "chat": tuple(field.name for field in fields(GivenChat)),
    "row": tuple(field.name for field in fields(GivenRow)),
    **CONDITIONS,
}
SHORT = ("condition", "reply", "chunk", "error")  # for which a plain text will do


@cache
def _adapter() -> TypeAdapter[Stub]:
    """Made when the first stub is read: it takes as long as a hundred of them."""
    return TypeAdapter(Stub)


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_stubs(value: Any) -> list[Stub]:
    """The stubs of a file or a body: see `read_rules`. Raises BadRule."""
    return read_rules(value, "stub", read_stub)


def read_stub(value: Any) -> Stub:
    """One stub from plain values. Raises BadRule, whose `field` is where the fault lies."""
    spelt = _stub(value)
    try:
        stub = _adapter().validate_python(spelt)
    except ValidationError as error:
        problem, at = first_fault(error)
        raise BadRule(problem, _as_written(at, value)) from None
    _check(stub, value)
    return stub


def read_chats(value: Any) -> tuple[GivenChat, ...]:
    """Chats with their rows from plain values. Raises BadRule, whose `field` is where the fault lies."""
    chats: tuple[GivenChat, ...] = _validated(GivenChat, _chats(value, ("chats",)), "chats")
    return chats


def read_rows(value: Any) -> tuple[GivenRow, ...]:
    """Likewise, the rows of a chat."""
    rows: tuple[GivenRow, ...] = _validated(GivenRow, _mappings(value, "row", ("rows",)), "rows")
    return rows


@cache
def _list_of(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(tuple[kind, ...])


def _validated(kind: Any, spelt: Any, name: str) -> Any:
    try:
        return _list_of(kind).validate_python(spelt)
    except ValidationError as error:
        problem, at = first_fault(error)
        raise BadRule(problem, (name, *at)) from None


def _as_written(at: Sequence[str | int], value: Any) -> At:
    if at[:1] == ("replies",) and isinstance(value, Mapping) and value.get("reply") is not None:
        return ("reply", *at[2:])
    return tuple(at)


def _stub(value: Any) -> dict[str, Any]:
    known = _mapping(value, "stub", ())
    if ("reply" in known) == ("replies" in known):
        raise BadRule("say one of reply (one answer) and replies (several in turn)", ("reply",))
    if "reply" in known:
        replies = [_reply(known.pop("reply"), ("reply",))]
    else:
        given = list_of(known.pop("replies"), ("replies",))
        replies = [_reply(reply, ("replies", n)) for n, reply in enumerate(given)]
    if not replies:
        raise BadRule("must not be empty", ("replies",))
    return {"id": "", **known, "when": read_when(known.get("when") or {}), "replies": replies}


def _reply(value: Any, at: At) -> dict[str, Any]:
    if isinstance(value, str):
        return {"text": value}
    known = _mapping(value, "reply", at)
    for name in ("chunks", "research"):
        if known.get(name) is not None:
            pieces = list_of(known[name], (*at, name))
            known[name] = [_piece(piece, (*at, name, n)) for n, piece in enumerate(pieces)]
    if isinstance(known.get("error"), str):
        known["error"] = {"code": known["error"].lower()}
    elif known.get("error") is not None:
        known["error"] = _mapping(known["error"], "error", (*at, "error"))
    if known.get("fault") is not None:
        known["fault"] = read_spec(known["fault"], (*at, "fault"))
    for name, kind in (("tool_calls", "tool call"), ("results", "result"), ("rows", "row")):
        if known.get(name) is not None:
            known[name] = _mappings(known[name], kind, (*at, name))
    if known.get("chats") is not None:
        known["chats"] = _chats(known["chats"], (*at, "chats"))
    for call in known.get("tool_calls") or ():
        if isinstance(call.get("arguments"), Mapping):
            call["arguments"] = orjson.dumps(call["arguments"]).decode()
    for result in known.get("results") or ():
        result.setdefault("relevant", result.get("content"))
    return known


def _chats(value: Any, at: At) -> list[dict[str, Any]]:
    chats = _mappings(value, "chat", at)
    for n, chat in enumerate(chats):
        if "rows" in chat:
            chat["rows"] = rows = _mappings(chat["rows"], "row", (*at, n, "rows"))
            for place, row in enumerate(rows):
                if "chat_id" in row:
                    raise BadRule("is that of the chat it stands in", (*at, n, "rows", place, "chat_id"))
    return chats


def _mappings(value: Any, kind: str, at: At) -> list[dict[str, Any]]:
    return [_mapping(one, kind, (*at, n)) for n, one in enumerate(list_of(value, at))]


def _piece(value: Any, at: At) -> dict[str, Any]:
    return {"text": value} if isinstance(value, str) else _mapping(value, "chunk", at)


def _mapping(value: Any, kind: str, at: At) -> dict[str, Any]:
    return mapping_of(value, kind, KEYS[kind], at, short=kind in SHORT)


# --- What types cannot say --------------------------------------------------------------------------------------------


def _check(stub: Stub, value: Any) -> None:
    check_count(stub.times, ("times",))
    check_count(stub.when.nth, ("when", "nth"))
    one = value.get("reply") is not None
    for number, reply in enumerate(stub.replies):
        at: At = ("reply",) if one else ("replies", number)
        written = value["reply"] if one else value["replies"][number]
        _check_reply(reply, at, only_late=isinstance(written, Mapping) and "delay" in written)
        check_stored(reply, stub.when.operation, at)


def _check_reply(reply: Reply, at: At, *, only_late: bool) -> None:
    """`only_late`: what it would have been anyway, with a delay."""
    given = [name for name in ANSWERS if getattr(reply, name) is not None]
    if len(given) > 1:
        raise BadRule(f"say only one of {' and '.join(given)}", at)
    error = reply.error
    if not (given or reply.tool_calls or error is not None or reply.fault is not None or only_late):
        raise BadRule(f"says nothing: give one of {', '.join((*ANSWERS, 'tool_calls', 'error', 'fault'))}", at)
    if error is not None and error.after_chunks is None and (given or reply.tool_calls):
        raise BadRule("with an answer beside it, an error needs after_chunks", (*at, "error"))
    if reply.template is not None:
        try:
            check_template(reply.template)
        except ValueError as fault:
            raise BadRule(str(fault), (*at, "template")) from None
    if reply.finish_reason is not None and reply.finish_reason not in list(FinishReason):
        raise BadRule(f"must be one of {', '.join(FinishReason)}, not {reply.finish_reason!r}", (*at, "finish_reason"))
    check_number(reply.delay, (*at, "delay"))
    for name in ("chunks", "research"):
        for number, piece in enumerate(getattr(reply, name) or ()):
            check_number(piece.after, (*at, name, number, "after"))
    if error is not None:
        check_number(error.retry_after, (*at, "error", "retry_after"))
        check_number(error.after_chunks, (*at, "error", "after_chunks"))


def check_stored(reply: Reply, operation: Operation | None, at: At = ()) -> None:
    """Raises BadRule for chats or rows in answer to an operation that is not answered with them."""
    for name, operations in (("chats", CHATS_OF), ("rows", ROWS_OF)):
        if operation not in (None, *operations) and getattr(reply, name) is not None:
            raise BadRule(f"answer {', '.join(operations)}; not {operation}", (*at, name))


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_stub(stub: Stub) -> dict[str, Any]:
    """The stub as `read_stub` reads it, without what is as it would be anyway. A predicate is only told of."""
    told = {
        name: value
        for name, value in written(stub).items()
        if name in KEYS["stub"] and name != "replies" and value != ""
    }
    replies = [_write_reply(reply) or {"delay": 0.0} for reply in stub.replies]
    return told | ({"reply": replies[0]} if len(replies) == 1 else {"replies": replies})


def write_chats(chats: Sequence[GivenChat]) -> list[dict[str, Any]]:
    """The chats as `read_chats` reads them."""
    return [written(chat) for chat in chats]


def _write_reply(reply: Reply) -> dict[str, Any]:
    told: dict[str, Any] = written(reply)
    return told if reply.fault is None else {**told, "fault": write_spec(reply.fault)}
