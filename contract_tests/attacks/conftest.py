"""Whom the attacks are for: the fake in this process; any other target only when that is allowed by name."""

from collections.abc import Iterator
from functools import partial

import pytest

from ..serving import the_fake
from ..target import Target, target_at


@pytest.fixture(scope="session")
def attacked(pytestconfig: pytest.Config) -> Iterator[Target]:
    option = partial(pytestconfig.getoption, default=None)
    url = option("--apex-target")
    if url is None:
        with the_fake() as target:
            yield target
    elif "attack" not in (option("--apex-allow") or "").split(","):
        pytest.skip("attacks are for the fake; --apex-allow=attack sends them to this target")
    else:
        yield target_at(url, rest=option("--apex-rest"), grpc=option("--apex-grpc"), key=option("--apex-key"))


@pytest.fixture
def key(attacked: Target, request: pytest.FixtureRequest) -> str:
    """A key of this test's own, where the target lets everybody in."""
    return attacked.key_for(request.node.name.partition("[")[0]) or ""
