"""Stubs as a test writes them: whom they are for, what they answer, and what comes after that.

apex.chat(containing="refund").replies("I am sorry.").times(2).then.fails(Code.UNAVAILABLE)

A verb (`replies`, `fails`...) lays the stub down there and then; what follows it changes the stub that is laid.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, TypeAlias

from apex_mock.core.replies import check_template
from apex_mock.core.stubs import Failure, Match, Piece, Reply, Stub
from apex_mock.core.types import FinishReason, ToolCall, WebResult
from apex_mock.errors import Code
from apex_mock.faultfile import read_spec
from apex_mock.stubfile import check_stored, read_chats, read_rows
from apex_mock.testing.conditions import one_of
from apex_mock.testing.mistakes import told_plainly

Pieces: TypeAlias = Iterable[str | tuple[str, float]]


class Laying(Protocol):
    """Where stubs are laid: the handle of a test."""

    def lay(self, stub: Stub) -> Stub:
        """Lays a stub down, in the place of the one with its id if there is one."""

    def used(self, stub: Stub) -> int: ...

    def remove(self, stub: Stub) -> None: ...

    def unfinished(self, builder: "Builder", waiting: bool) -> None:
        """Notes that a builder still has no answer to give, or that it now has one."""

    def spare(self, stub: Stub) -> None:
        """Notes that nobody minds when a stub is not used."""


@dataclass(frozen=True, slots=True)
class _Answer:
    reply: Reply
    times: int | None = None


@told_plainly
class Builder:
    """A stub in the making. `times`, `delays` and `optional` speak of the answer before them, or of the one to come."""

    def __init__(self, laying: Laying, match: Match, name: str) -> None:
        self._laying, self._match, self.name = laying, match, name
        self._answers: list[_Answer] = []
        self._stub: Stub | None = None
        self._optional = False
        self._expect()

    def _expect(self) -> None:
        self._next = _Answer(Reply())
        self._expecting = True
        self._laying.unfinished(self, True)

    @property
    def then(self) -> Self:
        """What the calls after that get: `.replies("one").then.replies("two")`, or in short `.then("two")`.

        Each answer is given once, or `times(n)`; the last one again and again, unless it too has its `times`.
        """
        self._laid()
        self._expect()
        return self

    def fails(self, code: Code | str, message: str = "", *, retry_after: float | None = None) -> Self:
        """An error instead of an answer, on whichever wire the call comes: `code` is a Code or its name.

        `retry_after` is in seconds. Raises ValueError for a code that does not exist.
        """
        return self._say(error=_failure(code, message, retry_after))

    def suffers(self, fault: str, **options: Any) -> Self:
        """A fault acts on the answer before it, or on the usual one: `.replies("one two").suffers("drop", after=1)`.

        Raises BadRule (a ValueError) for a fault or an option that there is not, listing what there is.
        """
        spec = read_spec({"fault": fault, **options} if options else fault)
        return self._say(fault=spec) if self._expecting else self._amend(fault=spec)

    def delays(self, seconds: float) -> Self:
        """The answer begins that many seconds late, by the test's clock."""
        if seconds < 0:
            raise ValueError(f"a delay is 0 seconds or more, not {seconds}")
        return self._amend(delay=float(seconds))

    def times(self, n: int) -> Self:
        """The answer is given n times; with nothing after it, the stub then fits no more."""
        if n < 1:
            raise ValueError(f"an answer is given once or more, not {n} times")
        if self._expecting:
            self._next = replace(self._next, times=n)
            return self
        self._answers[-1] = replace(self._answers[-1], times=n)
        return self._lay()

    def optional(self) -> Self:
        """The test does not fail when no call gets this stub."""
        self._optional = True
        return self if self._stub is None else self._lay()

    @property
    def used(self) -> int:
        """How many calls have had this stub."""
        return self._laying.used(self._laid())

    def remove(self) -> None:
        """Takes the stub away again."""
        self._laying.remove(self._laid())

    def _laid(self) -> Stub:
        if self._stub is None or self._expecting:
            raise TypeError(f"{self.name} has no answer yet: end it with {self._verbs()}")
        return self._stub

    def _verbs(self) -> str:
        known = ("replies", "streams", "returns", "completes", "answers", "fails", "suffers")
        return " or ".join(f".{verb}(...)" for verb in known if hasattr(self, verb))

    def _say(self, **reply: Any) -> Self:
        if not self._expecting:
            raise TypeError(f"{self.name} has its answer already: write .then before the next one")
        self._answers.append(replace(self._next, reply=replace(self._next.reply, **reply)))
        self._expecting = False
        self._laying.unfinished(self, False)
        return self._lay()

    def _amend(self, **reply: Any) -> Self:
        if self._expecting:
            self._next = replace(self._next, reply=replace(self._next.reply, **reply))
            return self
        last = self._answers[-1]
        self._answers[-1] = replace(last, reply=replace(last.reply, **reply))
        return self._lay()

    def _lay(self) -> Self:
        replies = tuple(answer.reply for answer in self._answers for _ in range(answer.times or 1))
        times = None if self._answers[-1].times is None else len(replies)
        id = self._stub.id if self._stub else ""
        self._stub = self._laying.lay(Stub(id, self._match, replies, times, self.name))
        if self._optional:
            self._laying.spare(self._stub)
        return self

    def __repr__(self) -> str:
        return f"<stub {self.name}>"


@told_plainly
class ChatStub(Builder):
    """What chat calls get."""

    def replies(self, text: str, *, finish_reason: str | None = None, model: str | None = None) -> Self:
        """A text, cut into tokens as an answer is; at most the call's max_new_tokens of them."""
        finish = None if finish_reason is None else one_of(FinishReason, finish_reason, "finish_reason").value
        return self._say(text=text, finish_reason=finish, model=model)

    def __call__(self, text: str) -> Self:
        return self.replies(text)

    def replies_json(self, value: Any) -> Self:
        """A value as JSON text."""
        return self._say(text="null") if value is None else self._say(json=value)

    def template(self, source: str) -> Self:
        """A Jinja template over the request: `{{ prompt }}`, `{{ messages[0].content }}`, `{{ model }}`.

        Raises ValueError for one that cannot be read.
        """
        check_template(source)
        return self._say(template=source)

    def streams(self, pieces: Pieces, *, every: float | None = None) -> Self:
        """These pieces, as they are: texts, `every` so many seconds, or (text, seconds from the start).

        With neither they go at the pace of the profile. A call that does not stream gets them in one.
        """
        return self._say(chunks=timed(pieces, every))

    def fails(
        self,
        code: Code | str,
        message: str = "",
        *,
        retry_after: float | None = None,
        after_chunks: int | None = None,
    ) -> Self:
        """An error instead of an answer, on whichever wire the call comes: `code` is a Code or its name.

        `retry_after` is in seconds. With `after_chunks` the stream breaks after so many pieces of the answer before
        it (`.streams([...]).fails(Code.UNAVAILABLE, after_chunks=2)`), or of the one that would have been given.
        Raises ValueError for a code that does not exist.
        """
        failure = _failure(code, message, retry_after, after_chunks)
        if after_chunks is not None and not self._expecting:
            return self._amend(error=failure)
        return self._say(error=failure)

    def calls_tool(self, name: str, arguments: Mapping[str, Any] | str | None = None) -> Self:
        """A call of a function of the client's; again, and the answer calls that one too. `arguments` as a mapping,
        or as the JSON text that the client is to get."""
        text = arguments if isinstance(arguments, str) else json.dumps(dict(arguments or {}))
        called = ToolCall(name, text)
        if self._expecting:
            return self._say(tool_calls=(called,))
        return self._amend(tool_calls=(*self._answers[-1].reply.tool_calls, called))


@told_plainly
class SearchStub(Builder):
    """What searches get."""

    def returns(self, results: Iterable[Mapping[str, str] | WebResult]) -> Self:
        """Web results, in this order: {"url": ..., "content": ..., "relevant": ...}. `relevant` is `content` when it
        is not given. Raises ValueError for a field that a result does not have, or without a url."""
        return self._say(results=tuple(_result(result) for result in results))

    def __call__(self, results: Iterable[Mapping[str, str] | WebResult]) -> Self:
        return self.returns(results)


@told_plainly
class ResearchStub(Builder):
    """What becomes of a research job."""

    def completes(self, chunks: Pieces, *, every: float | None = None) -> Self:
        """The job's chunks, then completion: texts, `every` so many seconds, or (text, seconds from submission)."""
        return self._say(research=timed(chunks, every))

    def __call__(self, chunks: Pieces) -> Self:
        return self.completes(chunks)

    def fails_after(self, chunks: int, error: str = "The research could not be completed") -> Self:
        """The job fails with this error once it has so many chunks: of those of `completes`, or of its own."""
        if chunks < 0:
            raise ValueError(f"a job fails after 0 chunks or more, not {chunks}")
        failure = Failure(Code.INTERNAL, error, after_chunks=chunks)
        return self._say(error=failure) if self._expecting else self._amend(error=failure)


@told_plainly
class OperationStub(Builder):
    """What calls of the other operations get."""

    def answers(
        self, *, chats: Iterable[Mapping[str, Any]] | None = None, rows: Iterable[Mapping[str, Any]] | None = None
    ) -> Self:
        """Chats or rows in place of what is stored, as `apex.stored_chats` takes them; where one is wanted, the first.
        A row may also have a `chat_id`. With neither, what it would have been anyway, only later:
        `.delays(2).answers()`.

        Raises ValueError for what makes no chat or row, or where the operation is not answered with these.
        """
        reply = Reply(
            chats=None if chats is None else read_chats(list(chats)),
            rows=None if rows is None else read_rows(list(rows)),
        )
        check_stored(reply, self._match.operation)
        return self._say(chats=reply.chats, rows=reply.rows)


def timed(pieces: Pieces, every: float | None = None) -> tuple[Piece, ...]:
    """Pieces with their times, in seconds. Raises ValueError for times that go back, or when there is nothing."""
    if isinstance(pieces, str):
        raise ValueError("several pieces are wanted, not one text")
    if every is not None and every < 0:
        raise ValueError(f"every must be 0 seconds or more, not {every}")
    made, last = [], 0.0
    for place, piece in enumerate(pieces):
        text, after = (piece, None) if isinstance(piece, str) else piece
        if after is None and every is not None:
            after = place * every
        if after is not None:
            if after < last:
                raise ValueError(f"piece {place} is due at {after} s, before the one ahead of it ({last} s)")
            last = after
        made.append(Piece(text, after))
    if not made:
        raise ValueError("at least one piece is wanted")
    return tuple(made)


def _failure(
    code: Code | str, message: str, retry_after: float | None = None, after_chunks: int | None = None
) -> Failure:
    if retry_after is not None and retry_after < 0:
        raise ValueError(f"retry_after is 0 seconds or more, not {retry_after}")
    if after_chunks is not None and after_chunks < 0:
        raise ValueError(f"a stream breaks after 0 pieces or more, not {after_chunks}")
    return Failure(one_of(Code, code, "code"), message, retry_after, after_chunks)


def _result(result: Mapping[str, str] | WebResult) -> WebResult:
    if isinstance(result, WebResult):
        return result
    if unknown := sorted(set(result) - {"url", "content", "relevant"}):
        raise ValueError(f"a web result has url, content and relevant, but no {unknown[0]!r}")
    if not result.get("url"):
        raise ValueError(f"a web result needs a url: {dict(result)!r}")
    content = result.get("content", "")
    return WebResult(result["url"], content, result.get("relevant", content))
