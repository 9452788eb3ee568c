"""A fake that runs elsewhere, as a handle asks it: by its control API, over a connection that is kept."""

import os
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from apex_mock.clock import advancing, running
from apex_mock.core.chats import GivenChat
from apex_mock.core.credentials import CONTROL_TOKEN
from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Match, Stub
from apex_mock.core.types import Chat, Micros, Operation, ResearchMode
from apex_mock.environment import NotThere, find
from apex_mock.errors import InvalidRequest, NotFound
from apex_mock.faultfile import write_fault
from apex_mock.journal import Entry
from apex_mock.stubfile import write_chats, write_stub
from apex_mock.testing.entries import read_entry
from apex_mock.wire.times import micros, rfc3339
from apex_mock.world import PARTS

TIMEOUT = 30.0  # seconds


class Remote:
    """One for each session of tests; `close` ends its connection. Raises NotThere when no fake is at `url`."""

    def __init__(self, url: str) -> None:
        self.token = os.environ.get("APEX_MOCK_CONTROL_TOKEN", "")
        found = find(url, self.token)
        if found.auth == "keys":
            raise NotThere(
                f"the fake at {found.url} accepts only some keys, and each test has its own: start it without"
            )
        self.url, self.ca = found.url, found.ca
        self._connection = _connection(found.url, found.ca)
        self._lock = threading.Lock()

    def begin(self, scope: str) -> None:
        """A run that was cut short may have left something behind."""
        self.reset(scope)

    def close(self) -> None:
        self._connection.close()

    # --- Stubs and what is stored -------------------------------------------------------------------------------------

    def lay(self, scope: str, stub: Stub) -> Stub:
        self._check(stub.title, stub.when)
        written = write_stub(stub)
        written.pop("id", None)
        path = ("PUT", f"stubs/{quote(stub.id)}") if stub.id else ("POST", "stubs")
        (laid,) = self._ask(*path, scope, written)["stubs"]
        return replace(stub, id=laid["id"])

    def remove(self, scope: str, id: str) -> None:
        with suppress(NotFound):
            self._ask("DELETE", f"stubs/{quote(id)}", scope)

    def used(self, scope: str, stub: Stub) -> int:
        return next((laid["used"] for laid in self._own_stubs(scope) if laid["id"] == stub.id), 0)

    def unused(self, scope: str) -> list[Stub]:
        return [Stub(laid["id"], name=laid.get("name", "")) for laid in self._own_stubs(scope) if not laid["used"]]

    def _own_stubs(self, scope: str) -> list[dict[str, Any]]:
        return [laid for laid in self._ask("GET", "stubs", scope)["stubs"] if laid["scope"] == scope]

    def _check(self, title: str, when: Match) -> None:
        if when.where is not None:
            raise ValueError(
                f"{title}: `where` is a Python function, which cannot go to the fake at {self.url}; use the other "
                "conditions, or run without --apex-url and --apex-shared"
            )

    def seed_chats(self, scope: str, chats: Sequence[GivenChat]) -> list[Chat]:
        with _as_value_errors():
            stored = self._ask("POST", "chats", scope, {"chats": write_chats(chats)})["chats"]
        times = ("created_at", "updated_at")
        return [Chat(**(chat | {name: micros(chat[name]) for name in times}), owner=scope) for chat in stored]

    # --- Faults -------------------------------------------------------------------------------------------------------

    def lay_fault(self, scope: str, fault: Fault) -> Fault:
        self._check(fault.title, fault.when)
        written = {name: value for name, value in write_fault(fault).items() if name != "scope"}
        with _as_value_errors():
            (laid,) = self._ask("POST", "faults", scope, written)["faults"]
        return replace(fault, id=laid["id"], scope=scope)

    def remove_fault(self, scope: str, id: str) -> None:
        with suppress(NotFound):
            self._ask("DELETE", f"faults/{quote(id)}", scope)

    def acted(self, scope: str, fault: Fault) -> int:
        laid = self._ask("GET", "faults", scope)["faults"]
        return next((one["acted"] for one in laid if one["id"] == fault.id), 0)

    # --- Time and choices ---------------------------------------------------------------------------------------------

    def now(self, scope: str) -> Micros:
        return self._now(self._ask("GET", "clock", scope))

    def advance(self, scope: str, seconds: float) -> Micros:
        advancing(seconds)
        with _as_value_errors():
            return self._now(self._ask("POST", "clock/advance", scope, {"seconds": seconds}))

    def scale(self, scope: str, factor: float) -> Micros:
        running(factor)
        with _as_value_errors():
            return self._now(self._ask("POST", "clock", scope, {"scale": factor}))

    def set_clock(self, scope: str, at: Micros) -> Micros:
        with _as_value_errors():
            return self._now(self._ask("POST", "clock", scope, {"now": rfc3339(at)}))

    def _now(self, told: Mapping[str, Any]) -> Micros:
        return micros(told["now"])

    def choose(
        self, scope: str, *, seed: int | None, profile: str | None, strict: bool | None, research: ResearchMode | None
    ) -> None:
        choices = {"profile": profile, "strict": strict, "seed": seed}
        for name, chosen in choices.items():
            if chosen is not None:
                self._ask("POST", name, scope, {name: chosen})
        if research is not None:
            self._ask("POST", "research", scope, asdict(research))

    def reset(self, scope: str, parts: Sequence[str] = PARTS) -> None:
        self._ask("POST", "reset", scope, {"what": [*parts]})

    # --- What was asked -----------------------------------------------------------------------------------------------

    def calls(
        self,
        scope: str,
        *,
        operation: Operation | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        text: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        filters = {"operation": operation, "transport": transport, "status": outcome, "text": text}
        given = {name: value for name, value in filters.items() if value is not None}
        told = self._ask("GET", "journal", scope, since=since, **given)
        return [read_entry(call) for call in told["calls"]]

    def strangers(self, scope: str) -> list[str]:
        """Other tests call the same fake, so it cannot be told who strayed."""
        return []

    def take_surprises(self, scope: str) -> list[str]:
        surprises: list[str] = self._ask("DELETE", "surprises", scope)["surprises"]
        return surprises

    # --- The connection -----------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, scope: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Raises InvalidRequest for what the fake refuses, NotFound for what it has not, NotThere when it is gone."""
        target = f"/__apex/{path}?{urlencode({'scope': scope, **query})}"
        sent = None if body is None else orjson.dumps(body)
        try:
            status, answer = self._exchange(method, target, sent)
        except (OSError, HTTPException) as error:
            raise NotThere(
                f"the fake at {self.url} does not answer any more: {error or type(error).__name__}"
            ) from None
        told: dict[str, Any] = orjson.loads(answer)
        if status >= 400:
            raise _refusal(status, told, f"{method} {target}")
        return told

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {CONTROL_TOKEN: self.token} if self.token else {}
        with self._lock:
            try:
                self._connection.request(method, target, body, headers)
                answer = self._connection.getresponse()
            except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # It was kept for longer than the fake keeps it.
                self._connection.close()
                self._connection.request(method, target, body, headers)
                answer = self._connection.getresponse()
            return answer.status, answer.read()


def _connection(url: str, ca: str) -> HTTPConnection:
    parts = urlsplit(url)
    assert parts.hostname is not None
    if parts.scheme == "http":
        return HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
    context = ssl.create_default_context(cafile=ca or None)
    return HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT, context=context)


def _refusal(status: int, told: Mapping[str, Any], asked: str) -> Exception:
    detail = told.get("detail")
    if status == 422 and isinstance(detail, list):
        first = detail[0]
        path = [str(part) for part in first["loc"][1:]]
        return InvalidRequest(str(first["msg"]), path)
    if status == 404 and not str(detail).startswith("there is no control route"):
        return NotFound(str(detail))
    return NotThere(f"{asked}: {status} {detail or dict(told)}; is the fake of another version than this plugin?")


@contextmanager
def _as_value_errors() -> Iterator[None]:
    """As the fake in this process has them."""
    try:
        yield
    except InvalidRequest as error:
        raise ValueError(str(error)) from None
