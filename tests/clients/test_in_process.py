"""The fake beside the SDK in one process, on the protobuf that the SDKs pin; and alone, on that and on today's."""

import sys
from pathlib import Path

import google.protobuf
import pytest

from tests.clients.conftest import Sdk
from tests.clients.environments import LOCKS
from tests.clients.running import client_tests, run, run_script

pytestmark = client_tests("together")
OLD, NEW = "5.29.", "7."
SDK = ("macrocosmos", "macrocosmos.generated.apex.v1.apex_pb2_grpc")
FAKE = ("apex_mock", "apex_mock.server")


@pytest.mark.parametrize("order", [SDK + FAKE, FAKE + SDK], ids=["SDK first", "fake first"])
def test_either_import_order(together: Sdk, order: tuple[str, ...]) -> None:
    """Both have messages named apex.v1.*; in one descriptor pool the second to come would fail."""
    said = run_script(together.python, "in_process.py", *order, env={})
    assert said["sdk"] == together.version
    assert said["protobuf"].startswith(OLD)
    assert said["pool"] == "apex/v1/apex.proto", "the default pool holds the SDK's file"

    text = said["sync"][0]["message"]["content"]
    assert "Paris" in text
    assert said["async"] == said["sync"]
    assert said["stream"] == text
    assert said["at once"] == [said["sync"]] * 20
    assert 0 < len(said["found"]) <= 6
    assert said["job"]


def test_health_and_reflection_on_the_old_protobuf(together: Sdk) -> None:
    check(run_script(together.python, "fake_alone.py", env={}), OLD)


def test_health_and_reflection_on_the_new_protobuf() -> None:
    assert google.protobuf.__version__.startswith(NEW)
    check(run_script(Path(sys.executable), "fake_alone.py", env={}), NEW)


def check(said: dict, protobuf: str) -> None:
    assert said["protobuf"].startswith(protobuf)
    assert said["health"] == "SERVING"
    assert {"apex.v1.ApexService", "grpc.health.v1.Health"} <= set(said["services"])
    assert len(said["methods"]) == 16


def test_the_requirements_of_both_hold(together: Sdk) -> None:
    done = run([sys.executable, "-m", "pip", "--python", together.python, "check"], {})
    assert done.returncode == 0, done.stdout


def test_no_lock_file_names_an_index() -> None:
    """Where packages come from is the business of whoever installs them."""
    for lock in LOCKS.iterdir():
        assert "://" not in lock.read_text(), lock
