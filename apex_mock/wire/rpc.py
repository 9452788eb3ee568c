"""Protobuf messages to core's records and back: what gRPC, Connect and gRPC-Web share."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from protobuf.wkt.google.protobuf.struct_pb import Struct
from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp

from apex_mock.core.kept import kept
from apex_mock.core.types import (
    Chat,
    ChatRequest,
    Chunk,
    Completion,
    JobView,
    Message,
    Micros,
    Mode,
    Plan,
    Sampling,
    SearchRequest,
    Usage,
    WebResult,
)
from apex_mock.wire.gen.apex.v1 import apex_pb as pb
from apex_mock.wire.modes import mode_of
from apex_mock.wire.times import job_chunks, rfc3339

DEFAULTS = Sampling()
DEFAULT_MINERS, DEFAULT_RESULTS, DEFAULT_RESPONSE_TIME = 3, 1, 20  # D1

# --- Requests ---------------------------------------------------------------------------------------------------------


def chat_request(message: pb.ChatCompletionRequest) -> ChatRequest:
    # Writing a message out and finding what it was read as costs less than reading its fields again.
    return read_chat(message.to_binary())


def stream_request(message: pb.ChatCompletionRequest) -> ChatRequest:
    return read_stream(message.to_binary())


@kept(512)
def read_chat(data: bytes) -> ChatRequest:
    """A chat request from its binary form. Raises ValueError."""
    message = pb.ChatCompletionRequest.from_binary(data)
    return ChatRequest(
        messages=tuple(Message(m.role, m.content) for m in message.messages),
        uids=tuple(message.uids),
        seed=message.seed if message.has_field("seed") else None,
        task=message.task or "InferenceTask",
        model=message.model,
        mode=mode_of(message.inference_mode, mixture=message.mixture, test_time=message.test_time_inference),
        sampling=_sampling(message.sampling_parameters) if message.has_field("sampling_parameters") else DEFAULTS,
        json_format=message.json_format,
        timeout=message.timeout if message.has_field("timeout") else None,
    )


@kept(512)
def read_stream(data: bytes) -> ChatRequest:
    """What is asked of the streaming method, whichever `stream` the message has. Raises ValueError."""
    return replace(read_chat(data), stream=True)


def research_request(message: pb.ChatCompletionRequest) -> ChatRequest:
    """What a job is submitted with; whichever mode it names, it is one."""
    return replace(chat_request(message), mode=Mode.CHAIN_OF_THOUGHT)


def _sampling(sent: pb.SamplingParameters | None) -> Sampling:
    """proto3 does not tell a zero from nothing sent. No top_p is zero, so a zero there marks a partial object: what is
    zero in it then takes its default, as with the clients that send only some of the keys."""
    if sent is None:
        return DEFAULTS
    partial = sent.top_p == 0.0
    return Sampling(
        temperature=DEFAULTS.temperature if partial and sent.temperature == 0.0 else sent.temperature,
        top_p=DEFAULTS.top_p if partial else sent.top_p,
        top_k=sent.top_k if sent.has_field("top_k") else DEFAULTS.top_k,
        max_new_tokens=sent.max_new_tokens or DEFAULTS.max_new_tokens,
        do_sample=sent.do_sample or (partial and sent.temperature == 0.0),
    )


def search_request(message: pb.WebRetrievalRequest) -> SearchRequest:
    return SearchRequest(
        query=message.search_query,
        uids=tuple(message.uids),
        n_miners=message.n_miners if message.has_field("n_miners") else DEFAULT_MINERS,
        per_miner=message.n_results if message.has_field("n_results") else DEFAULT_RESULTS,
        max_response_time=message.max_response_time
        if message.has_field("max_response_time")
        else DEFAULT_RESPONSE_TIME,
    )


# --- Chat answers -----------------------------------------------------------------------------------------------------


def completion_response(plan: Plan) -> pb.ChatCompletionResponse:
    calls = [
        pb.ChatCompletionMessageToolCall(
            id=call.id or f"call_{i}", function=pb.Function(arguments=[call.arguments], name=call.name), type="function"
        )
        for i, call in enumerate(plan.tool_calls)
    ]
    message = pb.ChatCompletionMessage(content=plan.text, role="assistant", tool_calls=calls)
    choice = pb.Choice(finish_reason=plan.finish_reason, message=message)
    return pb.ChatCompletionResponse(
        id=plan.id,
        choices=[choice],
        created=plan.created,
        model=plan.model,
        object="chat.completion",
        usage=_usage(plan.usage),
    )


def completion_binary(plan: Plan) -> bytes:
    """The same answer in binary form, put together as chunk_binaries puts its messages together."""
    if plan.usage is not None or plan.tool_calls:
        return completion_response(plan).to_binary()
    whole = _whole_choice(plan.text, plan.finish_reason)
    return _head(plan.id) + whole + _tail(plan.created, plan.model, "chat.completion")


@kept(256)
def _whole_choice(text: str, finish_reason: str) -> bytes:
    message = pb.ChatCompletionMessage(content=text, role="assistant")
    choice = pb.Choice(finish_reason=finish_reason, message=message)
    return pb.ChatCompletionResponse(choices=[choice]).to_binary()


def _head(id: str) -> bytes:
    """Field 1 of either message, which is new with each answer: its number and type, the length, the text."""
    text = id.encode()
    return b"\n%c%b" % (len(text), text)


@lru_cache(maxsize=64)
def _tail(created: int, model: str, kind: str) -> bytes:
    return pb.ChatCompletionResponse(created=created, model=model, object=kind).to_binary()


def _usage(usage: Usage | None) -> pb.CompletionUsage | None:
    if usage is None:
        return None
    return pb.CompletionUsage(
        completion_tokens=usage.completion_tokens, prompt_tokens=usage.prompt_tokens, total_tokens=usage.total_tokens
    )


def chunk_responses(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[pb.ChatCompletionChunkResponse]:
    """The messages for these chunks of a plan: the first chunk names the role, the last gives the finish reason."""
    for part in chunk_binaries(plan, chunks):
        yield pb.ChatCompletionChunkResponse.from_binary(part)


def chunk_binaries(plan: Plan, chunks: Sequence[Chunk]) -> Iterator[bytes]:
    """The same messages in binary form.

    A stream's messages are alike but for their choice, and protobuf messages in a row are one message: so each is put
    together from its id, its choice and the rest, which are fields 1, 2 and 3 to 8: the order of the canonical form.
    """
    head = _head(plan.id)
    tail = _tail(plan.created, plan.model, "chat.completion.chunk")  # both messages number these fields alike
    first, last = plan.chunks[0], plan.chunks[-1]
    for chunk in chunks:
        yield head + _choice(chunk.text, "assistant" if chunk is first else "", "") + tail
        if chunk is last and plan.error is None and not plan.cut:
            if plan.tool_calls:
                yield head + _calls(plan) + tail
            yield head + _choice("", "", plan.finish_reason) + tail


def _calls(plan: Plan) -> bytes:
    calls = [
        pb.ChoiceDeltaToolCall(
            index=i,
            id=call.id or f"call_{i}",
            function=pb.ChoiceDeltaToolCallFunction(arguments=[call.arguments], name=call.name),
            type="function",
        )
        for i, call in enumerate(plan.tool_calls)
    ]
    choice = pb.ChunkChoice(delta=pb.ChoiceDelta(tool_calls=calls))
    return pb.ChatCompletionChunkResponse(choices=[choice]).to_binary()


@kept(8192, longest=256)
def _choice(content: str, role: str, finish_reason: str) -> bytes:
    delta = pb.ChoiceDelta(content=content, role=role)
    choice = pb.ChunkChoice(delta=delta, finish_reason=finish_reason)
    return pb.ChatCompletionChunkResponse(choices=[choice]).to_binary()


# --- Other answers ----------------------------------------------------------------------------------------------------


def search_response(results: Sequence[WebResult]) -> pb.WebRetrievalResponse:
    return pb.WebRetrievalResponse(
        results=[pb.WebSearchResult(url=r.url, content=r.content, relevant=r.relevant) for r in results]
    )


def submitted_response(view: JobView) -> pb.SubmitDeepResearcherJobResponse:
    return pb.SubmitDeepResearcherJobResponse(
        job_id=view.id, status=view.status, created_at=rfc3339(view.created_at), updated_at=rfc3339(view.updated_at)
    )


def job_response(view: JobView) -> pb.GetDeepResearcherJobResponse:
    return pb.GetDeepResearcherJobResponse(
        job_id=view.id,
        status=view.status,
        created_at=rfc3339(view.created_at),
        updated_at=rfc3339(view.updated_at),
        result=[pb.DeepResearcherResultChunk(seq_id=i, chunk=text) for i, text in job_chunks(view)],
        error=view.error,
    )


def chat_session(chat: Chat) -> pb.ChatSession:
    return pb.ChatSession(
        id=chat.id,
        user_id=chat.user_id,
        title=chat.title,
        chat_type=chat.chat_type,
        created_at=_timestamp(chat.created_at),
        updated_at=_timestamp(chat.updated_at),
    )


def stored_completion(row: Completion) -> pb.StoredChatCompletion:
    return pb.StoredChatCompletion(
        id=row.id,
        chat_id=row.chat_id,
        completion_type=row.completion_type,
        created_at=_timestamp(row.created_at),
        completed_at=_timestamp(row.completed_at),
        user_prompt_text=row.user_prompt_text,
        completion_text=row.completion_text,
        metadata=_struct(row),
        error_message=row.error_message,
    )


def parsed_chat(chat: Chat) -> pb.ParsedChat:
    return pb.ParsedChat(id=chat.id, title=chat.title, created_at=_timestamp(chat.created_at), chat_type=chat.chat_type)


def parsed_completion(row: Completion) -> pb.ParsedCompletion:
    return pb.ParsedCompletion(
        id=row.id,
        chat_id=row.chat_id,
        created_at=_timestamp(row.created_at),
        user_prompt_text=row.user_prompt_text,
        completion_text=row.completion_text,
        completion_type=row.completion_type,
        metadata=_struct(row),
    )


def _timestamp(at: Micros) -> Timestamp | None:
    return Timestamp(seconds=at // 1_000_000, nanos=at % 1_000_000 * 1000) if at else None


def _struct(row: Completion) -> Struct | None:
    return Struct.from_python(dict(row.metadata)) if row.metadata else None
