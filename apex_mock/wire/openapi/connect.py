"""What the document says of Constellation's calls beyond their messages: errors by HTTP status, links, summaries."""

from apex_mock.wire.openapi.schemas import STRING, Schema, record

CODES: dict[int, str] = {
    400: "invalid_argument",
    401: "unauthenticated",
    404: "not_found",
    415: "invalid_argument",
    429: "resource_exhausted",
    503: "unavailable",
}
ERRORS: dict[int, str] = {
    400: "The request cannot be read or makes no sense; `message` says what to mend",
    401: "No key, one that nobody knows, or another scheme than Bearer",
    404: "There is no such job, chat or row",
    415: "Neither application/json nor application/proto",
    429: "Over the key's rate; Retry-After says for how many seconds. Or the message is too long",
    503: "No miner, or none answered",
}
# Errors that only these methods give.
ONLY: dict[int, tuple[str, ...]] = {
    404: (
        "GetDeepResearcherJob",
        "GetChatCompletion",
        "UpdateChatAttributes",
        "CreateCompletion",
        "UpdateCompletionAttributes",
    ),
    503: ("ChatCompletion", "WebRetrieval"),
}
SUMMARIES: dict[str, str] = {
    "ChatCompletion": "Answer a chat in one message",
    "ChatCompletionStream": "Answer a chat piece by piece; each message in Connect's envelope",
    "WebRetrieval": "Search the web with several miners",
    "SubmitDeepResearcherJob": "Start a deep-research job and return at once",
    "GetDeepResearcherJob": "Read a job's status and every chunk so far",
    "GetChatSessions": "List the caller's chats, newest first",
    "GetStoredChatCompletions": "List a chat's rows, oldest first; none for an unknown chat",
    "GetChatCompletion": "Read one row",
    "UpdateChatAttributes": "Change a chat's title or type",
    "DeleteChats": "Delete chats and their rows; ids that are gone do no harm",
    "CreateChatAndCompletion": "Make a chat and its first row; no inference runs",
    "CreateCompletion": "Add a row to a chat",
    "DeleteCompletions": "Delete rows; ids that are gone do no harm",
    "SearchChatIdsByPromptAndCompletionText": "Find the caller's chats by text, whatever its case",
    "UpdateCompletionAttributes": "Change what the request carries of a row; metadata as a whole",
    "GetCompletionsWithDeepResearcherEntry": "List the caller's rows whose metadata has `deep-researcher`",
}
_CHAT, _ROW = "$response.body#/parsedChat/id", "$response.body#/parsedCompletion/id"
# By the method that makes something: what may be asked of it next, and with which body.
LINKS: dict[str, dict[str, dict[str, object]]] = {
    "SubmitDeepResearcherJob": {"GetDeepResearcherJob": {"jobId": "$response.body#/jobId"}},
    "CreateChatAndCompletion": {
        "GetStoredChatCompletions": {"chatId": _CHAT},
        "CreateCompletion": {"chatId": _CHAT, "userPrompt": "And then?", "completionType": "basic"},
        "UpdateChatAttributes": {"chatId": _CHAT, "attributes": {"title": "Renamed"}},
        "DeleteChats": {"chatIds": [_CHAT]},
        "GetChatCompletion": {"completionId": _ROW},
        "UpdateCompletionAttributes": {"completionId": _ROW, "completionText": "Done."},
        "DeleteCompletions": {"completionIds": [_ROW]},
    },
    "CreateCompletion": {
        "GetChatCompletion": {"completionId": _ROW},
        "UpdateCompletionAttributes": {"completionId": _ROW, "metadata": {"deep-researcher": {"status": "done"}}},
    },
}


def error_schema(status: int) -> Schema:
    """One body for all its readers: `error` is D1's, `code` and `message` are Connect's."""
    return record(
        {"error": STRING, "code": {"const": CODES[status]}, "message": STRING, "details": {}}, optional=("details",)
    )
