"""Keeps what pure functions made of bytes, for as long as the bytes are few: the same bytes mean the same."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

R = TypeVar("R")

LONGEST = 16 * 1024  # bytes; what is longer is read anew each time, so that what is kept stays bounded


def kept(entries: int) -> Callable[[Callable[[bytes], R]], Callable[[bytes], R]]:
    """A decorator: at most `entries` results, of at most LONGEST bytes each, are kept."""

    def decorate(function: Callable[[bytes], R]) -> Callable[[bytes], R]:
        cached = lru_cache(maxsize=entries)(function)

        @wraps(function)
        def call(data: bytes) -> R:
            return cached(data) if len(data) <= LONGEST else function(data)

        return call

    return decorate
