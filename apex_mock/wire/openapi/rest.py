"""The REST host's operations for the document: one row for each handler of transports/sn1.py, by its name.

Answers are D2's samples, field by field; errors are FastAPI's `detail` (V).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apex_mock.wire import sn1
from apex_mock.wire.openapi.schemas import FILLED, NULL, STRING, Schema, array, either, record, ref, whole

INTEGER: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
NO_MINERS, NO_RESULT, NO_ANSWER = "No available miners", "No miner responded successfully", "No valid response received"

# --- Answers ----------------------------------------------------------------------------------------------------------

_TOOL_CALL = record(
    {
        "id": STRING,
        "function": record({"arguments": STRING, "name": STRING}),
        "type": {"const": "function"},
    }
)
_MESSAGE = record(
    {
        "content": either(STRING, NULL),
        "refusal": NULL,
        "role": {"const": "assistant"},
        "audio": NULL,
        "function_call": NULL,
        "tool_calls": either(array(_TOOL_CALL), NULL),
    }
)
_FINISHED: Schema = {"enum": ["stop", "length", "tool_calls", "content_filter", "function_call"]}
_USAGE = record(dict.fromkeys(("completion_tokens", "prompt_tokens", "total_tokens"), INTEGER))


def _envelope(kind: str, choice: Schema, usage: Schema, **bounds: int) -> Schema:
    return record(
        {
            "id": FILLED,
            "choices": array(choice, **bounds),
            "created": INTEGER,
            "model": FILLED,
            "object": {"const": kind},
            "service_tier": NULL,
            "system_fingerprint": NULL,
            "usage": usage,
        }
    )


_DELTA = record(
    {
        "content": either(STRING, NULL),
        "function_call": NULL,
        "refusal": NULL,
        "role": either({"const": "assistant"}, NULL),
        "tool_calls": either(array({"type": "object"}), NULL),
    }
)
_JOB = {"job_id": FILLED, "status": STRING, "created_at": TIME, "updated_at": TIME}
_MODEL = record({"id": FILLED, "object": {"const": "model"}, "created": INTEGER, "owned_by": STRING})
_BY_NAME: Schema = {"type": "object", "additionalProperties": {"type": "boolean"}}

ANSWERS: dict[str, Schema] = {
    "Completion": _envelope(
        "chat.completion",
        record({"finish_reason": _FINISHED, "index": INTEGER, "logprobs": NULL, "message": _MESSAGE}),
        NULL,
        minItems=1,
    ),
    "Chunk": _envelope(
        "chat.completion.chunk",
        record({"delta": _DELTA, "logprobs": NULL, "finish_reason": either(_FINISHED, NULL), "index": INTEGER}),
        either(_USAGE, NULL),
    ),
    "ReasoningChunk": record({"choices": array(record({"delta": record({"content": STRING})}), minItems=1)}),
    "StreamError": record({"error": {"type": "string", "pattern": "^[0-9]{3} - "}}),
    "Results": record(
        {"results": array(record({"url": {"type": "string", "format": "iri"}, "content": STRING, "relevant": STRING}))}
    ),
    "SubmittedJob": record({**_JOB, "status": {"const": "pending"}}),
    "Job": record(
        {
            **_JOB,
            "status": {"enum": ["pending", "running", "completed", "failed"]},
            "result": either(array(record({"seq_id": whole(1), "chunk": STRING})), NULL),
            "error": either(STRING, NULL),
        }
    ),
    "Models": record({"object": {"const": "list"}, "data": array(_MODEL)}),
    "Model": _MODEL,
    "Health": record({"status": {"const": "ok"}}),
    "CreatedKey": record({"message": STRING, "api_key": FILLED}),
    "Said": record({"message": STRING}),
    "Uids": array(INTEGER),
    "Availabilities": {
        "type": "object",
        "additionalProperties": either(
            record({"task_availabilities": _BY_NAME, "llm_model_availabilities": _BY_NAME}), NULL
        ),
    },
    "Faults": record(
        {
            "detail": array(
                record(
                    {"type": STRING, "loc": array(either(STRING, INTEGER)), "msg": STRING, "input": {}, "ctx": {}},
                    optional=("ctx",),
                ),
                minItems=1,
            )
        }
    ),
}
_ONE_EVENT: Schema = {
    "description": "One event. The last is [DONE], unless an error has ended the stream.",
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": either(ref("Chunk"), ref("ReasoningChunk"), ref("StreamError")),
        }
    },
}
# [DONE] is no JSON, so it stands beside the rest.
EVENT: Schema = {
    **_ONE_EVENT,
    "properties": {"data": either({"const": "[DONE]"}, _ONE_EVENT["properties"]["data"])},
}

# --- Operations -------------------------------------------------------------------------------------------------------


def detail(*sentences: str) -> Schema:
    return record({"detail": {"enum": list(sentences)} if sentences else STRING})


def _said(text: str, schema: Schema) -> tuple[str, Schema]:
    return text, schema


KEY_ERRORS = {
    403: _said("No key, one that nobody knows, or another scheme than Bearer", detail()),
    429: _said("Over the key's rate; Retry-After says for how many seconds", detail("Rate limit exceeded")),
}
ADMIN_ERRORS = {403: _said("The admin key is wrong", detail("Invalid admin key"))}
NO_KEY = {404: _said("There is no such key", detail("API key not found"))}
BAD_FIELD = {422: _said("A field that cannot be read or makes no sense; `loc` names it", ref("Faults"))}
BAD_BODY = {**BAD_FIELD, 413: _said("The body is longer than the server reads", detail())}


def _query(name: str, schema: Schema, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_PERMITTED = _query("rate_limit", {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the document says of one handler. `answer` names a schema of ANSWERS; `links` what may be asked next."""

    summary: str
    answer: str
    status: int = 200
    body: Any = None
    body_is_optional: bool = False
    streams: bool = False
    parameters: tuple[dict[str, Any], ...] = ()
    errors: Mapping[int, tuple[str, Schema]]
    security: str = "key"
    links: Mapping[str, tuple[str, str]] | None = None


OPERATIONS: dict[str, Operation] = {
    "chat": Operation(
        summary="Answer a chat: as JSON, or as server-sent events with `stream` true or in chain-of-thought mode",
        body=sn1.ChatBody,
        answer="Completion",
        streams=True,
        errors={
            **KEY_ERRORS,
            **BAD_BODY,
            500: _said("Nobody serves what was asked for", detail(NO_MINERS)),
            502: _said("Miners were asked and none answered", detail(NO_ANSWER)),
        },
    ),
    "submit_job": Operation(
        summary="Submit a deep-research job",
        body=sn1.JobBody,
        answer="SubmittedJob",
        status=202,
        errors={
            **KEY_ERRORS,
            **BAD_BODY,
            400: _said(
                "Another mode than Chain-of-Thought",
                detail("This endpoint only accepts Chain-of-Thought inference mode"),
            ),
        },
        links={"get_job": ("job_id", "/job_id")},
    ),
    "get_job": Operation(
        summary="Read a job's status and every chunk so far",
        answer="Job",
        errors={**KEY_ERRORS, **BAD_FIELD, 404: _said("There is no such job", detail())},
    ),
    "search": Operation(
        summary="Search the web with several miners",
        body=sn1.SearchBody,
        answer="Results",
        errors={
            **KEY_ERRORS,
            **BAD_BODY,
            500: _said("No miner, or none in time", detail(NO_MINERS, NO_RESULT)),
        },
    ),
    "models": Operation(
        summary="List the models that somebody serves",
        answer="Models",
        errors=KEY_ERRORS,
        links={"model": ("model", "/data/0/id")},
    ),
    "model": Operation(
        summary="Describe one model",
        answer="Model",
        errors={**KEY_ERRORS, 404: _said("There is no such model", detail())},
    ),
    "health": Operation(summary="Say that the server lives", answer="Health", errors={}, security=""),
    "create_key": Operation(
        summary="Create an API key that may make `rate_limit` requests a minute",
        answer="CreatedKey",
        parameters=(_PERMITTED,),
        errors={**ADMIN_ERRORS, **BAD_FIELD},
        security="admin",
        links={"modify_key": ("key", "/api_key"), "delete_key": ("key", "/api_key")},
    ),
    "modify_key": Operation(
        summary="Change a key's rate",
        answer="Said",
        parameters=(_PERMITTED,),
        errors={**ADMIN_ERRORS, **NO_KEY, **BAD_FIELD},
        security="admin",
    ),
    "delete_key": Operation(summary="Delete a key", answer="Said", errors={**ADMIN_ERRORS, **NO_KEY}, security="admin"),
    "available_miners": Operation(
        summary="List uids of miners that serve a task and a model, the best paid first",
        answer="Uids",
        parameters=(
            _query("task", STRING),
            _query("model", STRING),
            _query("k", {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "default": 10}),
        ),
        errors={**KEY_ERRORS, **BAD_FIELD},
    ),
    "miner_availabilities": Operation(
        summary="Say what each miner serves; null for one that does not exist",
        body=sn1.Uids | None,
        body_is_optional=True,
        answer="Availabilities",
        errors={**KEY_ERRORS, **BAD_BODY},
    ),
}
