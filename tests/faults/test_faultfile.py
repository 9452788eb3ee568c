"""Faults as people write them: in short, as mappings, in files; what is wrong is said, and what there is."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.faults.rules import FAULTS, Fault
from apex_mock.core.stubs import Match, Text
from apex_mock.core.types import Operation
from apex_mock.faultfile import OPTIONS, RULE, in_short, read_fault, read_faults, read_header, read_spec, write_fault
from apex_mock.fixtures import BadFixture
from apex_mock.reading import WHEN, BadRule
from apex_mock.settings import BadSetting, Settings
from apex_mock.standing import in_force, read_fault_file

NEEDED = {"rate_limit": {"requests": 1}, "miners": {"dead": 1}, "research": {"fail_at": 1}}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_read_by_its_name(name):
    """With what it cannot do without; and is what it was when it is written and read again."""
    fault = read_fault({"fault": name, **NEEDED.get(name, {})})
    assert fault.effect.name == name
    assert read_fault(write_fault(fault)) == fault
    assert read_fault(in_short(fault)) == fault


def test_the_short_form_says_what_the_long_one_says():
    """Options, rule and conditions, in any order."""
    short = read_fault(
        'error; prompt="a; b"; code=ABORTED; first=2; stream=true; retry_after=0.5; operation=chat; uids=1,2'
    )
    long = read_fault(
        {
            "fault": "error",
            "code": "aborted",
            "retry_after": 0.5,
            "first": 2,
            "when": {"operation": "chat", "prompt": "a; b", "stream": True, "uids": [1, 2]},
        }
    )
    assert short == long
    assert long.when == Match(operation=Operation.CHAT, prompt=Text(contains="a; b"), stream=True, uids=(1, 2))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\\"), min_size=1))
def test_any_text_can_stand_in_quotes(text):
    """Semicolons, equals signs and quotes too."""
    quoted = text.replace('"', '\\"')
    assert read_fault(f'error; message="{quoted}"; after=1').options == {"message": text, "after": 1}


@given(st.text())
def test_no_text_is_more_than_a_bad_fault(text):
    """It can be read, or it is refused."""
    with suppress(BadRule):
        assert read_fault(text).fault in FAULTS


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "fault: there is no ''; there are error, delay, slow_start,"),
        ("dorp", "fault: there is no 'dorp'; there are error, delay, slow_start,"),
        ({"after": 3}, "fault: say which; there are error, delay,"),
        (
            "drop; aftr=3",
            "aftr: there is no such key; a drop fault has fault, after, id, name, when, scope, probability,",
        ),
        ("delay; after=3", "after: there is no such key; a delay fault has fault, seconds,"),
        ("drop; after", "after the fault's name comes key=value, not 'after'"),
        ("drop; after=x", "after: input should be a valid integer"),
        ("drop; after=-1", "after must be a number from 0 up, not -1"),
        ("error; code=gone", "code: input should be 'canceled', 'unknown',"),
        ("drop; probability=2", "probability: must be from 0 (never) to 1 (always), not 2.0"),
        ("drop; probability=nan", "probability: must be from 0 (never) to 1 (always), not nan"),
        ("drop; count=0", "count: must be at least 1, not 0"),
        ("drop; first=0", "first: must be at least 1, not 0"),
        ("drop; since=-1", "since: must be a number from 0 up, not -1.0"),
        ("drop; nth=0", "when.nth: must be at least 1, not 0"),
        ("drop; operation=nap", "operation: input should be 'chat'"),
        ('drop; prompt="x', "a quote is not closed"),
        ({"fault": "drop", "when": {"promt": "x"}}, "when.promt: there is no such key; a when has operation, prompt,"),
        ({"fault": "drop", "when": {"prompt": {"regex": "("}}}, "prompt: regex '(':"),
        ("delay; opration=chat", "opration: there is no such key; a delay fault has fault, seconds, id, name, when,"),
        ("delay; opration=chat", "until, operation, prompt,"),
        ("drop; after=1; after=2", "after: is there twice"),
        ("drop; prompt=a; prompt=b", "prompt: is there twice"),
        ("drop; since=5; until=5", "until: must be later than since, 5, not 5"),
        ("research; fail_at=1; operation=chat", "when.operation: a research fault acts on submit_research alone, not"),
        ("duplicate; operation=list_chats", "when.operation: a duplicate fault acts on chat and search alone, not on"),
        ("rate_limit", "say how many requests or tokens a key has"),
        (7, "expected a text or a mapping, not a number"),
    ],
)
def test_what_is_wrong_is_said(value, said):
    """In one line, with what there is."""
    with pytest.raises(BadRule) as caught:
        read_fault(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_written_in_short_can_be_read_again():
    """A text with a semicolon or a quote in it stands in quotes, and several uids in one value."""
    for rule in (
        {"fault": "error", "message": 'so; "far"', "when": {"prompt": " a;b ", "uids": [1, 2]}},
        {"fault": "drop", "name": 'half; of "it"', "after": 0},
    ):
        fault = read_fault(rule)
        assert read_fault(in_short(fault)) == fault


def test_a_list_says_which_of_its_faults_is_wrong():
    """By number and name."""
    with pytest.raises(BadRule, match=r"^fault 2 \(dorp\): fault: there is no 'dorp'"):
        read_faults({"faults": ["drop", "dorp"]})
    with pytest.raises(BadRule, match=r"^rules: there is no such key beside faults"):
        read_faults({"faults": [], "rules": []})
    assert read_faults(None) == []
    assert [fault.scope for fault in read_faults({"scope": "a", "faults": ["drop", "none; scope=b"]})] == ["a", "b"]


@pytest.mark.parametrize("text", ["drop; count=1", "drop; prompt=x", "drop; first=1"])
def test_a_header_has_no_conditions(text):
    """It is about one request. Chance it may have."""
    with pytest.raises(BadRule, match="a drop fault in a header has fault, after, probability"):
        read_header(text)
    assert read_header("drop; probability=0.5").probability == 0.5


def test_a_reply_has_a_fault_without_conditions():
    """In short, or as a mapping; those are the stub's."""
    assert read_spec("drop; after=2") == read_spec({"fault": "drop", "after": 2})
    with pytest.raises(BadRule, match="count: there is no such key; a drop fault here has fault, after"):
        read_spec("drop; count=1")


def test_a_file_is_yaml_or_json(tmp_path):
    """What is wrong is said with its name."""
    for name, text in {"f.yaml": "faults:\n  - drop; after=2\n", "f.json": '["drop; after=2"]'}.items():
        (tmp_path / name).write_text(text)
        assert read_fault_file(tmp_path / name) == [Fault("", "drop", {"after": 2})]
    for name, text, said in (
        ("bad.yaml", "- dorp", "fault 1"),
        ("bad.json", "[", "line 1: not valid JSON"),
        ("worse.yaml", "a: [", "line"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadFixture, match=f"{name}: {said}"):
            read_fault_file(tmp_path / name)
    with pytest.raises(BadFixture, match=r"gone\.yaml"):
        read_fault_file(tmp_path / "gone.yaml")


def test_the_settings_have_faults_of_both_kinds(tmp_path):
    """Those of the file first. In the environment, one a line."""
    (tmp_path / "f.yaml").write_text("- drop")
    env = {"APEX_MOCK_FAULT": "delay; seconds=2\nerror; code=internal\n", "APEX_MOCK_FAULTS": str(tmp_path / "f.yaml")}
    assert in_force(Settings.load(env=env)) == ["drop", "delay; seconds=2.0", "error; code=internal"]
    assert in_force(Settings.load(env={}, flags={"fault": "drop\nempty"})) == ["drop", "empty"]
    with pytest.raises(BadSetting, match=r"^fault 'dorp': fault: there is no 'dorp'"):
        in_force(Settings(fault=("dorp",)))


def test_options_and_rules_have_no_name_in_common():
    """Since they stand beside each other."""
    taken = {*RULE, *WHEN, "fault"}
    assert {name: sorted(taken & set(options)) for name, options in OPTIONS.items() if taken & set(options)} == {}
