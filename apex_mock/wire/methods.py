"""The sixteen RPCs in one table: how each request is read, what it calls, how its answer is written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from protobuf import Message
from protobuf.wkt.google.protobuf.empty_pb import Empty

from apex_mock.core.types import Caller
from apex_mock.wire import rpc
from apex_mock.wire.gen.apex.v1 import apex_pb as pb

SERVICE = "apex.v1.ApexService"
# The mock is passed in as it is, since the wire imports nothing above core.
Handler: TypeAlias = Callable[[Any, Any, Caller], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Method:
    """One unary RPC. The streaming one has no handler: its transport plays the plan."""

    name: str
    input: type[Message[Any]]
    output: type[Message[Any]]
    handle: Handler | None = None

    @property
    def path(self) -> str:
        return f"/{SERVICE}/{self.name}"


async def _chat(mock: Any, m: pb.ChatCompletionRequest, caller: Caller) -> Message[Any]:
    return rpc.completion_response(await mock.finish(await mock.chat(rpc.chat_request(m), caller)))


async def _search(mock: Any, m: pb.WebRetrievalRequest, caller: Caller) -> Message[Any]:
    return rpc.search_response(await mock.search(rpc.search_request(m), caller))


async def _submit(mock: Any, m: pb.ChatCompletionRequest, caller: Caller) -> Message[Any]:
    return rpc.submitted_response(await mock.submit_research(rpc.research_request(m), caller))


async def _get_job(mock: Any, m: pb.GetDeepResearcherJobRequest, caller: Caller) -> Message[Any]:
    return rpc.job_response(await mock.get_research(m.job_id, caller))


async def _list_chats(mock: Any, m: pb.GetChatSessionsRequest, caller: Caller) -> Message[Any]:
    chats = await mock.list_chats(m.chat_type, caller)
    return pb.GetChatSessionsResponse(chat_sessions=[rpc.chat_session(chat) for chat in chats])


async def _list_rows(mock: Any, m: pb.GetStoredChatCompletionsRequest, caller: Caller) -> Message[Any]:
    rows = await mock.list_completions(m.chat_id, caller)
    return pb.GetStoredChatCompletionsResponse(chat_completions=[rpc.stored_completion(row) for row in rows])


async def _get_row(mock: Any, m: pb.GetChatCompletionRequest, caller: Caller) -> Message[Any]:
    return rpc.stored_completion(await mock.get_completion(m.completion_id, caller))


async def _update_chat(mock: Any, m: pb.UpdateChatAttributesRequest, caller: Caller) -> Message[Any]:
    chat = await mock.update_chat(m.chat_id, m.attributes, caller)
    return pb.UpdateChatAttributesResponse(chat=rpc.chat_session(chat))


async def _delete_chats(mock: Any, m: pb.DeleteChatsRequest, caller: Caller) -> Message[Any]:
    await mock.delete_chats(m.chat_ids, caller)
    return pb.DeleteChatsResponse(success=True)


async def _create_chat(mock: Any, m: pb.CreateChatAndCompletionRequest, caller: Caller) -> Message[Any]:
    title = m.title if m.has_field("title") else None
    chat, row = await mock.create_chat(m.user_prompt, m.chat_type, m.completion_type, title, caller)
    return pb.CreateChatAndCompletionResponse(
        parsed_chat=rpc.parsed_chat(chat), parsed_completion=rpc.parsed_completion(row)
    )


async def _create_row(mock: Any, m: pb.CreateCompletionRequest, caller: Caller) -> Message[Any]:
    row = await mock.create_completion(m.chat_id, m.user_prompt, m.completion_type, caller)
    return pb.CreateCompletionResponse(parsed_completion=rpc.parsed_completion(row))


async def _delete_rows(mock: Any, m: pb.DeleteCompletionsRequest, caller: Caller) -> Message[Any]:
    await mock.delete_completions(m.completion_ids, caller)
    return pb.DeleteCompletionsResponse(success=True)


async def _search_chats(mock: Any, m: pb.SearchChatIdsByPromptAndCompletionTextRequest, caller: Caller) -> Message[Any]:
    found = await mock.search_chats(m.search_term, caller)
    return pb.SearchChatIdsByPromptAndCompletionTextResponse(chat_ids=list(found))


async def _update_row(mock: Any, m: pb.UpdateCompletionAttributesRequest, caller: Caller) -> Message[Any]:
    row = await mock.update_completion(
        m.completion_id,
        text=m.completion_text if m.has_field("completion_text") else None,
        prompt=m.user_prompt_text if m.has_field("user_prompt_text") else None,
        metadata=m.metadata.to_python() if m.metadata is not None and m.has_field("metadata") else None,
        caller=caller,
    )
    return pb.UpdateCompletionAttributesResponse(completion=rpc.stored_completion(row))


async def _research_rows(mock: Any, m: Empty, caller: Caller) -> Message[Any]:
    rows = await mock.list_research_completions(caller)
    return pb.GetCompletionsWithDeepResearcherEntryResponse(completions=[rpc.parsed_completion(row) for row in rows])


METHODS: tuple[Method, ...] = (
    Method("ChatCompletion", pb.ChatCompletionRequest, pb.ChatCompletionResponse, _chat),
    Method("ChatCompletionStream", pb.ChatCompletionRequest, pb.ChatCompletionChunkResponse),
    Method("WebRetrieval", pb.WebRetrievalRequest, pb.WebRetrievalResponse, _search),
    Method("SubmitDeepResearcherJob", pb.ChatCompletionRequest, pb.SubmitDeepResearcherJobResponse, _submit),
    Method("GetDeepResearcherJob", pb.GetDeepResearcherJobRequest, pb.GetDeepResearcherJobResponse, _get_job),
    Method("GetChatSessions", pb.GetChatSessionsRequest, pb.GetChatSessionsResponse, _list_chats),
    Method(
        "GetStoredChatCompletions",
        pb.GetStoredChatCompletionsRequest,
        pb.GetStoredChatCompletionsResponse,
        _list_rows,
    ),
    Method("GetChatCompletion", pb.GetChatCompletionRequest, pb.StoredChatCompletion, _get_row),
    Method("UpdateChatAttributes", pb.UpdateChatAttributesRequest, pb.UpdateChatAttributesResponse, _update_chat),
    Method("DeleteChats", pb.DeleteChatsRequest, pb.DeleteChatsResponse, _delete_chats),
    Method(
        "CreateChatAndCompletion",
        pb.CreateChatAndCompletionRequest,
        pb.CreateChatAndCompletionResponse,
        _create_chat,
    ),
    Method("CreateCompletion", pb.CreateCompletionRequest, pb.CreateCompletionResponse, _create_row),
    Method("DeleteCompletions", pb.DeleteCompletionsRequest, pb.DeleteCompletionsResponse, _delete_rows),
    Method(
        "SearchChatIdsByPromptAndCompletionText",
        pb.SearchChatIdsByPromptAndCompletionTextRequest,
        pb.SearchChatIdsByPromptAndCompletionTextResponse,
        _search_chats,
    ),
    Method(
        "UpdateCompletionAttributes",
        pb.UpdateCompletionAttributesRequest,
        pb.UpdateCompletionAttributesResponse,
        _update_row,
    ),
    Method(
        "GetCompletionsWithDeepResearcherEntry",
        Empty,
        pb.GetCompletionsWithDeepResearcherEntryResponse,
        _research_rows,
    ),
)
