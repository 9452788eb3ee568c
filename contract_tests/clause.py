"""What a clause is, and the book that they are all in.

A clause is a plain function. Its first docstring line is the sentence that it states:

    @clause("CHAT-007", "D1 V", Op.CHAT, nature=Nature.COSTS)
    def cut_answers_say_length(client: Client) -> None:
        \"\"\"An answer that max_new_tokens cut has the finish_reason length.\"\"\"
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .operations import OPERATIONS, Op, Transport

if TYPE_CHECKING:
    from .clients.base import Client

SOURCES = ("D1", "D2", "SDK", "TS", "V")
WIRES = (Transport.REST, Transport.CONNECT, Transport.GRPC)
RPC = (Transport.CONNECT, Transport.GRPC)
_ID = re.compile(r"[A-Z]{2,8}-\d{3}")


class Nature(StrEnum):
    """What running a clause does to a target that is live."""

    SAFE = "safe"
    COSTS = "costs credit"
    WRITES = "changes stored data"


ALLOWED_BY = {Nature.COSTS: "cost", Nature.WRITES: "write"}  # the word of --allow that lets them run


class Need(StrEnum):
    """What a target must offer besides the operations, in the words of the report."""

    CONTROL = "the control API of a fake"
    EXACT = "answers that derive from a seed"
    SECOND_KEY = "a second key (APEX_SECOND_KEY)"
    KEYRING = "a target that knows its keys (apex-mock serve --auth keys)"
    ADMIN = "the admin key (APEX_ADMIN_KEY)"
    SERVICE_KEY = "a key that may act for users (APEX_SERVICE_KEY)"


Check = Callable[["Client"], None]


@dataclass(frozen=True, slots=True)
class Clause:
    """One checkable sentence of the contract. The first of `operations` is what it is about."""

    id: str
    sentence: str
    sources: tuple[str, ...]
    operations: tuple[Op, ...]
    transports: tuple[Transport, ...]
    nature: Nature
    needs: frozenset[Need]
    keyless: bool
    check: Check

    @property
    def area(self) -> str:
        return self.id.partition("-")[0]


class Book:
    """Every clause, by its id, in the order of the ids within the order of the areas."""

    def __init__(self) -> None:
        self._clauses: dict[str, Clause] = {}

    def add(self, clause: Clause) -> None:
        if not _ID.fullmatch(clause.id):
            raise ValueError(f"{clause.id}: an id is an area and three digits, as CHAT-007")
        if clause.id in self._clauses:
            raise ValueError(f"{clause.id}: two clauses have this id")
        if unknown := set(clause.sources) - set(SOURCES):
            raise ValueError(f"{clause.id}: there is no source {sorted(unknown)}; there are {', '.join(SOURCES)}")
        if not clause.sentence.endswith("."):
            raise ValueError(f"{clause.id}: its sentence, the docstring's first paragraph, ends with a full stop")
        self._clauses[clause.id] = clause

    def __iter__(self) -> Iterator[Clause]:
        areas = list(dict.fromkeys(clause.area for clause in self._clauses.values()))
        return iter(sorted(self._clauses.values(), key=lambda c: (areas.index(c.area), c.id)))

    def __len__(self) -> int:
        return len(self._clauses)

    def __getitem__(self, id: str) -> Clause:
        return self._clauses[id]


BOOK = Book()


def clause(
    id: str,
    sources: str,
    *operations: Op,
    nature: Nature = Nature.SAFE,
    transports: Sequence[Transport] | None = None,
    without: Sequence[Transport] = (),
    needs: Sequence[Need] = (),
    keyless: bool = False,
    book: Book = BOOK,
) -> Callable[[Check], Check]:
    """Enters a function into the book as a clause.

    `transports` are those of the first operation unless named; `without` leaves some out. `keyless` clauses also make
    sense where the target refuses the key that one has.
    """

    def enter(check: Check) -> Check:
        sentence = " ".join((inspect.getdoc(check) or "").partition("\n\n")[0].split())
        over = transports if transports is not None else OPERATIONS[operations[0]].transports
        over = tuple(t for t in over if t not in without)
        book.add(
            Clause(id, sentence, tuple(sources.split()), operations, over, nature, frozenset(needs), keyless, check)
        )
        return check

    return enter
