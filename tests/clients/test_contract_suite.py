"""The contract suite through the official SDK: the SDK's own code makes the calls and reads the answers."""

from pathlib import Path

import pytest

from contract_tests.operations import Op, Transport
from contract_tests.results import Outcome, Result
from contract_tests.runner import Runner, every_item
from contract_tests.serving import the_fake
from tests.clients.conftest import Sdk
from tests.clients.running import client_tests

pytestmark = client_tests()
STORED = {op for op in Op if "Chat" in op or "Completions" in op} - {Op.CHAT, Op.STREAM}
SINCE_2 = {*STORED, Op.CREATE_ROW, Op.UPDATE_ROW, Op.RESEARCH_ROWS, Op.DELETE_ROWS}


def results(python: Path, *only: str) -> list[Result]:
    with the_fake() as target:
        target.sdk_python = python
        with Runner(target) as runner:
            return list(runner.run(every_item(only, [Transport.SDK], sdk=True)))


def test_every_clause_holds_through_the_sdk(sdk: Sdk) -> None:
    """Those of the calls that this release has; the others read as not offered, and say that it is the SDK's doing."""
    found = results(sdk.python)
    assert [r.difference for r in found if r.outcome is Outcome.BROKEN] == []
    assert sum(r.outcome is Outcome.HOLDS for r in found) > 70
    lacking = {r.operation for r in found if r.outcome is Outcome.NOT_OFFERED}
    assert lacking <= {op.value for op in SINCE_2}
    assert bool(lacking) is not (sdk.version == "2.1.0")
    assert {r.reason for r in found if r.outcome is Outcome.NOT_OFFERED} <= {"the client for sdk has no such call"}


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false"])
def test_an_environment_without_the_sdk_says_so(python: str) -> None:
    """Once, as not offered: it says nothing of the target."""
    found = results(Path(python), "CHAT-001", "CHAT-002")
    assert [r.outcome for r in found] == [Outcome.NOT_OFFERED] * 2
    assert all(python in r.reason for r in found)
