"""Jobs, late answers and the clock, as a test moves them by its handle."""

import json
import threading
import time
from datetime import UTC, datetime

import pytest

from apex_mock.errors import Code
from tests.plugin.asking import ask, job_of, poll


def test_a_job_goes_by_the_tests_clock(apex, wire):
    apex.clock.freeze()
    apex.research("bees").completes([("first", 60), ("second", 170)])
    job_id = job_of(wire, "bees")
    seen = [poll(wire, job_id)["status"]]
    for _ in range(9):
        apex.clock.advance(20)
        seen.append(poll(wire, job_id)["status"])
    assert seen[0] in ("pending", "running")
    assert seen[8] == "running"
    assert seen[9] == "completed"
    chunks = [json.loads(item["chunk"])[0]["content"] for item in poll(wire, job_id)["result"]]
    assert chunks == ["first", "second"]


def test_a_job_fails_after_some_chunks(apex, wire):
    apex.research().completes(["first", "second"]).fails_after(1, "out of miners")
    job_id = job_of(wire, "anything")
    apex.clock.advance(600)
    view = poll(wire, job_id)
    assert (view["status"], len(view["result"])) == ("failed", 1)
    assert view["error"] == "out of miners"


def test_polls_that_fail_at_first(apex, wire):
    apex.operation("get_research").fails(Code.UNAVAILABLE).times(2)
    job_id = job_of(wire, "anything")
    codes = [wire.call("GetDeepResearcherJob", {"job_id": job_id}).code for _ in range(3)]
    assert codes == ["unavailable", "unavailable", "ok"]


def test_an_operation_that_is_late(apex, wire):
    apex.clock.freeze()
    apex.operation("list_chats").delays(30).answers()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(wire.call("GetChatSessions", {})))
    thread.start()
    apex.wait_for(list_chats=1, outcome="open")
    assert not answers
    apex.clock.advance(30)
    thread.join(5)
    assert answers[0].code == "ok"


def test_the_clock_moves_as_it_is_told(apex):
    before = apex.clock.freeze()
    assert before.tzinfo is UTC
    assert abs((before - datetime.now(UTC)).total_seconds()) < 5
    assert apex.clock.now == before
    assert (apex.clock.advance(30) - before).total_seconds() == 30
    assert apex.clock.scale(1e6) >= before
    time.sleep(0.001)
    assert (apex.clock.resume() - before).total_seconds() > 1000
    with pytest.raises(ValueError, match="forward"):
        apex.clock.advance(-1)
    with pytest.raises(ValueError, match="forward"):
        apex.clock.scale(-1)


def test_the_clock_is_set(apex, wire):
    """Forward and back, by a datetime or a text; the pace stays."""
    apex.clock.freeze()
    noon = datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert apex.clock.set(noon) == noon == apex.clock.now
    apex.research().completes(["found"])
    job_id = job_of(wire, "x")
    assert apex.clock.set("2025-06-01T14:00:00+02:00") == noon
    assert poll(wire, job_id)["status"] == "pending"
    apex.clock.set("2025-06-01T13:00:00Z")
    assert poll(wire, job_id)["status"] == "completed"
    apex.clock.set("2025-05-01T00:00:00Z")
    assert poll(wire, job_id)["status"] == "pending", "its time is yet to come"
    assert ask(apex).json()["created"] == datetime(2025, 5, 1, tzinfo=UTC).timestamp()
    for wrong, says in (
        ("2025-06-01T12:00:00", "no time zone"),
        ("noon", "is no time"),
        (datetime(2025, 6, 1), "zone"),
    ):
        with pytest.raises(ValueError, match=says):
            apex.clock.set(wrong)


def test_a_manual_job_goes_by_a_leap_of_the_clock(apex, wire):
    """As by an advance; going back undoes nothing."""
    apex.choose(research={"progress": "manual", "duration": 60}, clock="2025-06-01T12:00:00Z")
    job_id = job_of(wire, "bees")
    apex.clock.set("2025-06-01T12:01:00Z")
    assert poll(wire, job_id)["status"] == "completed"
    apex.clock.set("2025-06-01T11:00:00Z")
    assert poll(wire, job_id)["status"] == "completed"


def test_three_minutes_of_polling_take_no_time(apex, wire, monkeypatch):
    """The loop of the documentation's page, which sleeps for 20 seconds, unchanged."""
    monkeypatch.setattr(time, "sleep", apex.clock.advance)
    apex.choose(research={"duration": 180})
    job_id = job_of(wire, "bees")
    began, polls = time.perf_counter(), 0
    while poll(wire, job_id)["status"] != "completed":
        time.sleep(20)
        polls += 1
    assert 9 <= polls <= 10
    assert time.perf_counter() - began < 20
