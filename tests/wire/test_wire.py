"""Bytes to records and back, without a socket."""

import orjson
import pytest
from connectrpc.errors import ConnectError
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.types import ChatRequest, Chunk, FinishReason, JobStatus, JobView, Mode, Plan, ToolCall, Usage
from apex_mock.errors import WrongMode
from apex_mock.seed import ident
from apex_mock.wire import rpc, sn1, sse
from apex_mock.wire.codec import GuardedJsonCodec
from apex_mock.wire.gen.apex.v1 import apex_pb as pb
from apex_mock.wire.methods import METHODS
from apex_mock.wire.modes import mode_of
from apex_mock.wire.times import job_chunks, rfc3339

texts = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30)
chunked = st.lists(texts, min_size=1, max_size=8)


def plan(parts: list[str], **more) -> Plan:
    return Plan("id", 1_700_000_000, "model", "".join(parts), tuple(Chunk(part) for part in parts), **more)


# --- Modes (V): the first that applies --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mixture", "test_time", "mode"),
    [
        ("", False, False, Mode.BASE),
        ("Base-Inference", False, False, Mode.BASE),
        ("something else", False, False, Mode.BASE),
        ("Mixture-of-Agents", False, False, Mode.MIXTURE),
        ("", True, False, Mode.MIXTURE),
        ("Reasoning-Fast", True, False, Mode.MIXTURE),
        ("Reasoning-Fast", False, False, Mode.MULTI_STEP),
        ("Chain-of-Thought", True, False, Mode.CHAIN_OF_THOUGHT),
        ("Mixture-of-Agents", True, True, Mode.CHAIN_OF_THOUGHT),
        ("", False, True, Mode.CHAIN_OF_THOUGHT),
    ],
)
def test_the_mode_is_the_first_that_applies(name, mixture, test_time, mode):
    """Reasoning before mixing, mixing before steps, and the base for every other name."""
    assert mode_of(name, mixture=mixture, test_time=test_time) is mode


# --- Requests: both surfaces read the same ----------------------------------------------------------------------------

MESSAGES = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi ✓"}]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seed": 0},
        {"seed": 2**62, "uids": [3, 1, 3]},
        {"task": "ProgrammingTask", "model": "Default", "json_format": True, "timeout": 9},
        {"mixture": True, "inference_mode": "Reasoning-Fast"},
        {"test_time_inference": True},
        {
            "sampling_parameters": {
                "temperature": 0.5,
                "top_p": 0.5,
                "top_k": 0,
                "max_new_tokens": 7,
                "do_sample": False,
            }
        },
        {"sampling_parameters": {"max_new_tokens": 7}},
        {"sampling_parameters": {"temperature": 0.0, "top_p": 0.9}},
    ],
)
def test_a_chat_means_the_same_on_both_surfaces(fields):
    """The record is equal, but for how it is to be delivered."""
    body = orjson.dumps({"messages": MESSAGES, **fields})
    by_rest = sn1.read_chat(body)
    by_rpc = rpc.chat_request(pb.ChatCompletionRequest.from_json(body.decode()))
    if fields.get("sampling_parameters", {}).get("temperature") == 0.0:
        assert by_rest.sampling.greedy
        assert by_rpc.sampling.greedy
    else:
        assert by_rest == by_rpc


def test_the_defaults_are_the_documented_ones():
    """D2's sampling parameters; the inference task; no seed."""
    asked = sn1.read_chat(orjson.dumps({"messages": MESSAGES}))
    sampling = asked.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.7, 0.95, 50)
    assert (sampling.max_new_tokens, sampling.do_sample) == (1024, True)
    assert (asked.task, asked.seed, asked.stream, asked.json_format) == ("InferenceTask", None, False, False)


def test_apexs_fields_win_over_openais():
    """Where both say something."""
    both = {
        "temperature": 1.0,
        "top_p": 0.1,
        "max_tokens": 5,
        "sampling_parameters": {"temperature": 0.2, "top_p": 0.3, "max_new_tokens": 9},
    }
    asked = sn1.read_chat(orjson.dumps({"messages": MESSAGES, **both}))
    assert (asked.sampling.temperature, asked.sampling.top_p, asked.sampling.max_new_tokens) == (0.2, 0.3, 9)
    openai = sn1.read_chat(orjson.dumps({"messages": MESSAGES, "temperature": 1.0, "top_p": 0.1, "max_tokens": 5}))
    assert (openai.sampling.temperature, openai.sampling.top_p, openai.sampling.max_new_tokens) == (1.0, 0.1, 5)


@pytest.mark.parametrize(
    ("fields", "json_format"),
    [
        ({"response_format": {"type": "json_object"}}, True),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, True),
        ({"response_format": {"type": "text"}}, False),
        ({"response_format": {"type": "json_object"}, "json_format": False}, False),
    ],
)
def test_openais_response_format_asks_for_json(fields, json_format):
    """Unless Apex's own field says otherwise."""
    assert sn1.read_chat(orjson.dumps({"messages": MESSAGES, **fields})).json_format is json_format


def test_a_job_needs_its_mode_by_name():
    """V: nothing else stands for it."""
    sn1.read_job(orjson.dumps({"messages": MESSAGES, "inference_mode": "Chain-of-Thought"}))
    with pytest.raises(WrongMode):
        sn1.read_job(orjson.dumps({"messages": MESSAGES, "test_time_inference": True}))


@given(st.builds(dict, seed=st.none() | st.integers(0, 9), stream=st.booleans(), stop=st.sampled_from([None, "x"])))
def test_how_an_answer_is_delivered_is_no_part_of_what_is_asked(fields):
    """Streams and cuts of one question share a fingerprint; another seed or question is another."""
    asked: ChatRequest = sn1.read_chat(orjson.dumps({"messages": MESSAGES, **fields}))
    plain = sn1.read_chat(orjson.dumps({"messages": MESSAGES, "seed": fields["seed"], "max_tokens": 3}))
    assert asked.fingerprint == plain.fingerprint
    other = sn1.read_chat(orjson.dumps({"messages": [*MESSAGES, *MESSAGES], **fields}))
    assert asked.fingerprint != other.fingerprint


# --- Streams ----------------------------------------------------------------------------------------------------------


@given(chunked, st.sampled_from(FinishReason), st.data())
def test_a_stream_in_pieces_is_the_stream_in_one(parts, finish, data):
    """However the chunks fall due together; every event is JSON, and joined they are the text."""
    whole = plan(parts, finish_reason=finish)
    at = data.draw(st.integers(0, len(parts)))
    pieces = [piece for piece in (whole.chunks[:at], whole.chunks[at:]) if piece]
    stream = sse.Events(whole)
    sent = b"".join(map(stream.of, pieces))
    assert [stream.ends_with(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert sent == stream.of(whole.chunks)
    *events, done, end = sent.split(b"\n\n")
    assert (done, end) == (b"data: [DONE]", b"")
    choices = [orjson.loads(event.removeprefix(b"data: "))["choices"][0] for event in events]
    assert "".join(choice["delta"]["content"] or "" for choice in choices) == whole.text
    assert [choice["delta"]["role"] for choice in choices] == ["assistant"] + [None] * len(parts)
    assert [choice["finish_reason"] for choice in choices] == [None] * len(parts) + [finish]


@given(chunked)
def test_chain_of_thought_events_hold_nothing_but_content(parts):
    """V."""
    whole = plan(parts, mode=Mode.CHAIN_OF_THOUGHT)
    *events, done, _ = sse.Events(whole).of(whole.chunks).split(b"\n\n")
    assert done == b"data: [DONE]"
    read = [orjson.loads(event.removeprefix(b"data: ")) for event in events]
    assert read == [{"choices": [{"delta": {"content": part}}]} for part in parts]


def test_usage_is_its_own_event_before_done():
    """With the sum of both counts."""
    whole = plan(["a"], usage=Usage(3, 4))
    *_, usage, done, _ = sse.Events(whole).of(whole.chunks).split(b"\n\n")
    assert done == b"data: [DONE]"
    read = orjson.loads(usage.removeprefix(b"data: "))
    assert (read["choices"], read["usage"]) == ([], {"completion_tokens": 4, "prompt_tokens": 3, "total_tokens": 7})


@given(st.text(), st.sampled_from(FinishReason))
def test_a_whole_answer_is_json_whatever_it_says(text, finish):
    """It is put together from pieces; D2's fields, null where unused."""
    whole = plan([text or "a"], finish_reason=finish, tool_calls=(ToolCall("f", "{}"),))
    read = orjson.loads(sn1.completion(whole))
    assert list(read) == [
        *("id", "choices", "created", "model", "object"),
        *("service_tier", "system_fingerprint", "usage"),
    ]
    assert (read["id"], read["created"], read["model"]) == (whole.id, whole.created, whole.model)
    (choice,) = read["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == (finish, whole.text)
    assert choice["message"]["tool_calls"][0]["function"] == {"arguments": "{}", "name": "f"}


def test_an_error_within_a_stream_is_one_event():
    """V's words; no [DONE] after it."""
    sent = sse.error_event(502, "No valid response received")
    assert sent == b'data: {"error":"502 - No valid response received"}\n\n'


@given(st.text(), st.sampled_from(FinishReason), st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)))
def test_a_whole_answer_in_binary_form_is_the_messages(text, finish, usage):
    """Put together from pieces or not, to the byte."""
    whole = plan([text], finish_reason=finish, usage=usage)._replace(id=ident(1, text))
    assert rpc.completion_binary(whole) == rpc.completion_response(whole).to_binary()


@given(chunked, st.sampled_from(FinishReason), st.data())
def test_rpc_chunks_in_pieces_are_the_chunks_in_one(parts, finish, data):
    """The first names the role, the last gives the reason; joined they are the text."""
    whole = plan(parts, finish_reason=finish)
    at = data.draw(st.integers(0, len(parts)))
    sent = [m for piece in (whole.chunks[:at], whole.chunks[at:]) if piece for m in rpc.chunk_responses(whole, piece)]
    assert "".join(m.choices[0].delta.content for m in sent) == whole.text
    assert [m.choices[0].delta.role for m in sent] == ["assistant"] + [""] * len(parts)
    assert [m.choices[0].finish_reason for m in sent] == [""] * len(parts) + [finish]
    assert {(m.id, m.created, m.model, m.object) for m in sent} == {
        ("id", 1_700_000_000, "model", "chat.completion.chunk")
    }


# --- Jobs and times ---------------------------------------------------------------------------------------------------


@given(st.lists(texts, max_size=5))
def test_a_jobs_chunk_is_a_string_that_is_a_json_array_of_one_delta(parts):
    """D1; whatever characters are in it."""
    chunks = list(job_chunks(JobView("j", JobStatus.RUNNING, 0, 0, tuple(parts))))
    assert [seq_id for seq_id, _ in chunks] == list(range(1, len(parts) + 1))
    assert [orjson.loads(text) for _, text in chunks] == [[{"content": part}] for part in parts]


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1_748_615_525_758_727, "2025-05-30T14:32:05.758727Z"),
        (1_748_615_525_000_000, "2025-05-30T14:32:05.000000Z"),
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_748_615_525_000_001, "2025-05-30T14:32:05.000001Z"),
    ],
)
def test_times_are_written_to_the_microsecond(at, text):
    """Also the microseconds that are nought."""
    assert rfc3339(at) == text


# --- The codec and the table of methods -------------------------------------------------------------------------------


def test_the_guard_lets_sound_json_through():
    """Up to a depth that no real request has."""
    codec = GuardedJsonCodec()
    assert codec.decode(b"", pb.GetChatSessionsRequest) == pb.GetChatSessionsRequest()
    deep = b'{"ignored": ' + b"[" * 90 + b"]" * 90 + b', "chatType": "apex"}'
    assert codec.decode(deep, pb.GetChatSessionsRequest).chat_type == "apex"


@pytest.mark.parametrize(
    "body", [b"[1]", b'"x"', b"nope", b"\xff", b"[" * 2000, b'{"chatType": ' + b"[" * 2000 + b"]" * 2000 + b"}"]
)
def test_the_guard_refuses_before_the_library_is_asked(body):
    """With words for the caller."""
    with pytest.raises(ConnectError, match="the body"):
        GuardedJsonCodec().decode(body, pb.GetChatSessionsRequest)


def test_the_table_has_the_services_sixteen_methods():
    """With the .proto's own names and messages; exactly one of them streams."""
    service = pb.desc().services[0]
    declared = {method.name: (method.input.type_name, method.output.type_name) for method in service.methods}
    listed = {m.name: (m.input.desc().type_name, m.output.desc().type_name) for m in METHODS}
    assert listed == declared
    assert len(METHODS) == 16
    assert [m.name for m in METHODS if m.handle is None] == ["ChatCompletionStream"]
