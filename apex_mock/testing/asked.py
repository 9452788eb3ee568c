"""What was asked of the fake in one test: to look at, to verify, to wait for."""

import time
from collections.abc import Mapping

import anyio

from apex_mock.clock import stopwatch
from apex_mock.core.types import Operation
from apex_mock.journal import OUTCOMES, TRANSPORTS, Entry, known
from apex_mock.testing.backend import Backend
from apex_mock.testing.mistakes import told_plainly

POLL = 0.003  # seconds between two looks of `wait_for`
SHOWN = 25  # calls in a message


@told_plainly
class Asked:
    """The calls that came with one key."""

    def __init__(self, backend: Backend, key: str) -> None:
        self._backend, self.key = backend, key

    def calls(
        self,
        operation: Operation | str | None = None,
        *,
        containing: str | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """This test's calls, oldest first, that fit all that is given: `containing` is a part of what was asked,
        `outcome` is "ok", an error code or "open", `since` is the `seq` of an earlier entry.

        An entry has seq, at (microseconds), operation, transport, app, request, outcome, message, plan, frames, stub
        and prompt. Raises ValueError for an operation, a transport or an outcome that does not exist.
        """
        wanted = None if operation is None else operation_named(operation)
        known("transport", transport, TRANSPORTS)
        known("outcome", outcome, OUTCOMES)
        return self._backend.calls(
            self.key, operation=wanted, transport=transport, outcome=outcome, text=containing, since=since
        )

    def verify(
        self,
        *,
        containing: str | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        **counts: int,
    ) -> None:
        """So many calls of each operation, no more and no fewer: `apex.verify(chat=2, search=0)`; of those calls that
        fit the conditions. Raises AssertionError, which lists what was asked instead."""
        __tracebackhide__ = True
        filters = {"containing": containing, "transport": transport, "outcome": outcome}
        found = self._count(counts, filters)
        if found != counts:
            raise AssertionError(f"expected {_listed(counts, filters)}; got {_listed(found)}\n{self.describe()}")

    def wait_for(
        self,
        *,
        timeout: float = 5.0,
        containing: str | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        **counts: int,
    ) -> list[Entry]:
        """Returns the calls as soon as there are at least so many of each operation: `apex.wait_for(chat=1)`.

        `timeout` is in seconds of real time; then AssertionError, which lists what was asked instead.
        """
        __tracebackhide__ = True
        filters = {"containing": containing, "transport": transport, "outcome": outcome}
        end = stopwatch() + timeout
        while not self._have(counts, filters):
            if stopwatch() > end:
                raise AssertionError(self._late(timeout, counts, filters))
            time.sleep(POLL)
        return self._counted(counts, filters)

    async def wait_for_async(
        self,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109  # as wait_for has it
        containing: str | None = None,
        transport: str | None = None,
        outcome: str | None = None,
        **counts: int,
    ) -> list[Entry]:
        """`wait_for` for async tests: the test's own loop goes on meanwhile."""
        __tracebackhide__ = True
        filters = {"containing": containing, "transport": transport, "outcome": outcome}
        end = stopwatch() + timeout
        while not self._have(counts, filters):
            if stopwatch() > end:
                raise AssertionError(self._late(timeout, counts, filters))
            await anyio.sleep(POLL)
        return self._counted(counts, filters)

    def _count(self, counts: Mapping[str, int], filters: Mapping[str, str | None]) -> dict[str, int]:
        if not counts:
            raise TypeError("say how many calls of which operation: chat=2, search=0")
        return {name: len(self.calls(name, **filters)) for name in counts}  # type: ignore[arg-type]  # all text

    def _have(self, counts: Mapping[str, int], filters: Mapping[str, str | None]) -> bool:
        return all(found >= counts[name] for name, found in self._count(counts, filters).items())

    def _counted(self, counts: Mapping[str, int], filters: Mapping[str, str | None]) -> list[Entry]:
        found = [entry for name in counts for entry in self.calls(name, **filters)]  # type: ignore[arg-type]  # all text
        return sorted(found, key=lambda entry: entry.seq)

    def _late(self, timeout: float, counts: Mapping[str, int], filters: Mapping[str, str | None]) -> str:
        found = self._count(counts, filters)
        return f"waited {timeout:g} s for {_listed(counts, filters)}; got {_listed(found)}\n{self.describe()}"

    def describe(self) -> str:
        """This test's calls, one a line; and a word on calls that came with other keys."""
        own = self.calls()
        others = self._backend.strangers(self.key)
        lines = [f"  {entry.describe()}" for entry in own[-SHOWN:]]
        if len(own) > SHOWN:
            lines.insert(0, f"  ({len(own) - SHOWN} earlier calls)")
        told = ["nothing was asked"] if not own else [f"asked with this test's key: {len(own)}", *lines]
        if others:
            told.append(
                f"calls came with other keys too ({', '.join(others)}); this test's is apex.key, in APEX_API_KEY"
            )
        return "\n".join(told)


def operation_named(name: Operation | str) -> Operation:
    """An operation by its name; "research" is submit_research. Raises ValueError, which lists them."""
    try:
        return Operation.SUBMIT_RESEARCH if name == "research" else Operation(name)
    except ValueError:
        raise ValueError(f"no operation {name!r}; there are research, {', '.join(Operation)}") from None


def _listed(counts: Mapping[str, int], filters: Mapping[str, str | None] | None = None) -> str:
    said = ", ".join(f"{name}: {count}" for name, count in counts.items())
    given = [f"{name} {value!r}" for name, value in (filters or {}).items() if value is not None]
    return f"{said} ({', '.join(given)})" if given else said
