"""The suite has teeth: every clause that a mutant names finds it. Each commit tries another tenth of the mutants.

`make mutants` tries all of them, against all clauses.
"""

import pytest

from ..clause import BOOK
from . import load
from .killing import kill, untouched
from .mutant import MUTANTS, Mutant, Patch, mutant
from .tenth import chosen, line, part

load()
MOST_UNTOUCHED = 10  # clauses that need no mutant, because none can break them alone
PART = chosen()[0]
TENTH = part(list(MUTANTS.values()), PART)


@pytest.mark.parametrize("broken", TENTH, ids=lambda m: f"part{PART}-{m.name}")
def test_a_broken_fake_is_found_by_the_clauses_that_say_so(broken: Mutant) -> None:
    """And not by accident: a mutant that only crashes proves nothing."""
    verdict = kill(broken)
    if verdict.survived:
        pytest.fail(f"{broken.name} survived: {broken.sentence} {verdict.why} ({line()})", pytrace=False)


def test_there_are_enough_mutants_and_each_names_its_clauses() -> None:
    """At least sixty; each says what is broken in a sentence, and names clauses that exist."""
    assert len(MUTANTS) >= 60
    known = {clause.id for clause in BOOK}
    assert [m.name for m in MUTANTS.values() if not m.clauses or set(m.clauses) - known] == []
    assert [m.name for m in MUTANTS.values() if not m.sentence.endswith(".")] == []


def test_few_clauses_have_no_mutant() -> None:
    """A new clause comes with a mutant that breaks it."""
    left = untouched(MUTANTS.values())
    assert len(left) <= MOST_UNTOUCHED, f"these clauses have no mutant: {', '.join(left)}"


def harmless(patch: Patch) -> None:
    pass


def crashing(patch: Patch) -> None:
    from apex_mock.wire import sn1

    patch(sn1, "completion", lambda was: lambda plan: plan.nothing)


def test_a_mutant_that_breaks_nothing_survives() -> None:
    """Otherwise the verdicts above would prove nothing."""
    verdict = kill(Mutant("harmless", "Nothing is broken.", ("HEALTH-001",), harmless))
    assert verdict.survived
    assert verdict.why == "HEALTH-001 did not fail"


def test_a_mutant_that_only_crashes_survives() -> None:
    """Its clause fails, but by accident; and the fake is whole again after it."""
    verdict = kill(Mutant("crashing", "It crashes.", ("CHAT-002",), crashing))
    assert verdict.survived
    assert not verdict.missed_by
    assert "by accident" in verdict.why
    assert kill(Mutant("harmless", "Nothing is broken.", ("CHAT-002",), harmless)).missed_by == ["CHAT-002"]


def test_two_mutants_cannot_have_one_name() -> None:
    """The second would hide the first."""
    name = next(iter(MUTANTS))

    def again(patch: Patch) -> None:
        """Broken."""

    again.__name__ = name
    with pytest.raises(ValueError, match=name):
        mutant("CHAT-001")(again)
