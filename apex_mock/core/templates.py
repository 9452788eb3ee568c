"""Templates of stubs: Jinja in its sandbox, without chance, and within bounds.

A template sees what it is given and nothing behind it. What it does is counted: each turn of a loop, call and piece of
text. So one that would go on for ever, or make more than memory holds, fails as one that divides by zero does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any

from apex_mock.errors import BadStub

MOST_TEXT = 1_000_000  # characters, or elements of a list
MOST_WORK = 100_000  # turns, calls, and thousands of characters
MOST_NUMBER = 100_000  # in what is called: it might be a width
MOST_BITS = 4096  # of an integer
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{6,})|:[^}]*\d{6,}")  # a width in a format
_WORK = "_work"  # the sandbox gives out no name's attributes that begin so


class TooMuch(Exception):
    """A template has gone beyond its bounds."""


class _Work:
    def __init__(self) -> None:
        self._left = MOST_WORK

    def _count(self, made: Any) -> Any:
        """Counts a step and what it made. Raises TooMuch."""
        size = len(made) if isinstance(made, str | bytes | list | tuple | dict) else 0
        if isinstance(made, int) and made.bit_length() > MOST_BITS:
            raise TooMuch(f"makes a number of more than {MOST_BITS} bits")
        if size > MOST_TEXT:
            raise TooMuch(f"makes more than {MOST_TEXT:,} characters")
        self._left -= 1 + size // 1000
        if self._left < 0:
            raise TooMuch("goes on for too long")
        return made

    def _turns(self, over: Iterable[Any]) -> Iterator[Any]:
        for one in over:
            self._count(None)
            yield one


@lru_cache(maxsize=128)
def compiled(source: str) -> Callable[[Mapping[str, Any]], str]:
    """What renders a template with what is known. Raises ValueError for one that cannot be read; rendering raises
    BadStub."""
    try:
        made = _environment().from_string(source)
    except Exception as error:  # Jinja's own, or of Python's compiler, as for too many brackets
        problem = str(error).partition("\n")[0]  # Jinja's may go on with where it is
        raise ValueError(f"template {_shown(source)}: {problem}") from None

    def render(known: Mapping[str, Any]) -> str:
        pieces, size = [], 0
        try:
            for piece in made.generate({**known, _WORK: _Work()}):
                pieces.append(piece)
                size += len(piece)
                if size > MOST_TEXT:
                    raise TooMuch(f"makes more than {MOST_TEXT:,} characters")
        except Exception as error:  # a template may do what Python may: divide by zero
            raise BadStub(f"template {_shown(source)}: {error}") from None
        return "".join(pieces)

    return render


def _shown(source: str) -> str:
    return repr(source if len(source) <= 200 else f"{source[:200]}…")


@lru_cache(maxsize=1)
def _environment() -> Any:
    # Imported by whoever has a template, since it takes longer than all else here.
    from jinja2 import StrictUndefined, nodes, pass_context
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.visitor import NodeTransformer

    @pass_context
    def count(context: Context, made: Any) -> Any:
        return context.parent[_WORK]._count(made)

    @pass_context
    def turns(context: Context, over: Iterable[Any]) -> Iterator[Any]:
        turned: Iterator[Any] = context.parent[_WORK]._turns(over)
        return turned

    class Counted(NodeTransformer):
        def visit_For(self, loop: nodes.For) -> nodes.For:  # noqa: N802  # as Jinja has it
            self.generic_visit(loop)
            loop.iter = nodes.Filter(loop.iter, "_turns", [], [], None, None)
            return loop

        def visit_Concat(self, joined: nodes.Concat) -> nodes.Filter:  # noqa: N802  # as Jinja has it
            self.generic_visit(joined)
            return nodes.Filter(joined, "_count", [], [], None, None)

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "+", "%"})

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            _check_sum(operator, left, right)
            return count(context, super().call_binop(context, operator, left, right))

        def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # as Jinja has it
            _check_arguments((*args, *kwargs.values()))
            method = getattr(__obj, "__wrapped__", __obj)  # Jinja wraps str.format
            if isinstance(owner := getattr(method, "__self__", None), str) and method.__name__.startswith("format"):
                _check_format(owner)
            return count(__context, super().call(__context, __obj, *args, **kwargs))

        def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
            return super()._generate(Counted().visit(source), *args, **kwargs)

    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=count)
    filters = environment.filters
    # The same request gives the same answer.
    del filters["random"], environment.globals["lipsum"]
    environment.filters = {name: _bounded(name, act) for name, act in filters.items()} | {
        "_turns": turns,
        "_count": count,
    }
    return environment


def _bounded(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose arguments are no width that fills the memory."""

    @wraps(act)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if name == "format":
            _check_format(str(args[0]))
        else:
            value = 2 if hasattr(act, "jinja_pass_arg") else 1  # what it is applied to may be any number
            _check_arguments((*args[value:], *kwargs.values()))
        return act(*args, **kwargs)

    return bounded


def _check_arguments(given: Iterable[Any]) -> None:
    if any(isinstance(one, int) and abs(one) > MOST_NUMBER for one in given):
        raise TooMuch(f"gives a number beyond {MOST_NUMBER:,} to what it calls")


def _check_format(text: str) -> None:
    if _WIDE.search(text):
        raise TooMuch("formats to a width beyond bounds")


def _check_sum(operator: str, left: Any, right: Any) -> None:
    """Before it is done, what would take long or much."""
    if operator == "%" and isinstance(left, str):
        _check_format(left)
    if isinstance(left, int) and isinstance(right, int):
        bits = {"*": left.bit_length() + right.bit_length(), "**": left.bit_length() * right}.get(operator, 0)
        if bits > 2 * MOST_BITS:
            raise TooMuch(f"makes a number of more than {MOST_BITS} bits")
    if operator == "*":
        for many, times in ((left, right), (right, left)):
            if (
                isinstance(many, str | bytes | list | tuple)
                and isinstance(times, int)
                and len(many) * times > MOST_TEXT
            ):
                raise TooMuch(f"makes more than {MOST_TEXT:,} characters")
