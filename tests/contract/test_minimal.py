"""The suite knows more than our own fake: a server of another make passes what it offers, and fails by its faults."""

import re

import pytest

from contract_tests.results import Outcome
from tests.contract.conftest import Minimal, checked

OFFERED = {"ChatCompletion", "ChatCompletionStream", "WebRetrieval", "health"}
# Which clauses each fault breaks: these and no others.
BROKEN_BY = {
    "no [DONE]": "STREAM-004 MODE-001",
    "finish_reason is always stop": "CHAT-007 CHAT-015 CHAT-016 STREAM-010",
    "n_results is ignored": "SEARCH-005 SEARCH-008",
    "422 is 400": "ERR-001 ERR-011 SEARCH-012 SEARCH-013 SEARCH-014 SEARCH-015 STREAM-011",
    "lists a url twice": "SEARCH-003 SEARCH-005 SEARCH-008",
    "null fields are left out": "WIRE-008",
    "lets anybody in": "AUTH-001 AUTH-002 AUTH-003 AUTH-008 AUTH-009",
    "names the model otherwise": "CHAT-005 CHAT-006",
}


def test_it_passes_what_it_offers_and_offers_nothing_else(minimal: Minimal):
    """Over REST and the OpenAI package; every other operation and transport reads as not offered."""
    results = checked(minimal())
    assert [r for r in results if r.outcome is Outcome.BROKEN] == []
    holding = {(r.operation, r.transport) for r in results if r.outcome is Outcome.HOLDS}
    assert {operation for operation, _ in holding} == OFFERED
    assert {transport for _, transport in holding} == {"rest", "openai"}
    assert sum(r.outcome is Outcome.HOLDS for r in results) > 90
    elsewhere = [r for r in results if r.operation not in OFFERED or r.transport not in ("rest", "openai")]
    assert {r.outcome for r in elsewhere} == {Outcome.NOT_OFFERED}


def test_what_needs_more_says_what(minimal: Minimal):
    """The fake's clock, its seeds: such clauses do not run elsewhere, and say so."""
    reasons = {r.reason for r in checked(minimal()) if r.outcome is Outcome.NOT_RUN}
    assert reasons == {"needs answers that derive from a seed", "needs the control API of a fake"}


@pytest.mark.parametrize("fault", BROKEN_BY)
def test_a_fault_breaks_its_clauses_and_no_others(minimal: Minimal, fault):
    """The suite finds it, and finds nothing that is not there."""
    broken = {r.clause for r in checked(minimal(fault)) if r.outcome is Outcome.BROKEN}
    assert broken == set(BROKEN_BY[fault].split())


def test_an_answer_without_an_end_is_cut(minimal: Minimal):
    """So much is read of it and no more; the run goes on."""
    results = checked(minimal("has no end"), "CHAT-001", "HEALTH-001")
    chats, health = [r for r in results if r.outcome is Outcome.BROKEN], results[-1]
    assert [chat.transport for chat in chats] == ["rest", "openai"]
    for chat in chats:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+: no end of the answer, 1[67]\d{6} bytes so far", chat.got)
    assert health.outcome is Outcome.HOLDS


def test_a_server_that_hangs_up_is_not_the_end(minimal: Minimal):
    """The clause is broken, with what happened; the run goes on."""
    results = checked(minimal("drops the connection"), "CHAT-001", "HEALTH-001")
    (chat, *_), health = results, results[-1]
    assert (chat.outcome, chat.what, chat.expected) == (Outcome.BROKEN, "the target", "an answer")
    assert "127.0.0.1" in chat.got
    assert health.outcome is Outcome.HOLDS
