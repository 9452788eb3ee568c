"""What the plugin says of itself and of a session: --apex-report, the lists of fixtures and markers, the docs."""

import textwrap

import pytest

from apex_mock.plugin import FIXTURES, OPTIONS

pytestmark = pytest.mark.timeout(120)

SUITE = """
import httpx

def test_one(apex):
    apex.clock.freeze()
    apex.chat("late").streams(["a", "b"], every=4)
    apex.clock.scale(1e6)
    ask(apex, "late answer")
    apex.allow_surprises()
    httpx.get(apex.url + "/v1/nope")

@pytest.mark.parametrize("n", range(3))
def test_more(apex, n):
    ask(apex, "hi")

def test_error(apex):
    apex.search().fails("unavailable")
    httpx.post(apex.url + "/web_retrieval", headers={"api-key": apex.key}, json={"search_query": "x"})

def test_nothing():
    pass
"""


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_report(inner, options):
    result = inner(SUITE, "--apex-report", *options)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        [
            "*= apex-mock =*",
            "5 calls in 5 tests: chat 4, search 1",
            "1 answered with an error, 1 unmatched or otherwise surprising",
            "  test_it.py::test_one: GET /v1/nope: Not Found",
            "slowest, in seconds by the test's own clock",
            '*test_it.py::test_one  #* chat over rest "late answer" -> ok',
        ]
    )


def test_no_report_unless_asked_for(inner):
    inner(SUITE).stdout.no_fnmatch_line("*= apex-mock =*")


def test_having_it_installed_costs_nothing(inner):
    """A suite that uses none of it imports none of it."""
    result = inner(
        textwrap.dedent("""
        import sys

        def test_light():
            heavy = "grpc starlette uvicorn uvloop connectrpc pydantic jinja2 apex_mock.mock respx".split()
            assert [name for name in heavy if name in sys.modules] == []
        """),
        "-p",
        "no:respx",
        "-p",
        "no:anyio",
        process=True,
    )
    result.assert_outcomes(passed=1)


def test_fixtures_and_marker_are_listed(inner):
    markers = inner("def test_it(): pass\n", "--markers").stdout.str()
    fixtures = inner("def test_it(): pass\n", "--fixtures").stdout.str()
    assert [option for option in OPTIONS if f"{option}=" not in markers] == []
    assert [name for name in FIXTURES if f"{name} -- " not in fixtures] == []


def test_all_of_it_is_documented(request):
    text = (request.config.rootpath / "docs" / "pytest.md").read_text()
    for name in (*FIXTURES, *(f"`{option}=" for option in OPTIONS), "--apex-report"):
        assert name in text
