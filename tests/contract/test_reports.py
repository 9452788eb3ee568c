"""Reports: the same content in each form, escaped, whole, and without the network."""

import io
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

import pytest
from rich.console import Console

from contract_tests.clause import BOOK
from contract_tests.operations import Transport
from contract_tests.report.files import as_json, as_junit
from contract_tests.report.html import as_html
from contract_tests.report.model import Report, report_of
from contract_tests.report.parity import Parity, compare
from contract_tests.report.terminal import print_parity, print_report
from contract_tests.results import Outcome, Result, result_of
from tests.contract import minimal_server
from tests.contract.conftest import Minimal, checked

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
EVIL = "<script>alert('&')</script> \x00\x1b[31m \ufffe ]]> '\" [bold]"


def made(id: str = "CHAT-001", transport: Transport = Transport.REST, outcome=Outcome.HOLDS, **more) -> Result:
    return result_of(BOOK[id], transport, outcome, **more)


def broken(id: str = "CHAT-007", transport: Transport = Transport.REST, **more) -> Result:
    told = {"what": "finish_reason", "expected": "'length'", "got": "'stop'", "command": "curl http://x"}
    return made(id, transport, Outcome.BROKEN, **(told | more))


def report(*results: Result) -> Report:
    return report_of("http://target", results, NOON, 1.5)


@pytest.fixture
def mixed() -> Report:
    """One of each kind."""
    return report(
        made(seconds=0.25),
        broken(),
        broken(transport=Transport.GRPC),
        made("SEARCH-001", Transport.REST, Outcome.NOT_RUN, reason="needs leave"),
        made("JOB-001", Transport.GRPC, Outcome.NOT_OFFERED, reason="the target has no such operation over grpc"),
        made("CHATS-001", Transport.CONNECT, left_behind=("DeleteChats: unavailable",)),
    )


def printed(report: Report, width: int = 100, **more) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_report(report, console, **more)
    return console.file.getvalue()


# --- What a report comes to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "ok", "verdict"),
    [
        ([made()], True, "Every clause that ran holds: 1 check of 1 clause."),
        ([made(), made(transport=Transport.GRPC)], True, "Every clause that ran holds: 2 checks of 1 clause."),
        ([made(), broken()], False, "1 clause does not hold, of 2 checks of 2 clauses."),
        ([made(outcome=Outcome.NOT_OFFERED)], False, "Nothing could be checked at http://target."),
        ([made(outcome=Outcome.NOT_RUN)], False, "Nothing could be checked at http://target."),
        ([], False, "Nothing could be checked at http://target."),
    ],
)
def test_the_verdict(results, ok, verdict):
    """Good only when something ran and all of it holds."""
    made_of = report(*results)
    assert (made_of.ok, made_of.verdict) == (ok, verdict)


def test_the_table_counts_by_operation_and_transport(mixed: Report):
    """What is nowhere offered is named below it, not listed in it."""
    assert mixed.transports == ["rest", "connect", "grpc"]
    table = {operation: [cell.parts for cell in cells] for operation, cells in mixed.table}
    assert table["ChatCompletion"] == [[("broken", "1 ✗"), ("holds", "1 ✓")], [], [("broken", "1 ✗")]]
    assert table["WebRetrieval"][0] == [("not run", "1 ·")]
    assert mixed.lacking == ["SubmitDeepResearcherJob"]
    assert set(table) == {"ChatCompletion", "WebRetrieval", "CreateChatAndCompletion"}


def test_transports_that_fail_alike_are_one_failure(mixed: Report):
    """What they say is printed once."""
    (failure,) = mixed.failures
    assert failure.transports == ("rest", "grpc")


# --- On the terminal --------------------------------------------------------------------------------------------------


def test_the_terminal_shows_how_each_failure_differs(mixed: Report):
    """The sentence, expected, got, and the command, which is never wrapped."""
    command = f"curl http://target -d '{'x' * 200}'"
    text = printed(report(broken(command=command), *mixed.results), width=60)
    assert BOOK["CHAT-007"].sentence in " ".join(text.split())
    for line in (r"expected +'length'", r"got +'stop'", re.escape(command)):
        assert re.search(line, text)
    assert "needs leave" in text
    assert "left behind: CHATS-001: DeleteChats: unavailable" in " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 200])
def test_counts_are_whole_on_a_narrow_terminal(minimal: Minimal, width):
    """Names of operations give way first."""
    text = printed(report(*checked(minimal(), "CHAT", "HEALTH")), width)
    assert re.search(r"^Chat\S* +27 ✓|^Chat\S* +\d+ ✓  \d+ ·", text, re.M)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_column_is_lost_on_a_narrow_terminal(width):
    """The names of operations give way, then the line's end; never a transport or a count."""
    many = [
        broken(clause.id, transport) if n % 2 else made(clause.id, transport)
        for n, clause in enumerate(BOOK)
        for transport in clause.transports
    ]
    told = report(*many)
    console = Console(file=io.StringIO(), width=width)
    print_report(told, console)
    (head,) = (line for line in console.file.getvalue().splitlines() if line.startswith("operation"))
    assert head.split() == ["operation", *told.transports]
    row = next(line for line in console.file.getvalue().splitlines() if line.startswith("ChatComplet"))
    counts = [text for cell in dict(told.table)["ChatCompletion"] for _, text in cell.parts]
    assert re.findall(r"\d+ .", row) == counts
    console = Console(file=io.StringIO(), width=width)
    print_parity(Parity(told, told), console)
    assert "not compared" in console.file.getvalue()


def test_every_clause_can_have_a_row(mixed: Report):
    """With a sign for each transport."""
    text = printed(mixed, every_clause=True)
    assert re.search(r"^CHAT-007 +✗ +✗ +An answer that", text, re.M)
    assert re.search(r"^JOB-001 +- +A submitted", text, re.M)


# --- In files ---------------------------------------------------------------------------------------------------------


def test_json_has_everything(mixed: Report):
    """And reads back as the results that it was made of."""
    value = json.loads(as_json(mixed))
    assert (value["ok"], value["target"], value["at"]) == (False, "http://target", "2025-06-01T12:00:00+00:00")
    assert value["counts"] == {"holds": 2, "broken": 2, "not offered": 1, "not run": 1}
    assert [Result.from_json(result) for result in value["results"]] == list(mixed.results)


def test_junit_has_the_same(mixed: Report):
    """As CI systems read it: a case for each, with its failure or why it was skipped."""
    suite = Xml.fromstring(as_junit(mixed)).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "timestamp")}
    assert counts == {
        "tests": "6",
        "failures": "2",
        "errors": "0",
        "skipped": "2",
        "timestamp": "2025-06-01T12:00:00+00:00",
    }
    cases = {(c.get("classname"), str(c.get("name")).split()[0]): c for c in suite}
    failure = cases["ChatCompletion.rest", "CHAT-007"].find("failure")
    assert failure is not None
    assert failure.get("message") == "finish_reason: expected 'length', got 'stop'"
    assert "curl http://x" in (failure.text or "")
    skipped = cases["WebRetrieval.rest", "SEARCH-001"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not run: needs leave"


def test_html_has_the_same(mixed: Report):
    """Verdict, table, failures once, reasons, and every clause."""
    page = as_html(mixed).decode()
    assert mixed.verdict in page
    assert page.count("curl http://x") == 1
    for text in ("needs leave", "DeleteChats: unavailable", "over rest, grpc", *(r.clause for r in mixed.results)):
        assert text in page


def test_html_needs_no_network(mixed: Report):
    """No address in it is fetched: no script, no style sheet, no image, no font."""
    page = as_html(mixed).decode()
    assert re.findall(r"<(?:script|link|img|iframe|object|embed)\b", page) == []
    assert re.findall(r"\b(?:src|href|url)\s*[=(]|@import", page) == []
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page


def test_what_a_target_says_is_text_and_nothing_else():
    """Markup, control characters and console codes of a hostile target do nothing in any report."""
    told = dict.fromkeys(("what", "expected", "got", "command"), EVIL)
    evil = report_of(EVIL, [broken(**told), made(outcome=Outcome.NOT_RUN, reason=EVIL, left_behind=(EVIL,))], NOON, 1)
    page = as_html(evil, parity=Parity(evil, report(broken()))).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert Xml.fromstring(as_junit(evil)) is not None
    assert json.loads(as_json(evil))["results"][1]["got"] == EVIL
    text = printed(evil)
    assert "[bold]" in text
    assert "\x1b" not in text


def test_no_report_holds_a_key(minimal: Minimal):
    """Of a target that says it back."""
    results = checked(minimal("says the key"), "CHAT")
    made_of = report(*results)
    parity = Parity(made_of, report(*checked(minimal(), "CHAT")))
    console = Console(file=io.StringIO(), width=200)
    print_parity(parity, console)
    texts = [printed(made_of), console.file.getvalue(), as_html(made_of, parity=parity).decode()]
    texts += [as_json(made_of).decode(), as_json(parity).decode(), as_junit(made_of).decode()]
    assert all("APEX_API_KEY" in text for text in texts)
    assert [text for text in texts if minimal_server.KEY in text] == []


# --- Two targets ------------------------------------------------------------------------------------------------------

GONE = {"outcome": Outcome.NOT_OFFERED, "reason": "the target has no such operation over rest"}


@pytest.mark.parametrize(
    ("a", "b", "kind", "how"),
    [
        (made(), made(seconds=9), "same", ()),
        (broken(), broken(), "same", ()),
        (made("CHAT-007"), broken(), "differs", ("A: holds", "B: finish_reason: expected 'length', got 'stop'")),
        (
            made(shapes=("ChatCompletion ok 200 {id: text}",)),
            made(shapes=("ChatCompletion ok 200 {id: number}",)),
            "differs",
            (
                "only A answers  ChatCompletion ok 200 {id: text}",
                "only B answers  ChatCompletion ok 200 {id: number}",
            ),
        ),
        (made(), made(**GONE), "only in A", ()),
        (made(**GONE), broken("CHAT-001"), "only in B", ()),
        (made(**GONE), made(**GONE), "not compared", ()),
        (made(), made(outcome=Outcome.NOT_RUN, reason="needs leave"), "not compared", ()),
    ],
)
def test_two_results_compare(a, b, kind, how):
    """Same, different and how, only in one, not compared."""
    assert compare(a, b) == (kind, how)


def test_two_servers_of_one_make_are_the_same(minimal: Minimal):
    """And a fault of one shows as a difference."""
    one, other, faulty = (
        report(*checked(minimal(*f), "CHAT", "HEALTH")) for f in ((), (), ("null fields are left out",))
    )
    assert Parity(one, other).ok
    parity = Parity(one, faulty)
    assert not parity.ok
    assert parity.verdict.startswith("A and B are not the same: ")
    shapes = [line for pair in parity.differing for line in pair.how]
    assert any("system_fingerprint: null" in line for line in shapes if line.startswith("only A"))


def test_what_only_one_has_is_named(minimal: Minimal):
    """By operation and transport, once."""
    mine = report(made("JOB-001"), made("JOB-002"), made("CHAT-001"))
    theirs = report(made("JOB-001", **GONE), made("JOB-002", **GONE), made("CHAT-001"))
    parity = Parity(mine, theirs)
    assert (parity.only_in_a, parity.only_in_b) == (["SubmitDeepResearcherJob over rest"], [])
    assert parity.verdict == "A and B are not the same: 1 same, 2 only in A."


def test_answers_in_another_order_are_the_same():
    """Which of two forms came first depends on what a seed draws."""
    forms = ("WebRetrieval ok 200 {results: []}", "WebRetrieval unavailable 500 {detail: text}")
    assert compare(made(shapes=forms), made(shapes=forms[::-1])) == ("same", ())
