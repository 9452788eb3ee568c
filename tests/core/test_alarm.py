"""The alarm that wakes a loop's sleepers: one timer for all, in batches, and nothing left of those that are gone."""

import asyncio

import pytest

from apex_mock.clock import BATCH, SECOND, Alarm, Clock

MS = SECOND // 1000


class Loop:
    """Keeps what is to be called, and calls nothing by itself."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, object]] = []
        self.soon: list[object] = []

    def call_later(self, delay: float, callback) -> "Loop":
        self.timers.append((delay, callback))
        return self

    def call_soon(self, callback) -> "Loop":
        self.soon.append(callback)
        return self

    def cancel(self) -> None:
        self.timers.pop()


class Sleeper:
    def __init__(self) -> None:
        self.woken = False

    def done(self) -> bool:
        return self.woken

    def set_result(self, value: None) -> None:
        self.woken = True


@pytest.fixture
def now() -> list[int]:
    return [1_000 * SECOND]


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def alarm(loop: Loop, now: list[int]) -> Alarm:
    return Alarm(loop, lambda: now[0])


def test_one_timer_serves_all_sleepers_set_to_the_first(alarm, loop, now):
    """A later one sets none; an earlier one takes the timer's place."""
    alarm.set(now[0] + 50 * MS, Sleeper())
    alarm.set(now[0] + 90 * MS, Sleeper())
    assert len(loop.timers) == 1
    alarm.set(now[0] + 20 * MS, Sleeper())
    assert len(loop.timers) == 1
    assert 0.019 <= loop.timers[0][0] <= 0.021


def test_a_timer_that_rings_early_wakes_nobody_and_is_set_again(alarm, loop, now):
    """No chunk leaves before its time, however the loop counts."""
    sleeper = Sleeper()
    alarm.set(now[0] + 10 * MS, sleeper)
    now[0] += 10 * MS - 1
    loop.timers.pop()[1]()
    assert not sleeper.woken
    now[0] += 1
    loop.timers.pop()[1]()
    assert sleeper.woken
    assert loop.timers == []


def test_sleepers_due_together_wake_in_batches_in_their_order(alarm, loop, now):
    """What the first have to say leaves before the last are woken; equal times go by arrival."""
    sleepers = [Sleeper() for _ in range(2 * BATCH + 1)]
    for sleeper in sleepers:
        alarm.set(now[0] + MS, sleeper)
    now[0] += MS
    loop.timers.pop()[1]()
    for woken in (BATCH, 2 * BATCH):
        assert [sleeper.woken for sleeper in sleepers] == [True] * woken + [False] * (len(sleepers) - woken)
        loop.soon.pop()()
    assert all(sleeper.woken for sleeper in sleepers)
    assert (loop.soon, loop.timers) == ([], [])


def test_those_that_wait_no_longer_are_cleared_away(alarm, loop, now):
    """A thousand clients that hang up leave no more behind than a batch or so."""
    staying = Sleeper()
    alarm.set(now[0] + 500 * MS, staying)
    for _ in range(1000):
        gone = Sleeper()
        alarm.set(now[0] + SECOND, gone)
        gone.woken = True
        alarm.dropped()
    assert len(alarm._heap) <= 2 * BATCH + 2
    now[0] += SECOND
    while loop.timers:
        loop.timers.pop()[1]()
    assert staying.woken


async def test_a_sleeper_is_told_how_late_it_was_woken():
    """In its scope's own time, so that it need not ask again."""
    clock = Clock(lambda: 5 * SECOND)
    clock.freeze("a")
    sleeping = asyncio.ensure_future(clock.sleep_until("a", 7 * SECOND))
    await asyncio.sleep(0)
    clock.advance("a", 2.5)
    assert await sleeping == 7 * SECOND + SECOND // 2
    assert not clock._sleepers


async def test_thousands_of_sleepers_of_many_scopes_all_wake():
    """With real timers, at any pace."""
    clock = Clock()
    now = clock.now()
    dues = [(f"{n % 7}", now + n % 13 * MS) for n in range(2000)]
    async with asyncio.timeout(30):
        woken = await asyncio.gather(*(clock.sleep_until(scope, due) for scope, due in dues))
    assert all(at >= due for at, (_, due) in zip(woken, dues, strict=True))
    assert not clock._sleepers
