"""Who is on the network: which miner serves what, how fast, how reliably; and who is asked.

The same request asks the same miners whatever else happens at that moment: nothing here remembers.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from random import Random

from apex_mock.core.types import ChatRequest, SearchRequest
from apex_mock.errors import NoMiners

SEARCH_TASK = "WebRetrievalTask"
EXPLORATION = 0.2  # the share of the draws that look beyond the best paid miners
TRIES = 20  # how often a lottery draws for each miner before it takes the rest as they stand


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
    def _lotteries(self) -> dict[tuple[str, str], "Lottery"]:
        """Kept for the tasks and models that there are."""
        return {}

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

    def _lottery(self, task: str, model: str) -> "Lottery":
        if task not in self.tasks or model not in ("", *self.models):
            return Lottery(self.candidates(task, model))
        found = self._lotteries.get((task, model))
        if found is None:
            found = self._lotteries[task, model] = Lottery(self.candidates(task, model))
        return found

    def named(self, uids: Sequence[int]) -> tuple[Miner, ...]:
        """The miners that a caller named, once each, in the request's order; others are left out."""
        return tuple(self.by_uid[uid] for uid in dict.fromkeys(uids) if uid in self.by_uid)

    def choose_for_chat(self, request: ChatRequest, random: Random, count: int) -> tuple[Miner, ...]:
        """Up to `count` miners, the first to be asked first. Raises NoMiners when nobody is left."""
        if request.uids:
            chosen = self.named(request.uids)
        else:
            chosen = self._lottery(request.task, self.resolve_model(request.model)).draw(random, count)
        if not chosen:
            raise NoMiners("No available miners")
        return chosen

    def choose_for_search(self, request: SearchRequest, random: Random) -> tuple[Miner, ...]:
        """The miners that search; asking for more of them never loses one of the fewer. Raises NoMiners."""
        if request.uids:
            chosen = self.named(request.uids)[: max(request.n_miners, len(request.uids))]
        else:
            chosen = self._lottery(SEARCH_TASK, "").draw(random, request.n_miners)
        if not chosen:
            raise NoMiners("No available miners")
        return chosen


def draw(miners: Sequence[Miner], random: Random, count: int) -> tuple[Miner, ...]:
    """`count` different miners, better paid ones sooner. Drawing more begins with the same ones."""
    return Lottery(miners).draw(random, count)


class Lottery:
    """Draws miners by incentive, with a share of the chances spread over all of them."""

    def __init__(self, miners: Sequence[Miner]) -> None:
        self._miners = tuple(miners)
        total = sum(m.incentive for m in miners) or 1.0
        floor = EXPLORATION / len(miners) if miners else 0.0
        self._chances = list(accumulate(m.incentive / total * (1 - EXPLORATION) + floor for m in miners))

    def draw(self, random: Random, count: int) -> tuple[Miner, ...]:
        """The first `count` different miners that come up; whoever never does stands last, in the order of uids."""
        drawn: dict[int, Miner] = {}
        wanted = min(count, len(self._miners))
        for _ in range(TRIES * len(self._miners)):
            if len(drawn) == wanted:
                break
            at = bisect(self._chances, random.random() * self._chances[-1])
            miner = self._miners[min(at, len(self._miners) - 1)]
            drawn[miner.uid] = miner
        for miner in sorted(self._miners, key=lambda m: m.uid)[: len(self._miners) if len(drawn) < wanted else 0]:
            drawn.setdefault(miner.uid, miner)
        return tuple(drawn.values())[:wanted]
