"""Times and job chunks in the form that both surfaces give them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from apex_mock.core.types import JobView, Micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(at: Micros) -> str:
    """UTC with microseconds and Z, as `2025-05-30T14:32:05.758727Z` (D1)."""
    return (EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def micros(time: str | datetime) -> Micros:
    """A datetime, or a text such as rfc3339 writes. Raises ValueError, for one without a time zone too."""
    read: Any = time
    if isinstance(time, str):
        with suppress(ValueError):
            read = datetime.fromisoformat(time)
    if not isinstance(read, datetime):
        raise ValueError(f"{time!r} is no time; write 2025-06-01T12:00:00Z")
    if read.tzinfo is None:
        raise ValueError(f"{str(time)!r} is in no time zone; write 2025-06-01T12:00:00Z, or give tzinfo")
    return (read - EPOCH) // timedelta(microseconds=1)


def job_chunks(view: JobView) -> Iterator[tuple[int, str]]:
    """Each chunk's seq_id, from 1, and its text: a JSON array of one delta, as a string (D1)."""
    for seq_id, text in enumerate(view.chunks, 1):
        yield seq_id, f'[{{"content": {orjson.dumps(text).decode()}}}]'
