"""The OpenAI library pointed at /v1, streaming and not, with Apex's own fields in extra_body.

Not called openai.py: Locust puts this folder before all others while it imports, and would find this file instead.
"""

import logging
from time import perf_counter
from typing import Any

import openai
from locust import tag
from locust.env import Environment

from apexload import checks
from apexload.locusts import METER, note
from apexload.users import SOURCE, ApexUser, weighted

MODEL = "Default"
for _name in ("httpx", "httpx2"):  # a line for each request would be more work than the request
    logging.getLogger(_name).setLevel(logging.WARNING)
note(f"openai {openai.__version__}")
_CLIENTS: dict[str, openai.OpenAI] = {}


def client(base_url: str) -> openai.OpenAI:
    """One for all users: its pool gives each a connection, and making one takes 20 ms."""
    if base_url not in _CLIENTS:
        options = METER.options
        # The library's own limits are 1,000 connections and 100 idle ones: its pool would be what is measured.
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=None, max_keepalive_connections=None)
        _CLIENTS[base_url] = openai.OpenAI(
            base_url=base_url,
            api_key=options.api_key or "none",
            max_retries=0,
            timeout=options.timeout,
            default_headers={"x-source": SOURCE, **options.headers},
            http_client=openai.DefaultHttpxClient(limits=limits),
        )
    return _CLIENTS[base_url]


@tag("chat")
def chat(user: "OpenAiClient") -> None:
    with user.call("openai.chat") as call:
        answer = user.ask(stream=False)
        call.check(checks.completion(answer.model_dump()))


@tag("stream")
def stream(user: "OpenAiClient") -> None:
    with user.call("openai.stream", "SSE") as call:
        call.complete = False
        seen = checks.Stream()
        for part in user.ask(stream=True):
            now = perf_counter()
            for choice in part.choices:
                seen.delta(choice.delta.content, choice.finish_reason, now)
        # The library stops at [DONE], and does not tell a stream that ends without it: the finish_reason has to do.
        seen.done = bool(seen.finish)
        call.check(seen.wrong())
        call.complete = seen.complete
        call.values += seen.values(call.begun)


class OpenAiClient(ApexUser):
    tasks = weighted({chat: 1, stream: 1})

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = client(f"{(self.host or environment.host or '').rstrip('/')}/v1")

    def ask(self, *, stream: bool) -> Any:
        return self.client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": self.prompt("chat")}],
            seed=self.draw_seed(),
            stream=stream,
            extra_body={"sampling_parameters": {"max_new_tokens": 256}},
        )
