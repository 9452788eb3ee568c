"""The calls that clauses speak of, and what each is called on each surface."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SERVICE = "apex.v1.ApexService"


class Transport(StrEnum):
    """How a clause talks to a target. The first three are wires; the others are clients that others wrote."""

    REST = "rest"
    CONNECT = "connect"
    GRPC = "grpc"
    OPENAI = "openai"
    SDK = "sdk"


class Op(StrEnum):
    """Every documented call: the sixteen RPCs by their names, then what only the REST host has."""

    CHAT = "ChatCompletion"
    STREAM = "ChatCompletionStream"
    SEARCH = "WebRetrieval"
    SUBMIT_JOB = "SubmitDeepResearcherJob"
    GET_JOB = "GetDeepResearcherJob"
    LIST_CHATS = "GetChatSessions"
    LIST_ROWS = "GetStoredChatCompletions"
    GET_ROW = "GetChatCompletion"
    UPDATE_CHAT = "UpdateChatAttributes"
    DELETE_CHATS = "DeleteChats"
    CREATE_CHAT = "CreateChatAndCompletion"
    CREATE_ROW = "CreateCompletion"
    DELETE_ROWS = "DeleteCompletions"
    SEARCH_CHATS = "SearchChatIdsByPromptAndCompletionText"
    UPDATE_ROW = "UpdateCompletionAttributes"
    RESEARCH_ROWS = "GetCompletionsWithDeepResearcherEntry"
    HEALTH = "health"
    CREATE_KEY = "create-api-key"
    MODIFY_KEY = "modify-api-key"
    DELETE_KEY = "delete-api-key"
    AVAILABLE_MINERS = "get_available_miners"
    MINER_AVAILABILITIES = "miner_availabilities"


@dataclass(frozen=True, slots=True)
class Route:
    """How the REST host calls an operation. Fields named in the path go there, those of `query` into the query."""

    method: str
    path: str
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """`input` and `output` are the names of the RPC's messages; None where there is no RPC."""

    input: str | None
    output: str | None
    rest: Route | None = None
    clients: frozenset[Transport] = frozenset()

    @property
    def transports(self) -> tuple[Transport, ...]:
        rest = (Transport.REST,) if self.rest else ()
        rpc = (Transport.CONNECT, Transport.GRPC) if self.input else ()
        return (*rest, *rpc, *sorted(self.clients))


_CHAT_CLIENTS = frozenset({Transport.OPENAI, Transport.SDK})
_SDK = frozenset({Transport.SDK})


def _rpc(name: str, output: str | None = None) -> Operation:
    return Operation(f"{name}Request", output or f"{name}Response", clients=_SDK)


OPERATIONS: Mapping[Op, Operation] = {
    Op.CHAT: Operation(
        "ChatCompletionRequest", "ChatCompletionResponse", Route("POST", "/v1/chat/completions"), _CHAT_CLIENTS
    ),
    Op.STREAM: Operation(
        "ChatCompletionRequest", "ChatCompletionChunkResponse", Route("POST", "/v1/chat/completions"), _CHAT_CLIENTS
    ),
    Op.SEARCH: Operation("WebRetrievalRequest", "WebRetrievalResponse", Route("POST", "/web_retrieval"), _SDK),
    Op.SUBMIT_JOB: Operation(
        "ChatCompletionRequest",
        "SubmitDeepResearcherJobResponse",
        Route("POST", "/v1/chat/completions/jobs"),
        _SDK,
    ),
    Op.GET_JOB: Operation(
        "GetDeepResearcherJobRequest",
        "GetDeepResearcherJobResponse",
        Route("GET", "/v1/chat/completions/jobs/{job_id}"),
        _SDK,
    ),
    Op.LIST_CHATS: _rpc("GetChatSessions"),
    Op.LIST_ROWS: _rpc("GetStoredChatCompletions"),
    Op.GET_ROW: _rpc("GetChatCompletion", "StoredChatCompletion"),
    Op.UPDATE_CHAT: _rpc("UpdateChatAttributes"),
    Op.DELETE_CHATS: _rpc("DeleteChats"),
    Op.CREATE_CHAT: _rpc("CreateChatAndCompletion"),
    Op.CREATE_ROW: _rpc("CreateCompletion"),
    Op.DELETE_ROWS: _rpc("DeleteCompletions"),
    Op.SEARCH_CHATS: _rpc("SearchChatIdsByPromptAndCompletionText"),
    Op.UPDATE_ROW: _rpc("UpdateCompletionAttributes"),
    Op.RESEARCH_ROWS: Operation("Empty", "GetCompletionsWithDeepResearcherEntryResponse", clients=_SDK),
    Op.HEALTH: Operation(None, None, Route("GET", "/health")),
    Op.CREATE_KEY: Operation(None, None, Route("POST", "/api_management/create-api-key/", ("rate_limit",))),
    Op.MODIFY_KEY: Operation(None, None, Route("PUT", "/api_management/modify-api-key/{key}", ("rate_limit",))),
    Op.DELETE_KEY: Operation(None, None, Route("DELETE", "/api_management/delete-api-key/{key}")),
    Op.AVAILABLE_MINERS: Operation(
        None, None, Route("GET", "/miner_availabilities/get_available_miners", ("task", "model", "k"))
    ),
    Op.MINER_AVAILABILITIES: Operation(None, None, Route("POST", "/miner_availabilities/miner_availabilities")),
}
