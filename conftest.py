"""What every suite shares: one running fake, and a key of its own for each test."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from apex_mock import Server

# No deadline: the first example of a run pays for loading the fixtures.
settings.register_profile("house", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def server() -> "Iterator[Server]":
    """A fake on one port, for every test that needs no settings of its own."""
    from apex_mock import serve

    with serve() as running:
        yield running


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key that no other test has: a world of its own on the shared server, the same in every run."""
    return f"key-{blake2b(request.node.nodeid.encode(), digest_size=6).hexdigest()}"
