"""The words in which a clause says what it expects. Each raises Broken, with what was expected and what came."""

import re
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from .answer import OK, Answer
from .operations import Op

T = TypeVar("T")

# The contract's table of error codes: on Constellation over HTTP, then on REST.
HTTP_STATUS = {
    "invalid_argument": 400,
    "unauthenticated": 401,
    "not_found": 404,
    "resource_exhausted": 429,
    "unavailable": 503,
    "deadline_exceeded": 504,
    "unimplemented": 404,
}
REST_STATUS: dict[str, tuple[int, ...]] = {
    "invalid_argument": (422, 400),
    "unauthenticated": (403,),
    "not_found": (404,),
    "resource_exhausted": (429,),
    "unavailable": (500, 502, 503),
    "unimplemented": (404,),
}
CODE_BY_STATUS = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "unauthenticated",
    404: "not_found",
    405: "unimplemented",
    422: "invalid_argument",
    429: "resource_exhausted",
    500: "unavailable",
    502: "unavailable",
    503: "unavailable",
    504: "deadline_exceeded",
}


class Broken(AssertionError):
    """A clause does not hold: what was looked at, what was expected of it, what it was."""

    def __init__(self, what: str, expected: str, got: str, answer: Answer | None = None) -> None:
        super().__init__(f"{what}: expected {expected}, got {got}")
        self.what, self.expected, self.got, self.answer = what, expected, got, answer


def succeeds(answer: Answer) -> Answer:
    """The answer itself, when it is one."""
    if answer.code != OK:
        raise Broken(answer.operation, "an answer", f"{said(answer)}", answer)
    return answer


def fails(answer: Answer, code: str, *, status: int | None = None) -> Answer:
    """An error with this code, and with the status that the contract's table has for it on this surface."""
    if answer.code != code:
        raise Broken(answer.operation, f"the error {code}", said(answer), answer)
    if answer.status and answer.operation not in (Op.STREAM,):
        constellation = isinstance(answer.raw, dict) and "code" in answer.raw
        allowed: Collection[int] = (status,) if status else REST_STATUS.get(code, ())
        if constellation:
            allowed = (HTTP_STATUS[code],)
        if allowed and answer.status not in allowed:
            raise Broken("the status", " or ".join(map(str, allowed)), str(answer.status), answer)
    return answer


def said(answer: Answer) -> str:
    """An answer in few words."""
    if answer.ok:
        return "an answer" + (f" with status {answer.status}" if answer.status else "")
    status = f", status {answer.status}" if answer.status else ""
    return f"{answer.code}{status}: {answer.message}" if answer.message else f"{answer.code}{status}"


def equal(got: Any, expected: Any, what: str, answer: Answer | None = None) -> None:
    if got != expected:
        raise Broken(what, repr(expected), repr(got), answer)


def one_of(got: Any, allowed: Collection[Any], what: str, answer: Answer | None = None) -> None:
    if got not in allowed:
        raise Broken(what, f"one of {', '.join(map(repr, allowed))}", repr(got), answer)


def matches(got: Any, pattern: str, what: str, answer: Answer | None = None) -> None:
    """The whole of a text."""
    if not isinstance(got, str) or not re.fullmatch(pattern, got, re.DOTALL):
        raise Broken(what, f"text that fits {pattern}", repr(got), answer)


def holds(truth: object, what: str, expected: str, got: Any, answer: Answer | None = None) -> None:
    """For what the other words do not say."""
    if not truth:
        raise Broken(what, expected, got if isinstance(got, str) else repr(got), answer)


def filled(got: Any, what: str, answer: Answer | None = None) -> None:
    """A text that says something."""
    if not isinstance(got, str) or not got.strip():
        raise Broken(what, "text", repr(got), answer)


def distinct(got: Sequence[T], what: str, answer: Answer | None = None) -> None:
    twice = [value for i, value in enumerate(got) if value in got[:i]]
    if twice:
        raise Broken(what, "each once", f"{twice[0]!r} more than once", answer)
