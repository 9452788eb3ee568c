"""What stubs and faults share when people write them: conditions on calls, short forms, and errors that say where.

Where a condition on a text goes, a plain text means `{contains: ...}`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from pydantic import ValidationError

from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Match, Stub, Text
from apex_mock.core.types import Sampling, ToolCall

TEXTS = ("prompt", "any_message", "system", "model", "app", "key")
WHEN = tuple(field.name for field in fields(Match) if field.name != "where")  # a predicate is a Python function
CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "when": WHEN,
    "condition": tuple(field.name for field in fields(Text)),
    "sampling": tuple(field.name for field in fields(Sampling)),
}
At = tuple[str | int, ...]
R = TypeVar("R", Stub, Fault)


class BadRule(ValueError):
    """A stub or a fault that cannot be used: `rule` says which, `field` where in it, `problem` what is wrong."""

    def __init__(self, problem: str, field: At = (), rule: str = "") -> None:
        path = ".".join(map(str, field))
        super().__init__(": ".join(part for part in (rule, path, problem) if part))
        self.problem, self.field, self.rule = problem, field, rule


def first_fault(error: ValidationError) -> tuple[str, At]:
    """What pydantic says first of a value, and where."""
    first = error.errors(include_url=False)[0]
    problem = str(first["msg"]).removeprefix("Value error, ")
    return problem[:1].lower() + problem[1:], tuple(first["loc"])


def read_rules(value: Any, kind: str, read: Callable[[Any], R]) -> list[R]:
    """The stubs or the faults of a file or a body: a list, a mapping with the list under the kind's plural, or one of
    them. A `scope` beside that list is that of all that name none. Raises BadRule, which says which it is."""
    plural = f"{kind}s"
    if isinstance(value, Mapping) and plural in value:
        if others := sorted(str(key) for key in set(value) - {plural, "scope"}):
            raise BadRule(f"there is no such key beside {plural}", (others[0],))
        scope = value.get("scope") or ""
        if not isinstance(scope, str):
            raise BadRule(f"must be a text, not {kind_of(scope)}", ("scope",))
        return [replace(rule, scope=rule.scope or scope) for rule in read_rules(value[plural], kind, read)]
    if value is None:
        return []
    if isinstance(value, Mapping | str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise BadRule(f"expected a {kind} or a list of {plural}, not {kind_of(value)}")
    return [_numbered(rule, number, kind, read) for number, rule in enumerate(value, 1)]


def _numbered(value: Any, number: int, kind: str, read: Callable[[Any], R]) -> R:
    try:
        return read(value)
    except BadRule as error:
        name = value.get("name") or value.get(kind) if isinstance(value, Mapping) else value
        title = f"{kind} {number} ({name})" if isinstance(name, str) and name else f"{kind} {number}"
        raise BadRule(error.problem, error.field, title) from None


def read_when(value: Any) -> dict[str, Any]:
    """Conditions on a call, for pydantic to make a Match of. Raises BadRule."""
    known = mapping_of(value, "when", CONDITIONS["when"], ("when",))
    for name in TEXTS:
        if name in known:
            known[name] = _text(known[name], ("when", name))
    if "headers" in known:
        headers = known["headers"]
        if not isinstance(headers, Mapping):
            raise BadRule(f"expected a mapping, not {kind_of(headers)}", ("when", "headers"))
        known["headers"] = {name: _text(wanted, ("when", "headers", name)) for name, wanted in headers.items()}
    if "sampling" in known:
        known["sampling"] = mapping_of(known["sampling"], "sampling", CONDITIONS["sampling"], ("when", "sampling"))
    return known


def _text(value: Any, at: At) -> dict[str, Any]:
    if isinstance(value, str):
        return {"contains": value}
    return mapping_of(value, "condition", CONDITIONS["condition"], at, short=True)


def mapping_of(value: Any, kind: str, keys: Sequence[str], at: At, *, short: bool = False) -> dict[str, Any]:
    """A copy, without what is null. Raises BadRule for a key that is not there; `short`: a plain text would do too."""
    if not isinstance(value, Mapping):
        raise BadRule(f"expected {'a text or a mapping' if short else 'a mapping'}, not {kind_of(value)}", at)
    for key in value:
        if key not in keys:
            raise BadRule(f"there is no such key; {article(kind)} {kind} has {', '.join(keys)}", (*at, str(key)))
    return {name: part for name, part in value.items() if part is not None}  # null is as if it were not there


def list_of(value: Any, at: At) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadRule(f"expected a list, not {kind_of(value)}", at)
    return list(value)


def article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def kind_of(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", int: "a number"}
    return (
        "nothing"
        if value is None
        else names.get(type(value), article(type(value).__name__) + " " + type(value).__name__)
    )


def check_count(value: int | None, at: At) -> None:
    if value is not None and value < 1:
        raise BadRule(f"must be at least 1, not {value}", at)


def check_number(value: float | None, at: At) -> None:
    if value is not None and not (math.isfinite(value) and 0 <= value < 1e9):
        raise BadRule(f"must be a number from 0 up, not {value}", at)


def written(value: Any) -> Any:
    """A record as plain values, without what is as it would be anyway. A predicate is only told of."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {f.name: getattr(value, f.name) for f in fields(value) if not is_default(f, getattr(value, f.name))}
        return {name: written(part) for name, part in kept.items()}
    if isinstance(value, ToolCall):
        return {name: part for name, part in value._asdict().items() if part}
    if isinstance(value, Enum):
        return value.value
    if callable(value):
        return "a predicate in Python"
    if isinstance(value, Mapping):
        return {str(name): written(part) for name, part in value.items()}
    return [written(part) for part in value] if isinstance(value, list | tuple) else value


def is_default(field: Any, value: Any) -> bool:
    if isinstance(value, Mapping):
        return not value and field.name != "json"
    return bool(value == field.default) if value is not False else field.default is False
