"""Code that uses the official SDK: unchanged, and pointed at the fake by the environment."""

import pytest

pytest.importorskip("macrocosmos")

from helpdesk import sdk


def test_an_answer(apex):
    apex.chat("refund", app="helpdesk").replies("Five days.")
    assert sdk.answer("Where is my refund?") == "Five days."
    apex.verify(chat=1, transport="grpc")


async def test_a_stream(apex):
    apex.chat("refund").streams(["Five ", "days."])
    assert "".join(await sdk.stream("Where is my refund?")) == "Five days."


def test_sources(apex):
    apex.search().returns([{"url": "https://a.example/"}, {"url": "https://b.example/"}])
    assert sdk.sources("refund rules") == ["https://a.example/", "https://b.example/"]


def test_an_answer_of_the_fakes_own(apex):
    assert "Paris" in sdk.answer("What is the capital of France?")
    apex.verify(chat=1)


def test_over_tls(apex_tls):
    apex_tls.chat().replies("Privately.")
    assert sdk.answer("Where is my refund?") == "Privately."
