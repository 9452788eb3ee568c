"""What a program written for OpenAI sees when its key is not known, unary, streamed and listing models."""

from typing import Any

import openai
from common import say

ASKED: Any = {"model": "Default", "messages": [{"role": "user", "content": "Hello"}]}


def refused(call: Any) -> list[Any]:
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.body]
    return ["nothing", 200, None]


with openai.OpenAI() as client:
    say(
        {
            "unary": refused(lambda: client.chat.completions.create(**ASKED)),
            "stream": refused(lambda: client.chat.completions.create(**ASKED, stream=True)),
            "models": refused(lambda: list(client.models.list())),
        }
    )
