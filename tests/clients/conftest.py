"""The fakes that the real clients talk to, and the environments that hold the clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apex_mock import Server, serve
from apex_mock.tls import Certificate, make_certificate
from tests.clients import environments

SDK_VERSIONS = ("1.0.4", "1.1.5", "2.1.0")
SETTINGS = {"time_scale": 0.4}  # research takes little more than a second


@dataclass(frozen=True)
class Sdk:
    """One release of the official SDK, in an environment of its own."""

    version: str
    python: Path


def _or_skip(name: str, *, with_the_fake: bool = False) -> Path:
    try:
        return environments.virtual_environment(name, with_the_fake=with_the_fake)
    except environments.Unreachable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def plain() -> Iterator[Server]:
    """A fake in plaintext, with a port for gRPC alone besides."""
    with serve(settings=SETTINGS, grpc_port=0) as server:
        yield server


@pytest.fixture(scope="session")
def secure(certificate: Certificate) -> Iterator[Server]:
    """A fake over TLS, with a port for gRPC alone besides."""
    with serve(settings=SETTINGS, grpc_port=0, certificate=certificate) as server:
        yield server


@pytest.fixture(scope="session")
def usual() -> Iterator[Server]:
    """A fake with no setting changed."""
    with serve() as server:
        yield server


@pytest.fixture(scope="session")
def strict() -> Iterator[Server]:
    """A fake that knows one key, "good"."""
    with serve(settings={"api_keys": ("good",)}) as server:
        yield server


@pytest.fixture(params=["plaintext", "tls"])
def either(request: pytest.FixtureRequest) -> Server:
    """The fake in plaintext, then the fake over TLS."""
    found: Server = request.getfixturevalue("plain" if request.param == "plaintext" else "secure")
    return found


@pytest.fixture(
    scope="session",
    params=[pytest.param(v, marks=pytest.mark.xdist_group(f"macrocosmos {v}")) for v in SDK_VERSIONS],
)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return Sdk(request.param, _or_skip(f"macrocosmos-{request.param}"))


@pytest.fixture(scope="session")
def newest_sdk() -> Sdk:
    """The release whose stubs know all 16 RPCs."""
    return Sdk("2.1.0", _or_skip("macrocosmos-2.1.0"))


@pytest.fixture(scope="session")
def oldest_sdk() -> Sdk:
    """The first release with the whole Apex client."""
    return Sdk("1.0.4", _or_skip("macrocosmos-1.0.4"))


@pytest.fixture(scope="session", params=["1.1.5", "2.1.0"])
def together(request: pytest.FixtureRequest) -> Sdk:
    """An environment that holds the SDK and apex-mock both."""
    return Sdk(request.param, _or_skip(f"together-{request.param}", with_the_fake=True))


@pytest.fixture(scope="session")
def openai_2() -> Path:
    """The python of an environment with openai 2, langchain-openai and litellm."""
    return _or_skip("openai-2.54.0")
