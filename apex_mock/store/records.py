"""Records as JSON, and back: what a store keeps that lies outside this process.

A kind is known by its class's name. JSON here has NaN and infinities too: a row's metadata may hold them.
"""

from functools import cache, lru_cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from apex_mock.core.faults.rules import Fault
from apex_mock.core.stubs import Stub
from apex_mock.errors import InvalidRequest
from apex_mock.store.base import R, Record

WHERE = ("when", "where")
KEPT = 4096  # records that were read last: reading one anew costs ten times as much as finding it
KEPT_SIZE = 4096  # bytes; longer ones are read anew each time


@cache
def _adapter(kind: Any) -> TypeAdapter[tuple[Any]]:
    # In a tuple: pydantic takes no configuration for a dataclass itself.
    one: Any = tuple[kind]
    return TypeAdapter(one, config=ConfigDict(ser_json_inf_nan="constants"))


def encode(record: Record) -> bytes:
    """Raises InvalidRequest for what cannot leave this process: a predicate, half of a surrogate pair."""
    if isinstance(record, Stub | Fault) and record.when.where is not None:
        named = f"{type(record).__name__.lower()} {record.name or record.id}"
        raise InvalidRequest(f"the {named} has a Python predicate, which only the memory store can keep", WHERE)
    kind: Any = type(record)
    try:
        return _adapter(kind).dump_json((record,))
    except PydanticSerializationError as error:
        raise InvalidRequest(f"this {kind.__name__} cannot be stored: {error}") from None


def decode(kind: type[R], data: bytes) -> R:
    """Raises ValueError for what is no such record."""
    named: Any = kind
    record: R = _decode_kept(named, data) if len(data) <= KEPT_SIZE else _decode(named, data)
    return record


def _decode(kind: Any, data: bytes) -> Any:
    try:
        return _adapter(kind).validate_json(data)[0]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"a stored {kind.__name__} cannot be read: {first['msg']}") from None


_decode_kept: Any = lru_cache(maxsize=KEPT)(_decode)
