"""The SDK's calls over gRPC: chat, stream, search, research; gevent-safe (see apexload/rpc.py)."""

from time import perf_counter
from typing import Any

import grpc.experimental.gevent
from locust import events, tag
from locust.env import Environment

from apexload import checks, rpc
from apexload.locusts import note
from apexload.meter import Call
from apexload.tasks import MINERS, RESULTS, follow
from apexload.users import ApexUser, address_of, weighted


def _on_init(**_: Any) -> None:
    # Not when this file is imported: with --processes Locust forks between the two, and gRPC must not have begun.
    grpc.experimental.gevent.init_gevent()
    note(f"gRPC with {rpc.messages().source}")


events.init.add_listener(_on_init)


@tag("chat")
def chat(user: "Sdk") -> None:
    with user.call("sdk.chat", "gRPC") as call:
        answer = user.rpc.call(rpc.CHAT, user.rpc.messages.chat(user.prompt("chat"), user.draw_seed()))
        choices = [
            {"message": {"content": one.message.content}, "finish_reason": one.finish_reason} for one in answer.choices
        ]
        call.check(checks.completion({"choices": choices}))


@tag("stream")
def stream(user: "Sdk") -> None:
    with user.call("sdk.stream", "gRPC") as call:
        call.complete = False
        seen = checks.Stream()
        for part in user.rpc.stream(user.rpc.messages.chat(user.prompt("chat"), user.draw_seed())):
            now = perf_counter()
            for choice in part.choices:
                seen.delta(choice.delta.content, choice.finish_reason, now)
        seen.done = True  # without trailers that say OK, the loop raises
        call.check(seen.wrong())
        call.complete = seen.complete
        call.values += seen.values(call.begun)


@tag("search")
def search(user: "Sdk") -> None:
    with user.call("sdk.search", "gRPC") as call:
        query = user.prompt("search")
        request = user.rpc.messages.make(
            "WebRetrievalRequest", search_query=query, n_miners=MINERS, n_results=RESULTS, max_response_time=30
        )
        answer = user.rpc.call(rpc.SEARCH, request)
        found = [{"url": one.url, "content": one.content, "relevant": one.relevant} for one in answer.results]
        call.check(checks.results(found, MINERS * RESULTS))


@tag("research")
def research(user: "Sdk") -> None:
    with user.call("sdk.research", "JOB") as whole:
        submitted = user.rpc.call(rpc.SUBMIT, user.rpc.messages.chat(user.prompt("research")))
        request = user.rpc.messages.make("GetDeepResearcherJobRequest", job_id=submitted.job_id)

        def look(job: checks.Job) -> Call:
            with user.call("sdk.research.poll", "gRPC") as call:
                view = user.rpc.call(rpc.POLL, request)
                chunks = [(part.seq_id, part.chunk) for part in view.result]
                call.check(job.poll({"status": view.status, "updated_at": view.updated_at, "result": chunks}))
            return call

        follow(user, whole, look)


class Sdk(ApexUser):
    tasks = weighted({chat: 60, stream: 25, search: 14, research: 1})

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        address, secure = address_of(self.host or environment.host or "")
        self.rpc = rpc.Client(address, secure, list(self.headers.items()), self.options.timeout)

    def on_stop(self) -> None:
        self.rpc.close()
