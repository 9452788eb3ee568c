"""Who is asked: by uids, by task and model, by incentive; always the same for the same request."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apex_mock.core.miners import SEARCH_TASK, Network, draw
from apex_mock.core.types import ChatRequest, Message, SearchRequest
from apex_mock.errors import NoMiners
from tests.core.worlds import MODELS, TASKS, miner, miners, networks

seeds = st.integers(0, 2**32)
asked_models = st.sampled_from(["", "Default", *MODELS, "house/unknown"])
asked_tasks = st.sampled_from([*TASKS, "UnknownTask"])


def chat(**fields) -> ChatRequest:
    return ChatRequest((Message("user", "hello"),), **fields)


@given(networks, asked_tasks, asked_models, seeds, st.integers(1, 6))
def test_whoever_is_asked_serves_task_and_model(network, task, model, seed, count):
    """Where somebody does; a strict network has no other answer, any other one falls back."""
    wanted = MODELS[0] if model in ("", "Default") else model
    exact = {m.uid for m in network.miners if task in m.tasks and wanted in m.models}
    choose = lambda: network.choose_for_chat(chat(task=task, model=model), Random(seed), count)  # noqa: E731
    if network.strict and not exact:
        with pytest.raises(NoMiners, match="No available miners"):
            choose()
        return
    chosen = choose()
    assert len({m.uid for m in chosen}) == len(chosen) <= count
    if exact:
        assert {m.uid for m in chosen} <= exact
        assert len(chosen) == min(count, len(exact))


@given(networks, asked_models, seeds)
def test_a_model_that_nobody_serves_falls_back_to_those_who_serve_the_task(network, model, seed):
    """As the validator does; to anybody at all when nobody serves the task either."""
    wanted = network.resolve_model(model)
    # Made so, since few of the networks that are drawn are so by themselves.
    others = tuple(m for m in network.miners if not (TASKS[0] in m.tasks and wanted in m.models))
    assume(others)
    network = Network(others, network.default_model)
    assert not network.serving(TASKS[0], wanted)
    (chosen,) = network.choose_for_chat(chat(task=TASKS[0], model=model), Random(seed), 1)
    serving = [m for m in network.miners if TASKS[0] in m.tasks] or [m for m in network.miners if wanted in m.models]
    assert chosen in (serving or network.miners)


@given(networks, seeds, st.data())
def test_uids_name_the_miners_in_the_requests_order(network, seed, data):
    """Each once, those who do not exist left out, whatever they serve."""
    uids = data.draw(st.lists(st.sampled_from([*network.by_uid, 60_000]), min_size=1, max_size=8))
    known = [uid for uid in dict.fromkeys(uids) if uid in network.by_uid]
    for choose in (
        lambda: network.choose_for_chat(chat(uids=tuple(uids)), Random(seed), 1),
        lambda: network.choose_for_search(SearchRequest("q", uids=tuple(uids), n_miners=1), Random(seed)),
    ):
        if known:
            assert [m.uid for m in choose()] == known
        else:
            with pytest.raises(NoMiners):
                choose()


@given(networks, st.sampled_from(["", *TASKS]), st.sampled_from(["", *MODELS]))
def test_serving_asks_only_for_what_is_named(network, task, model):
    """A task, a model, both or neither."""
    expected = [m for m in network.miners if task in (*m.tasks, "") and model in (*m.models, "")]
    assert list(network.serving(task, model)) == expected


@given(miners, seeds, st.integers(0, 12), st.integers(0, 12))
def test_drawing_more_begins_with_the_same_ones(found, seed, fewer, more):
    """So that asking for more miners never loses one."""
    fewer, more = sorted((fewer, more))
    assert draw(found, Random(seed), more)[:fewer] == draw(found, Random(seed), fewer)


@given(miners, seeds)
def test_everybody_can_be_drawn_and_nobody_twice(found, seed):
    """An incentive of nothing leaves a chance too."""
    assert sorted(m.uid for m in draw(found, Random(seed), len(found))) == sorted(m.uid for m in found)


@given(networks, seeds, st.integers(1, 12), st.integers(1, 12))
def test_a_search_with_more_miners_asks_all_that_fewer_would(network, seed, fewer, more):
    """In the same order, and only those who search, where anybody does."""
    fewer, more = sorted((fewer, more))
    assume(network.candidates(SEARCH_TASK, ""))
    few = network.choose_for_search(SearchRequest("q", n_miners=fewer), Random(seed))
    many = network.choose_for_search(SearchRequest("q", n_miners=more), Random(seed))
    assert many[: len(few)] == few
    if network.serving(SEARCH_TASK):
        assert all(SEARCH_TASK in m.tasks for m in many)


def test_better_paid_miners_are_asked_more_often():
    """By their share of the incentive, with a part of the draws left to look beyond."""
    found = (miner(0, incentive=0.9), miner(1, incentive=0.1), miner(2, incentive=0.0))
    first = [draw(found, Random(seed), 1)[0].uid for seed in range(2000)]
    counts = [first.count(uid) for uid in range(3)]
    assert counts[0] > 1400
    assert 150 < counts[1] < 400
    assert 50 < counts[2] < 250


@given(networks, st.sampled_from(["", "Default"]))
def test_default_means_the_standard_model(network, name):
    """And the standard model is always on the list, first."""
    assert network.resolve_model(name) == MODELS[0] == network.models[0]
    assert len(set(network.models)) == len(network.models)
