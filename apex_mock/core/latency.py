"""When each chunk leaves. Times are drawn from the request's own generator, so a slow run replays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from apex_mock.core.kept import kept
from apex_mock.core.miners import Latency, Miner
from apex_mock.core.types import Chunk
from apex_mock.seed import rng

MEDIAN_MINER = 0.75  # seconds: a miner with this median is as fast as the profile says
ZERO = Latency(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Profile:
    """How long things take, in seconds: see fixtures/profiles.yaml.

    An `instant` one lets no time pass in a chat, a `steady` one leaves nothing to chance.
    """

    first_token: Latency = ZERO
    next_token: Latency = ZERO
    search: Latency = ZERO
    per_prompt: float = 0.0
    load: float = 0.0
    research: float = 3.0
    miner_speed: bool = False
    miner_errors: bool = False
    instant: bool = field(init=False)
    steady: bool = field(init=False)

    def __post_init__(self) -> None:
        instant = not (self.first_token.median or self.next_token.median or self.per_prompt)
        object.__setattr__(self, "instant", instant)
        object.__setattr__(self, "steady", not (self.first_token.sigma or self.next_token.sigma))

    def factor(self, miner: Miner | None, in_flight: int) -> float:
        """How much slower than the profile this miner is, with that many requests under way."""
        own = miner.latency.median / MEDIAN_MINER if self.miner_speed and miner else 1.0
        return own * (1 + self.load * max(0, in_flight - 1))


def draw(latency: Latency, random: Random) -> float:
    if not latency.median:
        return 0.0
    return latency.median * random.lognormvariate(0.0, latency.sigma) if latency.sigma else latency.median


def schedule(
    chunks: Sequence[Chunk], profile: Profile, random: Random, factor: float = 1.0, prompt_tokens: int = 0
) -> tuple[Chunk, ...]:
    """The chunks, each with the time from the stream's start when it is due."""
    due = factor * (draw(profile.first_token, random) + profile.per_prompt * prompt_tokens)
    timed = []
    for chunk in chunks:
        timed.append(Chunk(chunk.text, due))
        due += factor * draw(profile.next_token, random)
    return tuple(timed)


@kept(64, longest=512)
def steady_schedule(
    chunks: tuple[Chunk, ...], profile: Profile, factor: float, prompt_tokens: int
) -> tuple[Chunk, ...]:
    """`schedule` for a steady profile, which gives the same chunks the same times again and again: nothing is drawn."""
    return schedule(chunks, profile, rng(0, "steady"), factor, prompt_tokens)


def search_time(profile: Profile, miner: Miner, random: Random, in_flight: int = 0) -> float:
    """How long a miner takes to search."""
    return profile.factor(miner, in_flight) * draw(profile.search, random)
