"""Faults in a test: the handle's `fault`, the marker's `faults=`, and behind respx."""

import re

import httpx
import pytest

from tests.plugin.asking import MESSAGES, ask

URL = "https://sn1.api.macrocosmos.ai/v1/chat/completions"


def codes(apex, *texts):
    return [ask(apex, text).status_code for text in texts]


def test_a_fault_acts_on_the_calls_that_fit(apex, wire):
    """Over every wire; and counts on how many it did."""
    fault = apex.fault("error", code="aborted", containing="refund")
    assert codes(apex, "hello", "refund") == [200, 409]
    assert wire.call("ChatCompletion", {"messages": MESSAGES}).code == "aborted"
    assert fault.acted == 2
    assert repr(fault) == "<fault error>"
    assert [call.fault for call in apex.calls(outcome="aborted")] == ["error", "error"]


def test_a_fault_in_short_can_be_taken_away(apex):
    """Every second call fails, and then none."""
    flaky = apex.fault("error; code=not_found; every=2; prompt=order")
    assert codes(apex, *["order"] * 4) == [200, 404, 200, 404]
    flaky.remove()
    assert codes(apex, *["order"] * 2) == [200, 200]


def test_a_fault_has_the_conditions_of_a_stub(apex):
    """Patterns, operations and predicates too; as a mapping as well."""
    apex.fault({"fault": "none", "name": "said"}, system=re.compile("never"))
    apex.fault("error", operation="search", probability=1)
    apex.fault("none", where=lambda request: request.prompt == "now")
    assert ask(apex).headers.get("x-apex-fault") is None
    assert ask(apex, "now").headers["x-apex-fault"] == "none"


def test_a_stubs_answer_may_suffer(apex):
    """The answer before it, or the usual one; in a sequence, that one alone."""
    apex.chat("story").replies("One. Two.").suffers("truncate", after=1).then.replies("Whole.")
    apex.chat("usual").suffers("none")
    broken, whole = (ask(apex, "A story", stream=True) for _ in range(2))
    assert broken.headers["x-apex-fault"] == "truncate"
    assert broken.text.count("data: ") == 1
    assert whole.text.endswith("data: [DONE]\n\n")
    assert ask(apex, "as usual").headers["x-apex-fault"] == "none"
    with pytest.raises(ValueError, match="there is no 'dorp'; there are error"):
        apex.chat("x").suffers("dorp")
    apex.reset("stubs")


def test_a_reset_ends_faults(apex):
    """And those that never acted fail no test."""
    apex.fault("error")
    apex.reset("faults")
    assert codes(apex, "hello") == [200]
    apex.fault("error", containing="never asked")


@pytest.mark.parametrize(
    ("fault", "given", "said"),
    [
        ("dorp", {}, "there is no 'dorp'; there are error, delay"),
        ("drop; promt=x", {}, "promt: there is no such key"),
        ("drop", {"aftr": 3}, "a drop fault has no 'aftr'"),
        ("drop", {"after": -1}, "must be a number from 0 up"),
        ("drop", {"operation": "nap"}, "no operation 'nap'"),
    ],
)
def test_what_there_is_not_is_said(apex, fault, given, said):
    """With what there is."""
    with pytest.raises((ValueError, TypeError), match=said):
        apex.fault(fault, **given)


@pytest.mark.apex(faults=["error; first=1; code=aborted", {"fault": "none"}, "tests/plugin/faults.yaml"])
@pytest.mark.parametrize("turn", [1, 2])
def test_the_marker_lays_faults(apex, turn):
    """Each test has them from its beginning, and again after a reset."""
    assert codes(apex, "a", "b") == [409, 200]
    apex.reset()
    assert ask(apex).status_code == 409
    assert ask(apex).headers["x-apex-fault"] == "none, none (from a file)"


@pytest.mark.apex(faults="drop; after=0")
def test_one_fault_in_the_marker_is_enough(apex):
    """In short."""
    with pytest.raises(httpx.ReadError):
        ask(apex)


def test_a_bad_marker_fails_its_test(inner):
    """With what there is."""
    result = inner("@pytest.mark.apex(faults='dorp')\ndef test_it(apex): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fault 1 (dorp): fault: there is no 'dorp'; there are error, delay*"])


def post(apex, **body):
    sent = {"messages": MESSAGES, **body}
    return httpx.post(URL, json=sent, headers={"api-key": apex.key})


@pytest.mark.parametrize("stream", [False, True])
def test_behind_respx_a_drop_is_a_read_error(apex, apex_respx, stream):
    """As it is with a socket; the next call is unharmed."""
    apex.fault("drop", after=1, first=1)
    with pytest.raises(httpx.ReadError, match="reset"):
        post(apex, stream=stream)
    assert post(apex, stream=stream).status_code == 200


def test_behind_respx_a_body_may_end_too_early(apex, apex_respx):
    """Which httpx has another word for."""
    apex.fault("no_end", first=1)
    with pytest.raises(httpx.RemoteProtocolError, match="before the answer was whole"):
        post(apex)
    assert post(apex).status_code == 200


@pytest.mark.asyncio
async def test_behind_respx_async_clients_see_the_same(apex, apex_respx):
    """A drop, and a good answer."""
    apex.fault("drop", after=1, first=1)
    async with httpx.AsyncClient(headers={"api-key": apex.key}) as client:
        with pytest.raises(httpx.ReadError, match="reset"):
            await client.post(URL, json={"messages": MESSAGES})
        assert (await client.post(URL, json={"messages": MESSAGES})).status_code == 200
