"""A program written for OpenAI: only OPENAI_BASE_URL and OPENAI_API_KEY say that it speaks to Apex."""

import asyncio
from typing import Any

import openai
from common import say

ASKED: Any = {
    "model": "Default",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "seed": 7,
}
LONG: Any = {"model": "Default", "messages": [{"role": "user", "content": "What is Bittensor?"}], "seed": 7}
APEX: Any = {
    "uids": [3, 5],
    "inference_mode": "Mixture-of-Agents",
    "sampling_parameters": {"temperature": 0.7, "max_new_tokens": 9, "do_sample": True},
}


async def ask() -> dict[str, Any]:
    async with openai.AsyncOpenAI() as client:
        answer = await client.chat.completions.create(**ASKED)
        stream = await client.chat.completions.create(**ASKED, stream=True)
        return {"unary": answer.model_dump(), "stream": [chunk.model_dump() async for chunk in stream]}


def refused(call: Any) -> list[Any]:
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.message]
    return ["nothing", 200, ""]


with openai.OpenAI() as client:
    complete = client.chat.completions.create
    with_usage = complete(**ASKED, stream=True, stream_options={"include_usage": True})
    models = [model.model_dump() for model in client.models.list()]
    said = {
        "version": openai.__version__,
        "unary": complete(**ASKED).model_dump(),
        "stream": [chunk.model_dump() for chunk in complete(**ASKED, stream=True)],
        "with usage": [chunk.model_dump() for chunk in with_usage],
        "short": complete(**LONG, max_tokens=5).model_dump(),
        "apex": complete(**LONG, extra_body=APEX).model_dump(),
        "models": models,
        "model": client.models.retrieve(models[0]["id"]).model_dump(),
        "no messages": refused(lambda: complete(model="Default", messages=[])),
        "no model": refused(lambda: client.models.retrieve("no-such-model")),
        "no such call": refused(lambda: client.embeddings.create(model="Default", input="Hello")),
        "async": asyncio.run(ask()),
    }
say(said)
