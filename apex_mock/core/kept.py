"""Keeps what pure functions made of texts, as long as the texts are short: what is kept is bounded in bytes too."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

LONGEST = 16 * 1024  # characters or bytes; what is longer is worked out anew each time


def kept(entries: int, longest: int = LONGEST) -> Callable[[F], F]:
    """A decorator: at most `entries` results are kept, of first arguments that are no longer than `longest`."""

    def decorate(function: F) -> F:
        cached = lru_cache(maxsize=entries)(function)

        @wraps(function)
        def call(text: Any, *more: Any) -> Any:
            return cached(text, *more) if len(text) <= longest else function(text, *more)

        call.cache_info = cached.cache_info  # type: ignore[attr-defined]  # as lru_cache has it, for tests
        return cast(F, call)

    return decorate
