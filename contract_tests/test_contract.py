"""Every clause over every transport that it speaks of."""

import pytest

from .clause import Clause
from .conftest import RESULT
from .operations import Transport
from .results import Outcome
from .runner import Runner


def test_clause(clause: Clause, transport: Transport, runner: Runner, request: pytest.FixtureRequest) -> None:
    """The clause holds for the target. Not offered, or not allowed, is a skip that says so."""
    result = runner.check(clause, transport)
    request.node.stash[RESULT] = result
    if result.outcome is Outcome.BROKEN:
        pytest.fail(f"{clause.id} over {transport}: {clause.sentence}\n{result.difference}", pytrace=False)
    if result.outcome is not Outcome.HOLDS:
        pytest.skip(f"{result.outcome}: {result.reason}")
    assert result.left_behind == ()
