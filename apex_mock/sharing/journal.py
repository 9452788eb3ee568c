"""A journal in a shared store: one sequence for all processes, in the order in which calls were written.

A call is written once, when it ends; one that is under way for longer than SOON, or while somebody reads the journal,
is written as open and again at its end. Whoever is answered can read of it: the end is written before.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Unpack

from apex_mock.core.types import Caller, ChatRequest, Micros, Operation, Plan
from apex_mock.journal import Entry, Tally, Wanted, asks, fields_of
from apex_mock.sharing.entries import decode, encode
from apex_mock.store.engine import Log, Written

SOON = 0.02  # seconds


class SharedJournal:
    def __init__(self, log: Log, max_entries: int, max_bytes: int) -> None:
        self._log = log
        log.bound(max_entries, max_bytes)
        self._open: dict[int, Entry] = {}  # this process's calls that are not written yet, by their identity
        self._writing: dict[int, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def open(self, at: Micros, operation: Operation, caller: Caller, request: Any) -> Entry:
        entry = Entry(0, at, operation, caller.scope, caller.owner, caller.transport, caller.app, request)
        if isinstance(request, ChatRequest):
            entry.size += request.size
        self._open[id(entry)] = entry
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self._tick)
        return entry

    def answered(self, entry: Entry, plan: Plan) -> None:
        entry.plan = plan
        entry.size += len(plan.text)

    def unmatched(self, entry: Entry, headers: Mapping[str, str | None]) -> None:
        entry.headers = headers
        entry.size += sum(len(name) + len(value or "") for name, value in headers.items())

    async def ended(self, entry: Entry) -> None:
        self._open.pop(id(entry), None)
        if (writing := self._writing.get(id(entry))) is not None:
            await asyncio.wait([writing])
        if not entry.forgotten:
            await self._write(entry)

    async def _write(self, entry: Entry) -> None:
        written = Written(
            entry.scope, entry.operation, entry.transport, entry.outcome, entry.owner, entry.size, encode(entry)
        )
        entry.seq = await self._log.write(entry.seq, written)

    def _tick(self) -> None:
        self._timer = None
        self._write_open()
        if self._open:
            self._timer = asyncio.get_running_loop().call_later(SOON, self._tick)

    def _write_open(self) -> None:
        loop = asyncio.get_running_loop()
        for name, entry in self._open.items():
            if name not in self._writing:
                self._writing[name] = task = loop.create_task(self._write(entry))
                task.add_done_callback(partial(self._have_written, name))

    def _have_written(self, name: int, done: "asyncio.Task[None]") -> None:
        del self._writing[name]
        # Where it failed, the call's own end says what is wrong.
        if not done.cancelled() and done.exception() is None:
            self._open.pop(name, None)

    async def select(self, **wanted: Unpack[Wanted]) -> list[Entry]:
        await self._written()
        entries = await self._log.read(wanted.get("since", 0), fields_of(wanted))
        return [entry for seq, data in entries if asks(entry := decode(seq, data), wanted)]

    async def named(self, seqs: Iterable[int]) -> list[Entry]:
        return [decode(seq, data) for seq, data in await self._log.named(seqs)]

    async def owners(self) -> set[str]:
        return await self._log.owners()

    async def tally(self) -> Tally:
        return Tally(*await self._log.tally())

    async def _written(self) -> None:
        self._write_open()
        if self._writing:
            await asyncio.wait(self._writing.values())

    async def clear(self, scope: str | None = None) -> None:
        await self._written()
        for entry in self._open.values():
            entry.forgotten = entry.forgotten or scope in (None, entry.scope)
        await self._log.clear(scope)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._writing:
            await asyncio.wait(self._writing.values())
