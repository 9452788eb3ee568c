"""What --apex-report says at the end of a session: calls, failures, surprises, the slowest calls."""

from collections import Counter
from typing import Any

import pytest

SHOWN = 10  # lines of a kind


class Summary:
    """Adds up what the tests' reports bring along, in this process or from xdist's workers."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.tests = self.failed = 0
        self.surprises: list[tuple[str, str]] = []
        self.slowest: list[tuple[float, str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: list[dict[str, Any]] = getattr(report, "apex", [])
        self.tests += bool(told)
        for one in told:
            self.calls.update(one["calls"])
            self.failed += one["failed"]
            self.surprises += [(report.nodeid, what) for what in one["surprises"]]
            self.slowest += [(seconds, report.nodeid, call) for seconds, call in one["slowest"]]
        self.slowest = sorted(self.slowest, reverse=True)[:SHOWN]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write = terminalreporter.write_line
        terminalreporter.section("apex-mock")
        by_operation = ", ".join(f"{name} {count}" for name, count in self.calls.most_common())
        write(f"{self.calls.total()} calls in {self.tests} tests{': ' if by_operation else ''}{by_operation}")
        write(f"{self.failed} answered with an error, {len(self.surprises)} unmatched or otherwise surprising")
        for nodeid, what in self.surprises[:SHOWN]:
            write(f"  {nodeid}: {what}")
        if len(self.surprises) > SHOWN:
            write(f"  and {len(self.surprises) - SHOWN} more")
        if self.slowest:
            write("slowest, in seconds by the test's own clock")
        for seconds, nodeid, call in self.slowest:
            write(f"  {seconds:8.3f}  {nodeid}  {call}")
