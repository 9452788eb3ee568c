"""Guests of a shared staging service: each visit has a world of its own, under a name that was never used before, does
in it what test suites do, and half of them reset it. A tenant has one world for ever, in which it goes on and on.

Every answer is looked at: a guest that gets another one than it should has found a defect.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.wires import PLAIN


class Guest:
    """`pause` is in seconds, between two calls."""

    def __init__(self, http: httpx.AsyncClient, name: str, pause: float) -> None:
        self._http, self._name, self._pause = http, name, pause
        self.scope = ""
        self.turn = 0
        self.calls: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def ask(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        headers = {"authorization": f"Bearer {self._name}-{self.turn % 20}", "x-apex-scope": self.scope}
        answer = await self._http.request(method, path, json=body, headers=headers)
        self.calls[f"{method} {path.partition('?')[0]}"] += 1
        if answer.status_code != expect:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
        await asyncio.sleep(self._pause)
        return answer.json() if answer.status_code == expect else {}

    async def rpc(self, method: str, **body: Any) -> Any:
        return await self.ask("POST", f"/apex.v1.ApexService/{method}", body)

    async def chat(self, prompt: str, expect: int = 200) -> Any:
        return await self.ask(
            "POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": prompt}]}, expect
        )

    # --- What they do -------------------------------------------------------------------------------------------------

    @property
    def _stays(self) -> bool:
        return self.scope == self._name

    async def visit(self) -> None:
        """A world that nobody had before; half of them leave it as it is."""
        self.turn += 1
        self.scope = f"{self._name} visits for the {self.turn}. time"
        for errand in (self.store, self.research, self.search, self.stub, self.break_things, self.set_up, self.look):
            await errand()
        if self.turn % 2:
            await self.ask("POST", f"/__apex/reset?scope={self.scope}")
        await self.be_issued_a_key()

    async def stay(self) -> None:
        """In one world for ever: chats that are deleted, and jobs, which nobody can delete, two in a turn."""
        self.turn += 1
        self.scope = self._name
        for errand in (self.store, self.research, self.research, self.search, self.stub, self.break_things):
            await errand()

    async def store(self) -> None:
        """A chat with rows; visitors leave half of them."""
        prompt = f"What is a neuron? {self.turn}"
        made = await self.rpc("CreateChatAndCompletion", userPrompt=prompt, chatType="apex", completionType="basic")
        chat = made["parsedChat"]["id"]
        for number in range(3):
            row = await self.rpc(
                "CreateCompletion", chatId=chat, userPrompt=f"{prompt} {number}", completionType="basic"
            )
            id = row["parsedCompletion"]["id"]
            await self.rpc("UpdateCompletionAttributes", completionId=id, completionText="It is a cell. " * 100)
        await self.rpc("GetStoredChatCompletions", chatId=chat)
        await self.rpc("SearchChatIdsByPromptAndCompletionText", searchTerm="neuron")
        if self.turn % 4 < 2 or self._stays:
            await self.rpc("DeleteChats", chatIds=[chat])
        await self.rpc("GetChatSessions")

    async def research(self) -> None:
        submitted = await self.rpc(
            "SubmitDeepResearcherJob", messages=[{"role": "user", "content": f"How do bees dance? {self.turn % 7}"}]
        )
        for _ in range(2):
            await self.rpc("GetDeepResearcherJob", jobId=submitted["jobId"])

    async def search(self) -> None:
        await self.ask("POST", "/web_retrieval", {"search_query": f"black holes {self.turn % 50}"})

    async def stub(self) -> None:
        """One laid down, used and taken away again; strict, so that a call beside it surprises."""
        stub = {"name": "refund", "when": {"prompt": f"refund {self.turn}"}, "reply": "Five days.", "times": 1}
        await self.ask("POST", f"/__apex/stubs?scope={self.scope}", stub, 201)
        await self.chat(f"A refund {self.turn}, please")
        await self.ask("POST", f"/__apex/strict?scope={self.scope}", {"strict": True})
        await self.chat(f"A refund {self.turn}, please", 400)
        await self.ask("POST", f"/__apex/strict?scope={self.scope}", {"strict": False})
        if self.turn % 4 or self._stays:
            await self.ask("DELETE", f"/__apex/stubs?scope={self.scope}")

    async def break_things(self) -> None:
        faults = ["rate_limit; requests=1; seconds=60; operation=chat", "error; code=unavailable; first=1"]
        await self.ask("POST", f"/__apex/faults?scope={self.scope}", {"faults": faults}, 201)
        for expect in (503, 429):
            await self.chat(f"What is Rome? {self.turn % 100}", expect)
        if self.turn % 4 or self._stays:
            await self.ask("DELETE", f"/__apex/faults?scope={self.scope}")

    async def set_up(self) -> None:
        await self.ask("POST", f"/__apex/clock/advance?scope={self.scope}", {"seconds": 60})
        await self.ask("POST", f"/__apex/profile?scope={self.scope}", {"profile": "instant"})
        await self.ask("POST", f"/__apex/research?scope={self.scope}", {"progress": "polls", "polls": 2})

    async def look(self) -> None:
        await self.ask("POST", f"/no/such/path/{self.turn}", expect=404)
        await self.ask("GET", f"/__apex/journal?scope={self.scope}&limit=20")
        await self.ask("POST", f"/__apex/journal/verify?scope={self.scope}", {"operation": "chat", "at_least": 1})
        await self.ask("GET", f"/__apex/jobs?scope={self.scope}")
        await self.ask("GET", f"/__apex/surprises?scope={self.scope}")

    async def be_issued_a_key(self) -> None:
        admin = {"admin-key": "admin"}
        made = await self._http.post("/api_management/create-api-key/?rate_limit=1000", headers=admin)
        key = made.json()["api_key"]
        for path in ("/web_retrieval", "/web_retrieval"):
            await self._http.post(path, json={"search_query": "bees"}, headers={"api-key": key})
        await self._http.delete(f"/api_management/delete-api-key/{key}", headers=admin)


@asynccontextmanager
async def guests(url: str, pause: float) -> AsyncIterator[list[Guest]]:
    """A visitor and a tenant, at work until the block ends."""
    async with httpx.AsyncClient(base_url=url, verify=PLAIN, timeout=30) as http:
        visitor, tenant = Guest(http, "visitor", pause), Guest(http, "tenant", pause)
        over = asyncio.Event()

        async def go_on(what: Any) -> None:
            while not over.is_set():
                await what()

        async with asyncio.TaskGroup() as group:
            for what in (visitor.visit, tenant.stay):
                group.create_task(go_on(what))
            yield [visitor, tenant]
            over.set()
