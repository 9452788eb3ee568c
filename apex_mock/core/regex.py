"""Regular expressions that are compiled when they are first used: the prose has so many that compiling them all would
be a fifth of what it takes to import the fake, and most processes need few. Where each word of a text is looked at they
are compiled at once, which makes each use a little faster."""

import re
from functools import cached_property
from typing import Any, cast


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, of a constant: what is wrong with it shows only when it is used."""
    return cast(re.Pattern[str], _Regex(pattern, flags))


class _Regex:
    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def __getattr__(self, name: str) -> Any:
        # Kept, so that from the second time on a method is as near as a compiled pattern's own.
        value = self.__dict__[name] = getattr(self._compiled, name)
        return value
