"""`apex-mock verify`: exit codes, what it prints and writes, from a checkout and from a wheel."""

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from apex_mock import Server
from tests.contract import minimal_server

pytestmark = pytest.mark.inner
HOME = Path(__file__).parent.parent.parent
KEEP = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


def verify(*arguments: str, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does; `path` holds an installed package that is to be used."""
    environment = {name: os.environ[name] for name in KEEP if name in os.environ} | {"COLUMNS": "100"} | variables
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    code = "from apex_mock.cli import main; main()"
    command = [sys.executable, "-c", code, "verify", *arguments]
    return subprocess.run(
        command, cwd=path or HOME, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_target_that_keeps_the_contract(server: Server, tmp_path: Path):
    """0; the verdict is the last line; the reports are written, also into folders that are not there yet."""
    files = {kind: tmp_path / "new" / f"report.{kind}" for kind in ("html", "json", "junit")}
    done = verify(server.url, "--only", "CHAT", *(w for kind, path in files.items() for w in (f"--{kind}", str(path))))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().splitlines()[-1].startswith("Every clause that ran holds: ")
    assert json.loads(files["json"].read_bytes())["ok"] is True
    assert Xml.parse(files["junit"]).find("testsuite") is not None
    assert "Every clause that ran holds" in files["html"].read_text()


def test_a_target_that_does_not():
    """1, with the failure and how to see it again; the key is nowhere in it."""
    with minimal_server.running("null fields are left out") as url:
        done = verify(
            url, "--only", "WIRE-008", "--transport", "rest", "--allow", "cost", APEX_API_KEY=minimal_server.KEY
        )
    assert done.returncode == 1
    assert "✗ WIRE-008 over rest" in done.stdout
    assert "curl -sS " in done.stdout
    assert '-H "authorization: Bearer $APEX_API_KEY"' in done.stdout
    assert "1 clause does not hold" in done.stdout
    assert minimal_server.KEY not in done.stdout + done.stderr


def test_a_target_that_is_gone():
    """1: nothing was found to be wrong, and nothing to be right."""
    done = verify("http://127.0.0.1:9", "--only", "HEALTH")
    assert done.returncode == 1
    assert "nobody answers at http://127.0.0.1:9" in done.stdout
    assert done.stdout.strip().endswith("Nothing could be checked at http://127.0.0.1:9.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ftp://host"], "ftp://host: a target is http://HOST:PORT"),
        (["a", "b", "c"], "name one target, or two"),
        (["a", "--only", "NOPE"], "--only: there is no NOPE"),
        (["a", "--allow", "all"], "--allow: there is no all; there are cost, write"),
        (["a", "--transport", "soap"], "--transport: there is no soap; there are rest, connect, grpc, openai, sdk"),
        (["a", "--key", "x", "--key", "y"], "--key: there are more keys than targets"),
        (["a", "b", "--grpc", "c:1"], "--rest and --grpc go with one target"),
    ],
)
def test_a_wrong_call(arguments, said):
    """2, and one line that says what to mend."""
    done = verify(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"apex-mock: {said}")
    assert done.stderr.count("\n") == 1


def test_two_targets_are_compared(server: Server, tmp_path: Path):
    """0 for two that are the same; the page shows both."""
    page = tmp_path / "parity.html"
    done = verify(server.url, server.url, "--only", "HEALTH", "--only", "MINERS", "--html", str(page))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().endswith("A and B are the same: 8 same.")
    assert page.read_text().count("The Apex contract at") == 3  # the title, and a report for each


def test_from_an_installed_wheel(server: Server, tmp_path: Path):
    """The suite lies inside the package there, with the page's template."""
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(built, cwd=HOME, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert not (installed / "contract_tests").exists()
    page = tmp_path / "report.html"
    done = verify(server.url, "--only", "JOB-001", "--html", str(page), path=installed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "JOB-001" in page.read_text()


def test_every_option_is_documented():
    """Of the command and of pytest, on the page about the contract."""
    page = (HOME / "docs" / "contract.md").read_text()
    declared = (HOME / "contract_tests" / "conftest.py").read_text()
    options = set(re.findall(r'"(--apex-[a-z-]+)"', declared)) | {"--apex-html", "--apex-json", "--apex-junit"}
    assert len(options) >= 9
    assert sorted(option for option in options if option not in page) == []
    help_page = subprocess.run(
        [sys.executable, "-m", "apex_mock", "verify", "--help"], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    flags = set(re.findall(r"(--[a-z][a-z-]+)", help_page)) - {"--help"}
    assert len(flags) >= 10
    assert sorted(flag for flag in flags if f"`{flag}`" not in page) == []


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path):
    """Says which variables name a CA; with them every wire is checked."""
    from apex_mock import serve
    from apex_mock.tls import make_certificate

    made = make_certificate(tmp_path)
    with serve(certificate=replace(made, ca=None)) as secure:
        refused = verify(secure.url, "--only", "CHAT-001")
        trusting = {"SSL_CERT_FILE": str(made.ca), "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(made.ca)}
        trusted = verify(secure.url, "--only", "CHAT-001", **trusting)
    assert (refused.returncode, refused.stderr) == (1, "")
    for variable in trusting:
        assert f"to trust it, name its CA's file in {variable}" in " ".join(refused.stdout.split())
    assert (trusted.returncode, trusted.stderr) == (0, "")


def test_over_tls(tmp_path: Path):
    """A fake on this machine says which CA it has; every transport is checked."""
    from apex_mock import serve
    from apex_mock.tls import make_certificate

    with serve(certificate=make_certificate(tmp_path)) as secure:
        done = verify(secure.url, "--only", "CHAT-001", "--json", str(tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads((tmp_path / "report.json").read_bytes())["results"]
    assert {r["transport"]: r["outcome"] for r in results} == dict.fromkeys(
        ("rest", "connect", "grpc", "openai"), "holds"
    )
