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

# No deadline: the first example of a run pays for loading the fixtures. The same examples in each run, or CI would find
# on one commit what the next one has not; HYPOTHESIS_PROFILE=thorough looks longer, and elsewhere each time.
for name, examples in (("house", 30), ("thorough", 1000)):
    settings.register_profile(
        name,
        deadline=None,
        max_examples=examples,
        derandomize=name == "house",
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


# Folders whose tests are no unit tests, by the marker that tells why.
MARKED = {
    "failures": "failures",
    "attacks": "attacks",
    "mutants": "attacks",
    **dict.fromkeys(("plugin", "recipes", "examples"), "inner"),
}
SLOW = {"clients", *MARKED.values()}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        for folder in item.path.relative_to(config.rootpath).parent.parts:
            if folder in MARKED:
                item.add_marker(MARKED[folder])
    yield
    # What takes seconds begins first, or it would be waited for when all else is done.
    items.sort(
        key=lambda item: not any(item.iter_markers(name) for name in ("failures", "attacks", "inner", "clients"))
    )
    # Tests of one group run in one worker: xdist 3.8 writes the group where pytest 9.2 no longer looks for it.
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
