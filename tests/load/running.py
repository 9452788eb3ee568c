"""`apex-mock load` and plain Locust as processes of their own, ended for certain."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from apexload.result import Result, read_result

FAKE = (sys.executable, "-m", "apex_mock", "load")
WITHIN = 180  # seconds; SIGKILL five seconds later


def environment() -> dict[str, str]:
    """The user's, without a key of theirs."""
    return {name: value for name, value in os.environ.items() if name not in ("APEX_API_KEY", "MACROCOSMOS_API_KEY")}


def start(*command: str, folder: Path | None = None, **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["timeout", "-k", "5", str(WITHIN), *command],
        cwd=folder,
        env=environment() | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def load(*arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    process = start(*FAKE, *arguments)
    said, _ = process.communicate()
    return process.returncode, said


def result_of(folder: Path) -> Result:
    return read_result(folder / "result.json")


def failed_gates(folder: Path) -> set[str]:
    suite = ElementTree.parse(folder / "junit.xml").find("testsuite")
    assert suite is not None
    return {str(case.get("name")) for case in suite.findall("testcase[failure]")}
