"""What every suite shares: one running fake, and a key of its own for each test."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest
from _pytest.nodeid import NodeId
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from apex_mock import Server

pytest_plugins = ["pytester"]

# No deadline: the first example of a run pays for loading the fixtures. HYPOTHESIS_PROFILE=thorough looks longer.
for name, examples in (("house", 30), ("thorough", 1000)):
    settings.register_profile(name, deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group run in one worker: xdist 3.8 writes the group where pytest 9.2 no longer looks for it."""
    for item in items:
        grouped = getattr(item, "_nodeid", item.nodeid)
        if grouped != item.nodeid:
            item._id = NodeId.parse(grouped)


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
