"""When chunks leave: drawn from the request's own generator."""

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.latency import MEDIAN_MINER, Profile, draw, schedule, search_time
from apex_mock.core.miners import Latency
from apex_mock.core.types import Chunk
from tests.core.worlds import miner

SLOW = Profile(first_token=Latency(2.0, 0.3), next_token=Latency(0.1, 0.4), search=Latency(3.0, 0.5), per_prompt=0.01)
EXACT = Profile(first_token=Latency(2.0, 0.0), next_token=Latency(0.5, 0.0), per_prompt=0.25)
some_chunks = st.lists(st.builds(Chunk, st.text(max_size=5)), min_size=1, max_size=20).map(tuple)
ABC = tuple(map(Chunk, "abc"))


@given(some_chunks, st.integers())
def test_chunks_leave_in_order_with_their_texts_untouched(chunks, seed):
    """The first after a while, none before the one that precedes it."""
    timed = schedule(chunks, SLOW, Random(seed))
    assert [c.text for c in timed] == [c.text for c in chunks]
    times = [c.after for c in timed]
    assert times == sorted(times)
    assert times[0] > 0


@given(some_chunks, st.integers())
def test_a_slow_run_replays(chunks, seed):
    """The same generator, the same times."""
    assert schedule(chunks, SLOW, Random(seed)) == schedule(chunks, SLOW, Random(seed))


@pytest.mark.parametrize(
    ("profile", "instant"),
    [
        (Profile(), True),
        (Profile(search=Latency(3.0, 0.5), research=180), True),
        (Profile(per_prompt=0.1), False),
        (Profile(first_token=Latency(0.1, 0)), False),
        (Profile(next_token=Latency(0.1, 0)), False),
    ],
)
def test_a_profile_is_instant_when_no_chunk_of_it_waits(profile, instant):
    """However long it searches."""
    assert profile.instant is instant
    if instant:
        assert {c.after for c in schedule(ABC, profile, Random(0), 9.0, 50)} == {0.0}


def test_without_spread_the_times_are_the_profiles_own():
    """First token, prompt and next tokens add up, and a slower miner multiplies them all."""
    assert [c.after for c in schedule(ABC, EXACT, Random(0), prompt_tokens=4)] == [3.0, 3.5, 4.0]
    assert [c.after for c in schedule(ABC, EXACT, Random(0), 2.0, 4)] == [6.0, 7.0, 8.0]


def test_drawn_times_have_the_distributions_median():
    """A log-normal one: half of the times are below it, and some are far above."""
    random = Random(1)
    times = [draw(Latency(2.0, 0.5), random) for _ in range(4000)]
    assert median(times) == pytest.approx(2.0, rel=0.05)
    assert max(times) > 6
    assert min(times) > 0


def test_a_miners_own_speed_counts_only_where_the_profile_says_so():
    """And every further request in flight makes it slower by the profile's load."""
    slow = miner(1, latency=Latency(2 * MEDIAN_MINER, 0.1))
    assert Profile(miner_speed=True).factor(slow, 1) == 2.0
    assert Profile(miner_speed=False).factor(slow, 1) == 1.0
    assert Profile(load=0.5).factor(slow, 3) == 2.0
    assert Profile(load=0.5).factor(None, 0) == 1.0


@given(st.integers())
def test_a_search_takes_its_drawn_time_times_the_miners_factor(seed):
    """Twice as slow a miner takes exactly twice as long with the same draw."""
    profile = Profile(search=Latency(3.0, 0.5), miner_speed=True)
    usual, slow = (miner(1, latency=Latency(MEDIAN_MINER * k, 0.1)) for k in (1, 2))
    time = search_time(profile, usual, Random(seed))
    assert time > 0
    assert search_time(profile, slow, Random(seed)) == pytest.approx(2 * time)
