"""The recipes of docs/recipes.md do what they say: each Python block is a test file, and is run as one."""

import re
from pathlib import Path

import pytest
import yaml

from tests.conftest import PLUGINS_LEFT_OUT

OPTIONS = ("-p", "no:randomly", "-q", "--strict-markers", *PLUGINS_LEFT_OUT)
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text("utf-8")
RECIPES = re.findall(r"^## (.+?)\n.*?^```python\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_there_is_a_recipe_for_each_kind_of_dependent() -> None:
    assert len(RECIPES) == 5


@pytest.mark.parametrize(("name", "code"), RECIPES, ids=[name for name, _ in RECIPES])
def test_a_recipe_runs(pytester: pytest.Pytester, name: str, code: str) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(code)
    result = pytester.runpytest_inprocess(*OPTIONS)
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) >= 1
    assert set(outcomes) <= {"passed"}, result.stdout.str()


def test_the_readme_runs(pytester: pytest.Pytester) -> None:
    """The README's test, as it stands there."""
    (code,) = re.findall(r"^```python\n(import openai\n.+?)^```", README, re.MULTILINE | re.DOTALL)
    pytester.makeini(INI)
    pytester.makepyfile(code)
    result = pytester.runpytest_inprocess(*OPTIONS)
    assert result.parseoutcomes() == {"passed": 1}


def test_the_workflows_are_yaml() -> None:
    """The first block is a whole file; the second one is steps to be put into it."""
    whole, steps = re.findall(r"^```yaml\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert yaml.safe_load(whole)["jobs"]["tests"]["steps"]
    assert [list(step) for step in yaml.safe_load(steps)] == [["run"], ["run"], ["run"]]
