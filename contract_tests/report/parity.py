"""Two targets side by side: what is the same, what differs and how, what only one of them has."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..operations import OPERATIONS
from ..results import Outcome, Result
from .model import RAN, Report

KINDS = ("same", "differs", "only in A", "only in B", "not compared")
NOT_COMPARED = KINDS[-1]  # neither has it, or one of them could not be asked
WORDS = {"differs": "different"}
MOST_SHAPES = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """One clause on both targets, over the transports where the pair says the same."""

    clause: str
    sentence: str
    operation: str
    transports: tuple[str, ...]
    kind: str
    how: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parity:
    a: Report
    b: Report

    @cached_property
    def pairs(self) -> list[Pair]:
        theirs = {(result.clause, result.transport): result for result in self.b.results}
        found: dict[tuple[str, str, tuple[str, ...]], Pair] = {}
        for mine in self.a.results:
            other = theirs.get((mine.clause, mine.transport))
            if other is None:
                continue
            kind, how = compare(mine, other)
            key = (mine.clause, kind, how)
            before = found[key].transports if key in found else ()
            found[key] = Pair(mine.clause, mine.sentence, mine.operation, (*before, mine.transport), kind, how)
        return list(found.values())

    @property
    def differing(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.kind == "differs"]

    @cached_property
    def table(self) -> list[tuple[str, list[int]]]:
        """For each operation that one of them has, how many checks are of each kind."""
        counted: dict[str, Counter[str]] = {}
        for pair in self.pairs:
            counted.setdefault(pair.operation, Counter())[pair.kind] += len(pair.transports)
        compared = [op.value for op in OPERATIONS if set(counted.get(op, ())) - {NOT_COMPARED}]
        return [(name, [counted[name][kind] for kind in KINDS]) for name in compared]

    def _only(self, kind: str) -> list[str]:
        names = [
            f"{pair.operation} over {over}" for pair in self.pairs if pair.kind == kind for over in pair.transports
        ]
        return list(dict.fromkeys(names))

    @property
    def only_in_a(self) -> list[str]:
        return self._only("only in A")

    @property
    def only_in_b(self) -> list[str]:
        return self._only("only in B")

    @property
    def ok(self) -> bool:
        """Nothing differs, nothing is in one alone, and something was compared."""
        kinds = {pair.kind for pair in self.pairs}
        return "same" in kinds and kinds <= {"same", NOT_COMPARED}

    @property
    def verdict(self) -> str:
        counts: Counter[str] = Counter()
        for pair in self.pairs:
            counts[pair.kind] += len(pair.transports)
        if not (counts["same"] or counts["differs"]):
            return "Nothing could be compared."
        told = ", ".join(f"{counts[kind]} {WORDS.get(kind, kind)}" for kind in KINDS if counts[kind])
        return f"{'A and B are the same' if self.ok else 'A and B are not the same'}: {told}."

    def to_json(self) -> dict[str, Any]:
        pairs = [
            {"clause": p.clause, "operation": p.operation, "transports": p.transports, "kind": p.kind, "how": p.how}
            for p in self.pairs
        ]
        return {"ok": self.ok, "verdict": self.verdict, "pairs": pairs, "a": self.a.to_json(), "b": self.b.to_json()}


def compare(a: Result, b: Result) -> tuple[str, tuple[str, ...]]:
    """Which kind a pair is, and how it differs."""
    ran_a, ran_b = a.outcome in RAN, b.outcome in RAN
    if not (ran_a and ran_b):
        if ran_a or ran_b:
            missing = b if ran_a else a
            kind = "only in A" if ran_a else "only in B"
            return (kind, ()) if missing.outcome is Outcome.NOT_OFFERED else (NOT_COMPARED, ())
        return NOT_COMPARED, ()
    if a.outcome is not b.outcome or (a.what, a.expected, a.got) != (b.what, b.expected, b.got):
        return "differs", (f"A: {_told(a)}", f"B: {_told(b)}")
    if set(a.shapes) != set(b.shapes):
        return "differs", _shapes(a.shapes, b.shapes)
    return "same", ()


def _told(result: Result) -> str:
    if result.outcome is Outcome.HOLDS:
        return "holds"
    return f"{result.what}: expected {result.expected}, got {result.got}"


def _shapes(a: Sequence[str], b: Sequence[str]) -> tuple[str, ...]:
    """The answers that only one of them gave, by their form."""
    lines = [f"only A answers  {shape}" for shape in a if shape not in b]
    lines += [f"only B answers  {shape}" for shape in b if shape not in a]
    more = len(lines) - MOST_SHAPES
    return (*lines[:MOST_SHAPES], *([f"and {more} more"] if more > 0 else []))
