"""The snippets of docs/pytest.md, run as test files of a project, as a reader would."""

import re
from pathlib import Path

from apex_mock.testing.asked import Asked
from apex_mock.testing.builders import ChatStub, OperationStub, ResearchStub, SearchStub
from apex_mock.testing.handle import Apex, ApexClock

PAGE = (Path(__file__).parent.parent.parent / "docs" / "pytest.md").read_text()


def test_every_snippet_runs(pytester, inner):
    snippets = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for number, snippet in enumerate(snippets):
        (pytester.path / f"test_snippet_{number}.py").write_text(snippet)
    result = inner("")
    result.assert_outcomes(passed=sum(snippet.count("def test_") for snippet in snippets))


def test_everything_that_a_test_may_call_is_documented():
    missing = [
        f"{kind.__name__}.{name}"
        for kind in (Apex, Asked, ApexClock, ChatStub, SearchStub, ResearchStub, OperationStub)
        for name in vars(kind)
        if not name.startswith("_") and name not in INNER and not re.search(rf"\b{name}\b", PAGE)
    ]
    assert missing == []


# What the handle and its stubs say to each other and to the plugin.
INNER = {
    "lay",
    "mend",
    "used",
    "remove",
    "spare",
    "unfinished",
    "unused",
    "complaints",
    "summary",
    "describe",
    "env",
    "mock",
    "close",
}
