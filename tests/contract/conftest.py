"""Targets for the suite's own tests: a minimal server of another make, and how to run the suite against it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from contract_tests.results import Result
from contract_tests.runner import Runner, every_item
from contract_tests.target import Target, target_at
from tests.contract import minimal_server

ALL = ("cost", "write")
Minimal = Callable[..., Target]


@pytest.fixture
def minimal() -> Iterator[Minimal]:
    """Starts minimal servers with the faults named, and gives them as targets that need no pause."""
    with ExitStack() as stack:

        def start(*faults: str, key: str | None = minimal_server.KEY) -> Target:
            url = stack.enter_context(minimal_server.running(*faults))
            target = target_at(url, key=key, environment={})
            target.pace = 0
            return target

        yield start


def checked(target: Target, *only: str, allow: tuple[str, ...] = ALL) -> list[Result]:
    """What came of these clauses or areas, of all without any."""
    with Runner(target, allow=allow) as runner:
        return list(runner.run(every_item(only)))
