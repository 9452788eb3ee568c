"""What the network says to a chat, by mode. The text depends on what is asked and on the seed, never on the wire."""

from random import Random

from apex_mock.core.corpus import Corpus
from apex_mock.core.miners import Miner
from apex_mock.core.prose import compose, compose_json_woven, compose_stepwise, compose_woven, wants_json
from apex_mock.core.types import ChatRequest, Mode
from apex_mock.seed import rng


def answer(request: ChatRequest, miners: tuple[Miner, ...], corpus: Corpus, seed: int) -> str:
    """The whole text, before max_new_tokens cuts it. `miners` are those that answered, the first one's answer counts.

    Greedy sampling allows one answer, so it does not depend on which miner is asked. Chain of thought is a script of
    its own: see research.
    """
    as_json = request.json_format or wants_json(request.messages)
    if request.mode is Mode.MIXTURE:
        randoms = [_random(request, seed, place, miner) for place, miner in enumerate(miners)]
        weave = compose_json_woven if as_json else compose_woven
        return weave(request.messages, corpus, randoms or [rng(seed, "greedy")], rng(seed, "synthesis"))
    random = _random(request, seed, 0, miners[0]) if miners else rng(seed, "greedy")
    if request.mode is Mode.MULTI_STEP and not as_json:
        return compose_stepwise(request.messages, corpus, random)
    return compose(request.messages, corpus, random, json_format=as_json)


def _random(request: ChatRequest, seed: int, place: int, miner: Miner) -> Random:
    if request.sampling.greedy:
        return rng(seed, "greedy", place) if place else rng(seed, "greedy")
    return rng(seed, "miner", miner.uid)
