"""Time: a scope's own clock, moved, frozen and scaled; and who it wakes."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.clock import SECOND, Clock, ClockState

micros = st.integers(min_value=0, max_value=10**17)
spans = st.integers(min_value=0, max_value=10**12)


class System:
    """The system's time, moved by the test."""

    def __init__(self, at: int = 1000 * SECOND) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def clock(system: System) -> Clock:
    return Clock(system)


# --- Arithmetic -------------------------------------------------------------------------------------------------------


@given(micros)
def test_an_untouched_clock_shows_the_systems_time(now):
    """Nothing is added and nothing is lost."""
    assert ClockState().now(now) == now


@given(micros, spans, spans)
def test_advancing_adds_to_whatever_the_time_was(now, by, later):
    """The clock is ahead by exactly the advance, at once and ever after."""
    state = ClockState().advance(by, now)
    assert state.now(now) == now + by
    assert state.now(now + later) == now + by + later


@given(micros, spans, spans)
def test_two_advances_are_one_of_their_sum(now, first, second):
    """And `moved` counts both."""
    twice = ClockState().advance(first, now).advance(second, now)
    assert twice.now(now) == ClockState().advance(first + second, now).now(now)
    assert twice.moved == first + second


@given(micros, spans, spans)
def test_a_frozen_clock_moves_only_by_advances(now, later, by):
    """The system's time may pass as it likes."""
    state = ClockState().run(0.0, now)
    assert state.frozen
    assert state.now(now + later) == now
    assert state.advance(by, now + later).now(now + 2 * later) == now + by


@given(micros, spans, spans)
def test_resuming_goes_on_from_the_present_instant(now, frozen_for, later):
    """Time that stood still is not made up for."""
    state = ClockState().run(0.0, now).run(1.0, now + frozen_for)
    assert state.now(now + frozen_for + later) == now + later
    assert not state.frozen


@given(micros, spans, st.integers(min_value=1, max_value=1000))
def test_a_scaled_clock_runs_that_many_times_as_fast(now, later, factor):
    """From the instant at which it was scaled."""
    state = ClockState().run(float(factor), now)
    assert state.now(now) == now
    assert state.now(now + later) == now + later * factor


@given(micros, st.lists(st.tuples(st.sampled_from(["advance", "scale"]), st.integers(0, 10**9), spans), max_size=8))
def test_time_never_goes_back(now, moves):
    """Whatever is done to a clock short of a reset and a set."""
    state, seen = ClockState(), now
    for name, amount, later in moves:
        now += later
        state = state.advance(amount, now) if name == "advance" else state.run(amount / 10**8, now)
        assert state.now(now) >= seen
        seen = state.now(now)


@given(micros, micros, spans, st.integers(min_value=0, max_value=1000))
def test_setting_goes_on_from_another_instant_at_the_same_pace(now, to, later, factor):
    """Forward, which counts as an advance, or back, which takes no advance away."""
    state = ClockState().run(float(factor), now).advance(7, now).set(to, now)
    assert state.now(now) == to
    assert state.now(now + later) == to + later * factor
    assert state.moved == 7 + max(0, to - now - 7)


# --- Scopes -----------------------------------------------------------------------------------------------------------


def test_each_scope_has_a_time_of_its_own(clock, system):
    """Moving one leaves the others alone."""
    clock.advance("a", 60)
    clock.freeze("b")
    system.at += SECOND
    assert clock.now("a") == system.at + 60 * SECOND
    assert clock.now("b") == system.at - SECOND
    assert clock.now("c") == clock.now() == system.at


def test_moving_all_scopes_moves_those_that_have_not_moved_by_themselves(clock, system):
    """The scope "" stands for all; a scope that has its own time keeps it."""
    clock.freeze("own")
    clock.advance("", 60)
    assert clock.now("any") == clock.now() == system.at + 60 * SECOND
    assert clock.now("own") == system.at


def test_a_reset_scope_is_back_at_the_systems_time(clock, system):
    """One scope, or all of them."""
    for scope in "abc":
        clock.advance(scope, 60)
    clock.reset("a")
    assert (clock.now("a"), clock.now("b")) == (system.at, system.at + 60 * SECOND)
    clock.reset()
    assert clock.now("b") == clock.now("c") == system.at
    assert clock.state("b").moved == 0


@pytest.mark.parametrize("move", [lambda c: c.advance("a", -1), lambda c: c.scale("a", -0.5)])
def test_time_cannot_be_turned_back(clock, system, move):
    """It says so and changes nothing."""
    with pytest.raises(ValueError, match="time only moves forward"):
        move(clock)
    assert clock.now("a") == system.at


@pytest.mark.parametrize("to", [-1, 10**18])
def test_a_time_that_cannot_be_written_is_refused(clock, system, to):
    """It says so and changes nothing."""
    with pytest.raises(ValueError, match="from 1970 to 9999"):
        clock.set("a", to)
    assert clock.now("a") == system.at


async def test_setting_wakes_who_is_due_and_only_them(clock, system):
    """In the order in which they were due; one that was nearly due sleeps on when the clock goes back."""
    clock.freeze("a")
    began = system.at
    woken, tasks = sleeping(clock, "a", [60, 30, 90])
    await settle()
    clock.set("a", began - 1000 * SECOND)
    await settle()
    assert woken == []
    clock.set("a", began + 60 * SECOND)
    await settle()
    assert woken == [30, 60]
    clock.set("a", began + 90 * SECOND)
    await asyncio.gather(*tasks)


def test_moving_the_clock_tells_the_new_time(clock, system):
    """So that a test need not ask again."""
    assert clock.advance("a", 1.5) == system.at + 1_500_000
    assert clock.freeze("a") == clock.resume("a") == system.at + 1_500_000
    assert clock.set("a", 5 * SECOND) == 5 * SECOND


# --- Sleepers ---------------------------------------------------------------------------------------------------------


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def sleeping(clock: Clock, scope: str, dues: list[int]) -> tuple[list[int], list[asyncio.Task[None]]]:
    """Tasks that note their due time, relative to now, when they wake."""
    woken: list[int] = []
    now = clock.now(scope)

    async def sleep(due: int) -> None:
        await clock.sleep_until(scope, now + due * SECOND)
        woken.append(due)

    return woken, [asyncio.ensure_future(sleep(due)) for due in dues]


async def test_a_time_that_has_passed_is_not_waited_for(clock, system):
    """Not even for one turn of the loop."""
    waiting = clock.sleep_until("a", system.at)
    with pytest.raises(StopIteration):
        waiting.send(None)


async def test_sleepers_wake_when_the_clock_is_moved_past_them(clock):
    """Those that are not due sleep on."""
    clock.freeze("a")
    woken, tasks = sleeping(clock, "a", [3, 1, 2])
    await settle()
    assert woken == []
    clock.advance("a", 1)
    await settle()
    assert woken == [1]
    clock.advance("a", 2)
    await asyncio.gather(*tasks)
    assert sorted(woken) == [1, 2, 3]


async def test_sleepers_that_one_move_makes_late_wake_in_the_order_in_which_they_were_due(clock):
    """As they would have, had the time passed by itself; equal ones in the order of their arrival."""
    clock.freeze("a")
    dues = [7, 2, 9, 4, 1, 8, 3, 6, 5, 10]
    woken, tasks = sleeping(clock, "a", dues)
    await settle()
    clock.advance("a", 100)
    await asyncio.gather(*tasks)
    assert woken == sorted(dues)


async def test_moving_one_scope_wakes_nobody_in_another(clock):
    """A test beside it must not be disturbed."""
    clock.freeze("a")
    clock.freeze("b")
    woken, tasks = sleeping(clock, "a", [1])
    await settle()
    clock.advance("b", 100)
    await settle()
    assert woken == []
    clock.advance("a", 1)
    await asyncio.gather(*tasks)
    assert woken == [1]


async def test_moving_all_scopes_wakes_the_sleepers_of_each(clock):
    """But not those of a scope that has its own time."""
    clock.freeze("")
    clock.freeze("own")
    woken, tasks = sleeping(clock, "any", [2, 1])
    kept, others = sleeping(clock, "own", [1])
    await settle()
    clock.advance("", 2)
    await asyncio.gather(*tasks)
    await settle()
    assert (woken, kept) == ([1, 2], [])
    clock.advance("own", 1)
    await asyncio.gather(*others)
    assert kept == [1]


async def test_sleepers_wake_by_themselves_when_time_runs():
    """And in no more of the system's time than the scale leaves: an hour is a thousandth of a second here."""
    clock = Clock()
    clock.scale("a", 3_600_000.0)
    async with asyncio.timeout(5):
        await clock.sleep_until("a", clock.now("a") + 3600 * SECOND)


async def test_a_sleeper_learns_of_a_new_pace(clock, system):
    """Frozen in its sleep, it sleeps on; resumed after its time, it wakes."""
    woken, tasks = sleeping(clock, "a", [2])
    await settle()
    clock.freeze("a")
    system.at += 60 * SECOND
    await settle()
    assert woken == []
    clock.scale("a", 1.0)
    system.at += 2 * SECOND
    clock.resume("a")
    await asyncio.gather(*tasks)
    assert woken == [2]


async def test_a_sleeper_that_is_cancelled_leaves_nothing_behind(clock):
    """A client that hangs up must not be kept in mind."""
    clock.freeze("a")
    _, tasks = sleeping(clock, "a", [5])
    await settle()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(clock._sleepers.values())


async def test_the_clock_may_be_moved_from_another_thread(clock):
    """A test moves the time of a server that runs in a thread of its own; sleepers there wake at once."""
    clock.freeze("a")
    woken, tasks = sleeping(clock, "a", [5])
    await settle()
    # Until the thread has moved the clock, nothing else wakes this loop: only a threadsafe wake-up does.
    mover = threading.Timer(0.02, clock.advance, ("a", 5))
    mover.start()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    mover.join()
    assert woken == [5]
