"""Over Apex's REST host, with httpx: answers, streams, research; a call that fails is made again."""

import json
import os
import time
from collections.abc import AsyncIterator

import httpx

HOST = os.environ.get("APEX_REST_URL", "https://sn1.api.macrocosmos.ai")
ATTEMPTS = 3


class Busy(Exception):
    """Apex did not answer, however often it was asked."""


def headers() -> dict[str, str]:
    return {"api-key": os.environ["APEX_API_KEY"]}


def answer(question: str, host: str = HOST) -> str:
    """The answer to a question. Raises Busy after three attempts."""
    body = {"messages": [{"role": "user", "content": question}]}
    with httpx.Client(base_url=host, headers=headers()) as client:
        for _ in range(ATTEMPTS):
            got = client.post("/v1/chat/completions", json=body)
            if got.status_code not in (429, 503):
                got.raise_for_status()
                return str(got.json()["choices"][0]["message"]["content"])
            time.sleep(float(got.headers.get("retry-after", "1")))
    raise Busy(question)


async def stream(question: str, host: str = HOST) -> AsyncIterator[str]:
    """The answer as it comes. Ends early, without a word, when the stream breaks."""
    body = {"messages": [{"role": "user", "content": question}], "stream": True}
    async with (
        httpx.AsyncClient(base_url=host, headers=headers()) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as got,
    ):
        async for line in got.aiter_lines():
            if line.startswith("data: {"):
                data = json.loads(line[6:])
                if "choices" not in data:
                    return
                if text := data["choices"][0]["delta"].get("content"):
                    yield text


def cited(question: str, host: str = HOST) -> str:
    """What the web says, as Markdown with its sources."""
    with httpx.Client(base_url=host, headers=headers()) as client:
        got = client.post("/web_retrieval", json={"search_query": question})
        got.raise_for_status()
    return "\n".join(f"- {found['relevant']} ([source]({found['url']}))" for found in got.json()["results"])


def research(question: str, host: str = HOST) -> str:
    """A report, for which it waits as long as that takes. Raises RuntimeError when the job fails."""
    body = {"messages": [{"role": "user", "content": question}]}
    rpc = "/apex.v1.ApexService/"
    with httpx.Client(base_url=host, headers={"authorization": f"Bearer {os.environ['APEX_API_KEY']}"}) as client:
        job = client.post(f"{rpc}SubmitDeepResearcherJob", json=body).json()["jobId"]
        while True:
            view = client.post(f"{rpc}GetDeepResearcherJob", json={"job_id": job}).json()
            if view["status"] == "failed":
                raise RuntimeError(view["error"])
            if view["status"] == "completed":
                chunks = (json.loads(item["chunk"]) for item in view["result"])
                return "".join(delta[0]["content"] for delta in chunks if delta)
            time.sleep(20)
