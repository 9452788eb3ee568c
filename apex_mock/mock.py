"""ApexMock: one method for each operation. Only here core, store, clock, seed and journal meet."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import TracebackType
from typing import Any

from apex_mock import fixtures
from apex_mock.auth import SERVER_SCOPE, Gate, is_one_of
from apex_mock.clock import SECOND, Clock
from apex_mock.core import chats, completion, latency, research, retrieval, script
from apex_mock.core.checks import check_chat, check_id, check_search
from apex_mock.core.cutting import limit
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Miner
from apex_mock.core.prose import count_tokens
from apex_mock.core.types import (
    ApiKey,
    Caller,
    Chat,
    ChatRequest,
    Chunk,
    Completion,
    FinishReason,
    Job,
    JobStatus,
    JobView,
    Micros,
    Mode,
    Operation,
    Plan,
    Progress,
    SearchRequest,
    Usage,
    WebResult,
)
from apex_mock.errors import ApexError, Forbidden, InvalidRequest, NoSearchResult, NotFound
from apex_mock.journal import Entry, Journal
from apex_mock.seed import digest, fraction, ident, rng
from apex_mock.settings import BadSetting, Settings
from apex_mock.store.base import Store
from apex_mock.store.memory import MemoryStore

MIXTURE_MINERS = 5
RESEARCH_MINERS, RESEARCH_RESULTS = 5, 2
SEED_LIMIT = 1_000_000  # a seed that is not given is drawn from 0 to this (D1)
KEPT_DRAFTS = 512
ANYBODY = Caller()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request's answer says, before it has an id and a time."""

    texts: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    finish: FinishReason
    model: str
    miners: tuple[Miner, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan under way: since when, in whose time, and its entry in the journal."""

    plan: Plan
    scope: str
    started_at: Micros
    entry: Entry


class ApexMock:
    """The fake, without any wire: what every transport calls, and what a Python test may call directly.

    Errors are ApexError. Times come from `clock`, state goes to `store`; both may be passed in.
    """

    def __init__(
        self, settings: Settings | None = None, *, store: Store | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings = settings or Settings()
        self.store = store or MemoryStore()
        self.clock = clock or Clock()
        self.journal = Journal(settings.journal_entries, settings.journal_bytes)
        self.gate = Gate(settings, self.store)
        self.corpus = fixtures.load_corpus(settings.corpus)
        self.network = fixtures.load_network(settings.network or fixtures.NETWORK, strict=settings.strict_models)
        self.profiles = fixtures.load_profiles(settings.profiles or fixtures.PROFILES)
        self.in_flight = 0
        if settings.profile not in self.profiles:
            raise BadSetting(f"profile: {self._unknown_profile(settings.profile)}")
        self._draft = lru_cache(maxsize=KEPT_DRAFTS)(self._make_draft)

    async def close(self) -> None:
        await self.store.close()

    # --- Chat ---------------------------------------------------------------------------------------------------------

    async def chat(self, request: ChatRequest, caller: Caller = ANYBODY) -> Answer:
        """Plans the answer. Whoever sends it then goes through `play`, which also ends the journal's entry."""
        with self._call(Operation.CHAT, request, caller) as call:
            check_chat(request)
            ordinal = await self.store.next_ordinal(caller.scope, request.fingerprint)
            draft = self._draft(request, self._seed_for(request, caller, ordinal))
            plan = Plan(
                id=ident(self.settings.seed, caller.scope, request.fingerprint, ordinal, "id"),
                created=call.entry.at // SECOND,
                model=draft.model,
                chunks=self._paced(request, draft, caller, ordinal),
                finish_reason=draft.finish,
                usage=draft.usage if request.usage else None,
                mode=request.mode,
                miners=tuple(miner.uid for miner in draft.miners),
            )
            self.journal.answered(call.entry, plan)
            call.keep_open()
            return Answer(plan, caller.scope, call.entry.at, call.entry)

    async def play(self, answer: Answer) -> AsyncIterator[Sequence[Chunk]]:
        """The plan's chunks as they fall due, those due together in one piece. Each is timed from the plan's start."""
        chunks, entry, clock = answer.plan.chunks, answer.entry, self.clock
        self.in_flight += 1
        sent = 0
        outcome = "canceled"
        try:
            while sent < len(chunks):
                due = answer.started_at + round(chunks[sent].after * SECOND)
                await clock.sleep_until(answer.scope, due)
                now = max(due, clock.now(answer.scope))
                upto = sent + 1
                while upto < len(chunks) and answer.started_at + round(chunks[upto].after * SECOND) <= now:
                    upto += 1
                entry.frames.append((now, upto - sent))
                yield chunks[sent:upto]
                sent = upto
            outcome = "ok"
        finally:
            self.in_flight -= 1
            entry.end(clock.now(answer.scope), outcome)

    async def finish(self, answer: Answer) -> Plan:
        """Waits until the whole answer is due: what a unary call does."""
        async for _ in self.play(answer):
            pass
        return answer.plan

    def _seed_for(self, request: ChatRequest, caller: Caller, ordinal: int) -> int:
        if request.sampling.greedy:
            return 0
        if request.seed is not None:
            return request.seed
        share = fraction(self.settings.seed, caller.scope, request.fingerprint, ordinal, "seed")
        return int(share * (SEED_LIMIT + 1))

    def _make_draft(self, request: ChatRequest, seed: int) -> Draft:
        """Pure: depends on the arguments, the settings and the fixtures alone, so it is kept."""
        text_seed = int.from_bytes(digest(self.settings.seed, "text", seed), "big")
        choice = rng(self.settings.seed, "miners", request.fingerprint, seed)
        miners = self.network.choose_for_chat(request, choice, MIXTURE_MINERS)
        model = self.network.resolve_model(request.model)
        if request.mode is Mode.CHAIN_OF_THOUGHT:
            texts, finish = self._script(request, text_seed), FinishReason.STOP
        else:
            text = completion.answer(request, miners, self.corpus, text_seed)
            texts, finish = limit(text, request)
        usage = Usage(sum(count_tokens(m.content) for m in request.messages), len(texts))
        return Draft(texts, tuple(map(Chunk, texts)), finish, model, miners, usage)

    def _paced(self, request: ChatRequest, draft: Draft, caller: Caller, ordinal: int) -> tuple[Chunk, ...]:
        profile = self._profile_for(caller)
        if profile.instant:
            return draft.chunks
        random = rng(self.settings.seed, caller.scope, request.fingerprint, ordinal, "latency")
        factor = profile.factor(draft.miners[0], self.in_flight)
        return latency.schedule(draft.texts, profile, random, factor=factor, prompt_tokens=draft.usage.prompt_tokens)

    def list_models(self) -> tuple[str, ...]:
        """The models that somebody serves, the standard one first."""
        return self.network.models

    # --- Web retrieval ------------------------------------------------------------------------------------------------

    async def search(self, request: SearchRequest, caller: Caller = ANYBODY) -> tuple[WebResult, ...]:
        """What the miners that answered in time found, merged. Raises NoMiners, NoSearchResult."""
        with self._call(Operation.SEARCH, request, caller) as call:
            check_search(request)
            seed, profile = self.settings.seed, self._profile_for(caller)
            miners = self.network.choose_for_search(request, rng(seed, "search", request.query))
            times = {
                miner.uid: latency.search_time(profile, miner, rng(seed, "search", request.query, miner.uid))
                for miner in miners
            }
            in_time = [miner for miner in miners if times[miner.uid] <= request.max_response_time]
            waits = times.values() if len(in_time) == len(miners) else [request.max_response_time]
            await self.clock.sleep_until(caller.scope, call.entry.at + round(max(waits) * SECOND))
            if not in_time:
                raise NoSearchResult("No miner responded successfully", hint="raise max_response_time or ask again")
            return retrieval.search(request, in_time, self.corpus, seed)

    # --- Deep research ------------------------------------------------------------------------------------------------

    async def submit_research(self, request: ChatRequest, caller: Caller = ANYBODY) -> JobView:
        """Takes on a job and returns at once; it is pending."""
        with self._call(Operation.SUBMIT_RESEARCH, request, caller) as call:
            check_chat(request)
            ordinal = await self.store.next_ordinal(caller.scope, f"job {request.fingerprint}")
            seed = self._seed_for(request, caller, ordinal)
            texts = self._script(request, int.from_bytes(digest(self.settings.seed, "text", seed), "big"))
            duration = self._profile_for(caller).research * self.settings.time_scale
            starts_after, chunks = research.paced(texts, duration)
            job = Job(
                id=ident(self.settings.seed, caller.scope, request.fingerprint, ordinal, "job"),
                owner=caller.owner,
                created_at=call.entry.at,
                chunks=chunks,
                starts_after=starts_after,
                progress=Progress(self.settings.research),
                polls_needed=self.settings.research_polls,
                moved=self.clock.state(caller.scope).moved,
            )
            await self.store.add(caller.scope, job)
            return JobView(job.id, JobStatus.PENDING, job.created_at, job.created_at)

    async def get_research(self, job_id: str, caller: Caller = ANYBODY) -> JobView:
        """The job as it is now. Raises NotFound, for another caller's job too."""
        with self._call(Operation.GET_RESEARCH, job_id, caller) as call:
            job = await self.store.get(Job, caller.scope, check_id(job_id, "job_id"))
            if job is None or job.owner != caller.owner:
                raise NotFound(f"Job with ID {job_id} not found")
            now = call.entry.at
            if job.progress is Progress.POLLS and len(job.polls) < job.polls_needed:
                job = await self.store.update(Job, caller.scope, job_id, lambda j: replace(j, polls=(*j.polls, now)))
                if job is None:
                    raise NotFound(f"Job with ID {job_id} not found")
            return research.view(job, now, self.clock.state(caller.scope).moved)

    def _script(self, request: ChatRequest, seed: int) -> tuple[str, ...]:
        search = SearchRequest(request.prompt, n_miners=RESEARCH_MINERS, per_miner=RESEARCH_RESULTS)
        miners = self.network.choose_for_search(search, rng(seed, "research"))
        sources = retrieval.search(search, miners, self.corpus, seed)
        return script.write(request.messages, sources, self.corpus, seed)

    # --- Stored chats -------------------------------------------------------------------------------------------------

    async def create_chat(
        self, prompt: str, chat_type: str, completion_type: str, title: str | None = None, caller: Caller = ANYBODY
    ) -> tuple[Chat, Completion]:
        """Makes a chat and its first row; no inference runs, so the row's completion text is empty."""
        request = {"user_prompt": prompt, "chat_type": chat_type, "completion_type": completion_type, "title": title}
        with self._call(Operation.CREATE_CHAT, request, caller) as call:
            now = call.entry.at
            title = chats.title_for(prompt) if title is None else title
            chat_id = await self._new_id(caller, "chat", prompt, title)
            user_id = ident(self.settings.seed, "user", caller.owner)
            chat = Chat(chat_id, caller.owner, user_id, title, chats.check_chat_type(chat_type), now, now)
            row = await self._new_row(chat_id, prompt, completion_type, now, caller)
            await self.store.add(caller.scope, chat, row)
            return chat, row

    async def create_completion(
        self, chat_id: str, prompt: str, completion_type: str, caller: Caller = ANYBODY
    ) -> Completion:
        """Adds a row to a chat. Raises NotFound."""
        request = {"chat_id": chat_id, "user_prompt": prompt, "completion_type": completion_type}
        with self._call(Operation.CREATE_COMPLETION, request, caller) as call:
            await self._own_chat(check_id(chat_id, "chat_id"), caller)
            row = await self._new_row(chat_id, prompt, completion_type, call.entry.at, caller)
            await self.store.add(caller.scope, row)
            now = call.entry.at
            await self.store.update(
                Chat, caller.scope, chat_id, lambda c: replace(c, updated_at=max(now, c.updated_at))
            )
            return row

    async def list_chats(self, chat_type: str = "", caller: Caller = ANYBODY) -> list[Chat]:
        """The caller's chats, newest first; of one type when one is given."""
        with self._call(Operation.LIST_CHATS, chat_type, caller):
            if chat_type:
                chats.check_chat_type(chat_type)
            own = [chat for chat in await self.store.list(Chat, caller.scope) if chat.owner == caller.owner]
            return [chat for chat in reversed(own) if not chat_type or chat.chat_type == chat_type]

    async def list_completions(self, chat_id: str, caller: Caller = ANYBODY) -> list[Completion]:
        """A chat's rows, oldest first; none for a chat that does not exist."""
        with self._call(Operation.LIST_COMPLETIONS, chat_id, caller):
            check_id(chat_id, "chat_id")
            return [row for row in await self._own_rows(caller) if row.chat_id == chat_id]

    async def get_completion(self, completion_id: str, caller: Caller = ANYBODY) -> Completion:
        """One row. Raises NotFound."""
        with self._call(Operation.GET_COMPLETION, completion_id, caller):
            return await self._own_row(check_id(completion_id, "completion_id"), caller)

    async def update_chat(self, chat_id: str, attributes: Mapping[str, str], caller: Caller = ANYBODY) -> Chat:
        """Changes title or type and moves updated_at. Raises NotFound, InvalidRequest."""
        request = {"chat_id": chat_id, "attributes": dict(attributes)}
        with self._call(Operation.UPDATE_CHAT, request, caller) as call:
            await self._own_chat(check_id(chat_id, "chat_id"), caller)
            now = call.entry.at
            changed = await self.store.update(
                Chat, caller.scope, chat_id, lambda chat: chats.change_chat(chat, attributes, now)
            )
            if changed is None:
                raise NotFound(f"Chat with ID {chat_id} not found")
            return changed

    async def update_completion(
        self,
        completion_id: str,
        *,
        text: str | None = None,
        prompt: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        caller: Caller = ANYBODY,
    ) -> Completion:
        """Changes only what is given. Raises NotFound."""
        request = {"completion_id": completion_id, "text": text, "prompt": prompt, "metadata": metadata}
        with self._call(Operation.UPDATE_COMPLETION, request, caller) as call:
            await self._own_row(check_id(completion_id, "completion_id"), caller)
            now = call.entry.at
            changed = await self.store.update(
                Completion,
                caller.scope,
                completion_id,
                lambda row: chats.change_completion(row, now, text=text, prompt=prompt, metadata=metadata),
            )
            if changed is None:
                raise NotFound(f"Completion with ID {completion_id} not found")
            return changed

    async def delete_chats(self, chat_ids: Sequence[str], caller: Caller = ANYBODY) -> None:
        """Deletes the caller's chats among these, and their rows. Ids that are already gone do no harm."""
        with self._call(Operation.DELETE_CHATS, list(chat_ids), caller):
            wanted = set(chat_ids)
            own = [
                c.id for c in await self.store.list(Chat, caller.scope) if c.owner == caller.owner and c.id in wanted
            ]
            rows = [row.id for row in await self._own_rows(caller) if row.chat_id in own]
            await self.store.remove(Completion, caller.scope, rows)
            await self.store.remove(Chat, caller.scope, own)

    async def delete_completions(self, completion_ids: Sequence[str], caller: Caller = ANYBODY) -> None:
        """Deletes the caller's rows among these."""
        with self._call(Operation.DELETE_COMPLETIONS, list(completion_ids), caller):
            wanted = set(completion_ids)
            own = [row.id for row in await self._own_rows(caller) if row.id in wanted]
            await self.store.remove(Completion, caller.scope, own)

    async def search_chats(self, term: str, caller: Caller = ANYBODY) -> tuple[str, ...]:
        """Ids of the caller's chats in which the term occurs, whatever its case."""
        with self._call(Operation.SEARCH_CHATS, term, caller):
            return chats.chats_with(term, await self._own_rows(caller))

    async def list_research_completions(self, caller: Caller = ANYBODY) -> list[Completion]:
        """The caller's rows whose metadata has "deep-researcher"."""
        with self._call(Operation.LIST_RESEARCH_COMPLETIONS, None, caller):
            return [row for row in await self._own_rows(caller) if chats.has_research_entry(row)]

    async def _own_rows(self, caller: Caller) -> list[Completion]:
        return [row for row in await self.store.list(Completion, caller.scope) if row.owner == caller.owner]

    async def _own_chat(self, chat_id: str, caller: Caller) -> Chat:
        chat = await self.store.get(Chat, caller.scope, chat_id)
        if chat is None or chat.owner != caller.owner:
            raise NotFound(f"Chat with ID {chat_id} not found")
        return chat

    async def _own_row(self, completion_id: str, caller: Caller) -> Completion:
        row = await self.store.get(Completion, caller.scope, completion_id)
        if row is None or row.owner != caller.owner:
            raise NotFound(f"Completion with ID {completion_id} not found")
        return row

    async def _new_row(
        self, chat_id: str, prompt: str, completion_type: str, now: Micros, caller: Caller
    ) -> Completion:
        row_id = await self._new_id(caller, "completion", chat_id, prompt)
        return Completion(row_id, chat_id, caller.owner, completion_type, now, user_prompt_text=prompt)

    async def _new_id(self, caller: Caller, kind: str, *content: str) -> str:
        name = digest(self.settings.seed, kind, caller.owner, *content).hex()
        ordinal = await self.store.next_ordinal(caller.scope, name)
        return ident(self.settings.seed, caller.scope, name, ordinal)

    # --- API keys and miners (V) --------------------------------------------------------------------------------------

    async def create_key(self, rate_limit: int, admin_key: str) -> str:
        """A new key that may make `rate_limit` requests a minute. Raises Forbidden."""
        self._check_admin(admin_key)
        ordinal = await self.store.next_ordinal(SERVER_SCOPE, "key")
        key = ident(self.settings.seed, "api key", ordinal)
        await self.store.add(SERVER_SCOPE, ApiKey(key, rate_limit))
        return key

    async def modify_key(self, key: str, rate_limit: int, admin_key: str) -> None:
        """Raises Forbidden, NotFound."""
        self._check_admin(admin_key)
        if await self.store.update(ApiKey, SERVER_SCOPE, key, lambda k: replace(k, rate_limit=rate_limit)) is None:
            raise NotFound("API key not found")

    async def delete_key(self, key: str, admin_key: str) -> None:
        """Raises Forbidden, NotFound."""
        self._check_admin(admin_key)
        if not await self.store.remove(ApiKey, SERVER_SCOPE, [key]):
            raise NotFound("API key not found")

    def _check_admin(self, admin_key: str) -> None:
        if not is_one_of(admin_key, [self.settings.admin_key]):
            raise Forbidden("Invalid admin key")

    def available_miners(self, task: str, model: str, count: int) -> list[int]:
        """Uids of miners that serve a task and a model, the best paid first."""
        serving = self.network.serving(task, model) if task else self.network.candidates("", model)
        return [miner.uid for miner in sorted(serving, key=lambda m: (-m.incentive, m.uid))[:count]]

    def miner(self, uid: int) -> Miner | None:
        return self.network.by_uid.get(uid)

    # --- Profiles and the journal -------------------------------------------------------------------------------------

    def _profile_for(self, caller: Caller) -> Profile:
        name = caller.headers.get("x-apex-profile") or self.settings.profile
        profile = self.profiles.get(name)
        if profile is None:
            raise InvalidRequest(self._unknown_profile(name), ("x-apex-profile",))
        return profile

    def _unknown_profile(self, name: str) -> str:
        return f"there is no profile {name!r}; there are {', '.join(self.profiles)}"

    def _call(self, operation: Operation, request: Any, caller: Caller) -> "_Call":
        return _Call(self, self.journal.open(self.clock.now(caller.scope), operation, caller, request))


class _Call:
    """Ends the journal's entry when its operation ends, unless the answer still has to be sent."""

    __slots__ = ("_mock", "_open", "entry")

    def __init__(self, mock: ApexMock, entry: Entry) -> None:
        self._mock, self._open, self.entry = mock, False, entry

    def keep_open(self) -> None:
        self._open = True

    def __enter__(self) -> "_Call":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._open and error is None:
            return
        now = self._mock.clock.now(self.entry.caller.scope)
        if error is None:
            self.entry.end(now)
        elif isinstance(error, ApexError):
            self.entry.end(now, error.code, str(error))
        else:
            self.entry.end(now, "internal" if isinstance(error, Exception) else "canceled", repr(error))
