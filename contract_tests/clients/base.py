"""The small protocol that every clause speaks: `call` an operation with a body, get an Answer.

A Wire turns one request into bytes and the bytes that come back into an Answer. A Client is a caller on a wire: it has
a key, paces itself, remembers what it sent and what it made, and takes what it made away again.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from ..answer import Answer
from ..operations import OPERATIONS, Op, Transport
from ..redaction import Redactor

if TYPE_CHECKING:
    from ..control import Control
    from ..target import Target

T = TypeVar("T")
RATE_LIMIT_TRIES = 3  # how often a call is made again that a live target's rate limit refused
NO_TLS = "what answers there does not speak TLS"
LONGEST_WAIT = 90.0  # seconds for which a Retry-After is heeded


class Unreachable(Exception):
    """Nobody answered at the address; the message says why."""


class NotHere(Exception):
    """A clause wants something of its transport or target that is not there; the message says what."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `content` replaces the encoded body by bytes, whatever they are; `patience` is how long the answer
    is waited for, in seconds, where that is not as long as the target's `timeout`."""

    operation: Op
    body: Mapping[str, Any]
    key: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
    content: bytes | None = None
    path: str | None = None
    method: str | None = None
    keep: Sequence[str] = ()  # fields that go out under exactly these names
    patience: float | None = None

    @property
    def sent_headers(self) -> dict[str, str]:
        own = {name.lower(): value for name, value in self.headers.items()}
        if self.key is not None:
            own.setdefault("authorization", f"Bearer {self.key}")
        return own


@dataclass(slots=True)
class Sent:
    """A request that went out, and what came of it: None while nothing has, or when nobody answered."""

    request: Request
    transport: Transport
    answer: Answer | None = None


class Wire(ABC):
    """Bytes there and back, over one transport, for any caller."""

    transport: Transport

    def __init__(self, address: str, target: "Target") -> None:
        self.address = address
        self.target = target

    @abstractmethod
    def send(self, request: Request) -> Answer:
        """Raises Unreachable when there is no answer at all."""

    @abstractmethod
    def command(self, request: Request, redact: Redactor) -> str:
        """A shell command that makes the same request; secrets stand in it as their variables."""

    def lacks(self, operation: Op) -> bool:
        """Whether this client has no such call, whatever the target has. Raises Unreachable."""
        return False

    def close(self) -> None:  # noqa: B027  # nothing to close is fine
        pass


class Client:
    """A caller: what a clause is given. `exact` says that answers derive from seeds and may be compared as text."""

    def __init__(
        self,
        wires: Mapping[Transport, Wire],
        transport: Transport,
        key: str | None,
        *,
        control: "Control | None" = None,
        memo: "dict[tuple[Transport, str], Any] | None" = None,
    ) -> None:
        self._wires = wires
        self.transport = transport
        self.target = wires[transport].target
        self.key = key
        self._control = control
        self._memo = {} if memo is None else memo
        self.sent: list[Sent] = []
        self._once: Sequence[Sent] = ()
        self._made: list[tuple[Op, Mapping[str, Any]]] = []
        self.made_keys: list[str] = []

    @property
    def exact(self) -> bool:
        return self.target.exact

    @property
    def control(self) -> "Control":
        """The fake's clock and pace, for this caller's own world. Raises NotHere."""
        if self._control is None:
            raise NotHere("the target has no control API")
        return self._control

    # --- Calls --------------------------------------------------------------------------------------------------------

    def call(
        self,
        operation: Op,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        key: str | None = "",
        deadline: float | None = None,
        content: bytes | None = None,
        path: str | None = None,
        method: str | None = None,
        keep: Sequence[str] = (),
    ) -> Answer:
        """Makes one call. `key=None` sends none, "" the caller's own; `content` is sent in place of the body.

        An operation that this transport does not have goes over the REST host.
        """
        sent_key = self.key if key == "" else key
        request = Request(operation, body or {}, sent_key, headers or {}, deadline, content, path, method, keep)
        has = self.transport in OPERATIONS[operation].transports
        return self._send(request, self.transport if has else Transport.REST)

    def _send(self, request: Request, transport: Transport) -> Answer:
        wire = self._wires.get(transport)
        if wire is None:
            raise NotHere(f"the target has no address for {transport}")
        for tried in range(1, RATE_LIMIT_TRIES + 1):
            self.target.wait_for_turn()
            self.sent.append(sent := Sent(request, transport))
            answer = sent.answer = wire.send(request)
            again = answer.headers.get("retry-after", "")
            # A fake refuses because a clause wants it to; a live service because we ask too much of it.
            if answer.code != "resource_exhausted" or self.target.control or tried == RATE_LIMIT_TRIES:
                break
            time.sleep(min(float(again) if again.isdigit() else 10.0, LONGEST_WAIT))
        self._remember(request, answer)
        return answer

    def chat(self, prompt: str = "Say hello.", *, operation: Op = Op.CHAT, **fields: Any) -> Answer:
        """Asks one question; `fields` are the request's others. Answers are kept short: they may cost credit."""
        body: dict[str, Any] = {"messages": [{"role": "user", "content": prompt}], **fields}
        if "sampling_parameters" not in body and not self.exact:
            body["sampling_parameters"] = {"max_new_tokens": 32, "temperature": 0.7, "top_p": 0.95, "do_sample": True}
        return self.call(operation, body)

    def stream(self, prompt: str = "Say hello.", **fields: Any) -> Answer:
        return self.chat(prompt, operation=Op.STREAM, **fields)

    def search(self, query: str = "What is Bittensor?", **fields: Any) -> Answer:
        return self.call(Op.SEARCH, {"search_query": query, **fields})

    # --- Other callers ------------------------------------------------------------------------------------------------

    def another(self) -> "Client":
        """A caller with another key, on the same wire. What it makes is taken away with this one's."""
        return self.with_key(self.target.second_key_for(self.key))

    def with_key(self, key: str | None) -> "Client":
        return self._sibling(self.transport, key)

    def over(self, transport: Transport) -> "Client":
        """The same caller on another wire. Raises NotHere."""
        if transport not in self._wires:
            raise NotHere(f"the target has no address for {transport}")
        return self._sibling(transport, self.key)

    def _sibling(self, transport: Transport, key: str | None) -> "Client":
        """Who keeps the same account of what was sent and made."""
        sibling = Client(self._wires, transport, key, control=self._control, memo=self._memo)
        sibling.sent, sibling._made, sibling.made_keys = self.sent, self._made, self.made_keys
        return sibling

    # --- What is made, kept and taken away ----------------------------------------------------------------------------

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What several clauses look at and is dear to make: made by the first of them on each transport."""
        if (self.transport, name) not in self._memo:
            before = len(self.sent)
            self._memo[self.transport, name] = make(), self.sent[before:]
        found: tuple[T, list[Sent]] = self._memo[self.transport, name]
        self._once = found[1]
        return found[0]

    def _remember(self, request: Request, answer: Answer) -> None:
        if not answer.ok:
            return
        if request.operation is Op.CREATE_CHAT and (made := answer.value.get("parsed_chat", {}).get("id")):
            self._made.append((Op.DELETE_CHATS, {"chat_ids": [made], "_key": request.key}))
        if request.operation is Op.CREATE_KEY and (made := answer.value.get("api_key")):
            self._made.append((Op.DELETE_KEY, {"key": made, "_admin": dict(request.headers)}))
            self.made_keys.append(made)

    def clean_up(self) -> list[str]:
        """Deletes what was made, newest first; says what could not be deleted."""
        left = []
        while self._made:
            operation, body = self._made.pop()
            fields = {name: value for name, value in body.items() if not name.startswith("_")}
            try:
                answer = self.call(operation, fields, key=body.get("_key", ""), headers=body.get("_admin"))
            except (Unreachable, NotHere) as error:
                left.append(f"{operation} {fields}: {error}")
                continue
            if not answer.ok and answer.code != "not_found":
                left.append(f"{operation} {fields}: {answer.code} {answer.message}")
        return left

    @property
    def answers(self) -> list[Answer]:
        """In the order of their requests."""
        return [sent.answer for sent in self.sent if sent.answer is not None]

    def command(self, answer: Answer | None = None) -> str:
        """A shell command that repeats the request of this answer, else the last request; "" before the first."""
        known = [*self._once, *self.sent]
        if not known:
            return ""
        sent = next((sent for sent in known if answer is not None and sent.answer is answer), known[-1])
        return self._wires[sent.transport].command(sent.request, self.redactor)

    @property
    def redactor(self) -> Redactor:
        """Takes the target's secrets, and the keys that were made, out of what is shown."""
        return self.target.redactor(*self.made_keys)


def untrusted(why: str, variable: str) -> str:
    """What is said of a certificate that nobody here vouches for."""
    return f"{why}; to trust it, name its CA's file in {variable}"


def as_json(body: Any) -> bytes:
    return orjson.dumps(body)
