"""What the project's own tests share: a caller on each wire of the running fake, and time that stands still."""

import os
from collections.abc import Iterator

import httpx
import pytest

from apex_mock import ApexMock, Server, Settings
from apex_mock.clock import Clock
from tests.wires import PLAIN, WIRES, Wire

collect_ignore = ["dependent"]  # a project of its own, which tests/plugin/test_dependent.py runs
NOON = 1_748_779_200_000_000  # 2025-06-01T12:00:00Z, in microseconds


# Runs of pytest inside a test do without the plugins that take longest to load; pytester's must be told so themselves.
PLUGINS_LEFT_OUT = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:locust")
os.environ.setdefault("PYTEST_ADDOPTS", " ".join(PLUGINS_LEFT_OUT))


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client without a key or a base: making one for each call costs more than the call."""
    with httpx.Client(timeout=20, verify=PLAIN) as client:
        yield client


@pytest.fixture
def rest(server: Server, key: str) -> Iterator[httpx.Client]:
    """The REST surface, with this test's key."""
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=20, verify=PLAIN) as client:
        yield client


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest, server: Server, key: str) -> Iterator[Wire]:
    """Each RPC wire in turn, with this test's key."""
    made = WIRES[request.param](server.address, key)
    yield made
    made.close()


@pytest.fixture
def mock() -> ApexMock:
    """A fake without a wire, at whose place it is noon until somebody moves the clock."""
    return ApexMock(Settings(), clock=Clock(lambda: NOON))
