"""How much a store keeps, and what it forgets first; docs/limits.md says it to users.

A scope is forgotten whole, the longest unused first, and never the one that is being written to or that of all ("").
One in which something was stored is not pushed out by those that have only been called: of each sort there may be so
many. Bytes are counted over all, roughly. A scope that is too large by itself is refused more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from operator import attrgetter
from sys import getsizeof
from typing import Any, NamedTuple

from apex_mock.core.faults.times import Quota
from apex_mock.core.types import Job, Surprises
from apex_mock.errors import TooMuch

# What calls leave behind by themselves. Every other record is there because somebody wanted it.
BY_THE_WAY: frozenset[type[Any]] = frozenset({Quota, Surprises})
NAME_SIZE = 150  # bytes that an ordinal counts
_PLAIN = frozenset({int, float, bool, type(None)})
RECORD_SIZE = 200  # and that a record counts besides its texts


@dataclass(frozen=True, slots=True)
class Bounds:
    """`scopes` of each sort, and the `size` of all in bytes. Of each scope so many `names` of ordinals, those counted
    longest ago forgotten first; and of some kinds so many `records`, the oldest forgotten first, as nobody takes them
    away."""

    scopes: int = 10_000
    size: int = 256 * 1024 * 1024
    names: int = 50_000
    records: Mapping[type[Any], int] = field(default_factory=lambda: {Job: 1000, Quota: 10_000})


class Kept(NamedTuple):
    """How many scopes there are of each sort, and how many bytes in all."""

    called: int
    stored: int
    size: int


def too_much(scope_size: int, bounds: Bounds) -> TooMuch:
    return TooMuch(
        f"This scope holds {scope_size} bytes, and the server keeps {bounds.size} for all",
        hint="delete chats, reset the scope, or see --store-bytes",
    )


def size_of(record: Any) -> int:
    """About how many bytes of memory a record takes."""
    return RECORD_SIZE + _size(record)


def _size(value: Any) -> int:
    kind: Any = type(value)
    if kind is str:
        return getsizeof(value)
    if kind in _PLAIN:
        return 32
    if isinstance(value, Mapping):
        return getsizeof(value) + sum(_size(part) for pair in value.items() for part in pair)
    parts = value if isinstance(value, tuple | list) else _reader(kind)(value)
    return getsizeof(parts) + sum(map(_size, parts))


@cache
def _reader(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Reads all fields of a record at once."""
    return attrgetter(*(field.name for field in fields(kind))) if is_dataclass(kind) else lambda value: ()
