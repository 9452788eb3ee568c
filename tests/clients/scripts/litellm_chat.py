"""litellm on Apex as on any OpenAI-like server: unary, streamed, asynchronous, and a refusal in its own terms."""

import asyncio
import os
from typing import Any

import litellm
from common import say

ASKED: Any = {
    "model": "openai/Default",
    "api_base": os.environ["OPENAI_BASE_URL"],
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "seed": 7,
}


litellm.suppress_debug_info = True


def refused() -> str:
    try:
        litellm.completion(**ASKED | {"messages": [{"role": "nobody", "content": "Hi"}]})
    except Exception as error:
        return type(error).__name__
    return "nothing"


answer = litellm.completion(**ASKED)
chunks = list(litellm.completion(**ASKED, stream=True))
later = asyncio.run(litellm.acompletion(**ASKED))
say(
    {
        "text": answer.choices[0].message.content,
        "finish": answer.choices[0].finish_reason,
        "usage": answer.usage.model_dump(),
        "pieces": [chunk.choices[0].delta.content or "" for chunk in chunks],
        "async": later.choices[0].message.content,
        "refused": refused(),
    }
)
