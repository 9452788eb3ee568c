"""Whatever a user may name is documented: control routes, commands and their flags, settings, stub keys.

A failure lists what is missing. The words are looked for in README.md and docs/, in code style.
"""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest
import typer.main

from apex_mock import ApexMock, plugin
from apex_mock.cli import app
from apex_mock.core.faults.rules import FAULTS
from apex_mock.core.types import Mode, Operation, Progress
from apex_mock.environment import FORMATS
from apex_mock.errors import Code
from apex_mock.faultfile import OPTIONS, RULE
from apex_mock.journal import Journal
from apex_mock.settings import PREFIX, Settings
from apex_mock.stubfile import KEYS
from apex_mock.transports.control import Control
from apex_mock.transports.control.journal import COUNTS, FILTERS
from apex_mock.world import PARTS
from tests.house.test_house import HOME, documentation, undocumented


def code_spans(text: str) -> set[str]:
    """Every word in code style, and every word of a fenced block."""
    fenced = re.findall(r"^```.*?^```", text, re.M | re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return {word for span in (*spans, *fenced) for word in re.findall(r"[\w./{}-]+", span)}


def missing(names: list[str], page: str | None = None) -> list[str]:
    text = documentation() if page is None else (HOME / "docs" / page).read_text()
    return sorted(set(names) - code_spans(text))


def test_every_control_route_is_documented():
    """With its method, in the table of docs/control.md; and an example calls it."""
    text = (HOME / "docs" / "control.md").read_text()
    routes = [(method, path.replace(":path", "")) for method, path, _ in Control(ApexMock()).table()]
    assert undocumented([f"`{method} {path}`" for method, path in routes], text) == []
    assert undocumented([f"$BASE/__apex/{path.partition('/{')[0]}" for _, path in routes], text) == []
    changing = [(method, path) for method, path in routes if method != "GET"]
    called = [rf"-X {method} \"?\$BASE/__apex/{path.partition('{')[0]}" for method, path in changing]
    assert [pattern for pattern in called if not re.search(pattern, text)] == []


def test_every_command_and_flag_is_documented():
    """`apex-mock serve` and its sisters, `--port` and its."""
    command = typer.main.get_command(app)
    commands = getattr(command, "commands", {"": command})
    assert undocumented([f"apex-mock {name}" for name in commands]) == []
    flags = {f for c in commands.values() for p in c.params for f in p.opts if f.startswith("--") and f != "--help"}
    assert missing(sorted(flags)) == []
    assert missing(list(FORMATS), "control.md") == []


def test_every_setting_is_documented():
    """By its flag; and that the environment has them all under one prefix."""
    names = [field.name.replace("_", "-") for field in dataclasses.fields(Settings)]
    assert missing([f"--{name.removesuffix('s') if name.endswith('keys') else name}" for name in names]) == []
    assert PREFIX in documentation()


@pytest.mark.parametrize("kind", KEYS)
def test_every_stub_key_is_documented(kind):
    """On the page of stubs."""
    assert missing(list(KEYS[kind]), "stubs.md") == []


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_and_its_keys_are_documented(name):
    """On the page of faults: by its name, its options, and what a rule may say."""
    assert missing([name, *OPTIONS[name], *RULE], "faults.md") == []


def test_every_value_of_a_stub_is_documented():
    """Modes and error codes; of the operations, those that are answered."""
    assert missing([*Mode, *Code], "stubs.md") == []
    assert missing([Operation.CHAT, Operation.SEARCH, Operation.SUBMIT_RESEARCH], "stubs.md") == []


def test_every_field_of_the_control_api_is_documented():
    """Filters, counts, parts to reset, kinds of progress."""
    assert missing([*FILTERS, *COUNTS, "within", "containing", *PARTS, *Progress], "control.md") == []
    selects = set(inspect.signature(Journal.select).parameters) - {"self", "outcome"}
    assert missing([*selects, "status"], "control.md") == []


def test_everything_of_the_pytest_plugin_is_documented():
    """Its fixtures, its options and the variable that stands for one, and what the marker takes."""
    text = Path(plugin.__file__).read_text()
    fixtures = re.findall(r"^@pytest\.fixture.*\ndef ([a-z]\w*)\(", text, re.M)
    options = re.findall(r'"(--[a-z-]+)"', text)
    assert {"apex", "apex_tls"} <= set(fixtures) == set(plugin.FIXTURES)
    assert {"--apex-url", "--apex-report"} <= set(options)
    assert missing([*fixtures, *options, *plugin.OPTIONS, plugin.URL_VARIABLE], "pytest.md") == []


def test_what_is_not_there_is_found_missing():
    """The search is for whole words in code style, or it would prove nothing."""
    assert missing(["no_such_key", "prompt"], "stubs.md") == ["no_such_key"]
    assert code_spans("a `b c` d\n```sh\ne\n```\n") >= {"b", "c", "e"}
    assert "d" not in code_spans("a `b c` d\n```sh\ne\n```\n")
