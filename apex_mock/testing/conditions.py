"""Whom a stub or a fault is for, as a test says it: conditions by name, and the name that they make."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from apex_mock.core.stubs import Match, Predicate, Text
from apex_mock.core.types import Caller, Mode, Operation, Sampling

TextLike: TypeAlias = str | re.Pattern[str] | Text
E = TypeVar("E", bound=StrEnum)
SAMPLING = tuple(field.name for field in fields(Sampling))
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}


def match_of(
    operation: Operation | None,
    *,
    containing: str | None = None,
    equals: str | None = None,
    regex: str | None = None,
    glob: str | None = None,
    system: TextLike | None = None,
    any_message: TextLike | None = None,
    model: TextLike | None = None,
    mode: Mode | str | None = None,
    stream: bool | None = None,
    uids: Iterable[int] | None = None,
    app: TextLike | None = None,
    key: TextLike | None = None,
    header: Mapping[str, TextLike] | None = None,
    nth: int | None = None,
    where: Callable[..., bool] | None = None,
    **sampling: float,
) -> Match:
    """What a stub is for, from what a test gives. A plain text for `system`, `any_message`, `model`, `app`, `key` or a
    header is one that the call's must contain; a compiled pattern or a Text says otherwise.

    Raises TypeError for a condition that does not exist, ValueError for one that makes no sense.
    """
    if unknown := sorted(set(sampling) - set(SAMPLING)):
        raise TypeError(f"no condition {unknown[0]!r}; there are {', '.join(CONDITIONS)}")
    if nth is not None and nth < 1:
        raise ValueError(f"nth counts from 1, not {nth}")
    given = {"containing": containing, "equals": equals, "regex": regex, "glob": glob}
    for name, text in given.items():
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{name} is a text, not {text!r}")
    prompt = None
    if any(text is not None for text in given.values()):
        prompt = Text(equals=equals, contains=containing, regex=regex, glob=glob)
    return Match(
        operation=operation,
        prompt=prompt,
        system=_text("system", system),
        any_message=_text("any_message", any_message),
        model=_text("model", model),
        mode=None if mode is None else one_of(Mode, mode, "mode"),
        stream=stream,
        sampling=sampling,
        uids=None if uids is None else tuple(uids),
        app=_text("app", app),
        key=_text("key", key),
        headers={name.lower(): _wanted(f"header {name}", value) for name, value in (header or {}).items()},
        nth=nth,
        where=None if where is None else _predicate(where),
    )


def named(verb: str, conditions: Mapping[str, Any]) -> str:
    """A stub's name: the line that made it, `chat(containing='refund')`. A key is not shown."""
    given = (
        f"{name}={'…' if name == 'key' else _shown(value)}" for name, value in conditions.items() if value is not None
    )
    return f"{verb}({', '.join(given)})"


def _shown(value: Any) -> str:
    return getattr(value, "__name__", "a predicate") if callable(value) else repr(value)


CONDITIONS = (*list(inspect.signature(match_of).parameters)[1:-1], *SAMPLING)


def _text(name: str, value: TextLike | None) -> Text | None:
    return None if value is None else _wanted(name, value)


def _wanted(name: str, value: TextLike) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, re.Pattern):
        flags = "".join(letter for flag, letter in _FLAGS.items() if value.flags & flag)
        return Text(regex=f"(?{flags}){value.pattern}" if flags else value.pattern)
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text, a compiled pattern or a Text, not {value!r}")
    return Text(contains=value)


def _predicate(where: Callable[..., bool]) -> Predicate:
    """One of (request, caller), whether it was written for both or for the request alone."""
    try:
        wanted = list(inspect.signature(where).parameters.values())
    except (TypeError, ValueError):  # of some builtins nothing can be known
        return lambda request, caller: where(request)
    places: Sequence[Any] = [p for p in wanted if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    both = len(places) > 1 or any(p.kind is p.VAR_POSITIONAL for p in wanted)

    def predicate(request: Any, caller: Caller) -> bool:
        return bool(where(request, caller) if both else where(request))

    return predicate


def one_of(kind: type[E], value: str, name: str) -> E:
    """A member by its value. Raises ValueError, which lists them."""
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"no {name} {value!r}; there are {', '.join(kind)}") from None
