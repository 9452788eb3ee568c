"""The room in an SQLite file: what each scope takes of it, in a transaction with what takes it, and who makes room."""

from collections.abc import Iterable
from typing import Any

from apex_mock.store.bounds import BY_THE_WAY, NAME_SIZE, RECORD_SIZE, Bounds, Kept, too_much
from apex_mock.store.sqlite_file import Database, one

NAMES = 8  # ordinals that are counted at once: counting writes two pages
_STORED = f"kind NOT IN ({', '.join(repr(kind.__name__) for kind in sorted(BY_THE_WAY, key=str))})"
_MEASURE = f"""\
SELECT scope, sum(size), sum(stored) FROM (
    SELECT scope, length(data) + {RECORD_SIZE} AS size, {_STORED} AS stored FROM records WHERE {{here}}
    UNION ALL SELECT scope, (count(*) + {NAMES - 1}) / {NAMES} * {NAMES * NAME_SIZE}, 0 FROM ordinals WHERE {{here}}
    GROUP BY scope) GROUP BY scope
"""  # noqa: S608  # names and numbers of ours
_CHANGE = "UPDATE world SET uses = uses + ?, taken = taken + ?, called = called + ?, stored = stored + ?"
_CHANGED = f"{_CHANGE} RETURNING called, stored, taken"
_FIRST = "SELECT scope, used FROM scopes WHERE (stored > 0) = ? AND scope NOT IN ('', ?) ORDER BY used LIMIT 1"


def size_of(data: bytes) -> int:
    return len(data) + RECORD_SIZE


class Room:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds

    def check(self, database: Database, scope: str, more: int) -> None:
        """Raises TooMuch, while nothing has changed, for a scope that has no room for so many bytes more."""
        taken = dict(database.execute("SELECT scope, size FROM scopes WHERE scope IN ('', ?)", (scope,)))
        if more > 0 and sum(taken.values()) + more > self._bounds.size:
            raise too_much(taken.get(scope, 0), self._bounds)

    def change(self, database: Database, scope: str, size: int, stored: int = 0) -> Kept:
        """A scope takes so many bytes more, for so many more records that somebody wanted. Returns how much there is
        then."""
        growing = "UPDATE scopes SET size = size + ? WHERE scope = ?"
        if size > 0 and not stored and database.execute(growing, (size, scope)).rowcount:
            return Kept(*one(database, _CHANGED, (0, size, 0, 0)))
        before = one(database, "SELECT size, stored FROM scopes WHERE scope = ?", (scope,)) or (0, 0)
        now = (before[0] + size, before[1] + stored)
        if now[0]:
            filing = (
                "INSERT INTO scopes VALUES (?, ?, ?, (SELECT uses FROM world))"
                " ON CONFLICT DO UPDATE SET size = excluded.size, stored = excluded.stored"
            )
            database.execute(filing, (scope, *now))
        else:
            database.execute("DELETE FROM scopes WHERE scope = ?", (scope,))
        called, wanted = (new - old for new, old in zip(_sort(scope, now), _sort(scope, before), strict=True))
        return Kept(*one(database, _CHANGED, (1, size, called, wanted)))

    def use(self, database: Database, scope: str) -> None:
        database.execute("UPDATE world SET uses = uses + 1")
        database.execute("UPDATE scopes SET used = (SELECT uses FROM world) WHERE scope = ?", (scope,))

    def make(self, database: Database, scope: str, kept: Kept) -> bool:
        """Forgets whole scopes until there is room for this one. True if anybody has to be told."""
        told = False
        while (longest := self._too_many(kept, database, scope)) is not None:
            told = told or bool(one(database, "SELECT stored FROM scopes WHERE scope = ?", (longest,))[0])
            database.execute("DELETE FROM records WHERE scope = ?", (longest,))
            database.execute("DELETE FROM ordinals WHERE scope = ?", (longest,))
            self.measure(database, longest)
            kept = self.kept(database)
        return told

    def _too_many(self, kept: Kept, database: Database, scope: str) -> str | None:
        """The scope that has to go for this one to stay."""
        bounds = self._bounds
        too_many = (kept.called > bounds.scopes, kept.stored > bounds.scopes)
        if not any(too_many):
            too_many = (kept.size > bounds.size,) * 2
        found = [one(database, _FIRST, (sort, scope)) for sort, over in enumerate(too_many) if over]
        return min((first for first in found if first is not None), key=lambda row: row[1], default=(None,))[0]

    def measure(self, database: Database, scope: str | None) -> None:
        """Counts anew what a scope takes, or all of them, after much was taken away."""
        here, values = ("1", ()) if scope is None else ("scope = :scope", {"scope": scope})
        there = {name: sums for name, *sums in database.execute(_MEASURE.format(here=here), values)}
        asked = f"SELECT scope, size, stored FROM scopes WHERE {here}"  # noqa: S608  # a mark alone
        for name, size, stored in database.execute(asked, values).fetchall():
            new_size, new_stored = there.get(name, (0, 0))
            if (new_size, new_stored) != (size, stored):
                self.change(database, name, new_size - size, new_stored - stored)

    def kept(self, database: Database) -> Kept:
        return Kept(*one(database, "SELECT called, stored, taken FROM world"))


def stored_of(kinds: Iterable[str]) -> int:
    """How many of these records somebody wanted."""
    by_the_way = {kind.__name__ for kind in BY_THE_WAY}
    return sum(kind not in by_the_way for kind in kinds)


def _sort(scope: str, taken: Any) -> tuple[bool, bool]:
    """Whether it counts as one that was only called, as one in which something was stored; that of all as neither."""
    size, stored = taken
    return bool(scope and size and not stored), bool(scope and stored)
