"""A strategy for every request message, made from its descriptor: what the .proto allows, and what callers often send.

A field that HINTS names has values that get past the first check more often than not; every other is anything that its
type can hold. Any field may be left out.
"""

from typing import Any

from hypothesis import strategies as st

from ..answer import message_class
from ..operations import OPERATIONS, Op

Body = dict[str, Any]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORDS = st.sampled_from(["Say hello.", "What is Bittensor?", "Tell me a story", "2 + 2", "¿Qué es el pan?", "x" * 500])
INT64 = st.one_of(st.integers(-2, 12), st.integers(-(1 << 63), (1 << 63) - 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CHAT_ID, ROW_ID = "<the chat>", "<the row>"  # stand for what the target has made
IDS = st.sampled_from([CHAT_ID, CHAT_ID, ROW_ID, ROW_ID, "nobody", "", " "]) | TEXT

_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "INT64": INT64,
    # As JSON has the three that it has no numbers for.
    "DOUBLE": st.one_of(
        st.floats(0, 2),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["NaN", "Infinity", "-Infinity"]),
    ),
    "STRING": TEXT,
    "BOOL": st.booleans(),
}
HINTS: dict[str, st.SearchStrategy[Any]] = {
    "role": st.sampled_from(["user", "user", "user", "assistant", "system", "robot", ""]),
    "content": WORDS | WORDS | TEXT,
    "search_query": WORDS | TEXT,
    "user_prompt": WORDS | TEXT,
    "search_term": st.sampled_from(["hello", "HELLO", "Bittensor", "a"]) | TEXT,
    "uids": st.lists(st.integers(0, 255), max_size=4) | st.lists(INT64, max_size=2),
    "model": st.sampled_from(["Default", "", "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"]) | TEXT,
    "task": st.sampled_from(["InferenceTask", "MultiStepReasoningTask", ""]) | TEXT,
    "inference_mode": st.sampled_from(["", "Base-Inference", "Mixture-of-Agents", "Chain-of-Thought"]) | TEXT,
    "max_new_tokens": st.integers(1, 200) | INT64,
    "top_p": st.floats(0, 1) | _SCALARS["DOUBLE"],
    "n_miners": st.integers(1, 8) | INT64,
    "max_response_time": st.integers(1, 60) | INT64,
    "timeout": st.integers(60, 1 << 62) | st.integers(-2, -1),
    "chat_type": st.sampled_from(["", "apex", "gravity", "other"]),
    "attributes": st.dictionaries(st.sampled_from(["title", "chat_type", "owner"]), TEXT | st.just("apex"), max_size=2),
    "chat_id": IDS,
    "completion_id": IDS,
    "job_id": IDS,
    "chat_ids": st.lists(IDS, max_size=3),
    "completion_ids": st.lists(IDS, max_size=3),
}


def bodies(operation: Op) -> st.SearchStrategy[Body]:
    """Request bodies of an RPC, by the .proto's names."""
    name = OPERATIONS[operation].input
    assert name is not None
    return _message(message_class(name).desc())


def _message(desc: Any) -> st.SearchStrategy[Body]:
    if desc.type_name == "google.protobuf.Struct":
        return st.dictionaries(st.just("deep-researcher") | TEXT, JSON, max_size=3)
    fields = {field.name: HINTS[field.name] if field.name in HINTS else _value(field.value) for field in desc.fields}
    # What a request is about is mostly there; the rest mostly not.
    usual = {name: fields.pop(name) for name in list(fields) if name in ("messages", "role", "content", "search_query")}
    return st.builds(
        lambda likely, left_out, more: {**{k: v for k, v in likely.items() if k not in left_out}, **more},
        st.fixed_dictionaries(usual),
        st.sampled_from([*usual, *[""] * 12]).map(lambda name: {name}),
        st.fixed_dictionaries({}, optional=fields),
    )


def _value(value: Any) -> st.SearchStrategy[Any]:
    kind = type(value).__name__
    if kind == "DescFieldValueList":
        return st.lists(_element(value.element), max_size=3)
    if kind == "DescFieldValueMap":
        return st.dictionaries(TEXT, _element(value.value), max_size=3)
    return _element(getattr(value, "scalar", None) or value.message)


def _element(element: Any) -> st.SearchStrategy[Any]:
    return _message(element) if hasattr(element, "type_name") else _SCALARS[element.name]


def with_ids(value: Any, chat_id: str, row_id: str) -> Any:
    """The body with real ids in the places of those that stand for them."""
    if isinstance(value, dict):
        return {name: with_ids(part, chat_id, row_id) for name, part in value.items()}
    if isinstance(value, list):
        return [with_ids(part, chat_id, row_id) for part in value]
    return {CHAT_ID: chat_id, ROW_ID: row_id}.get(value, value) if isinstance(value, str) else value
