"""Small worlds for the core's tests: miners and pages that hypothesis draws."""

from hypothesis import strategies as st

from apex_mock.core.corpus import Page
from apex_mock.core.miners import SEARCH_TASK, Latency, Miner, Network

TASKS = ("InferenceTask", SEARCH_TASK, "MultiStepReasoningTask")
MODELS = ("house/default", "house/large", "house/small")
WORDS = ("ocean", "current", "heat", "salt", "plankton", "trench", "wind", "drift")


def miner(uid: int, **fields) -> Miner:
    return Miner(uid, **({"models": MODELS[:1], "tasks": TASKS, "incentive": 1.0} | fields))


miners = st.lists(
    st.builds(
        Miner,
        uid=st.integers(0, 300),
        models=st.lists(st.sampled_from(MODELS), max_size=3, unique=True).map(tuple),
        tasks=st.lists(st.sampled_from(TASKS), max_size=3, unique=True).map(tuple),
        incentive=st.floats(0, 1),
        latency=st.builds(Latency, st.floats(0.01, 20), st.floats(0, 1)),
        coverage=st.floats(0.05, 1),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda m: m.uid,
).map(tuple)
networks = st.builds(Network, miners, st.just(MODELS[0]), st.booleans())

queries = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)


def page(number: int, body: str) -> Page:
    return Page(f"https://sea.example/{number}", f"Page {number}", ("sea",), "2025-01-01", body)


# Two paragraphs each, of words that queries are made of, so that rankings differ and slices overlap.
bodies = st.lists(st.sampled_from(WORDS), min_size=2, max_size=12).map(
    lambda words: f"{' '.join(words[: len(words) // 2])}.\n\n{' '.join(words[len(words) // 2 :])}."
)
pages = st.lists(bodies, min_size=1, max_size=15).map(
    lambda texts: tuple(page(number, text) for number, text in enumerate(texts))
)
