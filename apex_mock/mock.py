"""ApexMock: one method for each operation. Only here core, store, clock, seed and journal meet."""

import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from apex_mock.auth import SERVER_SCOPE, is_one_of
from apex_mock.clock import SECOND, Clock
from apex_mock.core import completion, latency, research, retrieval, script
from apex_mock.core.checks import check_chat, check_id, check_search
from apex_mock.core.conduct import SILENT, answering, failing, present, stricken, truncated
from apex_mock.core.cutting import limit
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Failing, Miner
from apex_mock.core.prose import count_tokens
from apex_mock.core.replies import broken_off, delayed, research_texts, speaks, spoken, timetabled
from apex_mock.core.stubs import Reply
from apex_mock.core.types import (
    ApiKey,
    Caller,
    ChatRequest,
    Chunk,
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
from apex_mock.errors import Forbidden, NoSearchResult, NotFound, RateLimited
from apex_mock.journal import Entry
from apex_mock.metrics import Taken
from apex_mock.seed import digest, fraction, ident, rng
from apex_mock.settings import Settings
from apex_mock.store.base import Store
from apex_mock.stored import StoredChats
from apex_mock.world import ANYBODY, Call

MIXTURE_MINERS = 5
RESEARCH_MINERS, RESEARCH_RESULTS = 5, 3
SEED_LIMIT = 1_000_000  # a seed that is not given is drawn from 0 to this (D1)
KEPT_DRAFTS = 512
KEPT_SIZE = 16_000  # characters of a request whose answer is kept


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request's answer says, before it has an id and a time."""

    text: str
    chunks: tuple[Chunk, ...]
    finish: FinishReason
    model: str
    miners: tuple[Miner, ...]
    usage: Usage
    timed: bool = False
    uids: tuple[int, ...] = ()


class Answer(NamedTuple):
    """A plan under way: since when, in whose time, and its entry in the journal."""

    plan: Plan
    scope: str
    started_at: Micros
    entry: Entry


class ApexMock(StoredChats):
    """The fake, without any wire: what every transport calls, and what a Python test may call directly.

    Errors are ApexError. Stored chats and what all operations share are in the classes below it.
    """

    def __init__(
        self, settings: Settings | None = None, *, store: Store | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(settings, store=store, clock=clock)
        self._draft = lru_cache(maxsize=KEPT_DRAFTS)(self._make_draft)

    # --- Chat ---------------------------------------------------------------------------------------------------------

    async def chat(self, request: ChatRequest, caller: Caller = ANYBODY, came: Micros | None = None) -> Answer:
        """Plans the answer. Whoever sends it then goes through `play`, which also ends the journal's entry.

        `came` is the system's time when the request was read: the plan runs from then on, however long the request
        waited for its turn.
        """
        async with self.call(Operation.CHAT, request, caller, came) as call:
            if self.in_flight >= self.settings.max_streams:
                raise RateLimited("Too many streams at once", hint="see --max-streams", retry_after=1.0)
            ordinal = await self.store.next_ordinal(caller.scope, request.fingerprint)
            profile, seed, acting = call.profile, call.seed, call.acting
            absent = acting.dead + acting.late if acting else 0
            make = self._draft if request.size <= KEPT_SIZE else self._make_draft
            reply = call.reply
            if reply is not None and speaks(reply):
                draft = self._reply_draft(request, reply)
            else:
                answer_seed = self._seed_for(request, caller, ordinal, seed)
                draft = make(request, answer_seed, seed, profile.miner_errors, absent)
                if reply is not None and reply.delay:
                    draft = replace(draft, chunks=delayed(draft.chunks, reply.delay), timed=True)
            plan = Plan(
                id=ident(seed, caller.scope, request.fingerprint, ordinal, "id"),
                created=call.entry.at // SECOND,
                model=draft.model,
                text=draft.text,
                chunks=draft.chunks
                if profile.instant or draft.timed
                else self._paced(draft, profile, (seed, caller.scope, request.fingerprint, ordinal)),
                finish_reason=draft.finish,
                usage=draft.usage if request.usage else None,
                mode=request.mode,
                miners=draft.uids,
                tool_calls=reply.tool_calls if reply else (),
            )
            if reply is not None and reply.error is not None:
                plan = broken_off(plan, reply.error)
            if acting is not None:
                # Over REST a chain of thought is a stream whatever was asked for (V).
                thinks = request.mode is Mode.CHAIN_OF_THOUGHT and caller.transport == "rest"
                plan = acting.plan(plan, streamed=request.stream or thinks)
                await self.faults.spent(acting, caller.scope, draft.usage.completion_tokens)
            self.journal.answered(call.entry, plan)
            call.open = True
            return Answer(plan, caller.scope, call.begins, call.entry)

    async def play(self, answer: Answer, *, apart: bool = True) -> AsyncGenerator[Sequence[Chunk], None]:
        """The plan's chunks as they fall due, those due together in one piece. Each is timed from the plan's start.

        With `apart` they leave one after another, and the journal says when.
        """
        chunks, entry, clock = answer.plan.chunks, answer.entry, self.clock
        self.in_flight += 1
        sent = 0
        outcome = "canceled"
        taken: Taken | None = None
        try:
            if not answer.plan.duration:
                if apart:
                    entry.sent(answer.started_at, len(chunks))
                yield chunks
                sent = len(chunks)
            else:
                self.metrics.begun(entry, answer.started_at, clock.now(answer.scope))
                taken = self.metrics.stream(entry, chunks, answer.started_at) if apart else None
            while sent < len(chunks):
                if taken is not None and sent == len(chunks) - 1:
                    taken.count()
                due = answer.started_at + round(chunks[sent].after * SECOND)
                now = await clock.sleep_until(answer.scope, due)
                upto = sent + 1
                while upto < len(chunks) and answer.started_at + round(chunks[upto].after * SECOND) <= now:
                    upto += 1
                if apart:
                    entry.sent(now, upto - sent)
                yield chunks[sent:upto]
                if taken is not None:  # the transport is ready for more
                    taken.note(clock.now(answer.scope), upto - sent)
                sent = upto
            if answer.plan.error is not None:
                outcome = answer.plan.error.code
                raise answer.plan.error
            outcome = "ok"
        finally:
            self.in_flight -= 1
            entry.end(clock.now(answer.scope), outcome)
            if taken is not None:
                taken.count()
            await self.ended(entry)

    async def finish(self, answer: Answer) -> Plan:
        """Waits until the whole answer is due: what a unary call does."""
        if answer.plan.duration or answer.plan.error is not None:
            async for _ in self.play(answer, apart=False):
                pass
        else:
            answer.entry.end(self.clock.now(answer.scope))
            await self.ended(answer.entry)
        return answer.plan

    def _seed_for(self, request: ChatRequest, caller: Caller, ordinal: int, server_seed: int) -> int:
        if request.sampling.greedy:
            return 0
        if request.seed is not None:
            return request.seed
        share = fraction(server_seed, caller.scope, request.fingerprint, ordinal, "seed")
        return int(share * (SEED_LIMIT + 1))

    def _make_draft(
        self, request: ChatRequest, seed: int, server_seed: int, miners_err: bool, absent: int = 0
    ) -> Draft:
        """Pure: depends on the arguments and the fixtures alone, so it is kept. Of the miners that are asked, the first
        `absent` do not answer.

        Raises InvalidRequest, NoMiners, NoAnswer.
        """
        check_chat(request)
        text_seed = int.from_bytes(digest(server_seed, "text", seed), "big")
        choice = rng(server_seed, "miners", request.fingerprint, seed)
        miners = self.network.choose_for_chat(request, choice, MIXTURE_MINERS)
        if absent:
            miners = present(miners, absent)
        if miners_err:
            miners = answering(miners, seed, request.fingerprint)
        model = self.network.answering_model(request.model)
        if request.mode is Mode.CHAIN_OF_THOUGHT:
            texts, finish = self._script(request, text_seed), FinishReason.STOP
        else:
            text = completion.answer(request, miners, self.corpus, text_seed)
            if miners_err and failing(miners[0], seed, request.fingerprint) is Failing.TRUNCATED:
                text = truncated(text)
            texts, finish = limit(text, request)
        usage = Usage(sum(count_tokens(m.content) for m in request.messages), len(texts))
        texts = texts or ("",)  # a stop sequence may come first
        uids = tuple(miner.uid for miner in miners)
        return Draft("".join(texts), tuple(map(Chunk, texts)), finish, model, miners, usage, uids=uids)

    def _reply_draft(self, request: ChatRequest, reply: Reply) -> Draft:
        """What a stub says in place of the miners."""
        check_chat(request)
        said = spoken(reply, request)
        usage = Usage(sum(count_tokens(m.content) for m in request.messages), len(said.chunks))
        model = reply.model or self.network.answering_model(request.model)
        return Draft("".join(c.text for c in said.chunks), said.chunks, said.finish, model, (), usage, said.timed)

    def _paced(self, draft: Draft, profile: Profile, names: tuple[int, str, str, int]) -> tuple[Chunk, ...]:
        """The chunks with their times, drawn from the generator of these names where the profile leaves them open."""
        factor = profile.factor(draft.miners[0] if draft.miners else None, self.in_flight)
        if profile.steady:
            return latency.steady_schedule(draft.chunks, profile, factor, draft.usage.prompt_tokens)
        return latency.schedule(draft.chunks, profile, rng(*names), factor, draft.usage.prompt_tokens)

    def list_models(self) -> tuple[str, ...]:
        """The models that somebody serves, the standard one first."""
        return self.network.models

    # --- Web retrieval ------------------------------------------------------------------------------------------------

    async def search(self, request: SearchRequest, caller: Caller = ANYBODY) -> tuple[WebResult, ...]:
        """What the miners that answered in time found, merged. Raises NoMiners, NoSearchResult."""
        async with self.call(Operation.SEARCH, request, caller) as call:
            check_search(request)
            seed, profile, acting = call.seed, call.profile, call.acting
            if call.reply is not None and call.reply.results is not None:
                return acting.results(call.reply.results) if acting else call.reply.results
            miners = self.network.choose_for_search(request, rng(seed, "search", request.query))
            errs = {m.uid: failing(m, seed, request.query) if profile.miner_errors else None for m in miners}
            if acting is not None:
                errs |= stricken(miners, acting.dead, acting.late)
            times = {
                m.uid: latency.search_time(profile, m, rng(seed, "search", request.query, m.uid), self.in_flight)
                for m in miners
                if errs[m.uid] is not Failing.LATE
            }
            in_time = [m for m in miners if times.get(m.uid, math.inf) <= request.max_response_time]
            waited = max(times[m.uid] for m in miners) if len(in_time) == len(miners) else request.max_response_time
            await call.wait_until(call.begins + round(waited * SECOND))
            answered = {m: errs[m.uid] for m in in_time if errs[m.uid] not in SILENT}
            if not answered:
                raise NoSearchResult("No miner responded successfully", hint="raise max_response_time or ask again")
            found = retrieval.search(request, answered, self.corpus, seed)
            return acting.results(found) if acting else found

    # --- Deep research ------------------------------------------------------------------------------------------------

    async def submit_research(self, request: ChatRequest, caller: Caller = ANYBODY) -> JobView:
        """Takes on a job and returns at once; it is pending."""
        async with self.call(Operation.SUBMIT_RESEARCH, request, caller) as call:
            check_chat(request)
            (job,) = await self.add_new(caller.scope, lambda: self._make_job(call, request))
            return JobView(job.id, JobStatus.PENDING, job.created_at, job.created_at)

    async def _make_job(self, call: Call, request: ChatRequest) -> tuple[Job]:
        caller = call.caller
        ordinal = await self.store.next_ordinal(caller.scope, f"job {request.fingerprint}")
        mode, reply = call.research, call.reply
        if call.acting is not None:
            mode = call.acting.research(mode)
        duration = call.profile.research * mode.scale if mode.duration is None else mode.duration
        if reply is not None and (said := research_texts(reply, request)):
            starts_after, chunks = research.paced(said, duration)
            if reply.research is not None and any(piece.after is not None for piece in reply.research):
                starts_after, chunks = 0.0, timetabled(reply.research)
            if reply.error is not None and reply.error.after_chunks is not None:
                mode = replace(mode, fail_at=reply.error.after_chunks, error=reply.error.message or mode.error)
        else:
            seed = self._seed_for(request, caller, ordinal, call.seed)
            text_seed = int.from_bytes(digest(call.seed, "text", seed), "big")
            starts_after, chunks = research.paced(self._script(request, text_seed), duration)
        job = Job(
            id=ident(call.seed, caller.scope, request.fingerprint, ordinal, "job"),
            owner=caller.owner,
            created_at=call.entry.at,
            chunks=chunks,
            starts_after=starts_after,
            progress=mode.progress,
            polls_needed=mode.polls,
            moved=self.clock.state(caller.scope).moved,
        )
        if mode.fail_at is not None:
            job = research.failing(job, mode.fail_at, mode.error)
        elif mode.stuck_at is not None:
            job = research.stuck(job, mode.stuck_at)
        return (job,)

    async def get_research(self, job_id: str, caller: Caller = ANYBODY) -> JobView:
        """The job as it is now. Raises NotFound, for another caller's job too."""
        async with self.call(Operation.GET_RESEARCH, job_id, caller) as call:
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
        miners = self.network.choose_for_search(
            SearchRequest(request.prompt, n_miners=RESEARCH_MINERS), rng(seed, "research")
        )
        asked = dict.fromkeys(miners)

        def search(purpose: str) -> tuple[WebResult, ...]:
            wanted = SearchRequest(purpose, n_miners=RESEARCH_MINERS, per_miner=RESEARCH_RESULTS)
            return retrieval.search(wanted, asked, self.corpus, seed)

        return script.write(request.messages, search, self.corpus, seed)

    # --- API keys and miners (V) --------------------------------------------------------------------------------------

    async def create_key(self, rate_limit: int, admin_key: str) -> str:
        """A new key that may make `rate_limit` requests a minute. Raises Forbidden."""
        self._check_admin(admin_key)

        async def issue() -> tuple[ApiKey]:
            ordinal = await self.store.next_ordinal(SERVER_SCOPE, "key")
            return (ApiKey(ident(self.settings.seed, "api key", ordinal), rate_limit),)

        (key,) = await self.add_new(SERVER_SCOPE, issue)
        return key.id

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
        serving = self.network.serving(task, model)
        return [miner.uid for miner in sorted(serving, key=lambda m: (-m.incentive, m.uid))[:count]]

    def miner(self, uid: int) -> Miner | None:
        return self.network.by_uid.get(uid)
