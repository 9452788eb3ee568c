"""Who is on the network: which miner serves what, how fast, how reliably; and who is asked.

The same request asks the same miners whatever else happens at that moment: nothing here remembers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from random import Random

from apex_mock.core.types import ChatRequest, SearchRequest
from apex_mock.errors import InvalidRequest, NoMiners

SEARCH_TASK = "WebRetrievalTask"
EXPLORATION = 0.2  # the share of the draws that look beyond the best paid miners
UID_LIMIT = 65_536  # uids are 16 bits wide on chain


class Failing(StrEnum):
    """How a miner errs when it errs."""

    LATE = "late"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Latency:
    """A log-normal distribution of seconds, by its median and the sigma of its logarithm."""

    median: float = 1.0
    sigma: float = 0.4


@dataclass(frozen=True, slots=True)
class Miner:
    """`reliability` is the share of requests that it answers as it should; `coverage` of the web that it has seen."""

    uid: int
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    incentive: float
    latency: Latency = Latency()
    reliability: float = 1.0
    failing: Failing = Failing.LATE
    coverage: float = 0.7


@dataclass(frozen=True)
class Network:
    """All miners, and the model that "Default" stands for."""

    miners: tuple[Miner, ...]
    default_model: str
    strict: bool = False
    tasks: tuple[str, ...] = field(init=False)
    models: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", tuple(dict.fromkeys(task for m in self.miners for task in m.tasks)))
        models = dict.fromkeys([self.default_model, *(model for m in self.miners for model in m.models)])
        object.__setattr__(self, "models", tuple(models))

    @cached_property
    def by_uid(self) -> dict[int, Miner]:
        return {miner.uid: miner for miner in self.miners}

    def resolve_model(self, asked: str) -> str:
        """The model's full name: "" and "Default" mean the standard one."""
        return self.default_model if asked in ("", "Default") else asked

    def answering_model(self, asked: str) -> str:
        """The model that answers: the one asked for where somebody serves it, else the standard one."""
        wanted = self.resolve_model(asked)
        return wanted if wanted in self.models else self.default_model

    def serving(self, task: str, model: str = "") -> tuple[Miner, ...]:
        """The miners that serve a task and a model, where these are named."""
        return tuple(m for m in self.miners if (not task or task in m.tasks) and (not model or model in m.models))

    def candidates(self, task: str, model: str) -> tuple[Miner, ...]:
        """Who may be asked. A model or task that nobody serves falls back to anybody, as the validator's does (V)."""
        exact = self.serving(task, model)
        if exact or self.strict:
            return exact
        return self.serving(task) or self.serving("", model) or self.miners

    def named(self, uids: Sequence[int]) -> tuple[Miner, ...]:
        """The miners that a caller named, once each, in the request's order; others are left out."""
        for index, uid in enumerate(uids):
            if not 0 <= uid < UID_LIMIT:
                raise InvalidRequest(f"a uid is between 0 and {UID_LIMIT - 1}, not {uid}", ("uids", index))
        return tuple(self.by_uid[uid] for uid in dict.fromkeys(uids) if uid in self.by_uid)

    def choose_for_chat(self, request: ChatRequest, random: Random, count: int) -> tuple[Miner, ...]:
        """Up to `count` miners, the first to be asked first. Raises NoMiners when nobody is left."""
        if request.uids:
            chosen = self.named(request.uids)
        else:
            chosen = draw(self.candidates(request.task, self.resolve_model(request.model)), random, count)
        if not chosen:
            raise NoMiners("No available miners")
        return chosen

    def choose_for_search(self, request: SearchRequest, random: Random) -> tuple[Miner, ...]:
        """The miners that search; asking for more of them never loses one of the fewer. Raises NoMiners."""
        if request.uids:
            chosen = self.named(request.uids)[: max(request.n_miners, len(request.uids))]
        else:
            chosen = draw(self.candidates(SEARCH_TASK, ""), random, request.n_miners)
        if not chosen:
            raise NoMiners("No available miners")
        return chosen


def draw(miners: Sequence[Miner], random: Random, count: int) -> tuple[Miner, ...]:
    """`count` different miners, better paid ones sooner. Drawing more begins with the same ones.

    Each miner gets a key u ** (1 / weight) (Efraimidis and Spirakis, 2006); the highest keys are drawn.
    """
    if not miners:
        return ()
    floor = EXPLORATION / len(miners)
    total = sum(m.incentive for m in miners) or 1.0
    keyed = [(random.random() ** (1 / (m.incentive / total * (1 - EXPLORATION) + floor)), -m.uid, m) for m in miners]
    keyed.sort(key=lambda entry: entry[:2], reverse=True)
    return tuple(miner for _, _, miner in keyed[:count])
