"""The suite of a project that depends on apex-mock, run as its developers run it."""

import sys
from pathlib import Path

import pytest

from tests.clients.conftest import _or_skip
from tests.clients.running import run
from tests.conftest import PLUGINS_LEFT_OUT

PROJECT = Path(__file__).parent.parent / "dependent"
# Without what only this environment has.
PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q", *PLUGINS_LEFT_OUT)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_without_the_sdk(options):
    """REST through respx, openai on the real port, gRPC: in this environment, with today's protobuf."""
    done = run([sys.executable, *PYTEST, *options], {}, cwd=PROJECT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed, 1 skipped" in done.stdout


@pytest.mark.clients
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("together dependent")
def test_with_the_sdk():
    """All of it, with the SDK in the same process, on the protobuf that it pins."""
    python = _or_skip("together-dependent", with_the_fake=True)
    done = run([python, *PYTEST], {}, cwd=PROJECT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "19 passed" in done.stdout
