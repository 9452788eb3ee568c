"""JavaScript clients: Connect, gRPC-Web and gRPC by @connectrpc/connect-node, and gRPC by @grpc/grpc-js."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from apex_mock import Server
from apex_mock.wire.methods import METHODS
from tests.clients import environments
from tests.clients.running import client_tests, run

MISSING = [name for name in ("node", "npm") if shutil.which(name) is None]
pytestmark = [
    *client_tests("node"),
    pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed"),
]
PROTO = environments.ROOT / "apex_mock" / "proto"
BUF = Path(sys.executable).with_name("buf")


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts, the packages they import, and the API as a FileDescriptorSet."""
    try:
        packages = environments.node_modules()
    except environments.Unreachable as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("node")
    for script in environments.NODE.glob("*.mjs"):
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(packages)
    built = run([BUF, "build", PROTO, "--as-file-descriptor-set", "-o", folder / "apex.binpb"], {})
    assert built.returncode == 0, built.stderr
    return folder


def node(scripts: Path, script: str, *arguments: str, server: Server, key: str) -> Any:
    """Over TLS Node takes its trust roots from NODE_EXTRA_CA_CERTS."""
    done = run(["node", scripts / script, *arguments], server.environment(key))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return json.loads(done.stdout)


@pytest.mark.parametrize("transport", ["connect json", "connect proto", "grpc-web", "grpc"])
def test_connect_node(scripts: Path, either: Server, key: str, transport: str) -> None:
    said = node(scripts, "connect.mjs", transport, either.url, str(scripts / "apex.binpb"), server=either, key=key)
    text = said["unary"]["choices"][0]["message"]["content"]
    assert "Paris" in text
    choices = [chunk["choices"][0] for chunk in said["stream"]]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == text
    assert len(choices) > 2
    assert [choice.get("finishReason", "") for choice in choices] == [""] * (len(choices) - 1) + ["stop"]

    row = said["updated"]["completion"]
    assert row["metadata"] == {"deep-researcher": {"jobId": "1", "status": "completed"}, "thoughts": ["one", "two"]}
    assert [chat["id"] for chat in said["sessions"]["chatSessions"]] == [row["chatId"]]

    for asked in ("invalid", "invalid stream"):
        assert said[asked]["code"] == "InvalidArgument"
        assert said[asked]["message"].startswith("messages")
    for asked in ("no key", "no key for a stream"):
        assert said[asked]["code"] == "Unauthenticated"
        assert said[asked]["message"].startswith("Missing API key")
    assert said["not found"] == {"code": "NotFound", "message": "Job with ID no-such-job not found"}


@pytest.mark.parametrize("port", ["the one port", "gRPC's own"])
def test_grpc_js(scripts: Path, either: Server, key: str, port: str) -> None:
    """With gzip, as the Python SDK has it."""
    address = f"localhost:{either.port if port == 'the one port' else either.grpc_port}"
    ca = str(either.where.certificate.ca) if either.where.certificate else ""
    said = node(scripts, "grpc_js.mjs", address, str(PROTO), ca, server=either, key=key)
    assert set(said["methods"]) == {method.name for method in METHODS}

    text = said["unary"]["answer"]["choices"][0]["message"]["content"]
    assert "Paris" in text
    choices = [chunk["choices"][0] for chunk in said["stream"]["answers"]]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == text
    assert choices[-1]["finish_reason"] == "stop"
    assert 2 < len(said["search"]["answer"]["results"]) <= 6
    assert said["job"]["answer"]["status"] == "pending"

    assert said["not found"] == {"code": "NOT_FOUND", "message": "Job with ID no-such-job not found"}
    assert (said["invalid"]["code"], said["invalid stream"]["code"]) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
    assert (said["no key"]["code"], said["no key for a stream"]["code"]) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
    assert said["no key"]["message"].startswith("Missing API key")


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((environments.NODE / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert all("integrity" in package and "resolved" not in package for package in packages)
