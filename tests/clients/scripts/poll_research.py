"""Follows a research job as the documentation's example does: submit it, look in now and then, show only what is new.

Everything it needs to know comes from the environment; POLL_INTERVAL is the pause between looks, in seconds.
"""

import asyncio
import json
import os
from typing import Any

import macrocosmos as mc
from common import say

INTERVAL = float(os.environ.get("POLL_INTERVAL", "20"))
QUESTION = "Can a decentralized network of AI agents align itself with ethical principles, and prove that it did?"


def text_of(chunk: str) -> str | None:
    """A chunk is a string that holds a JSON array of one delta."""
    deltas = json.loads(chunk)
    return deltas[0].get("content") if deltas else None


def unseen(results: Any, newest: int) -> list[dict[str, Any]]:
    return [{"seq_id": item.seq_id, "text": text_of(item.chunk)} for item in results if item.seq_id > newest]


async def follow() -> None:
    client = mc.AsyncApexClient(app_name="poll_research.py")
    job = await client.deep_research.create_job(messages=[{"role": "user", "content": QUESTION}])
    say({"event": "created", "job_id": job.job_id, "status": job.status, "created_at": job.created_at})

    newest, last_updated = -1, None
    while True:
        view = await client.deep_research.get_job_results(job.job_id)
        if view.status == "completed":
            final = view.result[-1]
            say({"event": "completed", "seq_id": final.seq_id, "answer": text_of(final.chunk)})
            return
        if view.status == "failed":
            say({"event": "failed", "error": view.error})
            return
        if view.updated_at != last_updated:
            last_updated = view.updated_at
            new = unseen(view.result, newest)
            newest = max([newest, *(item["seq_id"] for item in new)])
            say({"event": "update", "status": view.status, "updated_at": view.updated_at, "new": new})
        await asyncio.sleep(INTERVAL)


asyncio.run(follow())
