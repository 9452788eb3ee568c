"""What a user does over HTTP: one function for each thing, for a scenario's `tasks`, alone or mixed by weight.

Each has its name as Locust's tag: `--tags chat stream` and `--exclude-tags research` pick from a mixture.
"""

import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

from locust import tag

from apexload import checks
from apexload.meter import Call
from apexload.sse import DONE, events
from apexload.users import ApexUser, HttpUser, every, weighted

CHAT = "/v1/chat/completions"
SEARCH = "/web_retrieval"
RPC = "/apex.v1.ApexService/"
MINERS, RESULTS = 3, 5


@tag("chat")
def chat(user: HttpUser) -> None:
    """A question, and the whole answer at once."""
    with user.call("chat") as call:
        answer = user.post(CHAT, _question(user), call)
        call.check(checks.completion(answer))


@tag("stream")
def stream(user: HttpUser) -> None:
    """A question, and the answer as server-sent events."""
    with user.call("stream", "SSE") as call:
        call.complete = False
        seen = checks.Stream()
        response = user.stream(CHAT, {**_question(user), "stream": True})
        assert response._response is not None
        for data in events(response._response):
            now = perf_counter()
            call.length += len(data)
            if data == DONE:
                seen.done = True
            else:
                _event(seen, json.loads(data), now)
        call.check(seen.wrong())
        call.complete = seen.complete
        call.values += seen.values(call.begun)


@tag("search")
def search(user: HttpUser) -> None:
    """A web search; what comes back is deduplicated and no more than asked for."""
    with user.call("search") as call:
        body = {"search_query": user.prompt("search"), "n_miners": MINERS, "n_results": RESULTS}
        answer: Any = user.post(SEARCH, body, call)
        found = answer if isinstance(answer, list) else answer.get("results", [])
        call.check(checks.results(found, RESULTS))


@tag("research")
def research(user: HttpUser) -> None:
    """A research job, followed as the SDK's users do: submit, look in now and then, stop at its end."""
    with user.call("research", "JOB") as whole:
        with user.call("research.submit") as call:
            body = {"messages": [{"role": "user", "content": user.prompt("research")}]}
            submitted = user.post(RPC + "SubmitDeepResearcherJob", body, call)
        if call.failure:
            whole.fail(call.failure)
            return

        def look(job: checks.Job) -> Call:
            with user.call("research.poll") as call:
                view = user.post(RPC + "GetDeepResearcherJob", {"jobId": submitted["jobId"]}, call)
                call.check(job.poll(_view(view)))
            return call

        follow(user, whole, look)


def follow(user: ApexUser, whole: Call, look: Callable[[checks.Job], Call]) -> None:
    """Looks at a job now and then until it is over, and measures the whole."""
    job, polls = checks.Job(), 0
    for _ in every(user.options.poll):
        polls += 1
        if failure := look(job).failure:
            whole.fail(failure)
            return
        if job.over:
            break
    if job.status == "failed":
        whole.fail("a job that failed")
    else:
        whole.values += [("job_time", 1000 * (perf_counter() - whole.begun)), ("polls", polls)]


@tag("chats")
def chats(user: HttpUser) -> None:
    """A stored chat from its making to its end, each step seen by the next."""
    prompt = user.prompt("chat")
    text = f"An answer to {prompt}"
    made = _rpc(
        user, "chats.create", "CreateChatAndCompletion", userPrompt=prompt, chatType="apex", completionType="basic"
    )
    if made is None:
        return
    chat_id, row = made["parsedChat"]["id"], made["parsedCompletion"]["id"]
    try:
        _rpc(user, "chats.update", "UpdateCompletionAttributes", completionId=row, completionText=text)
        _rpc(user, "chats.add", "CreateCompletion", chatId=chat_id, userPrompt="And then?", completionType="basic")
        with user.call("chats.history") as call:
            rows = user.post(RPC + "GetStoredChatCompletions", {"chatId": chat_id}, call).get("chatCompletions", [])
            call.check(_history(rows, row, text))
        with user.call("chats.list") as call:
            sessions = user.post(RPC + "GetChatSessions", {"chatType": "apex"}, call).get("chatSessions", [])
            call.check(None if chat_id in [session["id"] for session in sessions] else "a chat that is not listed")
        with user.call("chats.search") as call:
            method = RPC + "SearchChatIdsByPromptAndCompletionText"
            ids = user.post(method, {"searchTerm": text}, call).get("chatIds", [])
            call.check(None if chat_id in ids else "a chat that its text does not find")
            call.check("a chat found twice" if len(set(ids)) < len(ids) else None)
    finally:
        _rpc(user, "chats.delete", "DeleteChats", chatIds=[chat_id])


# As people use it: mostly chat, some search, now and then research.
MIXTURE = weighted({chat: 40, stream: 35, search: 15, chats: 7, research: 3})


def _question(user: HttpUser) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user.prompt("chat")}], "seed": user.draw_seed()}


def _event(seen: checks.Stream, value: dict[str, Any], now: float) -> None:
    if "error" in value:
        seen.error = str(value["error"])[:60]
        return
    for choice in value.get("choices") or ():
        seen.delta(choice["delta"].get("content"), choice.get("finish_reason"), now)


def _view(value: dict[str, Any]) -> dict[str, Any]:
    """A job's view; proto3's JSON has int64 as text and leaves out what is empty."""
    chunks = [(int(part["seqId"]), part["chunk"]) for part in value.get("result", ())]
    return {"status": value["status"], "updated_at": value["updatedAt"], "result": chunks}


def _rpc(user: HttpUser, operation: str, method: str, **body: Any) -> dict[str, Any] | None:
    """The answer, or None when there is none."""
    answer = None
    with user.call(operation) as call:
        answer = user.post(RPC + method, body, call)
    return None if call.failure else answer


def _history(rows: list[dict[str, Any]], row: str, text: str) -> str | None:
    found = {one["id"]: one.get("completionText", "") for one in rows}
    if found.get(row) != text:
        return "a row that does not hold what was written"
    times = [checks.instant(one["createdAt"]) for one in rows]
    return None if times == sorted(times) else "rows that are not oldest first"
