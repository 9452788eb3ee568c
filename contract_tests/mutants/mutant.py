"""What a mutant is: a few lines that break the fake of this process until they are undone.

@mutant("CHATS-025")
def found_once_for_each_row(patch: Patch) -> None:
    \"\"\"A search gives a chat's id once for each of its rows that fits.\"\"\"
    patch(chats, "chats_with", lambda was: ...)
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from apex_mock import server

Break = Callable[["Patch"], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`sentence` says what is broken; `clauses` are those that must find it, each of them."""

    name: str
    sentence: str
    clauses: tuple[str, ...]
    apply: Break


MUTANTS: dict[str, Mutant] = {}


def mutant(*clauses: str) -> Callable[[Break], Break]:
    def enter(apply: Break) -> Break:
        name = apply.__name__
        if name in MUTANTS:
            raise ValueError(f"two mutants are called {name}")
        MUTANTS[name] = Mutant(name, inspect.getdoc(apply) or "", clauses, apply)
        return apply

    return enter


@dataclass
class HttpAnswer:
    """An HTTP answer on its way out, to be changed: headers by their names in lower case."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes


class Patch:
    """Replaces attributes, and remembers what they were."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def __call__(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Puts make(what it was) in the place of an attribute."""
        inherited = name not in vars(owner)
        kept = getattr(owner, name) if inherited else vars(owner)[name]
        setattr(owner, name, make(kept))
        self._undo.append((lambda: delattr(owner, name)) if inherited else (lambda: setattr(owner, name, kept)))

    def answers(self, change: Callable[[HttpAnswer], None]) -> None:
        """Changes every HTTP answer of the fake, streams included."""
        self(server, "create_app", lambda was: lambda *args, **more: _Changing(was(*args, **more), change))

    def bodies(self, old: bytes, new: bytes, *, only: str = "") -> None:
        """Replaces bytes in the bodies of answers whose path holds `only`."""

        def change(answer: HttpAnswer) -> None:
            if only in answer.path:
                answer.body = answer.body.replace(old, new)

        self.answers(change)

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


@dataclass
class _Changing:
    """An application whose answers are held back, changed and sent."""

    app: Any
    change: Callable[[HttpAnswer], None]
    state: Any = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start: dict[str, Any] = {}
        held: list[bytes] = []

        async def hold(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            held.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send(scope["path"], start, b"".join(held), send)

        if scope["type"] == "http":
            # What is compressed could not be changed.
            plain = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
            await self.app({**scope, "headers": plain}, receive, hold)
        else:
            await self.app(scope, receive, send)

    async def _send(self, path: str, start: dict[str, Any], body: bytes, send: Any) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
        answer = HttpAnswer(path, start["status"], headers, body)
        if not path.startswith("/__apex/"):
            self.change(answer)
        if "content-length" in answer.headers:
            answer.headers["content-length"] = str(len(answer.body))
        sent = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": sent})
        await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def applied(broken: Mutant) -> Iterator[None]:
    """The fake of this process is broken until the context ends."""
    patch = Patch()
    _forget()
    try:
        broken.apply(patch)
        yield
    finally:
        patch.undo()
        _forget()


def _forget() -> None:
    """Empties what the fake's functions have kept: from before the break, and what it has put there."""
    for name, module in list(sys.modules.items()):
        if name.startswith("apex_mock"):
            for value in list(vars(module).values()):
                for kept in (value, *_inside(value)):
                    if callable(clear := getattr(kept, "cache_clear", None)):
                        clear()


def _inside(value: Any) -> list[Any]:
    """What a decorated function closes over."""
    cells = getattr(value, "__closure__", None)
    # The class of functions, which a module may import, has a descriptor by that name.
    return [cell.cell_contents for cell in cells] if isinstance(cells, tuple) else []
