"""What was asked and answered: a ring, bounded in entries and in bytes, oldest forgotten first.

No key is kept: a caller appears as the first letters of a digest of its key.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypedDict, Unpack

from apex_mock.clock import SECOND
from apex_mock.core.types import Caller, ChatRequest, Micros, Operation, Plan, SearchRequest
from apex_mock.errors import Code

TRANSPORTS = ("rest", "connect", "grpc-web", "grpc", "python")
OUTCOMES = ("ok", "open", *Code)
ENTRY_BYTES = 600  # what an entry takes besides its texts


def known(what: str, name: str | None, names: Collection[str]) -> None:
    """Raises ValueError for a name that is not one of these: a filter that nothing can fit is a slip of the pen."""
    if name is not None and name not in names:
        raise ValueError(f"no {what} {name!r}; there are {', '.join(names)}")


def redact(key: str) -> str:
    """A name for a key that tells it from others and gives nothing of it away."""
    return f"key-{blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}" if key else ""


class Frame(NamedTuple):
    """A piece of an answer as it left: `at` in microseconds, `after` in seconds from the call's beginning."""

    at: Micros
    after: float
    text: str

    @classmethod
    def of(cls, entry: "Entry", at: Micros, text: str) -> "Frame":
        return cls(at, (at - entry.at) / SECOND, text)


@dataclass(slots=True)
class Entry:
    """One call. `outcome` is "ok", an error code, or "open" while it is under way; `fault` names what acted on it.

    `lost`: its connection goes before the answer is there, so that it ends as unavailable. Of a call that no stub
    answered, `headers` are those that some stub asked for, None where it was not sent; no secret one is among them.
    """

    seq: int
    at: Micros
    operation: Operation
    scope: str
    owner: str
    transport: str
    app: str
    request: Any
    outcome: str = "open"
    message: str = ""
    plan: Plan | None = None
    ended_at: Micros = 0
    size: int = ENTRY_BYTES
    streamed: list[int] | None = None
    stub: str = ""
    headers: Mapping[str, str | None] | None = None
    fault: str = ""
    lost: bool = False
    forgotten: bool = False

    def end(self, now: Micros, outcome: str = "ok", message: str = "") -> None:
        self.ended_at, self.message = now, message
        self.outcome = "unavailable" if self.lost and outcome == "ok" else outcome

    def sent(self, at: Micros, count: int) -> None:
        """Notes that some chunks of a stream have left. Their texts are the plan's, so nothing is copied; flat, since
        the collector would go through every pair."""
        if self.streamed is None:
            self.streamed = []
        self.streamed += (at, count)

    @property
    def frames(self) -> list[Frame]:
        """The pieces that have left: a stream's chunks, or an answer in one piece."""
        plan = self.plan
        if plan is None:
            return []
        if self.streamed is None:
            return [Frame.of(self, self.ended_at, plan.text)] if self.outcome == "ok" else []
        texts, pairs = iter(plan.chunks), zip(self.streamed[::2], self.streamed[1::2], strict=True)
        return [Frame.of(self, at, chunk.text) for at, count in pairs for chunk in islice(texts, count)]

    @property
    def duration(self) -> float | None:
        """How long the call took, in seconds by its scope's clock; None while it is under way."""
        return max(0, self.ended_at - self.at) / SECOND if self.ended_at else None

    @property
    def prompt(self) -> str:
        """What was asked, as text: the last user message, what was searched for, or the request's fields."""
        request = self.request
        if isinstance(request, ChatRequest):
            return request.prompt
        return request.query if isinstance(request, SearchRequest) else str(request or "")

    def describe(self) -> str:
        """The call in one line: `#3 chat over grpc "What is Bittensor?" -> ok`."""
        asked = " ".join(self.prompt.split())
        asked = asked if len(asked) <= 70 else asked[:69] + "…"
        came_to = "" if self.outcome == "open" else f" -> {self.outcome}"
        return f'#{self.seq} {self.operation} over {self.transport} "{asked}"{came_to}'

    @property
    def by(self) -> str:
        """The caller, without its key."""
        return redact(self.owner)


class Tally(NamedTuple):
    """The last sequence number, and how many entries were forgotten for want of room."""

    seq: int = 0
    evicted: int = 0


class Wanted(TypedDict, total=False):
    """What calls are looked for: those after the sequence number `since`, with these fields, and with `text`, whatever
    its case, in what was asked. None is no condition."""

    scope: str | None
    operation: Operation | None
    transport: str | None
    outcome: str | None
    text: str | None
    since: int


class Journal(Protocol):
    """What calls and their readers do with a journal, wherever it is kept."""

    def open(self, at: Micros, operation: Operation, caller: Caller, request: Any) -> Entry:
        """Notes that a call has begun."""
        ...

    def answered(self, entry: Entry, plan: Plan) -> None:
        """Keeps what the call will be sent."""
        ...

    def unmatched(self, entry: Entry, headers: Mapping[str, str | None]) -> None:
        """Keeps what the stubs wanted to know of a call that none of them answered."""
        ...

    async def ended(self, entry: Entry) -> None:
        """Whoever reads the journal from now on finds the call as it ended. Raises StoreFailed."""
        ...

    async def select(self, **wanted: Unpack[Wanted]) -> list[Entry]:
        """The calls that fit all that is given, oldest first."""
        ...

    async def named(self, seqs: Iterable[int]) -> list[Entry]:
        """The calls with these sequence numbers that are still there."""
        ...

    async def owners(self) -> set[str]:
        """Whose calls there are."""
        ...

    async def tally(self) -> Tally: ...

    async def clear(self, scope: str | None = None) -> None:
        """Forgets the calls of a scope, or all."""
        ...

    async def close(self) -> None: ...


def fields_of(wanted: Wanted) -> list[tuple[str, str]]:
    """The fields that a call must have, and their values."""
    return [(name, str(value)) for name, value in wanted.items() if name not in ("text", "since") and value is not None]


def asks(entry: Entry, wanted: Wanted) -> bool:
    """Whether the text that is wanted occurs in what a call asked."""
    text = wanted.get("text")
    return text is None or text.casefold() in entry.prompt.casefold()


class MemoryJournal:
    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._entries: deque[Entry] = deque()
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._bytes = 0
        self.seq = 0
        self.evicted = 0

    def open(self, at: Micros, operation: Operation, caller: Caller, request: Any) -> Entry:
        self.seq += 1
        # The caller's headers are not kept: they hold its key, and a thousand dicts cost more than all the rest. Those
        # that a stub asks for come later, in `unmatched`.
        entry = Entry(self.seq, at, operation, caller.scope, caller.owner, caller.transport, caller.app, request)
        if isinstance(request, ChatRequest):
            entry.size += request.size
        self._entries.append(entry)
        self._bytes += entry.size
        self._forget()
        return entry

    def answered(self, entry: Entry, plan: Plan) -> None:
        entry.plan = plan
        self._grow(entry, len(plan.text))

    def unmatched(self, entry: Entry, headers: Mapping[str, str | None]) -> None:
        entry.headers = headers
        self._grow(entry, sum(len(name) + len(value or "") for name, value in headers.items()))

    def _grow(self, entry: Entry, by: int) -> None:
        if self._entries and entry.seq >= self._entries[0].seq and not entry.forgotten:
            entry.size += by
            self._bytes += by
            if self._bytes > self._max_bytes:
                self._forget()

    def _forget(self) -> None:
        """The oldest, until what is left is within both bounds."""
        while self._entries and (len(self._entries) > self._max_entries or self._bytes > self._max_bytes):
            self._bytes -= self._entries.popleft().size
            self.evicted += 1

    async def ended(self, entry: Entry) -> None:
        pass  # readers have the entry itself

    async def select(self, **wanted: Unpack[Wanted]) -> list[Entry]:
        since, fields = wanted.get("since", 0), fields_of(wanted)
        found = (entry for entry in self if entry.seq > since and asks(entry, wanted))
        return [entry for entry in found if all(getattr(entry, name) == value for name, value in fields)]

    async def named(self, seqs: Iterable[int]) -> list[Entry]:
        wanted = set(seqs)
        return [entry for entry in self if entry.seq in wanted]

    async def owners(self) -> set[str]:
        return {entry.owner for entry in self}

    async def tally(self) -> Tally:
        return Tally(self.seq, self.evicted)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    async def clear(self, scope: str | None = None) -> None:
        kept = []
        for entry in self._entries:
            entry.forgotten = scope in (None, entry.scope)
            if not entry.forgotten:
                kept.append(entry)
        self._entries = deque(kept)
        self._bytes = sum(entry.size for entry in kept)

    async def close(self) -> None:
        pass
