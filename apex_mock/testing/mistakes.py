"""A test's mistake is told at the test's own line, without the frames between that and where it was noticed."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from types import FunctionType
from typing import ParamSpec, TypeVar

from apex_mock.errors import InvalidRequest

PACKAGE = Path(__file__).parent.parent
P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")


def told_plainly(kind: type[K]) -> type[K]:
    """A class whose public methods tell mistakes so."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__call__":
            continue
        if isinstance(member, FunctionType):
            setattr(kind, name, _plainly(member))
        elif isinstance(member, property) and member.fget is not None:
            setattr(kind, name, property(_plainly(member.fget), doc=member.__doc__))
    return kind


def _plainly(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True  # pytest's
        try:
            return method(*args, **kwargs)
        except (InvalidRequest, TypeError, ValueError) as error:
            if not _meant(error):
                raise
            mistake = error
        raise mistake.with_traceback(None) from None

    return told


def _meant(error: Exception) -> bool:
    """Whether it was raised on purpose here, rather than met."""
    frames = extract_tb(error.__traceback__)
    last = frames[-1]
    return len(frames) == 1 or ((last.line or "").startswith("raise ") and Path(last.filename).is_relative_to(PACKAGE))
