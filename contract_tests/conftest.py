"""The runner under pytest: options that name a target, one item for each clause and transport, reports at the end."""

from collections.abc import Iterator

import pytest

from .runner import ALLOWANCES, Runner, every_item
from .serving import the_fake
from .target import BadTarget, target_at


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("apex contract")
    add = group.addoption
    add("--apex-target", metavar="URL", default=None, help="what to check: a URL, or live; the fake in this process")
    add("--apex-rest", metavar="URL", default=None, help="the REST host, when it is not at the target's URL")
    add("--apex-grpc", metavar="HOST:PORT", default=None, help="gRPC, when it is not at the target's URL")
    add("--apex-key", metavar="KEY", default=None, help="the key to call it with; better in APEX_API_KEY")
    add("--apex-allow", metavar="WORDS", default="", help="cost, write, attack: lets run what does so to a live target")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"clause", "transport"} <= set(metafunc.fixturenames):
        items = list(every_item())
        metafunc.parametrize(("clause", "transport"), items, ids=[f"{c.id}-{t}" for c, t in items])


@pytest.fixture(scope="session")
def runner(pytestconfig: pytest.Config) -> Iterator[Runner]:
    url = pytestconfig.getoption("--apex-target")
    allow = [word for word in pytestconfig.getoption("--apex-allow").split(",") if word]
    if unknown := set(allow) - {*ALLOWANCES, "attack"}:
        raise pytest.UsageError(
            f"--apex-allow: {', '.join(sorted(unknown))}; there are {', '.join(ALLOWANCES)}, attack"
        )
    if url is None:
        with the_fake() as target, Runner(target) as made:
            yield made
        return
    option = pytestconfig.getoption
    try:
        target = target_at(url, rest=option("--apex-rest"), grpc=option("--apex-grpc"), key=option("--apex-key"))
    except BadTarget as error:
        raise pytest.UsageError(str(error)) from None
    with Runner(target, allow=allow) as made:
        yield made
