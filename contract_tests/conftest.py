"""The runner under pytest: options that name a target, one item for each clause and transport, reports at the end.

Results travel on pytest's own reports, so that ours are whole also when workers share the run.
"""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from .mutants import tenth
from .report.files import as_json, as_junit, write
from .report.html import as_html
from .report.model import Report, report_of
from .report.terminal import print_report
from .results import Result
from .runner import ALLOWANCES, Runner, every_item
from .serving import FAKE, the_fake
from .target import BadTarget, Target, target_at

HERE = Path(__file__).parent
RESULT = pytest.StashKey[Result]()


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("apex contract").addoption
    add("--apex-target", metavar="URL", default=None, help="what to check: a URL, or live; the fake in this process")
    add("--apex-rest", metavar="URL", default=None, help="the REST host, when it is not at the target's URL")
    add("--apex-grpc", metavar="HOST:PORT", default=None, help="gRPC, when it is not at the target's URL")
    add("--apex-key", metavar="KEY", default=None, help="the key to call it with; better in APEX_API_KEY")
    add("--apex-allow", metavar="WORDS", default="", help="cost, write, attack: lets run what does so to a live target")
    add("--apex-pace", metavar="SECONDS", type=float, default=None, help="the least time between two requests")
    add("--apex-sdk-python", metavar="PATH", default=None, help="the python of an environment with the macrocosmos SDK")
    add("--apex-contract", action="store_true", help="print the table of clauses at the end")
    for name, what in (("html", "one HTML file"), ("json", "JSON"), ("junit", "JUnit XML")):
        add(f"--apex-{name}", metavar="FILE", default=None, help=f"write the contract's report as {what}")


def pytest_configure(config: pytest.Config) -> None:
    allow = _allow(config)
    known = (*ALLOWANCES, "attack")
    if unknown := sorted(set(allow) - set(known)):
        raise pytest.UsageError(f"--apex-allow: there is no {unknown[0]}; there are {', '.join(known)}")
    if config.getoption("--apex-target", None) is not None:
        try:
            _target(config)
        except BadTarget as error:
            raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reports(config), "apex-contract-reports")


def pytest_report_header() -> str:
    return tenth.line()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Another target than the fake is checked and no more: breaking a fake says nothing of it, and it is attacked only
    when that is asked for by name."""
    if config.getoption("--apex-target", None) is None or collection_path.parent != HERE:
        return None
    named = any(collection_path.name in argument for argument in config.args)
    return True if collection_path.name in ("attacks", "mutants") and not named else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"clause", "transport"} <= set(metafunc.fixturenames):
        sdk = metafunc.config.getoption("--apex-sdk-python", None) is not None
        items = list(every_item(sdk=sdk))
        metafunc.parametrize(("clause", "transport"), items, ids=[f"{c.id}-{t}" for c, t in items])


@pytest.fixture(scope="session")
def runner(pytestconfig: pytest.Config) -> Iterator[Runner]:
    if pytestconfig.getoption("--apex-target", None) is None:
        with the_fake() as target, Runner(_with_sdk(pytestconfig, target)) as made:
            yield made
        return
    with Runner(_with_sdk(pytestconfig, _target(pytestconfig)), allow=_allow(pytestconfig)) as made:
        yield made


def _allow(config: pytest.Config) -> list[str]:
    # Options are not there when this file is loaded only as its folder is collected.
    return [word for word in str(config.getoption("--apex-allow", "")).split(",") if word]


def _target(config: pytest.Config) -> Target:
    option = config.getoption
    rest, grpc, key = option("--apex-rest"), option("--apex-grpc"), option("--apex-key")
    target = target_at(option("--apex-target"), rest=rest, grpc=grpc, key=key)
    if (pace := option("--apex-pace")) is not None:
        target.pace = pace
    return target


def _with_sdk(config: pytest.Config, target: Target) -> Target:
    python = config.getoption("--apex-sdk-python", None)
    target.sdk_python = Path(python) if python else None
    return target


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    made = yield
    if RESULT in item.stash:
        made.get_result().apex_contract = orjson.dumps(item.stash[RESULT].to_json()).decode()


class _Reports:
    """Gathers results as items report, on the controller, and writes them at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: list[Result] = []
        self._at = datetime.now(UTC)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        sent = getattr(report, "apex_contract", None)
        if report.when == "call" and sent is not None:
            self._results.append(Result.from_json(orjson.loads(sent)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run in which nothing could be checked says nothing good of the target."""
        if self._results and not self._report().ran and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self) -> Report:
        seconds = (datetime.now(UTC) - self._at).total_seconds()
        target = self._config.getoption("--apex-target", None) or FAKE
        return report_of(target, self._results, self._at, seconds)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        option = partial(self._config.getoption, default=None)
        if not self._results:
            return
        report = self._report()
        if option("--apex-contract"):
            print_report(report, Console(file=terminalreporter._tw._file))
        elif not report.ran:
            terminalreporter.write_line(report.verdict, red=True)
        for name, content in (("html", as_html), ("json", as_json), ("junit", as_junit)):
            if path := option(f"--apex-{name}"):
                write(Path(path), content(report))
