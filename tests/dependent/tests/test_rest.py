"""The REST code, in process: its hosts are those of the real service, and no socket is opened."""

import time

import pytest
from helpdesk import rest

from apex_mock import Code

CONSTELLATION = "https://constellation.api.cloud.macrocosmos.ai"
pytestmark = pytest.mark.usefixtures("apex_respx")


def test_an_answer(apex):
    apex.chat(containing="refund").replies("Five days.")
    assert rest.answer("Where is my refund?") == "Five days."
    apex.verify(chat=1, containing="refund")


def test_retries_wait_as_long_as_they_are_told(apex, monkeypatch):
    monkeypatch.setattr(time, "sleep", apex.clock.advance)
    before = apex.clock.freeze()
    apex.chat().fails(Code.RESOURCE_EXHAUSTED, retry_after=30).times(2).then.replies("At last.")
    assert rest.answer("Anyone?") == "At last."
    assert (apex.clock.now - before).total_seconds() == 60


def test_gives_up(apex, monkeypatch):
    monkeypatch.setattr(time, "sleep", apex.clock.advance)
    apex.chat().fails(Code.UNAVAILABLE)
    with pytest.raises(rest.Busy):
        rest.answer("Anyone?")
    apex.verify(chat=3, outcome="unavailable")


async def test_a_stream(apex):
    apex.chat(stream=True).streams(["Five ", "days."], every=0.01)
    assert [text async for text in rest.stream("Where is my refund?")] == ["Five ", "days."]


async def test_a_stream_that_breaks(apex):
    apex.chat().streams(["Five ", "days."]).fails(Code.UNAVAILABLE, after_chunks=1)
    assert [text async for text in rest.stream("Where is my refund?")] == ["Five "]


def test_citations(apex):
    apex.search("refund").returns([{"url": "https://a.example/", "content": "All of it", "relevant": "Five days"}])
    assert rest.cited("refund rules") == "- Five days ([source](https://a.example/))"


def test_three_minutes_of_research(apex, monkeypatch):
    monkeypatch.setattr(time, "sleep", apex.clock.advance)
    apex.clock.freeze()
    apex.research("bees").completes([("Bees ", 60), ("dance.", 170)])
    assert rest.research("Tell me about bees", CONSTELLATION) == "Bees dance."
    assert len(apex.calls("get_research")) == 10


def test_research_that_fails(apex):
    apex.research().completes(["Bees "]).fails_after(0, "no more miners")
    apex.choose(clock=1e6)
    with pytest.raises(RuntimeError, match="no more miners"):
        rest.research("Tell me about bees", CONSTELLATION)
