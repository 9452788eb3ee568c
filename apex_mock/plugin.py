"""The pytest plugin: `apex`, `apex_app`, `apex_respx`, `apex_tls`, the marker `apex`, and the options --apex-*.

It is loaded wherever apex-mock is installed, so it imports the rest of the package only inside its fixtures.
"""

import os
import re
from collections.abc import Generator, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from apex_mock.testing.backend import Backend
    from apex_mock.testing.bridge import ApexRouter
    from apex_mock.testing.ground import Ground
    from apex_mock.testing.handle import Apex
    from apex_mock.testing.remote import Remote
    from apex_mock.tls import Certificate

OPTIONS = ("seed", "profile", "stubs", "faults", "clock", "strict", "research", "surprises")
FIXTURES = ("apex", "apex_app", "apex_respx", "apex_tls")
IN_PROCESS = frozenset({"apex_app", "apex_respx"})  # which need the fake itself, wherever other tests have it
URL_VARIABLE = "APEX_MOCK_URL"
DOCUMENTED = "https://constellation.api.cloud.macrocosmos.ai"
REST = "https://sn1.api.macrocosmos.ai"
HINT = "Is that as it should be? apex.allow_surprises(), @pytest.mark.apex(surprises=False), or .optional() on a stub."
PAST_HTTPX = (
    "apex_respx answers httpx only: gRPC clients and openai 3 go past it, to the real host. For them take apex."
)
_HELD = pytest.StashKey["list[Apex]"]()
_PASSED = pytest.StashKey[bool]()
_TOLD = pytest.StashKey[list[dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("apex-mock")
    group.addoption("--apex-report", action="store_true", help="say at the end what the Apex fake was asked")
    group.addoption(
        "--apex-url", metavar="URL", help=f"test against a running `apex-mock serve`, in place of ${URL_VARIABLE}"
    )
    group.addoption("--apex-shared", action="store_true", help="one Apex fake for all workers of pytest-xdist")
    group.addoption(
        "--apex-scope",
        metavar="NAME",
        default="",
        help="put before each test's key, for runs that share a fake at once",
    )


def pytest_configure(config: pytest.Config) -> None:
    options = ", ".join(f"{name}=" for name in OPTIONS)
    config.addinivalue_line("markers", f"apex({options}): how the Apex fake is in this test; see docs/pytest.md")
    if not re.fullmatch(r"[\w.-]*", config.getoption("--apex-scope"), re.ASCII):
        raise pytest.UsageError("--apex-scope: letters, digits, and . _ - are what a key is made of")
    if config.getoption("--apex-shared"):
        if config.getoption("--apex-url"):
            raise pytest.UsageError("--apex-shared starts a fake of its own: say it or --apex-url")
        if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
            from apex_mock.testing.shared import Shared

            config.pluginmanager.register(Shared(), "apex-mock-shared")
    if config.getoption("--apex-report"):
        from apex_mock.testing.summary import Summary

        config.pluginmanager.register(Summary(), "apex-mock-report")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist what only the controller knows: whether others run the same tests."""
    node.workerinput["apex_each"] = node.config.getoption("dist") == "each"


def pytest_itemcollected(item: pytest.Item) -> None:
    """The marker alone is enough: it brings the fixture along."""
    names: list[str] = getattr(item, "fixturenames", [])
    if not set(FIXTURES) & set(names) and item.get_closest_marker("apex") is not None:
        names.insert(0, "apex")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes how the test ended; a test that failed also says what the fake was asked."""
    report = yield
    handles = item.stash.get(_HELD, [])
    if handles and report.when == "call":
        item.stash[_PASSED] = report.passed
    if report.failed and report.when != "teardown":
        for handle in handles:
            said = [*(f"surprised by {what}" for what in handle.complaints()), handle.describe()]
            if "apex_respx" in getattr(item, "fixturenames", ()) and not handle.calls():
                said.append(PAST_HTTPX)
            report.sections.append(("apex-mock", "\n".join(said)))
    if report.when == "teardown" and _TOLD in item.stash:
        report.apex = item.stash[_TOLD]  # type: ignore[attr-defined]  # xdist sends it along
        del item.stash[_TOLD]  # the test may be run again
    return report


# --- Fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _apex_ground() -> "Iterator[Ground]":
    from apex_mock.testing.ground import Ground

    ground = Ground()
    yield ground
    ground.stop()


@pytest.fixture(scope="session")
def _apex_remote(request: pytest.FixtureRequest) -> "Iterator[Remote | None]":
    """The fake that runs elsewhere, if the tests are to use one."""
    config = request.config
    told: dict[str, Any] = getattr(config, "workerinput", {})
    url = told.get("apex_url") or config.getoption("--apex-url") or os.environ.get(URL_VARIABLE)
    if not url:
        yield None
        return
    from apex_mock.environment import NotThere
    from apex_mock.testing.remote import Remote

    try:
        remote, wrong = Remote(url), ""
    except NotThere as error:
        remote, wrong = None, str(error).removeprefix("--url: ")
    if remote is None:
        pytest.fail(f"apex-mock: {wrong}", pytrace=False)
    yield remote
    remote.close()


@pytest.fixture(scope="session")
def _apex_certificate(tmp_path_factory: pytest.TempPathFactory) -> "Certificate":
    from apex_mock.tls import make_certificate

    return make_certificate(tmp_path_factory.mktemp("apex-tls"))


@pytest.fixture(scope="session")
def _apex_tls_ground(_apex_certificate: "Certificate") -> "Iterator[Ground]":
    from apex_mock.testing.ground import Ground

    ground = Ground(certificate=_apex_certificate)
    yield ground
    ground.stop()


@pytest.fixture
def apex(request: pytest.FixtureRequest, _apex_remote: "Remote | None") -> "Iterator[Apex]":
    """A handle on the fake, in a world of this test's own, to which the environment points every client."""
    names = request.fixturenames
    if _apex_remote is not None and not IN_PROCESS & set(names):
        yield from _hold(request, _apex_remote)
        return
    from apex_mock.testing.local import Local

    # Behind respx nothing may open a socket, so the clients are sent to the real host's name.
    url = DOCUMENTED if "apex_respx" in names else ""
    yield from _hold(request, Local(request.getfixturevalue("_apex_ground"), url), rest=REST if url else "")


@pytest.fixture
def apex_tls(request: pytest.FixtureRequest, _apex_tls_ground: "Ground") -> "Iterator[Apex]":
    """The same over TLS; the environment also tells gRPC, httpx, curl and Node what to trust."""
    from apex_mock.testing.local import Local

    yield from _hold(request, Local(_apex_tls_ground))


@pytest.fixture
def apex_app(apex: "Apex", _apex_ground: "Ground") -> "Starlette":
    """The application itself, on the mock of `apex`, for ASGI test clients; send `apex.key` to be in its world."""
    return _apex_ground.app


@pytest.fixture
def apex_respx(apex: "Apex", _apex_ground: "Ground") -> "Iterator[ApexRouter]":
    """A respx router that answers httpx's calls to the two documented hosts in process, and refuses all others."""
    try:
        from apex_mock.testing.bridge import ApexRouter
    except ModuleNotFoundError as error:
        pytest.fail(f"apex_respx needs {error.name}: pip install 'apex-mock[respx]'", pytrace=False)
    router = ApexRouter(_apex_ground, apex.key)
    with router:
        yield router


def _hold(request: pytest.FixtureRequest, backend: "Backend", *, rest: str = "") -> "Iterator[Apex]":

    item = request.node
    if isinstance(handle := _handle(item, backend), str):
        pytest.fail(f"@pytest.mark.apex: {handle}", pytrace=False)
    item.stash.setdefault(_HELD, []).append(handle)
    item.stash[_PASSED] = False
    with pytest.MonkeyPatch.context() as patch:
        environment = handle.env | ({"OPENAI_BASE_URL": f"{rest}/v1"} if rest else {})
        for name, value in (environment | _no_proxy(handle.address)).items():
            patch.setenv(name, value)
        yield handle
    item.stash[_HELD].remove(handle)
    complaints, unused = handle.complaints(), handle.unused()
    if item.config.getoption("--apex-report"):
        item.stash.setdefault(_TOLD, []).append(handle.summary())
    told = handle.describe()
    handle.close()
    # A test that failed has said enough: what it left undone is why, or follows from it.
    if (complaints or unused) and item.stash.get(_PASSED, False) and not handle.surprises_allowed:
        pytest.fail(_message(complaints, unused, told), pytrace=False)


def _handle(item: pytest.Item, backend: "Backend") -> "Apex | str":
    """The handle as the markers want it, or what is wrong with them."""
    from apex_mock.errors import InvalidRequest
    from apex_mock.fixtures import BadFixture
    from apex_mock.testing.handle import Apex

    try:
        options = _options(item)
        surprises = options.pop("surprises", True)
        if not isinstance(surprises, bool):
            return f"surprises is True or False, not {surprises!r}"
        handle = Apex(backend, _key(item), defaults=options)
    except (BadFixture, InvalidRequest, TypeError, ValueError) as error:
        return str(error)
    handle.surprises_allowed = not surprises
    return handle


def _key(item: pytest.Item) -> str:
    """The same in every run, and no other test's: under `--dist each` every worker runs every test."""
    config, name = item.config, item.nodeid
    told: dict[str, Any] = getattr(config, "workerinput", {})
    if told.get("apex_each"):
        name += told["workerid"]
    prefix = config.getoption("--apex-scope")
    return f"{prefix}{'-' if prefix else ''}test-{blake2b(name.encode(), digest_size=6).hexdigest()}"


def _message(complaints: list[str], unused: list[str], told: str) -> str:
    # One line for each: pytest's summary shows the first.
    lines = [*(f"apex-mock was surprised: {what}" for what in complaints), *(f"apex-mock: {what}" for what in unused)]
    return "\n".join([*lines, told, HINT])


def _no_proxy(address: str) -> dict[str, str]:
    """A developer's proxy must not see calls to this machine."""
    host = address.rpartition(":")[0] or address
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, (known, host))))


def _options(item: pytest.Item) -> dict[str, Any]:
    """What the markers say, the nearest last. Raises ValueError for an option that does not exist, BadFixture for a
    file that cannot be used."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("apex"))):
        unknown = sorted(set(marker.kwargs) - set(OPTIONS))
        if unknown or marker.args:
            wrong = f"no option {unknown[0]!r}" if unknown else "options go by name"
            raise ValueError(f"{wrong}; there are {', '.join(OPTIONS)}")
        merged.update(marker.kwargs)
    merged = {name: value for name, value in merged.items() if value is not None}
    if "stubs" in merged:
        merged["stubs"] = _stubs(merged["stubs"], item.config.rootpath)
    if "faults" in merged:
        merged["faults"] = _faults(merged["faults"], item.config.rootpath)
    return merged


def _faults(given: Any, root: Path) -> list[Any]:
    """Faults from files below the root of the project, from short forms, and from values as such files have them."""
    from apex_mock.faultfile import read_faults
    from apex_mock.standing import read_fault_file

    found: list[Any] = []
    for one in given if isinstance(given, list | tuple) else [given]:
        is_file = isinstance(one, Path) or (isinstance(one, str) and one.endswith((".yaml", ".yml", ".json")))
        found += read_fault_file(root / one) if is_file else read_faults(one)
    return found


def _stubs(given: Any, root: Path) -> list[Any]:
    """Stubs from files and folders below the root of the project, and from values as such files have them."""
    from apex_mock.stubfile import read_stubs
    from apex_mock.stubfolder import read_file, read_folder

    found: list[Any] = []
    for one in given if isinstance(given, list | tuple) else [given]:
        if isinstance(one, str | Path):
            path = root / one
            found += read_folder(path) if path.is_dir() else read_file(path)
        else:
            found += read_stubs(one)
    if elsewhere := next((stub for stub in found if stub.scope), None):
        where = f"the stub {elsewhere.title} is for the scope {elsewhere.scope!r}"
        raise ValueError(f"{where}; those of a marker are for its test")
    return found
