"""The wires' own forms: names, numbers, nulls and defaults; what is accepted in; compression."""

import gzip
from collections.abc import Iterator
from typing import Any

import orjson

from .. import expect
from ..answer import message_class
from ..clause import RPC, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .errors import HELLO

COSTS = Nature.COSTS
CONNECT = [Transport.CONNECT]
REST = [Transport.REST]
UNKNOWN_FIELD = b"\xfa\x7f\x05hello"  # field 2047, five bytes


def inner(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every field of a JSON value: where it is, its name, what it holds."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{path}.{name}".lstrip("."), name, part
            yield from inner(part, f"{path}.{name}")
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from inner(part, f"{path}[{i}]")


@clause("WIRE-001", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def camel_case_out(client: Client) -> None:
    """Constellation's JSON has lowerCamelCase names: finishReason."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    expect.equal([where for where, name, _ in inner(answer.raw) if "_" in name], [], "names with _", answer)
    expect.holds(
        "finishReason" in answer.raw["choices"][0], "choices[0]", "finishReason", answer.raw["choices"][0], answer
    )


@clause("WIRE-002", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def int64_as_text(client: Client) -> None:
    """Constellation's JSON has int64 as strings: created is one."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    expect.matches(answer.raw.get("created"), r"\d{10}", "created", answer)


@clause("WIRE-003", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def defaults_are_omitted(client: Client) -> None:
    """Constellation's JSON omits defaults: index 0, empty text and empty lists are not there."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    defaults = [where for where, _, part in inner(answer.raw) if part in (0, "", "0", False, [], {})]
    expect.equal(defaults, [], "fields with their default", answer)


@clause("WIRE-004", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def nothing_is_null(client: Client) -> None:
    """Constellation's JSON has no nulls."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    expect.equal([where for where, _, part in inner(answer.raw) if part is None], [], "fields that are null", answer)


@clause("WIRE-005", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def both_cases_in(client: Client) -> None:
    """Constellation takes camelCase and snake_case in: both name the sampling parameters' limit."""
    for outer, limit in (("sampling_parameters", "max_new_tokens"), ("samplingParameters", "maxNewTokens")):
        story = {"messages": [{"role": "user", "content": "Write a short story about a cosmonaut."}]}
        answer = expect.succeeds(client.call(Op.CHAT, {**story, outer: {limit: 5}}))
        expect.equal(answer.finish_reason, "length", f"finish_reason with {outer}.{limit} 5", answer)


@clause("WIRE-006", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def int64_in(client: Client) -> None:
    """Constellation takes int64 in as a string and as a number."""
    answers = [expect.succeeds(client.call(Op.CHAT, {**HELLO, "seed": seed})) for seed in (77, "77")]
    if client.exact:
        expect.equal(answers[1].text, answers[0].text, "the text with the seed as a string", answers[1])


@clause("WIRE-007", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def unknown_fields_in(client: Client) -> None:
    """Constellation ignores fields that it does not know."""
    body = {**HELLO, "nobodyKnows": {"this": [1, None]}, "nor_this": "x"}
    expect.filled(expect.succeeds(client.call(Op.CHAT, body)).text, "the text")


@clause("WIRE-008", "D2", Op.CHAT, nature=COSTS, transports=REST)
def every_field_is_there(client: Client) -> None:
    """REST's answer has every field of the page's sample, null where unused."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    choice = (answer.raw.get("choices") or [{}])[0]
    names = {
        "the answer": (answer.raw, "id choices created model object service_tier system_fingerprint usage"),
        "choices[0]": (choice, "finish_reason index logprobs message"),
        "message": (choice.get("message") or {}, "content refusal role audio function_call tool_calls"),
    }
    for what, (value, wanted) in names.items():
        missing = [name for name in wanted.split() if name not in value]
        expect.equal(missing, [], f"fields that {what} lacks", answer)


@clause("WIRE-009", "D2", Op.CHAT, nature=COSTS, transports=REST)
def numbers_are_numbers(client: Client) -> None:
    """REST has numbers as numbers: created, and index also when it is 0."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    expect.equal(type(answer.raw.get("created")).__name__, "int", "the type of created", answer)
    expect.equal(answer.raw["choices"][0].get("index"), 0, "index", answer)


@clause("WIRE-010", "D2", Op.CHAT, nature=COSTS, transports=REST)
def snake_case_out(client: Client) -> None:
    """REST's JSON has snake_case names: finish_reason."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    camel = [where for where, name, _ in inner(answer.raw) if name != name.lower()]
    expect.equal(camel, [], "names in camelCase", answer)
    expect.filled(answer.raw["choices"][0].get("finish_reason"), "finish_reason", answer)


@clause("WIRE-011", "SDK", Op.CHAT, nature=COSTS, transports=RPC)
def gzip_is_read(client: Client) -> None:
    """A request compressed with gzip, as the SDK sends it by default, is read."""
    if client.transport is Transport.GRPC:
        answer = client.call(Op.CHAT, HELLO, headers={"grpc-encoding": "gzip"})
    else:
        content = gzip.compress(orjson.dumps(HELLO), mtime=0)
        answer = client.call(Op.CHAT, content=content, headers={"content-encoding": "gzip"})
    expect.filled(expect.succeeds(answer).text, "the text")


@clause("WIRE-012", "D1", Op.CHAT, nature=COSTS, transports=CONNECT)
def json_comes_back(client: Client) -> None:
    """Constellation answers JSON with application/json."""
    answer = expect.succeeds(client.call(Op.CHAT, HELLO))
    expect.matches(answer.headers.get("content-type"), r"application/json.*", "content-type", answer)


@clause("WIRE-013", "SDK", Op.CHAT, nature=COSTS, transports=[Transport.GRPC])
def unknown_fields_on_grpc(client: Client) -> None:
    """Fields of a message that the service does not know are ignored on gRPC."""
    message = message_class("ChatCompletionRequest").from_json(orjson.dumps(HELLO).decode()).to_binary()
    expect.filled(expect.succeeds(client.call(Op.CHAT, content=message + UNKNOWN_FIELD)).text, "the text")


@clause("WIRE-014", "D1", Op.CHAT, nature=COSTS, transports=[Transport.CONNECT, Transport.REST])
def null_means_absent(client: Client) -> None:
    """A null in a request means that the field is not there."""
    nulls: dict[str, Any] = dict.fromkeys(("seed", "task", "model", "mixture", "inference_mode", "sampling_parameters"))
    expect.filled(expect.succeeds(client.call(Op.CHAT, {**HELLO, **nulls})).text, "the text")


@clause("WIRE-015", "SDK", Op.LIST_CHATS, transports=[Transport.GRPC])
def an_empty_message(client: Client) -> None:
    """A message of no bytes at all, as google.protobuf.Empty is, is a valid GetChatSessions request."""
    expect.succeeds(client.call(Op.LIST_CHATS, content=b""))


@clause("WIRE-016", "SDK", Op.LIST_CHATS, Op.CREATE_CHAT, nature=Nature.WRITES, transports=CONNECT)
def timestamps_as_text(client: Client) -> None:
    """Constellation's JSON has timestamps as RFC 3339 text, and chats with lowerCamelCase names."""
    body = {"user_prompt": "When is it?", "chat_type": "apex", "completion_type": "basic"}
    made = expect.succeeds(client.call(Op.CREATE_CHAT, body))
    answer = expect.succeeds(client.call(Op.LIST_CHATS))
    id = made.raw["parsedChat"]["id"]
    chat: dict[str, Any] = next((chat for chat in answer.raw.get("chatSessions", []) if chat.get("id") == id), {})
    for name in ("createdAt", "updatedAt"):
        expect.matches(chat.get(name), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", name, answer)
    missing = sorted({"id", "userId", "title", "chatType"} - set(chat))
    expect.equal(missing, [], "fields that a chat lacks", answer)


@clause("WIRE-017", "D1", Op.LIST_ROWS, transports=CONNECT)
def empty_lists_are_omitted(client: Client) -> None:
    """Constellation's JSON omits an empty list: the rows of an unknown chat are {}."""
    answer = expect.succeeds(client.call(Op.LIST_ROWS, {"chat_id": "no-such-chat"}))
    expect.equal(answer.raw, {}, "the body", answer)


@clause("WIRE-018", "D1 D2", Op.CHAT, nature=COSTS, transports=REST, needs=[Need.EXACT])
def snake_and_camel_are_one_surface_each(client: Client) -> None:
    """REST and Constellation say the same to the same request and seed, each in its own form."""
    story = {"messages": [{"role": "user", "content": "Write a short story about a lighthouse."}], "seed": 5}
    rest = expect.succeeds(client.call(Op.CHAT, story))
    connect = expect.succeeds(client.over(Transport.CONNECT).call(Op.CHAT, story))
    expect.equal(connect.text, rest.text, "the text over Connect", connect)
    expect.equal(connect.finish_reason, rest.finish_reason, "finish_reason over Connect", connect)
