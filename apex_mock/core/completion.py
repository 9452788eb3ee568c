"""What the network says to a chat, by mode. The text depends on what is asked and on the seed, never on the wire."""

from apex_mock.core.corpus import Corpus
from apex_mock.core.miners import Miner
from apex_mock.core.prose import compose
from apex_mock.core.types import ChatRequest, Mode
from apex_mock.seed import rng


def answer(request: ChatRequest, miners: tuple[Miner, ...], corpus: Corpus, seed: int) -> str:
    """The whole text, before max_new_tokens cuts it. `miners` are those that answered, the first one's answer counts.

    Chain of thought is a script of its own: see research.
    """
    texts = [
        compose(request.messages, corpus, rng(seed, "miner", miner.uid), json_format=request.json_format)
        for miner in (miners if request.mode is Mode.MIXTURE else miners[:1])
    ]
    return texts[0]
