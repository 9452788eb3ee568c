"""Our .proto against the one inside each SDK release, by buf's rules of what would break on the wire."""

import json
import sys
from pathlib import Path

import pytest

from apex_mock.wire.methods import METHODS
from tests.clients.conftest import Sdk
from tests.clients.environments import ROOT
from tests.clients.running import client_tests, run, run_script

pytestmark = client_tests()
BUF = Path(sys.executable).with_name("buf")
WIRE = json.dumps({"version": "v2", "breaking": {"use": ["WIRE"]}})
EMPTY = (
    'RPC "GetChatSessions" on service "ApexService" changed request type '
    'from "google.protobuf.Empty" to "apex.v1.GetChatSessionsRequest".'
)
BREAKS = {"1.0.4": [EMPTY], "1.1.5": [EMPTY], "2.1.0": []}
RENAMED = {"1.0.4": {"UpdateChatAttribute"}, "1.1.5": set(), "2.1.0": set()}  # to UpdateChatAttributes, in 1.1


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = tmp_path_factory.mktemp("schema") / "ours.binpb"
    built = run([BUF, "build", ROOT / "apex_mock" / "proto", "-o", image], {})
    assert built.returncode == 0, built.stderr
    return image


def test_what_breaks_on_the_wire(sdk: Sdk, ours: Path, tmp_path: Path) -> None:
    """Nothing for 2.1.0. Before it GetChatSessions took Empty, of which our request is a superset on the wire."""
    theirs = tmp_path / "sdk.binpb"
    methods = run_script(sdk.python, "descriptor.py", str(theirs), env={})
    command = [BUF, "breaking", ours, "--against", theirs, "--config", WIRE, "--error-format", "json"]
    done = run(command, {}, cwd=tmp_path)
    assert done.returncode in (0, 100), done.stderr
    assert [json.loads(line)["message"] for line in done.stdout.splitlines()] == BREAKS[sdk.version]
    assert set(methods) - {method.name for method in METHODS} == RENAMED[sdk.version]
