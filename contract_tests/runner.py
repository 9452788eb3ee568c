"""Runs clauses over transports against a target and yields results. It knows no pytest and prints nothing."""

import time
from collections.abc import Collection, Iterable, Iterator
from types import TracebackType
from typing import Any

from . import clauses as _clauses
from .answer import Answer
from .clause import ALLOWED_BY, BOOK, Clause, Nature, Need
from .clients import open_wires
from .clients.base import Client, NotHere, Unreachable
from .clients.openai import installed
from .control import Control
from .expect import Broken
from .operations import OPERATIONS, Op, Transport
from .probe import Found, Offer, probe
from .redaction import pasted
from .results import Outcome, Result, result_of
from .shapes import shape_of
from .target import Target

_clauses.load()
ALLOWANCES = tuple(ALLOWED_BY.values())
RAN = (Outcome.HOLDS, Outcome.BROKEN)
CLIENTS_OF = {Transport.OPENAI: Transport.REST, Transport.SDK: Transport.GRPC}  # others' clients, on which wire


class Runner:
    """Checks clauses against one target. Close it, or use it as a context.

    `allow` holds "cost" and "write", for clauses that cost credit or change stored data. A fake of ours allows both by
    itself: nothing on it costs anything.
    """

    def __init__(self, target: Target, *, allow: Collection[str] = ()) -> None:
        self.target = target
        self.allow = frozenset(ALLOWANCES if target.control else allow)
        self._wires = open_wires(target)
        self._found: dict[tuple[Transport, Op], Found] = {}
        self._gone: dict[str, str] = {}  # why nobody answers, by address; for others' clients by their name
        self._memo: dict[tuple[Transport, str], Any] = {}
        self._keyring: Runner | None = None

    def __enter__(self) -> "Runner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()
        if self._keyring is not None:
            self._keyring.close()

    def run(self, items: Iterable[tuple[Clause, Transport]] | None = None) -> Iterator[Result]:
        """Every clause over every transport that it speaks of, unless told which."""
        for clause, transport in items if items is not None else every_item():
            yield self.check(clause, transport)

    def check(self, clause: Clause, transport: Transport) -> Result:
        """One clause over one transport. Raises nothing that the target can cause."""
        if Need.KEYRING in clause.needs and self.target.keyring is not None:
            if self._keyring is None:
                self._keyring = Runner(self.target.keyring, allow=self.allow)
            return self._keyring.check(clause, transport)
        key = self.target.key_for(f"{clause.id}-{transport}")
        if (wanting := self._wanting(clause, transport, key)) is not None:
            outcome, reason = wanting
            return result_of(clause, transport, outcome, reason=self.target.redactor()(reason))
        return self._checked(clause, transport, key)

    def offered(self, transport: Transport, operation: Op, key: str | None = None) -> Found:
        """Whether the target offers an operation; asked once."""
        over = transport if transport in OPERATIONS[operation].transports else Transport.REST
        wire = self._wires.get(over)
        if wire is None:
            return Found(Offer.NO, f"no address for {over}")
        address = over if over in CLIENTS_OF else wire.address
        if address in self._gone:
            return Found(Offer.NO, self._gone[address])
        if over in CLIENTS_OF:
            try:
                if wire.lacks(operation):
                    return Found(Offer.NO, f"the client for {over} has no such call")
            except Unreachable as gone:
                self._gone[address] = str(gone)
                return Found(Offer.NO, str(gone))
            return self.offered(CLIENTS_OF[over], operation, key)
        if (over, operation) not in self._found:
            found = self._found[over, operation] = probe(wire, operation, key)
            if found.gone:
                self._gone[address] = found.why
        return self._found[over, operation]

    # --- One clause ---------------------------------------------------------------------------------------------------

    def _wanting(self, clause: Clause, transport: Transport, key: str | None) -> tuple[Outcome, str] | None:
        """Why a clause cannot run here; None when it can."""
        for operation in clause.operations:
            found = self.offered(transport, operation, key)
            if found.offer is Offer.NO:
                return Outcome.NOT_OFFERED, found.why
            if found.offer is Offer.REFUSED and not clause.keyless:
                return Outcome.NOT_RUN, f"the target refuses the key: set APEX_API_KEY ({found.why})"
        if clause.nature is not Nature.SAFE and ALLOWED_BY[clause.nature] not in self.allow:
            return Outcome.NOT_RUN, f"{clause.nature}: allow it with --allow={ALLOWED_BY[clause.nature]}"
        for need in sorted(clause.needs):
            if not self._has(need):
                return Outcome.NOT_RUN, f"needs {need}"
        return None

    def _has(self, need: Need) -> bool:
        target = self.target
        return {
            Need.CONTROL: target.control,
            Need.EXACT: target.exact,
            Need.SECOND_KEY: target.own_keys or target.second_key is not None,
            Need.KEYRING: target.auth == "keys",
            Need.ADMIN: target.admin_key is not None,
            Need.SERVICE_KEY: target.own_keys or target.service_key is not None,
        }[need]

    def _checked(self, clause: Clause, transport: Transport, key: str | None) -> Result:
        control = Control(self.target, key or "") if self.target.control else None
        client = Client(self._wires, transport, key, control=control, memo=self._memo)
        started = time.perf_counter()
        left: list[str] = []
        try:
            outcome, more = self._verdict(clause, client)
        finally:
            # Also when the run is interrupted: nothing that was made stays.
            seconds = time.perf_counter() - started
            shapes = dict.fromkeys(map(shape_of, client.answers))
            left = client.clean_up()
            if control is not None:
                control.restore()
                control.close()
        redact = client.redactor
        return result_of(
            clause,
            transport,
            outcome,
            seconds=round(seconds, 4),
            left_behind=tuple(map(redact, left)),
            shapes=tuple(map(redact.whole, shapes)) if outcome in RAN else (),
            command=pasted(redact.whole(more.pop("command", ""))),
            **{name: redact(text) for name, text in more.items()},
        )

    def _verdict(self, clause: Clause, client: Client) -> tuple[Outcome, dict[str, str]]:
        """Whether a clause holds, and if not, how."""
        looked_at: Answer | None = None
        try:
            clause.check(client)
        except Broken as broken:
            what, expected, got, looked_at = broken.what, broken.expected, broken.got, broken.answer
        except Unreachable as gone:
            what, expected, got = "the target", "an answer", str(gone)
            # Ask again what is offered: a service that has gone is to read as gone, not as broken clause by clause.
            self._found.clear()
        except NotHere as missing:
            return Outcome.NOT_RUN, {"reason": f"needs more of the target: {missing}"}
        except Exception as error:
            # Whatever a target answers, one clause's surprise is not the end of the run.
            what, expected, got = "the answer", "a form that can be read", f"{type(error).__name__}: {error}"
        else:
            return Outcome.HOLDS, {}
        return Outcome.BROKEN, {"what": what, "expected": expected, "got": got, "command": client.command(looked_at)}


def every_item(
    ids: Collection[str] = (), transports: Collection[Transport] = (), *, sdk: bool = False
) -> Iterator[tuple[Clause, Transport]]:
    """Clauses with their transports; only those whose id or area is named, when any is.

    Clients that are not here are left out: the OpenAI package, and the SDK unless there is one to drive.
    """
    here = set(Transport) - ({Transport.SDK} if not sdk else set()) - (set() if installed() else {Transport.OPENAI})
    for clause in BOOK:
        if ids and clause.id not in ids and clause.area not in ids:
            continue
        for transport in clause.transports:
            if transport in here and (not transports or transport in transports):
                yield clause, transport
