"""docs/load.md: its commands are calls that the command takes, its gates are gates, its tables are whole."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from apex_mock.cli import app
from apexload.gates import FIGURES, STATISTICS, parse
from apexload.measures import KINDS
from apexload.pieces import SHAPES
from apexload.scenarios import FOLDER, SCENARIOS

PAGE = (Path(__file__).parent.parent.parent / "docs" / "load.md").read_text()
LINES = PAGE.replace("\\\n", " ").splitlines()
CALLS = [line[line.index("apex-mock load ") :] for line in LINES if re.match(r"(\S*=)?\S*apex-mock load ", line)]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_in_the_page_is_one_that_the_command_takes(call):
    """Every flag is known, every value is of its kind."""
    command = typer.main.get_command(app).commands["load"]
    context = command.make_context("load", shlex.split(call.rstrip("`.,"))[2:])
    assert context.params["scenario"] in SCENARIOS


def test_there_are_calls_to_check():
    """Or the test above would prove nothing."""
    assert len(CALLS) >= 4


def test_the_gates_in_the_page_are_gates():
    """All of them can be read."""
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
    assert len(parse(block)) == 12


def test_everything_that_a_user_may_name_is_in_the_page():
    """Scenarios, measures, statistics, figures, shapes; and the files that plain Locust is given exist."""
    words = set(re.findall(r"[\w.]+", PAGE))
    assert {*SCENARIOS, *KINDS, *STATISTICS, *FIGURES, *SHAPES} <= words
    for name in re.findall(r"locust -f load/(\S+)", PAGE):
        assert (FOLDER / name).is_file()
