"""Through the official SDK, which reads where to go from the environment."""

import macrocosmos as mc

NAME = "helpdesk"


def answer(question: str) -> str:
    client = mc.ApexClient(app_name=NAME)
    got = client.chat.completions.create(messages=[{"role": "user", "content": question}])
    return str(got.choices[0].message.content)


async def stream(question: str) -> list[str]:
    client = mc.AsyncApexClient(app_name=NAME)
    got = await client.chat.completions.create(messages=[{"role": "user", "content": question}], stream=True)
    return [chunk.choices[0].delta.content async for chunk in got]


def sources(question: str) -> list[str]:
    client = mc.ApexClient(app_name=NAME)
    return [str(found.url) for found in client.web_search.search(question).results]
