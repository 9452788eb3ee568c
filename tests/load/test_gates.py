"""Gates: what a file may say, what is wrong with it otherwise, and how a run is judged."""

import pytest

from apexload.figures import shown
from apexload.gates import BadGates, judge, parse, read_gates
from apexload.measures import Finished
from apexload.scenarios import SCENARIOS
from tests.load.runs import run

GATES = """
[chat]
error_rate = "1 %"
completeness = "99 %"
throughput = "600 /min"
checks = 0

[chat.latency]
p95 = "300 ms"
p999 = "1.5 s"

[research.poll.latency]
max = "1 s"

[stream.tokens_per_second]
p50 = "40 /s"
"""


def verdicts(text, result):
    return {one.gate.name: one.passed for one in judge(parse(text), result)}


def test_a_file_names_operations_measures_and_limits():
    """Units are turned into the measure's own; more is better where the measure says so."""
    found = {gate.name: (gate.limit, gate.unit, gate.at_least) for gate in parse(GATES)}
    assert found == {
        "chat error_rate": (0.01, "%", False),
        "chat completeness": (0.99, "%", True),
        "chat throughput": (10.0, "/s", True),
        "chat checks": (0.0, "", False),
        "chat latency p95": (300.0, "ms", False),
        "chat latency p999": (1500.0, "ms", False),
        "research.poll latency max": (1000.0, "ms", False),
        "stream tokens_per_second p50": (40.0, "/s", True),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[chat", "not TOML"),
        ("", "there is no gate in it"),
        ("[chat]\nlatency = 5", "chat.latency: 'latency' is neither one of p50"),
        ("[chat.speed]\np95 = '1 s'", r"write it as \[OPERATION.MEASURE\]"),
        ("[latency]\np95 = '1 s'", r"write it as \[OPERATION.MEASURE\]"),
        ("[chat.latency]\np95 = 5", 'chat.latency.p95: 5 is not "20 ms" or "20 s"'),
        ("[chat.latency]\np95 = '5 %'", "'5 %' is not"),
        ("[chat]\nerror_rate = '5'", 'is not "20 %"'),
        ("[chat]\nchecks = 'none'", "'none' is not a number such as 20"),
        ("[research.polls]\np50 = true", "True is not a number"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(text, said):
    """Where it is, and what to write."""
    with pytest.raises(BadGates, match=said) as raised:
        parse(text)
    assert "\n" not in str(raised.value).removesuffix("\n")


def test_a_file_that_is_not_there_is_named(tmp_path):
    """With the reason."""
    with pytest.raises(BadGates, match=r"none\.toml: No such file"):
        read_gates(tmp_path / "none.toml")


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_each_scenario_has_a_file_and_gates_that_can_be_read(scenario):
    """The ones that hold unless others are named."""
    assert scenario.path.is_file()
    assert read_gates(scenario.gates)


def test_a_run_is_judged_by_its_percentiles_and_counts():
    """At the limit is within it; beyond is not."""
    slow = run(median=400.0, sigma=0.0, failing=0.05)
    text = "[chat]\nerror_rate = '{} %'\n[chat.latency]\np50 = '{} ms'"
    assert verdicts(text.format(10, 900), slow) == {"chat error_rate": True, "chat latency p50": True}
    assert verdicts(text.format(1, 100), slow) == {"chat error_rate": False, "chat latency p50": False}


def test_throughput_and_completeness_must_be_at_least_the_limit():
    """Less fails; and an answer that failed is no throughput, however fast it came."""
    result = run(rate=20, seconds=10, failing=0.1)
    assert verdicts("[chat]\nthroughput = '17 /s'\ncompleteness = '50 %'", result) == {
        "chat throughput": True,
        "chat completeness": True,
    }
    assert verdicts("[chat]\nthroughput = '19 /s'\ncompleteness = '99 %'", result) == {
        "chat throughput": False,
        "chat completeness": False,
    }


def test_what_ended_after_the_run_is_not_throughput():
    """Letting requests finish must not make a target look faster."""
    result = run(rate=20, seconds=10)
    result.measures.add(Finished("chat", 10.5, [("latency", 3000.0)], in_time=False))
    assert verdicts("[chat]\nthroughput = '20 /s'\nrequests = 201", result) == {
        "chat throughput": True,
        "chat requests": True,
    }
    result.measures.operations["chat"].in_time -= 1
    assert verdicts("[chat]\nthroughput = '20 /s'", result) == {"chat throughput": False}


def test_what_was_not_measured_fails():
    """An operation that never ran, a measure without values: with what there was instead."""
    judged = judge(parse("[search]\nchecks = 0\n[chat.ttft]\np95 = '1 s'"), run())
    assert [one.passed for one in judged] == [False, False]
    assert judged[0].why == "there was no 'search' in this run, only chat"
    assert judged[1].why == "no ttft was measured"


def test_a_run_that_measured_nothing_fails_without_a_gate():
    """And so does one in which the scenario's own code broke."""
    result = run(seconds=0)
    result.exceptions = {"KeyError: 'x'": 2}
    assert [one.gate.name for one in judge([], result) if not one.passed] == ["all requests", "scenario exceptions"]


def test_all_is_every_operation_together():
    """Its error rate is over all requests."""
    result = run(seconds=10, rate=10)
    for _ in range(100):
        result.measures.add(Finished("search", 1.0, failure="HTTP 500", check="a URL twice among the results"))
    judged = judge(parse("[all]\nerror_rate = '49 %'\nchecks = 99"), result)
    assert [one.measured for one in judged] == [0.5, 100]
    assert not any(one.passed for one in judged)


def test_the_margin_is_a_share_of_the_limit():
    """Positive within, negative beyond, none where the limit is nothing."""
    result = run(median=100.0, sigma=0.0, seconds=60)
    one, other, none = judge(parse("[chat.latency]\nmin = '50 ms'\nmax = '1 s'\n[chat]\nchecks = 0"), result)
    assert one.margin < 0 < other.margin
    assert none.margin is None


def test_figures_are_written_for_people():
    """With their units, and no more digits than mean anything."""
    written = [shown(1234.5, "ms"), shown(3.14159, "ms"), shown(0.0123, "%"), shown(12345, "/s"), shown(7, "")]
    assert written == ["1.23 s", "3.14 ms", "1.23 %", "12,345 /s", "7"]
    assert shown(None, "ms") == "nothing"
