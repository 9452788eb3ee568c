"""Stubs that count their calls, stubs that fail on a call, and what a call without a stub is told of both."""

import openai
import pytest

from tests.plugin.asking import ask, said


@pytest.mark.parametrize("laid", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_nth_counts_every_call_that_fits(apex, laid):
    """Also a call that another stub answers, in whichever order they were laid down."""
    for nth in laid:
        apex.chat("refund", nth=nth).replies(f"call {nth}")
    assert [said(ask(apex)) for _ in range(3)] == ["call 1", "call 2", "call 3"]


def test_nth_counts_calls_that_a_more_specific_stub_answers(apex):
    apex.chat("refund", nth=2).replies("the second")
    apex.chat("refund", model="mistral", stream=False).replies("of mistral").times(1)
    assert said(ask(apex, model="mistral")) == "of mistral"
    assert said(ask(apex)) == "the second"


@pytest.mark.apex(strict=True, surprises=False)
def test_strict_says_that_a_stub_is_used_up(apex):
    """And not that there are none."""
    apex.chat("refund").replies("once").times(1)
    ask(apex)
    detail = ask(apex).json()["detail"]
    assert detail == (
        "no stub fits this chat call: the nearest, chat(containing='refund'), differs in times: "
        "wanted at most 1 of those that fit, got a later one"
    )


@pytest.mark.apex(strict=True, surprises=False)
def test_strict_says_that_a_stub_waits_for_another_call(apex):
    """By the numbers of both."""
    apex.chat("refund", nth=2).replies("the second")
    assert ask(apex).json()["detail"].endswith("differs in nth: wanted call 2 of those that fit, got call 1")
    assert said(ask(apex)) == "the second"
    assert ask(apex).json()["detail"].endswith("differs in nth: wanted call 2 of those that fit, got call 3")


@pytest.mark.apex(strict=True, surprises=False)
def test_openais_client_shows_the_nearest_stub(apex):
    """It prints a body's `message` and no `detail`."""
    apex.chat("bees").replies("They dance.").optional()
    with openai.OpenAI(max_retries=0) as client, pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="Default", messages=[{"role": "user", "content": "refund"}])
    assert "the nearest, chat(containing='bees'), differs in prompt" in str(caught.value)


def test_a_predicate_that_fails_names_its_stub_and_line(apex):
    """To the caller, and in what surprised the fake: it is the test's mistake, not the fake's."""
    apex.allow_surprises()
    apex.chat(where=lambda request: request.nope).replies("never")
    answer = ask(apex)
    why = "AttributeError: 'ChatRequest' object has no attribute 'nope'"
    told = f"the stub chat(where=<lambda>): its predicate raised {why}"
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith(f"{told} (test_counts.py, line ")
    (surprise,) = apex.complaints()
    assert told in surprise


def test_a_template_that_fails_says_why(apex):
    apex.allow_surprises()
    apex.chat("refund").template("{{ 1 / 0 }}")
    assert ask(apex).json()["detail"] == "template '{{ 1 / 0 }}': division by zero"
    assert len(apex.complaints()) == 1


def test_faults_count_every_call_that_fits(apex):
    """Also one that a fault ahead of them fails: each has the turn that it names."""
    apex.fault("error", code="unavailable", nth=1)
    apex.fault("error", code="resource_exhausted", nth=2)
    apex.fault("error", code="aborted", every=3)
    assert [ask(apex).status_code for _ in range(3)] == [503, 429, 409]
    assert [call.outcome for call in apex.calls()] == ["unavailable", "resource_exhausted", "aborted"]


def test_a_faults_predicate_that_fails_names_its_fault(apex):
    apex.allow_surprises()
    apex.fault("drop", where=lambda request: request.nope)
    assert ask(apex).json()["detail"].startswith("the fault drop: its predicate raised AttributeError: ")
