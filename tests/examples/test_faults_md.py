"""docs/faults.md is true: its examples say what stands below them, its rules can be read, its tables lack nothing.

APEX_WRITE_DOCS=1 writes the outputs anew; read the difference before you commit it.
"""

import os
import re
import shlex
import shutil
from collections.abc import Iterator

import pytest

from apex_mock import Server, serve
from apex_mock.core.faults.rules import FAULTS
from apex_mock.faultfile import OPTIONS, read_faults
from apex_mock.fixtures import parse_yaml
from tests.examples.documents import DOCS, blocks, examples, run_shell

PAGE = DOCS / "faults.md"
NO_SHELL = any(shutil.which(tool) is None for tool in ("bash", "curl"))


@pytest.fixture
def own() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.mark.skipif(NO_SHELL, reason="bash or curl not installed")
def test_every_example_says_what_is_written(own):
    """In order, on one server: those with an output; the others start servers, or lay what is read below."""
    found = [example for example in examples(PAGE) if "apex-mock serve" not in example.command]
    assert len(found) == 3
    shown = "\n".join(example.command for example in found)
    assert [name for name in FAULTS if not re.search(rf"\b{name}\b", shown)] == []
    for example in found:
        said = run_shell(example.command, own.url)
        if os.environ.get("APEX_WRITE_DOCS"):
            old = f"```sh\n{example.command}```\n" + (f"\n```text\n{example.output}```\n" if example.output else "")
            PAGE.write_text(
                PAGE.read_text().replace(old, f"```sh\n{example.command}```\n\n```text\n{said.strip()}\n```\n")
            )
        else:
            assert said.strip() == example.output.strip(), example.command


def test_every_rule_of_the_page_can_be_read():
    """In YAML, and in short: on the command line, over HTTP, and in the text."""
    rules = [rule for block in blocks(PAGE, "yaml") for rule in read_faults(parse_yaml(block, PAGE))]
    assert len(rules) >= 4
    shell = "\n".join(blocks(PAGE, "sh"))
    given = re.findall(r'--fault "([^"]+)"', shell) + re.findall(r"'x-apex-fault: ([^']+)'", shell)
    given += [shlex.split(body)[0].strip('"') for body in re.findall(r"faults -d ('\"[^\n]*\"')", shell)]
    given += [span for span in re.findall(r"`([^`\n]+;[^`\n]+)`", PAGE.read_text()) if span.split(";")[0] in FAULTS]
    assert len(given) >= 7
    for text in given:
        assert read_faults(text), text


def rows(heading: str) -> dict[str, str]:
    """A table's rows by what stands first in them, several names in one cell apart."""
    part = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return {name: line for line in lines for name in re.findall(r"`(\w+)`", line.split("|")[1])}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_and_option_has_its_row(name):
    """With the option's own word and default."""
    row = rows("The faults")[name]
    assert [option for option in OPTIONS[name] if f"`{option}`" not in row] == []


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "none"])
def test_every_fault_says_what_it_is_on_each_wire(name):
    """REST, SSE, Connect, gRPC-Web and gRPC."""
    cells = rows("What a client sees")[name].split("|")[2:-1]
    assert len(cells) == 5


def test_defaults_are_those_that_are_told():
    """In brackets behind the option."""
    told = {
        name: {option: default.replace(",", "") for option, default in re.findall(r"`(\w+)` \(`?([\w./,]+)`?\)", row)}
        for name, row in rows("The faults").items()
    }
    for name, kind in FAULTS.items():
        fields = {option: kind.__dataclass_fields__[option].default for option in OPTIONS[name]}
        real = {o: f"{d:g}" if isinstance(d, float) else str(d) for o, d in fields.items() if o in told[name]}
        assert real == told[name]
