"""The journal over HTTP: reading it by filters, asserting on it, emptying it, and following it live."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from apex_mock.asgi import HttpRequest, Json
from apex_mock.clock import stopwatch
from apex_mock.errors import InvalidRequest
from apex_mock.journal import OUTCOMES, TRANSPORTS, Entry, Journal, Tally, known
from apex_mock.mock import ApexMock
from apex_mock.transports.control.asking import Table, body_of, number, operation_of, query_of, scope_of, whole, word
from apex_mock.transports.control.shown import Shown

FILTERS = frozenset({"operation", "transport", "status", "text", "since"})
COUNTS = ("count", "at_least", "at_most")
LONGEST_WAIT = 60.0  # seconds
LOOK_AGAIN = 0.02  # seconds between two looks of who waits for calls
FEED_INTERVAL, FEED_SILENCE = 0.05, 15.0  # seconds between two looks of a feed, and of silence before a comment
MOST_OPEN = 1000  # calls under way that one feed follows
MOST_ASKED = 20


class JournalRoutes:
    def __init__(self, mock: ApexMock) -> None:
        self.mock = mock

    def table(self) -> Table:
        return [
            ("GET", "journal", self.read),
            ("DELETE", "journal", self.clear),
            ("POST", "journal/verify", self.verify),
            ("GET", "events", self.events),
        ]

    async def read(self, request: HttpRequest) -> Response:
        """Oldest first; ?limit= keeps the newest of those that fit."""
        query, scope = query_of(request, {*FILTERS, "limit"}), scope_of(request)
        found, limit = await self._select(query, scope), whole(query, "limit")
        listed = found if limit is None else found[max(0, len(found) - limit) :]
        shown, tally = await Shown.to(self.mock, scope), await self.mock.journal.tally()
        calls = [shown.entry(entry) for entry in listed]
        return Json({"total": len(found), "evicted": tally.evicted, "seq": tally.seq, "calls": calls})

    async def clear(self, request: HttpRequest) -> Response:
        """Those of a scope; without one, all."""
        scope = scope_of(request) or None
        count = len(await self.mock.journal.select(scope=scope))
        await self.mock.reset(scope, ["journal"])
        return Json({"scope": scope, "removed": count})

    async def verify(self, request: HttpRequest) -> Response:
        """{"operation": "chat", "containing": "refund", "count": 2}; also transport, status, since, at_least, at_most,
        and "within": seconds to wait for calls that come later. 200, or 409 with what was asked instead."""
        body = await body_of(request, {*FILTERS - {"text"}, "containing", *COUNTS, "within"})
        scope = scope_of(request)
        count, least, most = (whole(body, name) for name in COUNTS)
        if count is not None and (least, most) != (None, None):
            raise InvalidRequest("goes without at_least and at_most", ("count",))
        if count is not None:
            least = most = count
        elif least is None:
            least = 1 if most is None else 0
        within = number(body, "within", 0.0, LONGEST_WAIT + 1)
        fields = {**body, "text": body.get("containing")}
        until = stopwatch() + within
        had = len(await self._select(fields, scope))
        while had < least and stopwatch() < until:
            await asyncio.sleep(LOOK_AGAIN)
            had = len(await self._select(fields, scope))
        if least <= had and (most is None or had <= most):
            return Json({"ok": True, "count": had})
        asked = [entry.describe() for entry in await self.mock.journal.select(scope=scope or None)]
        detail = f"expected {_calls(body, least, most)}, had {had}"
        return Json({"detail": detail, "ok": False, "count": had, "asked": asked[-MOST_ASKED:]}, 409)

    async def _select(self, fields: Mapping[str, Any], scope: str) -> list[Entry]:
        return await self.mock.journal.select(
            scope=scope or None,
            operation=operation_of(fields),
            transport=_one_of(fields, "transport", TRANSPORTS),
            outcome=_one_of(fields, "status", OUTCOMES),
            text=word(fields, "text"),
            since=whole(fields, "since") or 0,
        )

    # --- Live ---------------------------------------------------------------------------------------------------------

    async def events(self, request: HttpRequest) -> Response:
        """Server-sent events: `call` for each call as it ends, `dropped` where the journal has forgotten calls that
        this feed had not sent yet. ?since= begins with past calls, ?limit= ends after so many."""
        query, scope = query_of(request, {"since", "limit", "operation", "transport"}), scope_of(request)
        since, limit = whole(query, "since"), whole(query, "limit")
        transport = _one_of(query, "transport", TRANSPORTS)
        wanted = {"operation": operation_of(query), "transport": transport, "scope": scope or None}
        tally = await self.mock.journal.tally()
        feed = Feed(self.mock.journal, tally if since is None else tally._replace(seq=since))
        given = {name: value for name, value in wanted.items() if value is not None}
        sent = self._sent(feed, given, scope, limit)
        return StreamingResponse(sent, media_type="text/event-stream", headers={"cache-control": "no-cache"})

    async def _sent(
        self, feed: "Feed", wanted: Mapping[str, Any], scope: str, limit: int | None
    ) -> AsyncIterator[bytes]:
        yield b": following the journal\n\n"
        left, spoke = limit, stopwatch()
        while left is None or left > 0:
            dropped, ended = await feed.look()
            if dropped:
                yield _event("dropped", {"count": dropped})
            shown = await Shown.to(self.mock, scope) if ended else None
            for entry in ended:
                if shown is None or any(getattr(entry, name) != value for name, value in wanted.items()):
                    continue
                yield _event("call", shown.entry(entry), entry.seq)
                spoke = stopwatch()
                if left is not None:
                    left -= 1
                    if not left:
                        return
            if stopwatch() - spoke > FEED_SILENCE:
                yield b": nothing new\n\n"
                spoke = stopwatch()
            await asyncio.sleep(FEED_INTERVAL)


class Feed:
    """What of the journal one subscriber has yet to see. The journal itself is the queue: it is bounded, and costs
    nothing while nobody follows it."""

    def __init__(self, journal: Journal, begun: Tally) -> None:
        self._journal, self._last, self._evicted = journal, begun.seq, begun.evicted
        self._open: dict[int, Entry] = {}

    async def look(self) -> tuple[int, list[Entry]]:
        """How many calls were lost since the last look, and those that have ended, in the order in which they began."""
        if self._open:
            # A journal that is shared gives copies, so what was open is read anew.
            self._open.update((entry.seq, entry) for entry in await self._journal.named(self._open))
        (seq, evicted), dropped = await self._journal.tally(), 0
        fresh = await self._journal.select(since=self._last)
        if evicted != self._evicted:
            first = fresh[0].seq if fresh else seq + 1
            # Calls that somebody cleared away are gone as well, but not lost: no more than were forgotten are counted.
            dropped = min(first - self._last - 1, evicted - self._evicted)
            self._evicted = evicted
        self._last = max(self._last, seq, *(entry.seq for entry in fresh[-1:]))
        self._open.update((entry.seq, entry) for entry in fresh)
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
            dropped += 1
        ended = [entry for entry in self._open.values() if entry.outcome != "open"]
        for entry in ended:
            del self._open[entry.seq]
        return max(0, dropped), ended


def _one_of(fields: Mapping[str, Any], name: str, names: Collection[str]) -> str | None:
    """Raises InvalidRequest for a word that is none of these."""
    said = word(fields, name)
    try:
        known(name, said, names)
    except ValueError as error:
        raise InvalidRequest(str(error), (name,)) from None
    return said


def _event(kind: str, value: Any, id: int | None = None) -> bytes:
    head = f"event: {kind}\n" + (f"id: {id}\n" if id is not None else "")
    return head.encode() + b"data: " + orjson.dumps(value) + b"\n\n"


def _calls(body: Mapping[str, Any], least: int, most: int | None) -> str:
    if least == most:
        count = f"{least}"
    elif most is None:
        count = f"at least {least}"
    else:
        count = f"at most {most}" if not least else f"{least} to {most}"
    noun = "call" if least == most == 1 else "calls"
    parts = [count, body.get("operation"), noun]
    for name, words in (("transport", "over"), ("containing", "containing"), ("status", "ending in")):
        if body.get(name) is not None:
            parts.append(f"{words} {body[name]!r}" if name == "containing" else f"{words} {body[name]}")
    return " ".join(str(part) for part in parts if part is not None)
