"""Whatever comes in: tokens lose nothing, no answer is empty, equal seeds give equal bytes, time stays linear."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.prose import compose, count_tokens, cut, tokenize
from apex_mock.core.types import Message
from apex_mock.fixtures import ROOT, load_corpus
from apex_mock.seed import rng

CORPUS = load_corpus(Path(ROOT) / "corpus")


@given(st.text(alphabet=st.characters()) | st.text(alphabet="_ \n\tab1日本😀é-'"))
def test_tokens_joined_are_the_text(text: str) -> None:
    tokens = tokenize(text)
    assert "".join(tokens) == text
    assert all(0 < len(token) <= 11 for token in tokens)
    assert count_tokens(text) == len(tokens)


@given(st.text(max_size=200), st.integers(0, 60))
def test_a_cut_is_a_beginning_and_says_whether_it_cut(text: str, limit: int) -> None:
    tokens, was_cut = cut(text, limit)
    assert text.startswith("".join(tokens))
    assert was_cut == ("".join(tokens) != text)
    assert len(tokens) <= limit


def test_tokens_have_the_size_that_models_tokens_have() -> None:
    text = CORPUS.pages[3].body
    assert 3.0 < len(text) / count_tokens(text) < 6.5


ROLES = st.sampled_from(["system", "user", "assistant"])
FRAGMENTS = st.sampled_from(
    [
        "what is",
        "who",
        "tell me about",
        "write a",
        "story about",
        "haiku",
        "json with keys",
        "list 5",
        "vs",
        "compare",
        "translate to French:",
        "summarise:",
        "in one sentence",
        "as bullet points",
        "```python",
        "def f(x):",
        "?",
        "!",
        ":",
        '"',
        "{",
        "}",
        "my name is",
        "how do I",
        "capital of",
        "France",
        "Wakanda",
        "日本の首都",
        "😀",
        "12*7",
        "\\",
        "(",
        "reply with exactly:",
        "and",
        "more",
        "continue",
        "Context:",
        "Question:",
        "<b>",
        "%s",
        "{x}",
        "",
        " in uppercase",
        "only the number",
    ]
)


@given(
    st.lists(
        st.tuples(ROLES, st.lists(FRAGMENTS | st.text(max_size=12), min_size=1, max_size=8)), min_size=1, max_size=5
    ),
    st.booleans(),
)
def test_no_conversation_is_too_strange(turns: list[tuple[str, list[str]]], as_json: bool) -> None:
    messages = [Message(role, " ".join(parts)) for role, parts in turns]
    answer = compose(messages, CORPUS, rng(7), json_format=as_json)
    assert answer.strip()
    answer.encode("utf-8")
    assert answer == compose(messages, CORPUS, rng(7), json_format=as_json)


@pytest.mark.parametrize(
    "content",
    [" ", "", "\n", "...", "?!", "😀😀", "\ud800", "a\ud800b is what?", "\x00", "​", "```", "{}", '"', "_", "- - -"],
)
def test_next_to_nothing_still_gets_an_answer(content: str) -> None:
    for as_json in (False, True):
        answer = compose([Message("user", content)], CORPUS, rng(1), json_format=as_json)
        assert answer.strip()
        answer.encode("utf-8")


@pytest.mark.parametrize(
    "content",
    [
        "x" * 200_000,
        "word " * 40_000,
        '"' * 200_000,
        "{" * 200_000,
        "a: " * 66_000,
        "```" * 66_000,
        "\n" * 200_000 + "?",
        "Summarise: " + "The cat sat on the mat. " * 8_000,
        "Context: " + "Bees make honey. " * 11_000 + "\nQuestion: What do bees make?",
        "1+" * 100_000,
        "(((" * 66_000,
        "list " * 40_000,
        " , " * 66_000,
        "and " * 50_000 + "vs",
        "Return JSON " + '{"a": {' * 28_000,
        "my name is " * 18_000,
        "日本" * 100_000,
        "Is " * 66_000 + "?",
        "Extract emails from: " + "a@" * 90_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_long_prompt_takes_time_in_proportion(content: str) -> None:
    compose([Message("user", "hello")], CORPUS, rng(1))
    for as_json in (False, True):
        start = time.process_time()
        answer = compose([Message("user", content)], CORPUS, rng(2), json_format=as_json)
        assert time.process_time() - start < 0.25  # it takes 5 to 40 ms; machines differ
        assert 0 < len(answer) <= 220_000


def test_the_seed_decides_and_nothing_else() -> None:
    prompts = [f"Tell me about {page.topics[0]}" for page in CORPUS.pages[:40]]
    forward = [compose([Message("user", p)], CORPUS, rng(i)) for i, p in enumerate(prompts)]
    backward = [compose([Message("user", p)], CORPUS, rng(i)) for i, p in reversed(list(enumerate(prompts)))]
    assert forward == backward[::-1]
    assert len({compose([Message("user", prompts[0])], CORPUS, rng(i)) for i in range(10)}) > 3
