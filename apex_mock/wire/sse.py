"""Server-sent events of the REST stream: one `data:` line of JSON for each chunk, then `data: [DONE]`."""

from collections.abc import Sequence

import orjson

from apex_mock.core.kept import kept
from apex_mock.core.types import Chunk, Mode, Plan

DONE = b"data: [DONE]\n\n"
_TAIL = (
    b',"logprobs":null}],"created":%d,"model":%s,"object":"chat.completion.chunk",'
    b'"service_tier":null,"system_fingerprint":null,"usage":null}\n\n'
)
_DELTA = b'"function_call":null,"refusal":null,"role":%s,"tool_calls":null},"finish_reason":%s,"index":0'


def event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


@kept(8192, longest=256)
def _quoted(text: str) -> bytes:
    return orjson.dumps(text)


def events(plan: Plan, chunks: Sequence[Chunk]) -> bytes:
    """The events for these chunks of a plan: the first names the role; after the last come its end and [DONE].

    Put together from pieces, since a stream is the same but for its text.
    """
    if plan.mode is Mode.CHAIN_OF_THOUGHT:
        return _reasoning_events(plan, chunks)
    head = b'data: {"id":"%b","choices":[{"delta":{"content":' % plan.id.encode()
    tail = _TAIL % (plan.created, _quoted(plan.model))
    rest = b"," + _DELTA % (b"null", b"null") + tail
    pieces = [piece for chunk in chunks for piece in (head, _quoted(chunk.text), rest)]
    if chunks[0] is plan.chunks[0]:
        pieces[2] = b"," + _DELTA % (b'"assistant"', b"null") + tail
    if chunks[-1] is plan.chunks[-1] and plan.error is None and not plan.cut:
        pieces += _tool_calls(plan, head, tail)
        pieces += [head, b"null,", _DELTA % (b"null", _quoted(plan.finish_reason)), tail, _usage_event(plan), DONE]
    return b"".join(pieces)


def _reasoning_events(plan: Plan, chunks: Sequence[Chunk]) -> bytes:
    """Chain of thought: nothing but the content (V)."""
    pieces = [b'data: {"choices":[{"delta":{"content":%b}}]}\n\n' % _quoted(chunk.text) for chunk in chunks]
    if chunks[-1] is plan.chunks[-1] and plan.error is None and not plan.cut:
        pieces.append(DONE)
    return b"".join(pieces)


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
