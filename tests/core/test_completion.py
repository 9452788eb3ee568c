"""An answer by mode: one miner's, several miners' woven into one, or one that shows its steps."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from apex_mock.core import completion
from apex_mock.core.corpus import Corpus
from apex_mock.core.miners import Miner
from apex_mock.core.types import ChatRequest, Message, Mode, Sampling
from apex_mock.fixtures import ROOT, load_corpus

MINERS = tuple(Miner(uid, ("m",), ("InferenceTask",), 0.1) for uid in (3, 30, 133))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(Path(ROOT) / "corpus")


def ask(text: str, mode: Mode = Mode.BASE, **fields: object) -> ChatRequest:
    return replace(ChatRequest((Message("user", text),), mode=mode), **fields)  # type: ignore[arg-type]


def test_what_a_miner_says_depends_on_seed_and_uid(corpus: Corpus) -> None:
    request = ask("Tell me about photosynthesis")
    texts = [completion.answer(request, (miner,), corpus, 5) for miner in MINERS]
    assert len(set(texts)) > 1
    assert texts[0] == completion.answer(request, MINERS, corpus, 5)
    assert len({completion.answer(request, MINERS, corpus, seed) for seed in range(8)}) > 3


@pytest.mark.parametrize("mode", [Mode.BASE, Mode.MULTI_STEP, Mode.MIXTURE])
def test_greedy_sampling_has_one_answer_whoever_gives_it(corpus: Corpus, mode: Mode) -> None:
    request = ask("Tell me about photosynthesis", mode, sampling=Sampling(temperature=0.0))
    assert completion.answer(request, MINERS, corpus, 5) == completion.answer(request, MINERS[::-1], corpus, 5)


def test_a_mixture_weighs_its_miners_answers_and_is_grounded_in_them(corpus: Corpus) -> None:
    text = completion.answer(ask("What is the capital of France?", Mode.MIXTURE), MINERS, corpus, 1)
    assert "three miners" in text
    assert "The capital of France is Paris." in text
    singles = [completion.answer(ask("What is the capital of France?"), (miner,), corpus, 1) for miner in MINERS]
    assert text not in singles
    for paragraph in text.split("\n\n")[1:-1]:
        for sentence in paragraph.split(". ")[1:]:
            assert any(sentence.rstrip(".") in single for single in singles)


def test_steps_are_shown_before_the_answer(corpus: Corpus) -> None:
    text = completion.answer(ask("What is 17 * 23 + 4?", Mode.MULTI_STEP), MINERS, corpus, 1)
    assert text.startswith("**Step 1: ")
    assert text.index("**Step 1") < text.index("**Step 4") < text.index("**Answer:**")
    assert "395" in text.split("**Answer:**")[1]
    paris = completion.answer(ask("What is the capital of France?", Mode.MULTI_STEP), MINERS, corpus, 1)
    assert "The capital of France is Paris." in paris.split("**Answer:**")[1]


@pytest.mark.parametrize("mode", [Mode.BASE, Mode.MULTI_STEP, Mode.MIXTURE])
def test_json_stays_json_in_every_mode(corpus: Corpus, mode: Mode) -> None:
    for prompt in ("What is the capital of France?", "Write a haiku", "Name three planets", "How do I chop an onion?"):
        assert json.loads(completion.answer(ask(prompt, mode, json_format=True), MINERS, corpus, 2))
    asked = completion.answer(
        ask("What is the capital of Japan? Answer in JSON with keys country and capital", mode), MINERS, corpus, 2
    )
    assert json.loads(asked)["capital"] == "Tokyo"


@pytest.mark.parametrize("mode", [Mode.BASE, Mode.MULTI_STEP, Mode.MIXTURE])
def test_an_echo_is_exact_in_every_mode(corpus: Corpus, mode: Mode) -> None:
    assert completion.answer(ask("Reply with exactly: pong", mode), MINERS, corpus, 2) == "pong"
