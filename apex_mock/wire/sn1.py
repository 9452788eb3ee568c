"""The SN1 REST surface (D2): JSON bodies to core's records and back.

The models are pydantic's, so that what is wrong with a body is said as FastAPI says it: the validator is one (V).
"""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema

from apex_mock.core.checks import MAX_MINERS, MAX_TEMPERATURE, MAX_TOKENS, ROLES, UID_LIMIT
from apex_mock.core.kept import kept
from apex_mock.core.types import ChatRequest, JobView, Message, Plan, Sampling, SearchRequest, ToolCall, WebResult
from apex_mock.errors import (
    ApexError,
    BadStub,
    Code,
    InvalidRequest,
    NoAnswer,
    NoMiners,
    NoSearchResult,
    TooLarge,
    Unstubbed,
    WrongMode,
)
from apex_mock.wire.modes import CHAIN_OF_THOUGHT, mode_of
from apex_mock.wire.times import job_chunks, rfc3339

INT64 = 1 << 63
DEFAULTS = Sampling()


class BadBody(Exception):
    """A body that cannot be read; `detail` is FastAPI's list of what is wrong."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__(str(detail))
        self.detail = detail


# --- Requests ---------------------------------------------------------------------------------------------------------


def _text(value: Any) -> Any:
    """OpenAI's content may be a list of parts: its text parts are joined."""
    if isinstance(value, list) and value and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in value):
        return "".join(part["text"] for part in value)
    return value


# What the document at /openapi.json says of a field where pydantic alone cannot know.
_WORD = r"[^\s\u001c-\u001f\u0085]"
_PART: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
_CONTENT: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": _PART}]}
_SAYS_SOMETHING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "content": {
            "anyOf": [
                {"type": "string", "pattern": _WORD},
                {"type": "array", "contains": {"properties": {"text": {"type": "string", "pattern": _WORD}}}},
            ]
        }
    },
    "required": ["content"],
}


class MessageBody(BaseModel):
    role: Annotated[str, Field(json_schema_extra={"enum": list(ROLES)})]
    content: Annotated[str, BeforeValidator(_text), WithJsonSchema(_CONTENT)]


class SamplingBody(BaseModel):
    """Only some of the keys may be there, or more (which are ignored)."""

    temperature: float | None = Field(default=None, ge=0, le=MAX_TEMPERATURE)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: float | None = Field(default=None, ge=0)
    max_new_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    do_sample: bool | None = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


Int64 = Annotated[int, Field(ge=-INT64, lt=INT64)]
Uids = list[Annotated[int, Field(ge=0, lt=UID_LIMIT)]]


class ChatBody(BaseModel):
    """The body of /v1/chat/completions: Apex's fields, and OpenAI's own beside them (Apex's win)."""

    messages: list[MessageBody] = Field(min_length=1, json_schema_extra={"contains": _SAYS_SOMETHING})
    uids: Uids | None = None
    seed: Int64 | None = None
    task: str | None = None
    model: str | None = None
    test_time_inference: bool | None = None
    mixture: bool | None = None
    sampling_parameters: SamplingBody | None = None
    inference_mode: str | None = None
    json_format: bool | None = None
    stream: bool | None = None
    timeout: Annotated[int, Field(ge=0, lt=INT64)] | None = None
    temperature: float | None = Field(default=None, ge=0, le=MAX_TEMPERATURE)
    top_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    stop: str | list[str] | None = None
    stream_options: StreamOptions | None = None
    response_format: dict[str, Any] | None = None

    def to_request(self) -> ChatRequest:
        json_format = self.json_format
        if json_format is None and self.response_format is not None:
            json_format = str(self.response_format.get("type", "")).startswith("json")
        return ChatRequest(
            messages=tuple(Message(m.role, m.content) for m in self.messages),
            uids=tuple(self.uids or ()),
            seed=self.seed,
            task=self.task or "InferenceTask",
            model=self.model or "",
            mode=mode_of(
                self.inference_mode or "", mixture=bool(self.mixture), test_time=bool(self.test_time_inference)
            ),
            sampling=self._sampling(),
            json_format=bool(json_format),
            stream=bool(self.stream),
            usage=bool(self.stream and self.stream_options and self.stream_options.include_usage),
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            timeout=self.timeout,
        )

    def _sampling(self) -> Sampling:
        own = self.sampling_parameters or SamplingBody()
        return Sampling(
            temperature=_first(own.temperature, self.temperature, DEFAULTS.temperature),
            top_p=_first(own.top_p, self.top_p, DEFAULTS.top_p),
            top_k=_first(own.top_k, DEFAULTS.top_k),
            max_new_tokens=_first(
                own.max_new_tokens, self.max_completion_tokens, self.max_tokens, DEFAULTS.max_new_tokens
            ),
            do_sample=_first(own.do_sample, DEFAULTS.do_sample),
        )


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _only_chain_of_thought(schema: dict[str, Any]) -> None:
    schema["properties"]["inference_mode"] = {"const": CHAIN_OF_THOUGHT}
    schema["required"].append("inference_mode")


class JobBody(ChatBody):
    """The body of /v1/chat/completions/jobs: a chat's, in the one mode that has jobs."""

    model_config = ConfigDict(json_schema_extra=_only_chain_of_thought)


class SearchBody(BaseModel):
    """The body of /web_retrieval."""

    search_query: Annotated[str, Field(json_schema_extra={"pattern": _WORD})]
    uids: Uids | None = None
    n_miners: int | None = Field(default=None, ge=1, le=MAX_MINERS)
    n_results: int | None = Field(default=None, ge=1, lt=INT64)
    max_response_time: int | None = Field(default=None, ge=1, lt=INT64)

    def to_request(self) -> SearchRequest:
        return SearchRequest(
            query=self.search_query,
            uids=tuple(self.uids or ()),
            n_miners=_first(self.n_miners, 3),
            in_all=_first(self.n_results, 1),
            max_response_time=_first(self.max_response_time, 10),
        )


_CHAT = TypeAdapter(ChatBody)
_JOB = TypeAdapter(JobBody)
_SEARCH = TypeAdapter(SearchBody)
_UIDS = TypeAdapter(Uids | None)


def _read(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        # orjson first: it refuses what is no JSON at all (NaN, deep nesting, bad UTF-8) with one exception and a place.
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        fault = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error", "input": {}}
        raise BadBody([fault | {"ctx": {"error": error.msg}}]) from None
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        raise BadBody([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None


@kept(512)
def read_chat(body: bytes) -> ChatRequest:
    """Raises BadBody."""
    body_model: ChatBody = _read(_CHAT, body)
    return body_model.to_request()


def read_job(body: bytes) -> ChatRequest:
    """Raises BadBody, WrongMode."""
    sent: JobBody = _read(_JOB, body)
    if sent.inference_mode != CHAIN_OF_THOUGHT:
        raise WrongMode("This endpoint only accepts Chain-of-Thought inference mode")
    return sent.to_request()


def read_search(body: bytes) -> SearchRequest:
    """Raises BadBody."""
    sent: SearchBody = _read(_SEARCH, body)
    return sent.to_request()


def read_uids(body: bytes) -> list[int] | None:
    """Raises BadBody."""
    uids: list[int] | None = _read(_UIDS, body)
    return uids


# --- Answers ----------------------------------------------------------------------------------------------------------


_COMPLETION = (
    b'{"id":"%b","choices":[%b],"created":%d,"model":%b,"object":"chat.completion",'
    b'"service_tier":null,"system_fingerprint":null,"usage":null}'
)


def completion(plan: Plan) -> bytes:
    """D2's sample: every field is there, null where unused. Put together from pieces, since the same request gets the
    same answer but for its id and time."""
    make = _choice if plan.tool_calls else _kept_choice
    choice = make(plan.text, plan.finish_reason, plan.tool_calls)
    return _COMPLETION % (plan.id.encode(), choice, plan.created, quoted(plan.model))


def _choice(text: str, finish_reason: str, tool_calls: tuple[ToolCall, ...]) -> bytes:
    calls = [
        {
            "id": call.id or f"call_{i}",
            "function": {"arguments": call.arguments, "name": call.name},
            "type": "function",
        }
        for i, call in enumerate(tool_calls)
    ]
    message = {
        "content": text or (None if calls else ""),
        "refusal": None,
        "role": "assistant",
        "audio": None,
        "function_call": None,
        "tool_calls": calls or None,
    }
    return orjson.dumps({"finish_reason": finish_reason, "index": 0, "logprobs": None, "message": message})


_kept_choice = kept(256)(_choice)


@kept(8192, longest=256)
def quoted(text: str) -> bytes:
    return orjson.dumps(text)


def results(found: Sequence[WebResult]) -> dict[str, Any]:
    return {"results": [{"url": r.url, "content": r.content, "relevant": r.relevant} for r in found]}


def submitted(view: JobView) -> dict[str, Any]:
    return {
        "job_id": view.id,
        "status": view.status,
        "created_at": rfc3339(view.created_at),
        "updated_at": rfc3339(view.updated_at),
    }


def job(view: JobView) -> dict[str, Any]:
    chunks = [{"seq_id": seq_id, "chunk": chunk} for seq_id, chunk in job_chunks(view)]
    return {**submitted(view), "result": chunks or None, "error": view.error}


# --- Errors -----------------------------------------------------------------------------------------------------------

# By the error's own class where the contract gives the REST host another number than its code has elsewhere.
_STATUS_BY_ERROR: dict[type[ApexError], int] = {
    WrongMode: 400,
    NoMiners: 500,
    NoSearchResult: 500,
    NoAnswer: 502,
    TooLarge: 413,
}
STATUS: dict[Code, int] = {
    Code.CANCELED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 422,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 404,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 403,
}


def status_of(error: ApexError) -> int:
    return _STATUS_BY_ERROR.get(type(error)) or STATUS[error.code]


def detail_of(error: ApexError) -> Any:
    """`detail` as FastAPI has it: a list of faults for a bad request, a sentence for everything else."""
    if isinstance(error, InvalidRequest) and not isinstance(error, WrongMode):
        return [{"type": "value_error", "loc": ("body", *error.field), "msg": error.problem, "input": None}]
    # The contract's errors have the contract's words; what is the fake's own says what to mend.
    return str(error) if isinstance(error, Unstubbed) else error.message


def error_body(error: ApexError) -> dict[str, Any]:
    detail = detail_of(error)
    # What the contract does not know also says it where OpenAI's client looks for what to show.
    return {"detail": detail, "message": detail} if isinstance(error, Unstubbed | BadStub) else {"detail": detail}
