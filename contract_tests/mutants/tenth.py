"""Which part of the mutants a run tries: another one for each commit, the same on every worker of a run."""

import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PARTS = 10
VARIABLE = "APEX_MUTANTS_PART"


@cache
def chosen() -> tuple[int, str]:
    """The number, and by what it was chosen: told, the commit, or the day where there is no commit."""
    if told := os.environ.get(VARIABLE, ""):
        return int(told) % PARTS, VARIABLE
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return datetime.now(UTC).toordinal() % PARTS, "the day"
    return int(done.stdout.strip(), 16) % PARTS, f"commit {done.stdout[:8]}"


def line() -> str:
    number, by = chosen()
    return f"mutants: part {number} of {PARTS}, by {by}; again with {VARIABLE}={number}"


def part(mutants: Sequence[T], number: int) -> list[T]:
    """One part, spread evenly over the list."""
    return list(mutants[number % PARTS :: PARTS])
