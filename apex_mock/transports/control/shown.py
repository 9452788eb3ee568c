"""Journal entries and differences as JSON. No key leaves here: callers, and scopes named by a key, go by a digest."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from apex_mock.core.credentials import SECRET_HEADERS
from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Difference, Stub
from apex_mock.core.types import Operation
from apex_mock.faultfile import write_fault
from apex_mock.journal import Entry, redact
from apex_mock.mock import ApexMock
from apex_mock.stubfile import write_stub
from apex_mock.wire.times import rfc3339

# Their requests are about keys.
_KEPT_BACK = frozenset({Operation.CREATE_KEY, Operation.MODIFY_KEY, Operation.DELETE_KEY})
_INNER = frozenset({"fingerprint", "size"})
_QUOTED = re.compile(rf"\b(key|header (?:{'|'.join(sorted(SECRET_HEADERS))})): wanted .*", re.S | re.I)


class Shown:
    """Shows what one caller may see: the scope that it named itself by its name, others unless a key names them."""

    def __init__(self, named: str, keys: Iterable[str]) -> None:
        self._named, self._keys = named, frozenset(keys)

    @classmethod
    async def to(cls, mock: ApexMock, named: str = "") -> "Shown":
        callers = {key_of(owner) for owner in await mock.journal.owners()}
        return cls(named, callers.union(mock.settings.api_keys, mock.settings.service_keys))

    def scope(self, scope: str) -> str:
        return redact(scope) if scope in self._keys and scope != self._named else scope

    def entry(self, entry: Entry) -> dict[str, Any]:
        plan = entry.plan
        shown: dict[str, Any] = {
            "seq": entry.seq,
            "at": rfc3339(entry.at),
            "scope": self.scope(entry.scope),
            "by": entry.by,
            "app": entry.app,
            "transport": entry.transport,
            "operation": entry.operation,
            "prompt": None if entry.operation in _KEPT_BACK else entry.prompt,
            "request": None if entry.operation in _KEPT_BACK else plain(entry.request),
            "status": entry.outcome,
            "message": self.message(entry),
            "stub": entry.stub or None,
            "fault": entry.fault or None,
            "duration": entry.duration,
            "answer": None,
        }
        if plan is not None:
            shown["answer"] = {
                "id": plan.id,
                "model": plan.model,
                "text": plan.text,
                "finish_reason": plan.finish_reason,
                "miners": list(plan.miners),
                "tool_calls": [call._asdict() for call in plan.tool_calls],
                "frames": [{"at": rfc3339(f.at), "after": f.after, "text": f.text} for f in entry.frames],
            }
        return shown

    def message(self, entry: Entry) -> str:
        """What an error said. That of a call without a stub may quote keys, from where the nearest differs in one."""
        return _QUOTED.sub(r"\1: not shown", entry.message)

    def missed(self, missed: Iterable[tuple[Stub, Iterable[Difference]]]) -> list[dict[str, Any]]:
        return [
            {"stub": stub.title, "id": stub.id, "differences": [self.difference(d) for d in found]}
            for stub, found in missed
        ]

    def difference(self, found: Difference) -> dict[str, str]:
        """A difference in who calls is told without the keys."""
        header = found.field.removeprefix("header ").lower()
        if found.field == "key" or header in SECRET_HEADERS:
            return {"field": found.field, "wanted": "another", "got": "not shown"}
        return {"field": found.field, "wanted": found.wanted, "got": found.got}

    def stub(self, stub: Stub, scope: str, used: int) -> dict[str, Any]:
        """A stub as `read_stub` reads it, but for the keys in it, with its scope and how many calls have had it."""
        written = _without_keys(write_stub(stub))
        return {**written, "scope": self.scope(scope), "specificity": stub.when.specificity, "used": used}

    def fault(self, fault: Fault, acted: int) -> dict[str, Any]:
        """A fault as `read_fault` reads it, but for the keys in it, with its scope and on how many calls it acted."""
        return {**_without_keys(write_fault(fault)), "scope": self.scope(fault.scope), "acted": acted}


def _without_keys(written: dict[str, Any]) -> dict[str, Any]:
    when = written.get("when", {})
    if "key" in when:
        when["key"] = {name: redact(value) for name, value in when["key"].items()}
    for name in when.get("headers", {}):
        if name.lower() in SECRET_HEADERS:
            when["headers"][name] = {how: redact(value) for how, value in when["headers"][name].items()}
    return written


def key_of(owner: str) -> str:
    return owner.partition("\n")[0]  # a service key is followed by its user


def plain(value: Any) -> Any:
    """A request as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in _INNER}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
