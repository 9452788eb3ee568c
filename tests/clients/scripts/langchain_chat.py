"""A LangChain chat model on Apex: invoked, streamed, and asked asynchronously."""

import asyncio

from common import say
from langchain_openai import ChatOpenAI

QUESTION = "What is the capital of France?"

model = ChatOpenAI(model="Default", seed=7)
answer = model.invoke([("system", "Be brief."), ("user", QUESTION)])
pieces = list(model.stream([("system", "Be brief."), ("user", QUESTION)]))
later = asyncio.run(model.ainvoke([("system", "Be brief."), ("user", QUESTION)]))
say(
    {
        "text": answer.content,
        "finish": answer.response_metadata["finish_reason"],
        "usage": answer.usage_metadata,
        "pieces": [piece.content for piece in pieces],
        "async": later.content,
    }
)
