"""Server-sent events of the REST stream: one `data:` line of JSON for each chunk, then `data: [DONE]`."""

from collections.abc import Sequence

import orjson

from apex_mock.core.types import Chunk, Mode, Plan
from apex_mock.wire.sn1 import quoted

DONE = b"data: [DONE]\n\n"
_TAIL = (
    b',"logprobs":null}],"created":%d,"model":%s,"object":"chat.completion.chunk",'
    b'"service_tier":null,"system_fingerprint":null,"usage":null}\n\n'
)
_DELTA = b'"function_call":null,"refusal":null,"role":%s,"tool_calls":null},"finish_reason":%s,"index":0'
_FIRST = b"," + _DELTA % (b'"assistant"', b"null")
_NEXT = b"," + _DELTA % (b"null", b"null")


def event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


class Events:
    """A plan's chunks as events: the first names the role; after the last come its end and [DONE].

    Put together from pieces, since a stream is the same but for its text.
    """

    __slots__ = ("_first", "_head", "_next", "_plan", "_tail")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = b'data: {"id":"%b","choices":[{"delta":{"content":' % plan.id.encode()
        self._tail = _TAIL % (plan.created, quoted(plan.model))
        self._first = _FIRST + self._tail
        self._next = _NEXT + self._tail

    def of(self, chunks: Sequence[Chunk]) -> bytes:
        """The events for these chunks of the plan, as they fall due."""
        plan, ends = self._plan, self.ends_with(chunks)
        if plan.mode is Mode.CHAIN_OF_THOUGHT:
            # Nothing but the content (V).
            said = b"".join([b'data: {"choices":[{"delta":{"content":%b}}]}\n\n' % quoted(c.text) for c in chunks])
            return said + DONE if ends else said
        head, rest = self._head, self._next
        pieces = [piece for chunk in chunks for piece in (head, quoted(chunk.text), rest)]
        if chunks[0] is plan.chunks[0]:
            pieces[2] = self._first
        if ends:
            pieces += _tool_calls(plan, head, self._tail)
            pieces += [head, b"null,", _DELTA % (b"null", quoted(plan.finish_reason)), self._tail]
            pieces += [_usage_event(plan), DONE]
        return b"".join(pieces)

    def ends_with(self, chunks: Sequence[Chunk]) -> bool:
        """Whether the answer is whole with these chunks."""
        plan = self._plan
        return chunks[-1] is plan.chunks[-1] and plan.error is None and not plan.cut


def _tool_calls(plan: Plan, head: bytes, tail: bytes) -> list[bytes]:
    """A chunk for the calls that the answer asks for, before its last."""
    if not plan.tool_calls:
        return []
    calls = [
        {
            "index": i,
            "id": call.id or f"call_{i}",
            "function": {"arguments": call.arguments, "name": call.name},
            "type": "function",
        }
        for i, call in enumerate(plan.tool_calls)
    ]
    delta = b'null,"function_call":null,"refusal":null,"role":null,"tool_calls":%b},"finish_reason":null,"index":0'
    return [head, delta % orjson.dumps(calls), tail]


def _usage_event(plan: Plan) -> bytes:
    """OpenAI's last chunk, for clients that asked with stream_options.include_usage."""
    if plan.usage is None:
        return b""
    usage = plan.usage
    return event(
        {
            "id": plan.id,
            "choices": [],
            "created": plan.created,
            "model": plan.model,
            "object": "chat.completion.chunk",
            "service_tier": None,
            "system_fingerprint": None,
            "usage": {
                "completion_tokens": usage.completion_tokens,
                "prompt_tokens": usage.prompt_tokens,
                "total_tokens": usage.total_tokens,
            },
        }
    )


def error_event(status: int, message: str) -> bytes:
    """The validator's in-stream error: one event, and then the end of the stream, without [DONE] (V)."""
    return event({"error": f"{status} - {message}"})
