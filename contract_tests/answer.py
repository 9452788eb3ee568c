"""What a call brought back, in one form for every transport: snake_case names, whole numbers, defaults filled in.

The form is that of the RPC's messages: a JSON body is read as the message that it stands for. Clauses about the wire's
own form look at `raw` and `raw_events` instead, which are as they came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from protobuf import Message
from protobuf.wkt.google.protobuf.empty_pb import Empty

from apex_mock.wire.gen.apex.v1 import apex_pb

from .operations import OPERATIONS, Op

OK = "ok"
UNREADABLE = "unreadable"
_KINDS = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
_NUMBERS = frozenset({"created", "index", "seq_id", "completion_tokens", "prompt_tokens", "total_tokens", "logprob"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or an error: `code` is "ok" or an RPC error code, which on REST is told from the status.

    `status` is the HTTP status, 0 on gRPC. `events` are a stream's messages, `done` whether it ended as its wire ends
    one ([DONE], an end-of-stream message, a status in the trailers).
    """

    operation: Op
    code: str
    message: str = ""
    value: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Mapping[str, Any], ...] = ()
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Any = None
    raw_events: tuple[Any, ...] = ()
    body: bytes = b""
    done: bool = True

    @property
    def ok(self) -> bool:
        return self.code == OK

    @property
    def choice(self) -> Mapping[str, Any]:
        """The first choice of a chat answer."""
        choices = self.value.get("choices") or [{}]
        first: Mapping[str, Any] = choices[0]
        return first

    @property
    def deltas(self) -> list[Mapping[str, Any]]:
        """The delta of every choice of a stream, in order."""
        return [choice.get("delta") or {} for event in self.events for choice in event.get("choices") or ()]

    @property
    def text(self) -> str:
        """What a chat answer says, streamed or not."""
        if self.events:
            return "".join(delta.get("content") or "" for delta in self.deltas)
        content: str = (self.choice.get("message") or {}).get("content") or ""
        return content

    @property
    def finish_reason(self) -> str:
        """Of a stream the last one that it gave."""
        if self.events:
            said = [c.get("finish_reason") for event in self.events for c in event.get("choices") or ()]
            return next((reason for reason in reversed(said) if reason), "")
        reason: str = self.choice.get("finish_reason") or ""
        return reason

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """Of a web retrieval."""
        return list(self.value.get("results") or ())

    @property
    def chunks(self) -> list[Mapping[str, Any]]:
        """Of a research job, so far."""
        return list(self.value.get("result") or ())


def message_class(name: str) -> type[Message[Any]]:
    """A message of the contract by its name."""
    found: type[Message[Any]] = Empty if name == "Empty" else getattr(apex_pb, name)
    return found


def common(message: Message[Any]) -> dict[str, Any]:
    """The common form of a message."""
    plain: dict[str, Any] = orjson.loads(message.to_json(always_emit_implicit=True, use_proto_field_name=True))
    form: dict[str, Any] = _with_numbers(plain)
    return form


def common_json(operation: Op, value: Any) -> dict[str, Any]:
    """The common form of a JSON answer. Raises ValueError when it does not fit the operation's message."""
    output = OPERATIONS[operation].output
    if output is None:
        return value if isinstance(value, dict) else {"value": value}
    if not isinstance(value, dict):
        raise ValueError(f"it is {_KINDS.get(type(value), 'null')}, not an object")
    try:
        return common(message_class(output).from_json(orjson.dumps(value).decode(), ignore_unknown_fields=True))
    except (TypeError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _with_numbers(value: Any) -> Any:
    """int64 as numbers: protobuf's JSON has them as strings. Metadata is the caller's own and stays as it is."""
    if isinstance(value, list):
        return [_with_numbers(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: part
        if name == "metadata"
        else int(part)
        if name in _NUMBERS and isinstance(part, str)
        else _with_numbers(part)
        for name, part in value.items()
    }
