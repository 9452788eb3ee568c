"""What a request must satisfy, on whichever wire it came. Each raises InvalidRequest, which names the field."""

from collections.abc import Sequence

from apex_mock.core.types import ChatRequest, SearchRequest
from apex_mock.errors import InvalidRequest

ROLES = ("system", "user", "assistant")
MAX_MINERS = 1024
UID_LIMIT = 1 << 16  # uids are 16 bits wide on chain
MAX_TEMPERATURE = 100.0
MAX_TOKENS = 1 << 31


def check_chat(request: ChatRequest) -> None:
    if not request.messages:
        raise InvalidRequest("at least one message is required", ("messages",))
    for index, message in enumerate(request.messages):
        if message.role not in ROLES:
            problem = f"must be one of {', '.join(ROLES)}, not {message.role!r}"
            raise InvalidRequest(problem, ("messages", index, "role"))
    if not any(message.content.strip() for message in request.messages):
        raise InvalidRequest("at least one message must have content", ("messages",))
    _check_uids(request.uids)
    sampling = request.sampling
    for name, value, least, most in (
        ("temperature", sampling.temperature, 0.0, MAX_TEMPERATURE),
        ("top_p", sampling.top_p, 0.0, 1.0),
        ("top_k", sampling.top_k, 0.0, float("inf")),
        ("max_new_tokens", sampling.max_new_tokens, 1, MAX_TOKENS),
    ):
        if not least <= value <= most:  # also refuses NaN
            bound = f"at least {least:g}" if value < least else f"between {least:g} and {most:g}"
            raise InvalidRequest(f"must be {bound}, not {value:g}", ("sampling_parameters", name))
    if request.timeout is not None and request.timeout < 0:
        raise InvalidRequest(f"must not be negative, not {request.timeout}", ("timeout",))


def check_search(request: SearchRequest) -> None:
    if not request.query.strip():
        raise InvalidRequest("a search query is required", ("search_query",))
    _check_uids(request.uids)
    n_results = request.in_all if request.per_miner is None else request.per_miner
    for name, value in (
        ("n_miners", request.n_miners),
        ("n_results", n_results),
        ("max_response_time", request.max_response_time),
    ):
        if value is not None and value < 1:
            raise InvalidRequest(f"must be at least 1, not {value}", (name,))
    if request.n_miners > MAX_MINERS:
        raise InvalidRequest(f"must be at most {MAX_MINERS}, not {request.n_miners}", ("n_miners",))


def _check_uids(uids: Sequence[int]) -> None:
    for index, uid in enumerate(uids):
        if not 0 <= uid < UID_LIMIT:
            raise InvalidRequest(f"a uid is between 0 and {UID_LIMIT - 1}, not {uid}", ("uids", index))


def check_id(value: str, field: str) -> str:
    if not value.strip():
        raise InvalidRequest("an id is required", (field,))
    return value
