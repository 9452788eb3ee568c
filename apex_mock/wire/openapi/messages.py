"""Schemas of the protobuf messages in proto3's JSON mapping, from their descriptors.

A request's schema says what is accepted: int64 as a number or a string, null for nothing sent, unknown fields ignored.
An answer's says what is sent: lowerCamelCase, int64 as a string, default values left out, and nothing else. What the
.proto cannot say, which values make sense, is in RULES.
"""

from typing import Any

from protobuf import Message
from protobuf.wkt.google.protobuf.struct_pb import Struct
from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp

from apex_mock.core.chats import CHAT_ATTRIBUTES, CHAT_TYPES
from apex_mock.core.checks import MAX_MINERS, MAX_TEMPERATURE, MAX_TOKENS, ROLES, UID_LIMIT
from apex_mock.wire.openapi.schemas import (
    FILLED,
    NULL,
    STRING,
    Schema,
    array,
    decimals,
    digits,
    either,
    real,
    ref,
    whole,
)

ANY_CHAT_TYPE: Schema = {"type": "string", "enum": ["", *CHAT_TYPES]}
SAID: Schema = {"type": "object", "properties": {"content": FILLED}, "required": ["content"]}


def _int64(least: int | None = None, most: int | None = None) -> Schema:
    return either(whole(least, most), digits(least, most))


def _double(most: float | None = None) -> Schema:
    return either(real(0, most), decimals(most))


UIDS = array(_int64(0, UID_LIMIT - 1))
# By message and field: what the field must hold. A field that is named in "" must be there.
RULES: dict[str, dict[str, Any]] = {
    "ChatCompletionRequest": {
        "": ("messages",),
        "messages": array(ref("ChatMessage"), minItems=1, contains=SAID),
        "uids": either(UIDS, NULL),
        "timeout": either(_int64(0), NULL),
    },
    "ChatMessage": {"": ("role",), "role": {"type": "string", "enum": list(ROLES)}},
    "SamplingParameters": {
        "temperature": either(_double(MAX_TEMPERATURE), NULL),
        "top_p": either(_double(1), NULL),
        "top_k": either(_double(), {"const": "Infinity"}, NULL),
        "max_new_tokens": either(_int64(0, MAX_TOKENS), NULL),
    },
    "WebRetrievalRequest": {
        "": ("search_query",),
        "search_query": FILLED,
        "uids": either(UIDS, NULL),
        "n_miners": either(_int64(1, MAX_MINERS), NULL),
        "n_results": either(_int64(1), NULL),
        "max_response_time": either(_int64(1), NULL),
    },
    "GetDeepResearcherJobRequest": {"": ("job_id",), "job_id": FILLED},
    "GetChatSessionsRequest": {"chat_type": either(ANY_CHAT_TYPE, NULL)},
    "GetStoredChatCompletionsRequest": {"": ("chat_id",), "chat_id": FILLED},
    "GetChatCompletionRequest": {"": ("completion_id",), "completion_id": FILLED},
    "UpdateChatAttributesRequest": {
        "": ("chat_id",),
        "chat_id": FILLED,
        "attributes": {
            "type": ["object", "null"],
            "properties": {name: ANY_CHAT_TYPE if name == "chat_type" else STRING for name in CHAT_ATTRIBUTES},
            "additionalProperties": False,
        },
    },
    "CreateChatAndCompletionRequest": {"chat_type": either(ANY_CHAT_TYPE, NULL)},
    "CreateCompletionRequest": {"": ("chat_id",), "chat_id": FILLED},
    "UpdateCompletionAttributesRequest": {"": ("completion_id",), "completion_id": FILLED},
}
_READ: dict[str, Schema] = {
    "INT64": _int64(),
    "DOUBLE": either(real(), {"type": "string", "pattern": r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$"}),
    "STRING": STRING,
    "BOOL": {"type": "boolean"},
}
_WRITTEN: dict[str, Schema] = {
    "INT64": {"type": "string", "pattern": "^-?[0-9]{1,19}$", "not": {"const": "0"}},
    "DOUBLE": {"type": "number"},
    "STRING": {"type": "string", "minLength": 1},
    "BOOL": {"const": True},
}
_KNOWN: dict[str, Schema] = {
    Struct.desc().type_name: {"type": "object"},
    Timestamp.desc().type_name: {"type": "string", "format": "date-time"},
}


def request_schemas(root: type[Message[Any]], into: dict[str, Schema]) -> Schema:
    """A reference to the schema of a request, which goes `into` the components together with those it needs."""
    return _message(root.desc(), into, reading=True)


def answer_schemas(root: type[Message[Any]], into: dict[str, Schema]) -> Schema:
    """The same for an answer."""
    return _message(root.desc(), into, reading=False)


def _message(desc: Any, into: dict[str, Schema], *, reading: bool) -> Schema:
    if desc.type_name in _KNOWN:
        return _KNOWN[desc.type_name]
    name: str = desc.name
    if name not in into:
        into[name] = {}  # stands for itself while its fields are read
        rules = RULES.get(name, {}) if reading else {}
        by_name = {field.name: field.json_name for field in desc.fields}
        made: Schema = {
            "type": "object",
            "properties": {
                field.json_name: _field(field, into, rules.get(field.name), reading=reading) for field in desc.fields
            },
        }
        if required := [by_name[field] for field in rules.get("", ())]:
            made["required"] = required
        if not reading:
            made["additionalProperties"] = False
        into[name] = made
    return ref(name)


def _field(field: Any, into: dict[str, Schema], rule: Schema | None, *, reading: bool) -> Schema:
    value = field.value
    kind = type(value).__name__
    if kind == "DescFieldValueList":
        made = array(_one(value.element, into, reading=reading, inside=True), **({} if reading else {"minItems": 1}))
    elif kind == "DescFieldValueMap":
        made = {"type": "object", "additionalProperties": _one(value.value, into, reading=reading, inside=True)}
    else:
        # A field with presence is sent when it is set, whatever it holds.
        made = _one(getattr(value, "scalar", None) or value.message, into, reading=reading, inside=_is_explicit(field))
    if rule is not None:
        return rule
    return either(made, NULL) if reading else made


def _is_explicit(field: Any) -> bool:
    return bool(field.presence.name == "EXPLICIT")


def _one(element: Any, into: dict[str, Schema], *, reading: bool, inside: bool) -> Schema:
    """A single value. Inside a list, a map or a field with presence, an answer may hold a default value too."""
    if hasattr(element, "type_name"):
        return _message(element, into, reading=reading)
    if reading or inside:
        return _READ[element.name] if reading or element.name != "INT64" else {"type": "string", "pattern": r"^-?\d+$"}
    return _WRITTEN[element.name]
