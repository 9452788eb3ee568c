"""What can go wrong, as one tree. Core raises these; each wire has one table that turns them into its own form.

ApexError                     code                 says
+-- InvalidRequest            invalid_argument     the request cannot be read or makes no sense
|   +-- WrongMode             invalid_argument     a job was asked for in a mode that has none
+-- Unauthenticated           unauthenticated      no key, the wrong scheme, or a key nobody knows
+-- Forbidden                 permission_denied    the admin key is wrong
+-- NotFound                  not_found            no such job, chat, row or key
+-- RateLimited               resource_exhausted   over the key's rate; retry_after says for how long
+-- TooLarge                  resource_exhausted   the message is over the limit
+-- TooMuch                   resource_exhausted   the scope's chats, jobs, stubs... are over the limit
+-- NoMiners                  unavailable          nobody serves what was asked for
+-- NoAnswer                  unavailable          miners were asked and none answered
+-- NoSearchResult            unavailable          no miner searched in time
+-- StoreFailed               unavailable          the store is full, locked, read-only or gone
+-- DeadlineExceeded          deadline_exceeded    the caller's own deadline passed
+-- Unimplemented             unimplemented        no such method
+-- Unstubbed                 failed_precondition  strict: no stub fits the call
+-- BadStub                   internal             a predicate of a stub or a fault, or a template, failed on the call
+-- Prepared                  any                  what a stub or a fault says is to go wrong
+-- Crash                     internal             a bug of the fake; its log has the traceback, the wire has not
"""

import math
from collections.abc import Sequence
from enum import StrEnum


class Code(StrEnum):
    """The sixteen error codes that gRPC and Connect share, under Connect's names."""

    CANCELED = "canceled"
    UNKNOWN = "unknown"
    INVALID_ARGUMENT = "invalid_argument"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    PERMISSION_DENIED = "permission_denied"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    FAILED_PRECONDITION = "failed_precondition"
    ABORTED = "aborted"
    OUT_OF_RANGE = "out_of_range"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    DATA_LOSS = "data_loss"
    UNAUTHENTICATED = "unauthenticated"


class ApexError(Exception):
    """An error that a client sees.

    `message` is what the API says, word for word where the contract gives the words; `hint` says what to mend, on the
    wires that have room for it. `retry_after` is in seconds.
    """

    code: Code = Code.UNKNOWN

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{message}: {hint}" if hint else message)
        self.message = message
        self.hint = hint
        self.retry_after = retry_after

    @property
    def retry_seconds(self) -> int:
        """`retry_after` in whole seconds, as a Retry-After header has it: never less than what was meant."""
        return math.ceil(self.retry_after or 0)


class InvalidRequest(ApexError):
    """A request that cannot be read or makes no sense: `field` is the path to what is wrong, "" for the whole."""

    code = Code.INVALID_ARGUMENT

    def __init__(self, problem: str, field: Sequence[str | int] = ()) -> None:
        path = ".".join(str(part) for part in field)
        super().__init__(f"{path}: {problem}" if path else problem)
        self.problem = problem
        self.field = tuple(field)


class WrongMode(InvalidRequest):
    pass


class Unauthenticated(ApexError):
    code = Code.UNAUTHENTICATED


class Forbidden(ApexError):
    code = Code.PERMISSION_DENIED


class NotFound(ApexError):
    code = Code.NOT_FOUND


class RateLimited(ApexError):
    code = Code.RESOURCE_EXHAUSTED


class TooLarge(ApexError):
    code = Code.RESOURCE_EXHAUSTED


class TooMuch(ApexError):
    code = Code.RESOURCE_EXHAUSTED


class NoMiners(ApexError):
    code = Code.UNAVAILABLE


class NoAnswer(ApexError):
    code = Code.UNAVAILABLE


class NoSearchResult(ApexError):
    code = Code.UNAVAILABLE


class StoreFailed(ApexError):
    code = Code.UNAVAILABLE


class DeadlineExceeded(ApexError):
    code = Code.DEADLINE_EXCEEDED


class Unimplemented(ApexError):
    code = Code.UNIMPLEMENTED


class Crash(ApexError):
    code = Code.INTERNAL


class Unstubbed(ApexError):
    code = Code.FAILED_PRECONDITION


class BadStub(ApexError):
    code = Code.INTERNAL


class Prepared(ApexError):
    """An error that was asked for, with a code of its own."""

    def __init__(self, code: Code, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.code = code
