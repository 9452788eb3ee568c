"""The examples of a Markdown file: each block of shell, with the output that stands below it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.running import environment

DOCS = Path(__file__).parent.parent.parent / "docs"
ANYTHING = "…"
CHANGING = {"version", "pages", "miners", "pid"}  # of info: what a new corpus or release changes
_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```(json|text)\n(.*?)^```\n)?", re.M | re.S)
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```\n", re.M | re.S)


@dataclass
class Example:
    command: str
    kind: str
    output: str


def examples(path: Path) -> list[Example]:
    return [Example(*(part or "" for part in match.groups())) for match in _BLOCK.finditer(path.read_text())]


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks in one language."""
    return [text for found, text in _FENCED.findall(path.read_text()) if found == language]


def run_shell(command: str, base: str) -> str:
    """What a block prints when it is run, with the server's own port told as 8080."""
    variables = {**environment(), "BASE": base}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout.replace(base.removeprefix("http://"), "127.0.0.1:8080")


def agrees(written: Any, real: Any) -> bool:
    """Whether a value is what is written, where "…" stands for anything."""
    if written == ANYTHING:
        return True
    if isinstance(written, dict) and isinstance(real, dict):
        return written.keys() == real.keys() and all(agrees(written[name], real[name]) for name in written)
    if isinstance(written, list) and isinstance(real, list):
        return len(written) == len(real) and all(map(agrees, written, real))
    return bool(written == real)


def pretty(value: Any, indent: int = 0) -> str:
    """JSON for people: what fits on a line is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 110 or not isinstance(value, dict | list) or not value:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(name)}: {pretty(part, indent + 2)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + pretty(part, indent + 2) for part in value) + "\n" + " " * indent + "]"


def rewritten(path: Path, base: str) -> Iterator[str]:
    """The file with the output of each example as it is now, piece by piece."""
    text, at = path.read_text(), 0
    for match in _BLOCK.finditer(text):
        yield text[at : match.start()]
        at = match.end()
        said = run_shell(match[1], base)
        yield f"```sh\n{match[1]}```\n"
        if said:
            try:
                value = json.loads(said)
            except ValueError:
                yield f"\n```text\n{said.rstrip()}\n```\n"
                continue
            if isinstance(value, dict) and value.get("name") == "apex-mock":
                value |= dict.fromkeys(CHANGING, ANYTHING)
            yield f"\n```json\n{pretty(value)}\n```\n"
    yield text[at:]
