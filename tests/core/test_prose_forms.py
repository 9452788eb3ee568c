"""How it is said: code that runs, haiku that scan, lists of n, JSON that parses, summaries that are shorter."""

import json
import random
import re
from pathlib import Path

import pytest

from apex_mock.core.corpus import Corpus
from apex_mock.core.prose import compose
from apex_mock.core.prose.haiku import THEMES
from apex_mock.core.prose.snippets import SNIPPETS
from apex_mock.core.prose.snippets_more import MORE_SNIPPETS
from apex_mock.core.types import Message
from apex_mock.fixtures import ROOT, load_corpus
from apex_mock.seed import rng


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(Path(ROOT) / "corpus")


def say(corpus: Corpus, text: str, seed: int = 1, *, json_format: bool = False) -> str:
    return compose([Message("user", text)], corpus, rng(seed), json_format=json_format)


_ONE = {
    "breathes",
    "climbs",
    "leaves",
    "comes",
    "times",
    "stones",
    "takes",
    "bones",
    "rhymes",
    "moves",
    "stove",
    "prints",
    "holds",
}
_COUNTS = {
    "every": 2,
    "evening": 2,
    "quiet": 2,
    "being": 2,
    "coffee": 2,
    "window": 2,
    "somewhere": 2,
    "someone": 2,
    "cicadas": 3,
    "nothing": 2,
    "silence": 2,
    "table": 2,
    "trace": 1,
    "onion": 2,
    "people": 2,
    "science": 2,
    "together": 3,
    "petals": 2,
    "mailbox": 2,
    "neon": 2,
    "tiny": 2,
    "another": 3,
    "poem": 2,
    "beneath": 2,
    "goes": 1,
    "does": 1,
    "hour": 1,
    "giver": 2,
    "fires": 1,
    "fire": 1,
    "little": 2,
    "being,": 2,
    "purple": 2,
    "whole": 1,
    "before": 2,
    "home": 1,
    "doors": 1,
    "outside": 2,
    "deepens": 2,
    "barefoot": 2,
    "gone": 1,
    "one": 1,
    "some": 1,
    "stole": 1,
    "late": 1,
    "wire": 1,
    "opens": 2,
    "brings": 1,
    "faces": 2,
    "houses": 2,
    "washes": 2,
    "pages": 2,
    "washing": 2,
    "grandmother": 3,
    "business": 2,
    "pleasure": 2,
    "galaxy": 3,
    "unfolds": 2,
    "written": 2,
}


def syllables(line: str) -> int:
    return sum(_word(word) for word in re.findall(r"[a-z']+", line.lower()))


def _word(word: str) -> int:
    word = word.removesuffix("'s")
    if word in _COUNTS:
        return _COUNTS[word]
    if word in _ONE:
        return 1
    count = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"[^aeiouylr]e$|[aeiou][rl]e$|[^aeiouy]es$|[^aeiouytd]ed$", word) and not re.search(
        r"(?:[sxz]|ch|sh|c|g)es$", word
    ):
        count -= 1
    return max(1, count)


@pytest.mark.parametrize("theme", THEMES)
def test_every_line_of_a_haiku_has_its_syllables(theme: str) -> None:
    _, firsts, middles, lasts = THEMES[theme]
    for lines, wanted in ((firsts, 5), (middles, 7), (lasts, 5)):
        for line in lines:
            assert syllables(line) == wanted, (line, syllables(line))


def test_a_haiku_has_three_lines_and_varies(corpus: Corpus) -> None:
    made = {say(corpus, "Write a haiku about the sea", seed) for seed in range(20)}
    assert len(made) > 8
    assert all(len(text.split("\n")) == 3 for text in made)
    assert len(say(corpus, "Write two haikus about snow").split("\n\n")) == 2


@pytest.mark.parametrize(
    "snippet", [s for s in (*SNIPPETS, *MORE_SNIPPETS) if s.language == "python"], ids=lambda s: s.cue
)
def test_every_python_snippet_compiles(snippet) -> None:  # type: ignore[no-untyped-def]
    compile(snippet.code, "snippet", "exec")
    assert snippet.notes


@pytest.mark.parametrize(
    ("prompt", "check"),
    [
        ("Write a Python function to reverse a string", "reverse_string('abc') == 'cba'"),
        ("Write a function to check if a string is a palindrome", "is_palindrome('A man, a plan, a canal: Panama')"),
        ("Write a Python program for Fibonacci numbers", "[fibonacci(i) for i in range(6)] == [0, 1, 1, 2, 3, 5]"),
        ("Implement factorial in Python", "factorial(5) == 120"),
        (
            "Write a function that checks if a number is prime",
            "[n for n in range(12) if is_prime(n)] == [2, 3, 5, 7, 11]",
        ),
        ("Implement bubble sort in Python", "bubble_sort([3, 1, 2]) == [1, 2, 3]"),
        ("Implement quicksort", "quicksort([3, 1, 2, 1]) == [1, 1, 2, 3]"),
        ("Write merge sort in Python", "merge_sort([3, 1, 2]) == [1, 2, 3]"),
        ("Implement binary search in Python", "binary_search([1, 3, 5], 5) == 2"),
        ("Write a function for the greatest common divisor", "gcd(48, 36) == 12"),
        ("Write a Python function for FizzBuzz", "fizzbuzz(15)[-1] == 'FizzBuzz'"),
        (
            "Write a Python function that computes the cosine similarity of two vectors",
            "cosine_similarity([1, 0], [2, 0]) == 1",
        ),
        ("Write a Python function that frobnicates the quux", "callable(frobnicate_quux)"),
    ],
)
def test_code_is_fenced_and_right(corpus: Corpus, prompt: str, check: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = say(corpus, prompt)
    fenced = re.search(r"```python\n(.+?)\n```", answer, re.S)
    assert fenced, answer
    scope: dict[str, object] = {"__name__": "snippet"}
    exec(fenced[1], scope)
    assert eval(check, scope)
    assert len(answer.split("```")[2].split()) > 4  # it is followed by an explanation


@pytest.mark.parametrize(
    ("count", "prompt"),
    [
        (5, "Give me five facts about bees"),
        (3, "Name three planets"),
        (7, "List 7 reasons to learn Esperanto"),
        (10, "top 10 capitals of Europe"),
        (4, "Give me 4 tips for better sleep"),
        (12, "List 12 things about zorgs"),
        (2, "Tell me two jokes"),
    ],
)
def test_a_list_of_n_has_n_items(corpus: Corpus, count: int, prompt: str) -> None:
    for seed in range(5):
        items = re.findall(r"^(?:-|\d+\.) (.+)$", say(corpus, prompt, seed), re.M)
        assert len(items) == count
        assert len(set(items)) == count


def test_instructions_come_as_numbered_steps(corpus: Corpus) -> None:
    for prompt in ("How do I chop an onion?", "How to make sourdough bread?", "How do I build a birdhouse?"):
        numbers = [int(n) for n in re.findall(r"^(\d+)\. ", say(corpus, prompt), re.M)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 4


def test_a_comparison_speaks_of_both_sides(corpus: Corpus) -> None:
    for a, b in (
        ("green tea", "black tea"),
        ("stocks", "bonds"),
        ("a bicycle", "a scooter"),
        ("proof of stake", "proof of work"),
    ):
        answer = say(corpus, f"What is the difference between {a} and {b}?").lower()
        assert a.split()[-1].rstrip("s") in answer
        assert b.split()[-1].rstrip("s") in answer


def test_a_story_takes_up_its_hero_and_has_its_length(corpus: Corpus) -> None:
    made = set()
    for seed in range(12):
        text = say(corpus, "Write a story about a cosmonaut learning to paint", seed)
        made.add(text)
        assert "cosmonaut" in text.lower()
        assert "learn" in text
        assert "paint" in text
        assert 220 <= len(text.split()) <= 500
        assert "{" not in text
    assert len(made) > 10


def test_jokes_differ_and_keep_to_the_topic(corpus: Corpus) -> None:
    assert len({say(corpus, "Tell me a joke", seed) for seed in range(30)}) > 10
    assert "cat" in say(corpus, "Tell me a joke about cats").lower()


@pytest.mark.parametrize("sentences", [1, 2, 3, 8, 40])
def test_a_summary_is_shorter_than_its_source_and_made_of_it(corpus: Corpus, sentences: int) -> None:
    pool = [
        f"The committee of district {i} discussed the new harbour, and its members asked for a report on costs."
        for i in range(sentences)
    ]
    source = " ".join(pool)
    answer = say(corpus, f"Summarise the following: {source}")
    assert 0 < len(answer) < len(source)
    assert set(re.findall(r"\w+", answer.lower())) <= set(re.findall(r"\w+", source.lower()))


def test_json_has_the_fields_that_the_prompt_names(corpus: Corpus) -> None:
    assert json.loads(say(corpus, "What is the capital of Japan? Answer in JSON with keys country and capital")) == {
        "country": "Japan",
        "capital": "Tokyo",
    }
    person = json.loads(say(corpus, "Return JSON with keys name, age and city for a fictional person"))
    assert list(person) == ["name", "age", "city"]
    assert isinstance(person["age"], int)
    tags = json.loads(say(corpus, "Write about coffee with fields: title, summary, tags", json_format=True))
    assert isinstance(tags["tags"], list)
    shown = json.loads(
        say(
            corpus,
            'When did the Berlin Wall fall? JSON: {"event": "...", "year": 0, "is_true": true}',
            json_format=True,
        )
    )
    assert shown["year"] == 1989
    assert shown["is_true"] is True
    assert json.loads(say(corpus, "Hello", json_format=True))["answer"]
    assert "Paris" in json.loads(say(corpus, "What is the capital of France?", json_format=True))["answer"]
    assert json.loads(say(corpus, 'Is Paris the capital of France? Answer in JSON like {"answer": true}')) == {
        "answer": True
    }


def test_json_parses_whatever_is_asked(corpus: Corpus) -> None:
    draw = random.Random(4)
    words = (
        'json {"a": 1} with keys a, b and c { } [ ] " \\ fields: x tell me about bees 😀 ```python``` null 日本 '
        "list 5 haiku code"
    ).split(" ")
    for seed in range(150):
        prompt = " ".join(draw.choices(words, k=draw.randint(1, 14)))
        assert isinstance(json.loads(say(corpus, prompt, seed, json_format=True)), dict), prompt
