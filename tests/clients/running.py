"""Runs a client as its user would: a program of its own, told where the fake is by environment variables alone."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "USER", "LD_LIBRARY_PATH")


def client_tests(group: str | None = None) -> list[pytest.MarkDecorator]:
    """The marks of a module: one worker runs a group; the time covers making its environment, too."""
    grouped = [pytest.mark.xdist_group(group)] if group else []
    return [pytest.mark.clients, pytest.mark.timeout(600), *grouped]


def environment(*sets: Mapping[str, str]) -> dict[str, str]:
    """These variables and the few that every program needs: no proxy, no key and no host of the developer's own."""
    merged = {name: os.environ[name] for name in _KEPT if name in os.environ}
    for variables in sets:
        merged.update(variables)
    return merged


def run(
    command: Sequence[str | Path], env: Mapping[str, str], *, cwd: Path | None = None, timeout: float = 240
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env=environment(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_script(python: Path, script: str, *arguments: str, env: Mapping[str, str], quiet: bool = True) -> Any:
    """Runs scripts/<script> and returns the JSON that it prints; it must end well and, if `quiet`, say nothing else."""
    done = run([python, SCRIPTS / script, *arguments], env)
    assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    assert not (quiet and done.stderr), f"{script} said on stderr:\n{done.stderr}"
    return json.loads(done.stdout)
