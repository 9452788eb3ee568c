"""Faults as people write them: one model for files, the control API, the command line, Python and the header.

fault: drop                     its name, and beside it its options
after: 3
when: {prompt: story}           which calls, as a stub has it
probability: 0.5                how often; also count, first, every, since, until, scope

In short, on one line: `drop; after=3; prompt=story; probability=0.5`.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache, lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apex_mock.core.faults.effects import Effect
from apex_mock.core.faults.rules import FAULTS, Fault
from apex_mock.core.stubs import FaultSpec, Match
from apex_mock.reading import (
    WHEN,
    At,
    BadRule,
    article,
    check_count,
    check_number,
    first_fault,
    kind_of,
    mapping_of,
    read_rules,
    read_when,
    written,
)

HEADER = "x-apex-fault"
RULE = ("id", "name", "when", "scope", "probability", "count", "first", "every", "since", "until")
OPTIONS: Mapping[str, tuple[str, ...]] = {name: tuple(f.name for f in fields(kind)) for name, kind in FAULTS.items()}
SHORT_WHEN = tuple(name for name in WHEN if name not in ("sampling", "headers"))  # those that have one value
_PART = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|[^;"])*)\s*(?:;|$)')


@cache
def _effects(name: str) -> TypeAdapter[Effect]:
    return TypeAdapter(FAULTS[name])


@cache
def _matches() -> TypeAdapter[Match]:
    return TypeAdapter(Match)


@cache
def _faults() -> TypeAdapter[Fault]:
    return TypeAdapter(Fault)


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_faults(value: Any) -> list[Fault]:
    """The faults of a file or a body: see `read_rules`. Raises BadRule."""
    return read_rules(value, "fault", read_fault)


def read_fault(value: Any) -> Fault:
    """One fault, from plain values or from its short form. Raises BadRule, whose `field` is where the fault lies."""
    conditions: tuple[str, ...] = ()
    if isinstance(value, str):
        value, conditions = (
            _spelt_out(value),
            SHORT_WHEN,
        )  # which are in `when` by now, and told of where a key is wrong
    name = _name_of(value, ())
    known = mapping_of(value, f"{name} fault", ("fault", *OPTIONS[name], *RULE, *conditions), ())
    rule = {key: known[key] for key in RULE if key in known and key != "when"}
    spec = _spec(name, {key: known[key] for key in OPTIONS[name] if key in known}, ())
    try:
        when = _matches().validate_python(read_when(known.get("when") or {}))
        fault = _faults().validate_python({"id": "", **rule, "fault": name})
    except ValidationError as error:
        raise BadRule(*first_fault(error)) from None
    if not 0 <= fault.probability <= 1:
        raise BadRule(f"must be from 0 (never) to 1 (always), not {fault.probability}", ("probability",))
    for key in ("count", "first", "every"):
        check_count(getattr(fault, key), (key,))
    check_count(when.nth, ("when", "nth"))
    for key in ("since", "until"):
        check_number(getattr(fault, key), (key,))
    if fault.until is not None and fault.until <= fault.since:
        raise BadRule(f"must be later than since, {fault.since:g}, not {fault.until:g}", ("until",))
    only = FAULTS[name].only
    if only is not None and when.operation is not None and when.operation not in only:
        acts = " and ".join(sorted(only))
        raise BadRule(
            f"{article(name)} {name} fault acts on {acts} alone, not on {when.operation}", ("when", "operation")
        )
    return replace(fault, options=spec.options, when=when)


def read_spec(value: Any, at: At = ()) -> FaultSpec:
    """A fault without conditions, as a stub's reply has it. Raises BadRule."""
    if isinstance(value, str):
        value = _spelt_out(value, at)
    name = _name_of(value, at)
    known = mapping_of(value, f"{name} fault here", ("fault", *OPTIONS[name]), at)
    return _spec(name, {key: known[key] for key in OPTIONS[name] if key in known}, at)


@lru_cache(maxsize=512)
def read_header(text: str) -> Fault:
    """The fault that one request asks for itself; of the conditions it may have a probability. Raises BadRule."""
    spelt = _spelt_out(text)
    name = _name_of(spelt, ())
    mapping_of(spelt, f"{name} fault in a header", ("fault", *OPTIONS[name], "probability"), ())
    return read_fault(spelt)


def _spec(name: str, options: dict[str, Any], at: At) -> FaultSpec:
    if isinstance(options.get("code"), str):
        options["code"] = options["code"].lower()
    try:
        effect = _effects(name).validate_python(options)
    except ValidationError as error:
        problem, place = first_fault(error)
        raise BadRule(problem, (*at, *place)) from None
    return FaultSpec(name, {key: _plain(getattr(effect, key)) for key in options})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _name_of(value: Any, at: At) -> str:
    if not isinstance(value, Mapping):
        raise BadRule(f"expected a text or a mapping, not {kind_of(value)}", at)
    name = value.get("fault")
    if not isinstance(name, str) or name not in FAULTS:
        said = "say which" if name is None else f"there is no {name!r}"
        raise BadRule(f"{said}; there are {', '.join(FAULTS)}", (*at, "fault"))
    return name


def _spelt_out(text: str, at: At = ()) -> dict[str, Any]:
    """The short form as a mapping: the fault's name, then `key=value`, parted by semicolons."""
    name, *parts = _parts(text, at)
    spelt: dict[str, Any] = {"fault": name}
    when: dict[str, Any] = {}
    for part in parts:
        key, equals, value = (side.strip() for side in part.partition("="))
        if not equals or not key:
            raise BadRule(f"after the fault's name comes key=value, not {part!r}", at)
        if key in spelt or key in when:
            raise BadRule("is there twice", (*at, key))
        plain: Any = value[1:-1].replace('\\"', '"') if len(value) > 1 and value[0] == value[-1] == '"' else value
        if key == "uids":
            plain = plain.split(",")
        (when if key in SHORT_WHEN else spelt)[key] = plain
    return spelt | ({"when": when} if when else {})


def _parts(text: str, at: At) -> list[str]:
    """What stands between the semicolons; those in double quotes part nothing."""
    parts, place = [], 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise BadRule(f"a quote is not closed in {text!r}", at)
        parts.append(found[1].strip())
        place = found.end()
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts or [""]


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_spec(spec: FaultSpec) -> dict[str, Any]:
    return {"fault": spec.fault, **spec.options}


def write_fault(fault: Fault) -> dict[str, Any]:
    """The fault as `read_fault` reads it, without what is as it would be anyway."""
    told = written(fault)
    options = told.pop("options", {})
    kept = {name: value for name, value in told.items() if name in RULE and value != ""}
    return {"fault": fault.fault, **options, **kept}


def in_short(fault: Fault) -> str:
    """The fault on one line, as the command line takes it where it can say all of it."""
    told = write_fault(fault)
    when = told.pop("when", {})
    told.pop("id", None)
    name = told.pop("fault")
    shown = {**told, **{key: next(iter(v.values())) if isinstance(v, Mapping) else v for key, v in when.items()}}
    return "; ".join([name, *(f"{key}={_quoted(value)}" for key, value in shown.items())])


def _quoted(value: Any) -> str:
    """In quotes where it would be read as more than one part without them."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if text == text.strip() and not {";", '"'} & set(text):
        return text
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'
