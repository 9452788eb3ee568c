"""`pytest contract_tests`: one item for each clause and transport, reports that workers share, wrong options."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import minimal_server

pytestmark = pytest.mark.inner
HOME = Path(__file__).parent.parent.parent
SUITE = "contract_tests/test_contract.py"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SUITE, *arguments]
    return subprocess.run(
        command, cwd=HOME, env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_target_is_checked_by_name(tmp_path: Path):
    """Failures show what differs and the command, not our code; what is not offered or allowed is a skip."""
    report = tmp_path / "report.json"
    with minimal_server.running("null fields are left out") as url:
        done = run(
            f"--apex-target={url}",
            "--apex-allow=cost",
            "--apex-pace=0",
            f"--apex-json={report}",
            "--apex-contract",
            "-k",
            "WIRE-008 or WIRE-009 or JOB-006-rest or KEYS-002",
            APEX_API_KEY=minimal_server.KEY,
        )
    assert done.returncode == 1
    assert "1 failed, 1 passed, 2 skipped" in done.stdout
    assert "WIRE-008 over rest: REST's answer has every field of the page's sample" in done.stdout
    assert "fields that the answer lacks" in done.stdout
    assert "test_contract.py:" not in done.stdout.partition("short test summary")[0]
    assert "not offered: the target has no such operation over rest" in done.stdout
    assert "1 clause does not hold, of 2 checks of 2 clauses." in done.stdout
    assert minimal_server.KEY not in done.stdout + done.stderr
    outcomes = {r["clause"]: r["outcome"] for r in json.loads(report.read_bytes())["results"]}
    assert outcomes == {
        "WIRE-008": "broken",
        "WIRE-009": "holds",
        "JOB-006": "not offered",
        "KEYS-002": "not offered",
    }


def test_results_of_workers_are_in_the_report(tmp_path: Path):
    """They come from another process."""
    report = tmp_path / "report.json"
    done = run("-n", "1", f"--apex-json={report}", "-k", "MINERS or HEALTH")
    assert (done.returncode, "8 passed" in done.stdout) == (0, True)
    value = json.loads(report.read_bytes())
    assert (value["ok"], value["counts"]["holds"], value["target"]) == (True, 8, "the fake, in this process")


def test_a_target_of_which_nothing_could_be_checked_is_no_success():
    """As with apex-mock verify: skips alone would read as if all were well."""
    done = run("--apex-target=http://127.0.0.1:9", "-k", "HEALTH")
    assert done.returncode == 1
    assert "Nothing could be checked at http://127.0.0.1:9." in done.stdout
    assert " skipped" in done.stdout


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--apex-allow=everything", "--apex-allow: there is no everything; there are cost, write, attack"),
        ("--apex-target=ftp://x", "ftp://x: a target is http://HOST:PORT"),
    ],
)
def test_a_wrong_option_is_a_usage_error(argument, said):
    """Before anything runs."""
    done = run(argument)
    assert done.returncode == 4
    assert said in done.stderr
