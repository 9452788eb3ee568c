"""A research job followed to its end: what each poll saw. Dear to make, so clauses share one for each transport."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from . import expect
from .answer import Answer
from .clients.base import Client
from .operations import Op

QUESTION = "Compare wind and solar power: what are the costs, the risks and the outlook of each?"
ENDED = ("completed", "failed")
STEP, POLL = 0.25, 5.0  # seconds between two polls: of a fake's time, of real time


@dataclass
class Followed:
    """The answer to the submission, and what each poll brought until the job ended."""

    submitted: Answer
    views: list[Mapping[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    @property
    def last(self) -> Mapping[str, Any]:
        return self.views[-1]

    @property
    def texts(self) -> list[str]:
        return [content_of(chunk) for chunk in self.last.get("result", [])]


def content_of(chunk: Mapping[str, Any]) -> str:
    """The text in a chunk: the string is a JSON array of one delta. Raises Broken when it is not."""
    try:
        (delta,) = orjson.loads(chunk["chunk"])
        text: str = delta["content"]
    except (ValueError, KeyError, TypeError):
        raise expect.Broken("chunk", "a string that is a JSON array of one delta", repr(chunk)) from None
    return text


def submit(client: Client, prompt: str = QUESTION, **fields: Any) -> Answer:
    return client.chat(prompt, operation=Op.SUBMIT_JOB, seed=3, **fields)


def follow(client: Client, prompt: str = QUESTION) -> Followed:
    """Submits a job and polls it to its end. A fake's clock is moved; a live service is waited for."""
    moves = client.target.control
    if moves:
        client.control.freeze()
    followed = Followed(expect.succeeds(submit(client, prompt)))
    job_id = followed.submitted.value.get("job_id", "")
    deadline = time.monotonic() + client.target.patience
    while True:
        polled = expect.succeeds(client.call(Op.GET_JOB, {"job_id": job_id}))
        followed.answers.append(polled)
        followed.views.append(polled.value)
        if any(view.get("status") in ENDED for view in followed.views[:-1]):
            return followed  # with one poll more, which shows that it stays as it is
        if time.monotonic() > deadline:
            waited = f"{polled.value.get('status')} after {client.target.patience:g} s"
            raise expect.Broken("status", "completed or failed", waited, polled)
        if moves:
            client.control.advance(STEP)
        else:
            time.sleep(POLL)


def researched(client: Client) -> Followed:
    """One job about a question that needs research."""
    return client.once("a research job", lambda: follow(client))


def steps(texts: list[str]) -> list[list[str]]:
    """The chunks of each step, from its planning to before the next one's or the final answer."""
    found: list[list[str]] = []
    for text in texts:
        if re.match(r"\n## Step \d+: Planning Tools\n", text):
            found.append([])
        if text.startswith("\n## Generating Final Answer"):
            break
        if found:
            found[-1].append(text)
    return found
