"""Callers that go on whatever happens to the server, keep a ledger of what was acknowledged, and check it afterwards.

A call that fails in the way of a server that is going, or of a store that is gone, may or may not have happened; any
other failure is a wrong answer. What was acknowledged must be there, whole, ever after.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.failures.running import soon
from tests.wires import PLAIN

RANK = {"pending": 0, "running": 1, "completed": 2, "failed": 2}
PAUSE = 0.004 if "FAILURES" in os.environ else 0.016  # seconds between two calls of one caller
RETRY = 0.05  # and after one that had no answer
LENGTH = 400  # words of a text that is written


class NoAnswer(Exception):
    """The server went away, or said that its store is not there."""


class Wrong(Exception):
    """An answer that must never be given."""


def _is_going(answer: httpx.Response) -> bool:
    """The store is not there, or nginx says that the server is not."""
    store = answer.status_code == 503 and "store" in answer.text
    return store or (answer.status_code in (502, 504) and "nginx" in answer.text)


@dataclass
class Row:
    chat: str
    prompt: str
    texts: set[str] = field(default_factory=lambda: {""})  # any of which it may hold


@dataclass
class Job:
    chunks: list[str] = field(default_factory=list)
    rank: int = 0


class Caller:
    """One user of one key, one call after the other."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.random = Random(name)
        self.http = httpx.Client(timeout=15, verify=PLAIN, headers={"authorization": f"Bearer {name}"})
        self.made = 0
        self.chats: dict[str, str] = {}  # id -> its first prompt
        self.rows: dict[str, Row] = {}
        self.jobs: dict[str, Job] = {}
        self.keys: list[str] = []
        self.tried: set[str] = set()  # prompts of rows that may be there
        self.deleting: set[str] = set()  # chats that may be gone
        self.acknowledged: Counter[str] = Counter()
        self.unanswered = 0
        self.wrong: list[str] = []

    # --- Calls --------------------------------------------------------------------------------------------------------

    def call(self, method: str, **body: Any) -> Any:
        return self._answer(self.http.build_request("POST", f"{self.url}/apex.v1.ApexService/{method}", json=body))

    def _answer(self, request: httpx.Request) -> Any:
        try:
            answer = self.http.send(request)
        except httpx.TransportError as error:
            raise NoAnswer(repr(error)) from None
        if _is_going(answer):
            raise NoAnswer(answer.text)
        if answer.status_code != 200:
            raise Wrong(f"{request.url.path}: {answer.status_code} {answer.text}")
        return answer.json()

    def step(self) -> None:
        """One call, drawn."""
        what = self.random.choice(self._possible())
        try:
            what()
            self.acknowledged[what.__name__] += 1
        except NoAnswer:
            self.unanswered += 1
            time.sleep(RETRY)
        except Wrong as error:
            self.wrong.append(f"{self.name}: {what.__name__}: {error}")

    def _possible(self) -> Sequence[Callable[[], None]]:
        always = [self.chat, self.stream, self.create, self.create, self.submit, self.issue_key]
        held = [self.add, self.write, self.write, self.delete] if self._living() else []
        return [*always, *held, *([self.poll, self.poll] if self.jobs else [])]

    def _living(self) -> list[str]:
        return [id for id in self.chats if id not in self.deleting]

    def _new(self, what: str) -> str:
        self.made += 1
        return f"{what} {self.made} of {self.name}"

    def chat(self) -> None:
        messages = [{"role": "user", "content": "What is the capital of France?"}]
        if "Paris" not in self.call("ChatCompletion", messages=messages)["choices"][0]["message"]["content"]:
            raise Wrong("an answer without Paris")

    def stream(self) -> None:
        body = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "stream": True}
        try:
            answer = self.http.post(f"{self.url}/v1/chat/completions", json=body)
        except httpx.TransportError as error:
            raise NoAnswer(repr(error)) from None
        if _is_going(answer):
            raise NoAnswer(answer.text)
        if not answer.text.endswith("data: [DONE]\n\n"):
            raise Wrong(f"a stream that ends with {answer.text[-200:]!r}")

    def create(self) -> None:
        prompt = self._new("chat")
        self.tried.add(prompt)
        made = self.call("CreateChatAndCompletion", userPrompt=prompt, chatType="apex", completionType="basic")
        chat, row = made["parsedChat"]["id"], made["parsedCompletion"]["id"]
        self.chats[chat], self.rows[row] = prompt, Row(chat, prompt)

    def add(self) -> None:
        chat, prompt = self.random.choice(self._living()), self._new("row")
        self.tried.add(prompt)
        made = self.call("CreateCompletion", chatId=chat, userPrompt=prompt, completionType="basic")
        self.rows[made["parsedCompletion"]["id"]] = Row(chat, prompt)

    def write(self) -> None:
        id, row = self.random.choice([(id, row) for id, row in self.rows.items() if row.chat not in self.deleting])
        text = " ".join([self._new("text")] * LENGTH)
        row.texts.add(text)
        self.call("UpdateCompletionAttributes", completionId=id, completionText=text)
        row.texts = {text}

    def delete(self) -> None:
        chat = self.random.choice(self._living())
        self.deleting.add(chat)
        self.call("DeleteChats", chatIds=[chat])
        del self.chats[chat]

    def submit(self) -> None:
        messages = [{"role": "user", "content": self._new("How does photosynthesis work? Question")}]
        self.jobs[self.call("SubmitDeepResearcherJob", messages=messages)["jobId"]] = Job()

    def poll(self) -> None:
        self._poll(self.random.choice(list(self.jobs)))

    def _poll(self, id: str) -> Job:
        """What was there stays, what comes is added behind it, and a status does not go back."""
        job, view = self.jobs[id], self.call("GetDeepResearcherJob", jobId=id)
        chunks = view.get("result", [])
        if [int(chunk["seqId"]) for chunk in chunks] != list(range(1, len(chunks) + 1)):
            raise Wrong(f"seq_ids of {id}: {chunks}")
        texts = [chunk["chunk"] for chunk in chunks]
        if texts[: len(job.chunks)] != job.chunks or RANK[view["status"]] < job.rank:
            raise Wrong(f"job {id} went back from {len(job.chunks)} chunks to {len(texts)} ({view['status']})")
        job.chunks, job.rank = texts, RANK[view["status"]]
        return job

    def issue_key(self) -> None:
        path = f"{self.url}/api_management/create-api-key/?rate_limit=1000"
        request = self.http.build_request("POST", path, headers={"admin-key": "admin"})
        self.keys.append(self._answer(request)["api_key"])

    # --- The ledger ---------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything acknowledged is there and whole, and nothing is there that was never asked for."""
        sessions = self.call("GetChatSessions").get("chatSessions", [])
        there = {chat["id"] for chat in sessions}
        self.wrong += [f"{self.name}: chat {id} is lost" for id in set(self._living()) - there]
        rows: dict[str, dict[str, Any]] = {}
        for chat in there:
            of_chat = self.call("GetStoredChatCompletions", chatId=chat).get("chatCompletions", [])
            if not of_chat:
                self.wrong.append(f"{self.name}: chat {chat} came without its row")
            rows |= {row["id"]: row for row in of_chat}
        for id, row in self.rows.items():
            if row.chat in self.deleting:
                continue
            if id not in rows:
                self.wrong.append(f"{self.name}: row {id} is lost")
            elif rows[id].get("completionText", "") not in row.texts or rows[id]["userPromptText"] != row.prompt:
                self.wrong.append(f"{self.name}: row {id} is not as it was acknowledged")
        strange = [id for id, row in rows.items() if row["userPromptText"] not in self.tried]
        self.wrong += [f"{self.name}: row {id} was never asked for" for id in strange]
        gone = {chat for chat in there & self.deleting if chat not in self.chats}
        self.wrong += [f"{self.name}: chat {id} is back" for id in gone]
        for key in self.keys:
            path = f"{self.url}/api_management/modify-api-key/{key}?rate_limit=1001"
            self._answer(self.http.build_request("PUT", path, headers={"admin-key": "admin"}))
        for id in self.jobs:
            soon(lambda job=id: self._poll(job).rank == RANK["completed"])


class Crowd:
    """Several callers at once, each in a thread of its own, until told to stop."""

    def __init__(self, url: str, size: int) -> None:
        self.callers = [Caller(url, f"caller-{number}") for number in range(size)]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(caller,), daemon=True) for caller in self.callers]

    def _go(self, caller: Caller) -> None:
        while not self._stop.wait(PAUSE):
            caller.step()

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        for caller in self.callers:
            try:
                caller.check()
            except (NoAnswer, Wrong) as error:
                caller.wrong.append(f"{caller.name}: {error}")
            caller.http.close()

    @property
    def wrong(self) -> list[str]:
        return [line for caller in self.callers for line in caller.wrong]

    @property
    def acknowledged(self) -> Counter[str]:
        return sum((caller.acknowledged for caller in self.callers), Counter[str]())

    @property
    def unanswered(self) -> int:
        return sum(caller.unanswered for caller in self.callers)
