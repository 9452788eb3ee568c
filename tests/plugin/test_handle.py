"""What a test does with the handle: stubs that calls then get, over every wire; its calls, its clock, its chats."""

import asyncio
import json
import os
import re
import threading
import time

import grpc
import httpx
import openai
import pytest

from apex_mock.errors import Code, InvalidRequest
from tests.plugin.asking import MESSAGES, ask, job_of, poll, said

# --- Stubs ------------------------------------------------------------------------------------------------------------


def test_a_stub_answers_over_every_wire(apex, wire):
    stub = apex.chat("refund").replies("Five days.")
    assert wire.call("ChatCompletion", {"messages": MESSAGES}).text == "Five days."
    assert wire.call("ChatCompletionStream", {"messages": MESSAGES}).text == "Five days."
    assert said(ask(apex)) == "Five days."
    assert stub.used == 3
    apex.verify(chat=3)
    assert {entry.stub for entry in apex.calls("chat")} == {"chat(containing='refund')"}


def test_an_error_comes_in_each_wires_own_form(apex, wire):
    apex.chat().fails(Code.RESOURCE_EXHAUSTED, "slow down", retry_after=7)
    refused = wire.call("ChatCompletion", {"messages": MESSAGES})
    assert (refused.code, refused.message) == ("resource_exhausted", "slow down")
    answer = ask(apex)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_a_sequence_and_then_the_fakes_own_answer(apex):
    apex.chat().fails("unavailable").times(2).then("third").then("fourth").times(1)
    codes = [ask(apex).status_code for _ in range(2)]
    assert codes == [503, 503]
    assert [said(ask(apex)), said(ask(apex))] == ["third", "fourth"]
    assert said(ask(apex)) not in ("third", "fourth")


def test_a_stub_that_is_used_up_counts_no_more(apex):
    stub = apex.chat().replies("once").times(1)
    fault = apex.fault("error", code="unavailable", operation="search", count=1)
    for _ in range(3):
        ask(apex)
        httpx.post(f"{apex.url}/web_retrieval", headers={"api-key": apex.key}, json={"search_query": "x"})
    assert (stub.used, fault.acted) == (1, 1)


def test_the_most_specific_stub_wins(apex):
    apex.chat("refund", model="mistral").replies("both")
    apex.chat("refund").replies("one")
    assert said(ask(apex)) == "one"
    assert said(ask(apex, model="mistral-small")) == "both"


def test_conditions_on_everything(apex):
    apex.chat(where=lambda request: len(request.messages) == 2, system=re.compile("^terse$")).replies("by predicate")
    apex.chat("refund", temperature=0.5).replies("by sampling")
    apex.chat(nth=2, equals="twice?").replies("by count")
    apex.chat(header={"x-tenant": "seven"}, stream=False).replies("by header")
    both = [{"role": "system", "content": "terse"}, {"role": "user", "content": "hi"}]
    assert said(ask(apex, messages=both)) == "by predicate"
    assert said(ask(apex, sampling_parameters={"temperature": 0.5})) == "by sampling"
    assert said(ask(apex, "twice?")) != "by count"
    assert said(ask(apex, "twice?")) == "by count"
    headers = {"api-key": apex.key, "x-tenant": "seven"}
    assert (
        said(httpx.post(f"{apex.url}/v1/chat/completions", headers=headers, json={"messages": MESSAGES})) == "by header"
    )


def test_json_template_and_tools(apex):
    apex.chat("json").replies_json({"days": 5})
    apex.chat("echo").template("You said: {{ prompt }}")
    apex.chat("tool").calls_tool("refund", {"order": 7})
    assert json.loads(said(ask(apex, "json please"))) == {"days": 5}
    assert said(ask(apex, "echo this")) == "You said: echo this"
    choice = ask(apex, "tool, please").json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    (called,) = choice["message"]["tool_calls"]
    assert (called["function"]["name"], json.loads(called["function"]["arguments"])) == ("refund", {"order": 7})


def test_openai_is_pointed_here_by_the_environment(apex):
    apex.chat().replies("Five days.")
    with openai.OpenAI() as client:
        answer = client.chat.completions.create(model="any", messages=MESSAGES)
    assert answer.choices[0].message.content == "Five days."


def test_a_stream_comes_at_its_own_times_and_breaks(apex):
    apex.clock.freeze()
    apex.chat().streams(["one ", "two ", "three"], every=10).fails("unavailable", after_chunks=2)
    sent = {"messages": MESSAGES, "stream": True}
    with httpx.stream("POST", f"{apex.url}/v1/chat/completions", headers={"api-key": apex.key}, json=sent) as answer:
        lines = (line for line in answer.iter_lines() if line)
        assert '"one "' in next(lines)
        apex.clock.advance(10)
        assert '"two "' in next(lines)
        rest = list(lines)
    assert "three" not in "".join(rest)
    (entry,) = apex.wait_for(chat=1)
    assert [(frame.text, frame.after) for frame in entry.frames] == [("one ", 0.0), ("two ", 10.0)]
    assert [frame.at - entry.at for frame in entry.frames] == [0, 10_000_000]


def test_search(apex, wire):
    apex.search("refund").returns([{"url": "https://a.example/", "content": "all", "relevant": "part"}])
    apex.search("nothing").returns([])
    apex.search("down").fails(Code.UNAVAILABLE)
    found = wire.call("WebRetrieval", {"search_query": "refund rules"}).value["results"]
    assert found == [{"url": "https://a.example/", "content": "all", "relevant": "part"}]
    assert wire.call("WebRetrieval", {"search_query": "nothing"}).value.get("results", []) == []
    assert wire.call("WebRetrieval", {"search_query": "is it down"}).code == "unavailable"


# --- How things are ---------------------------------------------------------------------------------------------------


def test_choose_and_reset(apex):
    apex.choose(strict=True)
    assert ask(apex).status_code == 400
    assert "no stub fits" in apex.complaints()[0]
    apex.choose(strict=False, seed=1)
    one = said(ask(apex))
    apex.reset()
    apex.choose(seed=1)
    apex.verify(chat=0)
    assert said(ask(apex)) == one
    apex.chat().replies("stub")
    apex.reset("stubs")
    assert said(ask(apex)) != "stub"
    with pytest.raises(InvalidRequest, match="'everything'"):
        apex.reset("everything")
    apex.allow_surprises()


@pytest.mark.parametrize(
    ("choice", "error", "says"),
    [
        ({"profile": "warp"}, InvalidRequest, "warp"),
        ({"research": "magic"}, InvalidRequest, "progress"),
        ({"research": {"pols": 3}}, InvalidRequest, "pols"),
        ({"clock": "stopped"}, ValueError, "frozen"),
        ({"clock": -1}, ValueError, "-1"),
        ({"clock": "2025-06-01"}, ValueError, "no time zone"),
        ({"clock": "2025-16-01T12:00:00Z"}, ValueError, "is no time"),
    ],
)
def test_a_choice_that_cannot_be(apex, choice, error, says):
    with pytest.raises(error, match=says):
        apex.choose(**choice)


@pytest.mark.apex(seed=5, profile="fast", clock="frozen", strict=True, research={"progress": "polls", "polls": 1})
def test_the_marker_holds_after_a_reset_too(apex, wire):
    for _ in range(2):
        now = apex.clock.now
        time.sleep(0.002)
        assert apex.clock.now == now
        apex.research().completes(["x"])
        job_id = job_of(wire, "x")
        assert [poll(wire, job_id)["status"], poll(wire, job_id)["status"]][1] == "completed"
        apex.reset()


# --- What was asked ---------------------------------------------------------------------------------------------------


def test_verify_lists_what_was_asked_instead(apex):
    said(ask(apex, "one"))
    said(ask(apex, "two"))
    apex.verify(chat=2, search=0, research=0)
    apex.verify(chat=1, containing="ONE", transport="rest", outcome="ok")
    with pytest.raises(AssertionError) as failed:
        apex.verify(chat=1, search=2)
    text = str(failed.value)
    assert text.startswith("expected chat: 1, search: 2; got chat: 2, search: 0")
    assert 'chat over rest "one" -> ok' in text
    with pytest.raises(AssertionError, match=r"expected chat: 1 .containing 'three'.; got chat: 0"):
        apex.verify(chat=1, containing="three")
    with pytest.raises(ValueError, match="no operation 'chta'; there are research, chat"):
        apex.verify(chta=1)
    with pytest.raises(TypeError, match="chat=2, search=0"):
        apex.verify()


def test_calls_with_another_key_are_told_of(apex):
    httpx.post(f"{apex.url}/v1/chat/completions", headers={"api-key": "hard-coded"}, json={"messages": MESSAGES})
    with pytest.raises(AssertionError, match=r"nothing was asked\ncalls came with other keys too .key-[0-9a-f]{8}.;"):
        apex.verify(chat=1)


def test_many_calls_are_told_of_in_short(apex):
    with httpx.Client(headers={"api-key": apex.key}) as client:
        for n in range(30):
            client.post(f"{apex.url}/web_retrieval", json={"search_query": f"q{n}"})
    assert "(5 earlier calls)" in apex.describe()
    first = apex.calls()[0]
    assert len(apex.calls("search", since=first.seq)) == 29


def test_wait_for_calls_that_come_later(apex):
    def later():
        time.sleep(0.05)
        ask(apex, "later")

    thread = threading.Thread(target=later)
    thread.start()
    (entry,) = apex.wait_for(chat=1, outcome="ok")
    assert entry.prompt == "later"
    thread.join()
    with pytest.raises(AssertionError, match=r"waited 0.02 s for chat: 2; got chat: 1"):
        apex.wait_for(chat=2, timeout=0.02)


async def test_wait_for_in_an_async_test(apex):
    async def later():
        await asyncio.sleep(0.02)
        async with httpx.AsyncClient() as client:
            await client.post(f"{apex.url}/web_retrieval", headers={"api-key": apex.key}, json={"search_query": "x"})

    task = asyncio.create_task(later())
    (entry,) = await apex.wait_for_async(search=1)
    assert entry.prompt == "x"
    await task
    with pytest.raises(AssertionError, match=r"waited 0.01 s"):
        await apex.wait_for_async(search=2, timeout=0.01)


def test_a_predicate_that_uses_the_handle_is_told_not_to(apex):
    """Waiting for the fake in the fake's own thread would never end."""
    apex.chat(where=lambda request: apex.stored_chats([])).replies("x")
    assert ask(apex).status_code == 500
    assert "cannot be used from within the fake" in apex.complaints()[0]
    apex.allow_surprises()


# --- Where it is ------------------------------------------------------------------------------------------------------


def test_the_environment_points_here(apex):
    assert apex.url == f"http://{apex.address}"
    assert {name: os.environ[name] for name in apex.env} == apex.env
    assert apex.env["MACROCOSMOS_BASE_URL"] == apex.address
    assert apex.env["APEX_API_KEY"] == apex.key
    assert "127.0.0.1" in os.environ["NO_PROXY"]


def test_the_application_without_a_port(apex, apex_app):
    """On the same mock, in the test's own loop."""
    apex.chat().replies("in process")

    async def ask_it():
        transport = httpx.ASGITransport(apex_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://apex") as client:
            return await client.post("/v1/chat/completions", headers={"api-key": apex.key}, json={"messages": MESSAGES})

    assert said(asyncio.run(ask_it())) == "in process"
    apex.verify(chat=1)


def test_over_tls(apex_tls):
    """The environment says what to trust: httpx reads it by itself, gRPC too."""
    apex_tls.chat().replies("privately")
    assert apex_tls.url.startswith("https://127.0.0.1:")
    assert said(ask(apex_tls)) == "privately"
    with grpc.secure_channel(apex_tls.address, grpc.ssl_channel_credentials()) as channel:
        grpc.channel_ready_future(channel).result(5)
