"""Stubs: answers that a test has laid down, and which of them a request gets.

The most specific stub that fits wins; of equally specific ones, the newest. A stub that fits all but in one point is a
near miss, and says in which.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath
from traceback import extract_tb
from typing import Any

from apex_mock.core.chats import GivenChat, GivenRow
from apex_mock.core.credentials import SECRET_HEADERS
from apex_mock.core.types import Caller, ChatRequest, Micros, Mode, Operation, SearchRequest, ToolCall, WebResult
from apex_mock.errors import BadStub, Code

SECRET = frozenset({"key", *(f"header {name}" for name in SECRET_HEADERS)})  # never shown
Predicate = Callable[[Any, Caller], bool]


@dataclass(frozen=True, slots=True)
class Text:
    """A condition on a text; all that is given must hold. `contains` and `glob` do not mind the case."""

    equals: str | None = None
    contains: str | None = None
    regex: str | None = None
    glob: str | None = None

    def __post_init__(self) -> None:
        if self.equals is self.contains is self.regex is self.glob is None:
            raise ValueError("say one of equals, contains, regex, glob")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"regex {self.regex!r}: {error}") from None

    def fits(self, text: str) -> bool:
        return (
            (self.equals is None or text == self.equals)
            and (self.contains is None or self.contains.casefold() in text.casefold())
            and (self.regex is None or _compiled(self.regex).search(text) is not None)
            and (self.glob is None or fnmatch.fnmatchcase(text.casefold(), self.glob.casefold()))
        )

    def __str__(self) -> str:
        conditions = {name: getattr(self, name) for name in ("equals", "contains", "regex", "glob")}
        return " and ".join(f"{name} {value!r}" for name, value in conditions.items() if value is not None)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a stub is for. What is not given fits everything.

    `prompt` is the last user message, or what is searched for. `nth` counts, from 1, the calls that fit all the rest.
    """

    operation: Operation | None = None
    prompt: Text | None = None
    any_message: Text | None = None
    system: Text | None = None
    model: Text | None = None
    mode: Mode | None = None
    stream: bool | None = None
    sampling: Mapping[str, float] = field(default_factory=dict)
    uids: tuple[int, ...] | None = None
    app: Text | None = None
    key: Text | None = None
    headers: Mapping[str, Text] = field(default_factory=dict)
    nth: int | None = None
    where: Predicate | None = None

    @property
    def specificity(self) -> int:
        """How much it asks for: an exact text weighs more than a part of one."""
        texts = [self.prompt, self.any_message, self.system, self.model, self.app, self.key, *self.headers.values()]
        weight = sum(2 if text.equals is not None else 1 for text in texts if text is not None)
        others = (self.operation, self.mode, self.stream, self.uids, self.nth, self.where)
        return 2 * weight + sum(2 for other in others if other is not None) + 2 * len(self.sampling)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a streamed answer; `after` is in seconds from the start of the stream (or of the job)."""

    text: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An error instead of an answer, in each wire's own form. With `after_chunks` it comes in mid-stream."""

    code: Code
    message: str = ""
    retry_after: float | None = None
    after_chunks: int | None = None


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """What goes wrong on purpose: the name of a fault (see core/faults) and its options."""

    fault: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a stub answers with: one of text, chunks, json, template, tool_calls, results, research, chats, rows, or an
    error. Of an operation that answers with one chat or row, the first is meant.

    `delay` is in seconds before the first of it; `fault` is what happens to it.
    """

    text: str | None = None
    chunks: tuple[Piece, ...] | None = None
    json: Any = None
    template: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    results: tuple[WebResult, ...] | None = None
    research: tuple[Piece, ...] | None = None
    chats: tuple[GivenChat, ...] | None = None
    rows: tuple[GivenRow, ...] | None = None
    error: Failure | None = None
    fault: FaultSpec | None = None
    finish_reason: str | None = None
    model: str | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Stub:
    """`replies` are given in turn, the last one again and again; after `times` calls the stub fits no more.

    `scope` is the one that its file names, "" when it names none; `order` is its place, by age, among those laid down.
    """

    id: str
    when: Match = Match()
    replies: tuple[Reply, ...] = ()
    times: int | None = None
    name: str = ""
    scope: str = ""
    created_at: Micros = 0
    order: int = 0

    def reply(self, used: int) -> Reply:
        """What the call after `used` others gets."""
        return self.replies[min(used, len(self.replies) - 1)]

    @property
    def title(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a request is not what a stub wants."""

    field: str
    wanted: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: wanted {self.wanted}, got {self.got}"


def differences(match: Match, operation: Operation, request: Any, caller: Caller) -> Iterator[Difference]:
    """Every point in which a request does not fit; calls are counted elsewhere. Raises BadStub for a predicate that
    fails."""
    if match.operation is not None and match.operation is not operation:
        yield Difference("operation", match.operation, operation)
    for name, wanted, texts in _texts(match, request, caller):
        if not any(wanted.fits(text) for text in texts):
            if name in SECRET:
                yield Difference(name, "the stub's", "another" if texts else "nothing")
            else:
                yield Difference(name, str(wanted), _shown(texts))
    for name, value, got in _values(match, request):
        if value != got:
            yield Difference(name, repr(value), repr(got))
    if match.where is not None and not _holds(match.where, request, caller):
        yield Difference("where", "the predicate to hold", "it did not")


def _holds(where: Predicate, request: Any, caller: Caller) -> bool:
    try:
        return bool(where(request, caller))
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]
        at = f"{PurePath(place.filename).name}, line {place.lineno}"
        raise BadStub(f"its predicate raised {type(error).__name__}: {error} ({at})") from error


def _texts(match: Match, request: Any, caller: Caller) -> Iterator[tuple[str, Text, Sequence[str]]]:
    chat = request if isinstance(request, ChatRequest) else None
    messages = chat.messages if chat else ()
    prompt = chat.prompt if chat else request.query if isinstance(request, SearchRequest) else str(request or "")
    for name, wanted, texts in (
        ("prompt", match.prompt, [prompt]),
        ("any_message", match.any_message, [m.content for m in messages]),
        ("system", match.system, [m.content for m in messages if m.role == "system"]),
        ("model", match.model, [chat.model] if chat else []),
        ("app", match.app, [caller.app]),
        ("key", match.key, [caller.owner]),
    ):
        if wanted is not None:
            yield name, wanted, texts
    for header, wanted in match.headers.items():
        sent = caller.headers.get(header.lower())
        yield f"header {header.lower()}", wanted, [] if sent is None else [sent]


def _values(match: Match, request: Any) -> Iterator[tuple[str, Any, Any]]:
    chat = request if isinstance(request, ChatRequest) else None
    if match.mode is not None:
        yield "mode", match.mode.value, chat.mode.value if chat else None
    if match.stream is not None:
        yield "stream", match.stream, chat.stream if chat else None
    if match.uids is not None:
        yield "uids", match.uids, getattr(request, "uids", None)
    for name, value in match.sampling.items():
        yield f"sampling {name}", value, getattr(chat.sampling, name, None) if chat else None


def _shown(texts: Sequence[str]) -> str:
    if not texts:
        return "nothing"
    return " | ".join(repr(text if len(text) <= 80 else text[:79] + "…") for text in texts[-3:])


def ranked(stubs: Sequence[Stub]) -> list[Stub]:
    """The order in which stubs are tried: most specific first, then newest."""
    return sorted(stubs, key=lambda stub: (stub.when.specificity, stub.order), reverse=True)


def miscounts(stub: Stub, fitted: int, used: int) -> Iterator[Difference]:
    """Why a stub is not for a call that it fits otherwise: the call is the `fitted`th such, and `used` calls have had
    the stub."""
    if stub.when.nth is not None and fitted != stub.when.nth:
        yield Difference("nth", f"call {stub.when.nth} of those that fit", f"call {fitted}")
    elif stub.times is not None and used >= stub.times:
        yield Difference("times", f"at most {stub.times} of those that fit", "a later one")


def nearest(found: Iterable[tuple[Stub, list[Difference]]]) -> list[tuple[Stub, list[Difference]]]:
    """Those that differ, the nearest first; of equally near ones, the one that is tried first."""
    return sorted(((stub, points) for stub, points in found if points), key=lambda entry: len(entry[1]))
