"""The reports: HTML without script or network, JUnit XML, the terminal, the saved result."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from rich.console import Console

from apexload.baseline import compare
from apexload.gates import judge, parse
from apexload.launch import conclude
from apexload.measures import Finished
from apexload.report import html, junit, svg
from apexload.report.plots import plots
from apexload.report.verdict import Verdict
from apexload.result import BadResult, read_result
from tests.load.runs import run

GATES = parse("[chat]\nerror_rate = '1 %'\n[chat.latency]\np95 = '10 s'\n")
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def verdict():
    result = run(failing=0.05)
    for k in range(200):
        values = [("ttft", 80.0 + k % 7), ("itl", 4.0), ("latency", 300.0), ("tokens_per_second", 40.0)]
        result.measures.add(Finished("stream", k / 10, values, complete=True))
        result.measures.series.at(k / 10).users = k // 20
    result.measures.add(Finished("stream", 1.0, failure=NASTY))
    result.notes, result.host = [NASTY], f"http://{NASTY}"
    return Verdict(result, judge(GATES, result), compare([run()], result))


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(verdict):
    """Every element is closed; no script, no handler, no address is fetched; what a target says is text."""
    page = html.page(verdict)
    tags = Tags()
    tags.feed(page)
    assert tags.open in ([], ["html"])
    assert "script" not in tags.seen
    assert "link" not in tags.seen
    assert "img" not in tags.seen
    assert [name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "href", "srcset")] == []
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_the_page_has_every_plot_that_the_run_has(verdict):
    """Over time, percentiles, TTFT, ITL, throughput over time and against users."""
    page = html.page(verdict)
    titles = [plot.title for plot in plots(verdict.result)]
    assert titles == [
        "Latency over time",
        "Latency by percentile",
        "stream ttft",
        "stream itl",
        "stream tokens_per_second",
        "Throughput, failures and users",
        "Throughput against users",
    ]
    assert page.count("<svg") == len(titles)
    for word in (*titles, "chat error_rate", "Against the baseline", "prefers-color-scheme: dark"):
        assert word in page


def test_each_plot_is_svg_within_its_frame(verdict):
    """Well-formed, and no point lies outside."""
    for plot in plots(verdict.result):
        root = ElementTree.fromstring(plot.svg)
        for line in root.iter("polyline"):
            for point in line.get("points").split():
                x, y = map(float, point.split(","))
                assert svg.LEFT <= x <= svg.WIDTH - svg.RIGHT
                assert svg.TOP <= y <= svg.HEIGHT - svg.BOTTOM


def test_junit_has_a_case_for_each_gate_and_each_compared_figure(verdict):
    """What failed is a failure that says what was measured and wanted."""
    suite = ElementTree.fromstring(junit.document(verdict)).find("testsuite")
    assert len(suite.findall("testcase")) == len(verdict.judged) + len(verdict.compared)
    failures = {case.get("name"): case.find("failure").get("message") for case in suite.findall("testcase[failure]")}
    assert re.fullmatch(r"measured \S+ %, wanted at most 1 %", failures["chat error_rate"])
    assert suite.get("failures") == str(len(failures))


def test_the_reports_are_written_and_the_verdict_is_the_exit_code(verdict, tmp_path):
    """1 for what fails, 0 for what holds; the saved result is a baseline for the next run."""
    console = Console(width=120, record=True)
    assert conclude(verdict, tmp_path / "a", console) == 1
    said = console.export_text()
    assert "Failed: 1 of 2 gates does not hold" in said
    assert re.search(r"chat error_rate +≤ 1 % +\S+ % +-\d+ % +FAILED", said)
    assert "of processor time a request" in said
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["junit.xml", "report.html", "result.json"]
    assert read_result(tmp_path / "a" / "result.json").dump() == json.loads(json.dumps(verdict.result.dump()))
    told = json.loads((tmp_path / "a" / "result.json").read_text())
    assert told["verdict"]["passed"] is False
    assert [(one["gate"], one["passed"]) for one in told["verdict"]["gates"]] == [
        ("chat error_rate", False),
        ("chat latency p95", True),
    ]
    assert {one["name"] for one in told["verdict"]["compared"]} >= {"chat error rate", "chat latency p50"}
    latency = verdict.result.measures.operations["chat"].values["latency"]
    assert told["operations"]["chat"]["values"]["latency"]["p99"] == pytest.approx(latency.percentile(99))
    fine = Verdict(run(), judge(GATES, run()))
    assert conclude(fine, tmp_path / "b", Console(quiet=True)) == 0


def test_a_run_without_any_request_still_has_a_report(tmp_path):
    """It fails, and says so, in every form."""
    empty = run(seconds=0)
    assert conclude(Verdict(empty, judge([], empty)), tmp_path, Console(quiet=True)) == 1
    assert "nothing was measured" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1", "no result of a run"),
        ("{}", "no result of a run"),
        ('{"schema": 99}', "another version"),
        (None, "No such"),
    ],
)
def test_a_baseline_that_is_none_is_named(text, said, tmp_path):
    """In one line, before the run."""
    path = tmp_path / "old.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadResult, match=said) as raised:
        read_result(path)
    assert str(path) in str(raised.value)


def test_why_not_to_trust_the_figures_is_said():
    """A generator without room, users that were all busy, requests that were cut off."""
    result = run()
    assert Verdict(result, []).warnings == []
    result.measures.cpu = 0.95 * result.measures.wall
    result.measures.unsent = 12
    result.measures.operation("chat").unfinished = 3
    for _ in range(10):
        result.measures.add_generator("lateness", 800.0)
    said = " ".join(Verdict(result, []).warnings)
    for words in ("95 % of a core", "800 ms late", "12 arrivals were never sent", "3 requests were cut off"):
        assert words in said


def test_how_late_the_generator_was_is_said_whatever_it_was():
    """Its timers, and in the open model what it sent: a reader need not take it on trust."""
    result = run()
    assert "late" not in Verdict(result, []).generator
    for measure, value in (("lag", 0.5), ("lateness", 3.0)):
        result.measures.add_generator(measure, value)
    said = Verdict(result, []).generator
    assert "its own timers were 0.5 ms late at the median, 0.5 ms at p99" in said
    assert "arrivals were sent 3 ms late at the median, 3 ms at p99" in said


def test_marks_that_lie_together_have_their_names_in_steps():
    """Each mark keeps its name, and no two are drawn over one another."""
    axis = svg.linear([100.0], str)
    drawn = svg.bars([(0, 100, 1)], axis, svg.linear([1.0], str), [("p50", 50.0), ("p95", 51.0), ("p99", 52.0)], "x")
    names = re.findall(r'class="tick name" x="[\d.]+" y="(\d+)"[^>]*>(\w+)<', drawn)
    assert [name for _, name in names] == ["p99", "p95", "p50"]
    assert len({y for y, _ in names}) == 3
