"""Code that uses openai: the environment points it at the fake's own server."""

import pytest

openai = pytest.importorskip("openai")
MESSAGES = [{"role": "user", "content": "Where is my refund?"}]
TOOL = {"type": "function", "function": {"name": "refund", "parameters": {"type": "object"}}}


def test_an_answer(apex):
    apex.chat("refund").replies("Five days.")
    with openai.OpenAI() as client:
        got = client.chat.completions.create(model="any", messages=MESSAGES)
    assert got.choices[0].message.content == "Five days."


async def test_an_async_stream(apex):
    apex.chat("refund").streams(["Five ", "days."])
    async with openai.AsyncOpenAI() as client:
        got = await client.chat.completions.create(model="any", messages=MESSAGES, stream=True)
        pieces = [chunk.choices[0].delta.content async for chunk in got]
    assert "".join(piece or "" for piece in pieces) == "Five days."


def test_a_tool(apex):
    apex.chat(nth=1).calls_tool("refund", {"order": 7})
    with openai.OpenAI() as client:
        got = client.chat.completions.create(model="any", messages=MESSAGES, tools=[TOOL])
    (called,) = got.choices[0].message.tool_calls
    assert (called.function.name, called.function.arguments) == ("refund", '{"order": 7}')


def test_the_client_retries(apex):
    apex.chat().fails("unavailable", retry_after=0).times(1).then("Five days.")
    with openai.OpenAI(max_retries=2) as client:
        got = client.chat.completions.create(model="any", messages=MESSAGES)
    assert got.choices[0].message.content == "Five days."
    apex.verify(chat=2)
