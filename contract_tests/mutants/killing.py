"""A broken fake against the clauses: who finds it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..clause import BOOK
from ..results import Outcome, Result
from ..runner import Runner, every_item
from ..serving import the_fake
from .mutant import Mutant, applied


@dataclass
class Verdict:
    """`caught`: for each clause that the mutant names, where it failed. `others`: further clauses that failed.

    `crashes` are bugs of the mutant's own: what they break is found by accident.
    """

    mutant: Mutant
    caught: dict[str, list[Result]] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()

    @property
    def survived(self) -> bool:
        return bool(self.missed_by or self.crashes)

    @property
    def why(self) -> str:
        """Why it counts as a survivor, in one line."""
        missed = f"{', '.join(self.missed_by)} did not fail" if self.missed_by else ""
        crashed = f"the mutant itself crashed, so it was found by accident: {self.crashes[0]}" if self.crashes else ""
        return "; ".join(filter(None, (missed, crashed)))

    @property
    def missed_by(self) -> list[str]:
        """Clauses that should have found it and did not."""
        return [clause for clause in self.mutant.clauses if not self.caught[clause]]


def kill(mutant: Mutant, *, every_clause: bool = False) -> Verdict:
    """Starts a fake that is broken in this way and checks the clauses that the mutant names; or all of them.

    Raises KeyError for a clause that is not there.
    """
    named = [BOOK[clause].id for clause in mutant.clauses]
    with applied(mutant), _crashes() as crashes, the_fake() as target, Runner(target) as runner:
        broken = [result for result in runner.run(every_item(() if every_clause else named)) if _is_broken(result)]
    caught = {clause: [r for r in broken if r.clause == clause] for clause in named}
    verdict = Verdict(mutant, caught, crashes=tuple(dict.fromkeys(crashes)))
    verdict.others = tuple(dict.fromkeys(r.clause for r in broken if r.clause not in named))
    return verdict


@contextmanager
def _crashes() -> Iterator[list[str]]:
    """What the fake logs of its own bugs meanwhile."""
    said: list[str] = []

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            said.append(f"{record.getMessage()}: {error!r}")

    logs = [logging.getLogger(name) for name in ("apex_mock", "uvicorn.error")]
    before = [log.propagate for log in logs]
    listen = Listen(logging.ERROR)
    for log in logs:
        log.addHandler(listen)
        log.propagate = False
    try:
        yield said
    finally:
        for log, propagate in zip(logs, before, strict=True):
            log.removeHandler(listen)
            log.propagate = propagate


def _is_broken(result: Result) -> bool:
    return result.outcome is Outcome.BROKEN


def untouched(mutants: Iterable[Mutant]) -> list[str]:
    """Clauses that no mutant is made to break."""
    named = {clause for mutant in mutants for clause in mutant.clauses}
    return [clause.id for clause in BOOK if clause.id not in named]
