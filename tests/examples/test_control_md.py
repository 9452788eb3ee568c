"""docs/control.md is true: each of its examples says what stands below it.

APEX_WRITE_DOCS=1 writes the outputs anew; read the difference before you commit it.
"""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from apex_mock import ApexMock, Server, serve
from apex_mock.clock import Clock
from tests.conftest import NOON
from tests.examples.documents import DOCS, agrees, examples, rewritten, run_shell

PAGE = DOCS / "control.md"
pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("bash", "curl")), reason="bash or curl not installed"
)


@pytest.fixture
def still() -> Iterator[Server]:
    """A server where it stays noon, so that every run says the same."""
    with serve(ApexMock(clock=Clock(lambda: NOON))) as server:
        yield server


def test_every_example_says_what_is_written(still):
    """In order, on one server."""
    if os.environ.get("APEX_WRITE_DOCS"):
        PAGE.write_text("".join(list(rewritten(PAGE, still.url))))
        return
    found = examples(PAGE)
    assert len(found) > 25
    for example in found:
        said = run_shell(example.command, still.url)
        if example.kind == "json":
            assert agrees(json.loads(example.output), json.loads(said)), f"{example.command}\nsays {said}"
        else:
            assert said.strip() == example.output.strip(), example.command
