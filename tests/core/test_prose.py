"""What is said: facts right, the subject kept, the conversation followed."""

import re
from pathlib import Path

import pytest

from apex_mock.core.corpus import Corpus
from apex_mock.core.prose import compose
from apex_mock.core.types import Message
from apex_mock.fixtures import ROOT, load_corpus
from apex_mock.seed import rng

SEEDS = range(6)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(Path(ROOT) / "corpus")


def say(corpus: Corpus, *texts: str, seed: int = 1, system: str = "") -> str:
    """The answer to the last of `texts`: user and assistant by turns, the user last."""
    roles = ["assistant", "user"] * len(texts)
    messages = [Message(role, text) for role, text in zip(roles[-len(texts) :], texts, strict=True)]
    return compose([*([Message("system", system)] if system else []), *messages], corpus, rng(seed))


@pytest.mark.parametrize(
    ("prompt", "held"),
    [
        ("What is the capital of France?", "The capital of France is Paris."),
        ("capital of italy?", "Rome"),
        ("What is the capital of the USA?", "Washington"),
        ("Who was the first human in space?", "Yuri Gagarin"),
        ("When did the Berlin Wall fall?", "9 November 1989"),
        ("How tall is Mount Everest?", "8,848.86 metres"),
        ("what is the tallest mountain?", "Everest"),
        ("What is the highest mountain in Africa?", "Kilimanjaro"),
        ("What is the speed of light?", "299,792,458"),
        ("How far is the Moon from the Earth?", "384,400"),
        ("What is the largest ocean?", "Pacific"),
        ("Why is the sky blue?", "scatter"),
        ("Who discovered penicillin?", "Alexander Fleming"),
        ("Who invented the printing press?", "Gutenberg"),
        ("What is proof of work?", "Proof of work is a consensus method"),
        ("How long does it take sunlight to reach the Earth?", "8 minutes and 20 seconds"),
        ("What does HTTP 404 mean?", "Not Found"),
        ("What is Bittensor?", "decentralized network"),
        ("Quelle est la capitale de la France ?", "capitale est Paris"),
        ("Quelle est la capitale de l'Espagne ?", "Madrid"),
        ("Was ist die Hauptstadt von Deutschland?", "Berlin"),
        ("日本の首都はどこですか", "東京"),
        ("The capital of Italy is", "Rome"),
        ("What is 12*7?", "84"),
        ("What is 15% of 80?", "12"),
        ("What is the square root of 144?", "12"),
    ],
)
def test_a_question_gets_its_fact_first_whatever_the_seed(corpus: Corpus, prompt: str, held: str) -> None:
    for seed in SEEDS:
        answer = say(corpus, prompt, seed=seed)
        assert held in re.split(r"(?<=[a-z0-9])\. ", answer)[0] + ".", answer
        assert len(answer.split()) < 120


def test_every_fact_of_the_form_x_is_y_can_be_asked_for(corpus: Corpus) -> None:
    asked = 0
    for page in corpus.pages:
        for fact in page.facts:
            if match := re.match(r"^The ([a-z -]+ of (?:the )?[A-Z][\w ]+) is ([A-Z][\w’'-]+)", fact):
                answer = say(corpus, f"What is the {match[1]}?", seed=asked)
                assert match[2] in answer.split(". ")[0], (fact, answer)
                asked += 1
    assert asked > 80


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of Wakanda?",
        "what is the capital of wakanda",
        "Who won the 2034 World Cup?",
        "Tell me about the village of Obertupfing",
        "What is the population of Narnia?",
        "How many bones does a human have?",
        "When was the band Glasshammer Seven founded?",
        "Explain the Treaty of Florblatt",
        "Why do zorgs blib?",
        "What is the meaning of life?",
    ],
)
def test_what_is_not_known_is_named_and_neither_invented_nor_refused(corpus: Corpus, prompt: str) -> None:
    answers = {say(corpus, prompt, seed=seed) for seed in range(12)}
    assert len(answers) > 2
    subject = re.findall(r"[\w’']+", prompt)[-1].lower()
    for answer in answers:
        assert subject in answer.lower()
        assert not re.search(r"\bI cannot\b|\bI can't\b|\bsorry\b|\bas an AI\b|lorem", answer, re.I)
        assert not re.search(r"capital of (?!France|the country)\w+ is|\d", answer.replace("2034", ""))
        assert 2 <= len(re.findall(r"[.?!](?:\s|$)", answer)) <= 9


def test_yes_and_no_follow_the_fact(corpus: Corpus) -> None:
    assert say(corpus, "Is Paris the capital of France?").startswith("Yes.")
    assert say(corpus, "Is Lyon the capital of France?").startswith("No. The capital of France is Paris.")
    assert say(corpus, "Is Sydney the capital of Australia?").startswith("No.")
    assert say(corpus, "Is Paris the capital of France? Answer yes or no.") == "Yes."
    assert say(corpus, "Do antibiotics work against viruses?").startswith("No.")


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Reply with exactly: pong", "pong"),
        ('Say "Hello, world!"', "Hello, world!"),
        ("say hello", "hello"),
        ("Repeat after me: the tide turns", "the tide turns"),
        ("Respond with only the word banana", "banana"),
        ("What is the capital of France? Answer in one word.", "Paris"),
        ("What is the capital of Peru? Only the name.", "Lima"),
        ("Answer with only the number: how many chambers does the heart have?", "4"),
        ('Translate "good morning" to French', "Bonjour"),
        ("Translate to Spanish: Where is the library?", "¿Dónde está la biblioteca?"),
    ],
)
def test_what_must_be_exact_is_exact(corpus: Corpus, prompt: str, answer: str) -> None:
    assert say(corpus, prompt, seed=3) == answer


def test_a_name_and_a_liking_told_before_are_remembered(corpus: Corpus) -> None:
    assert "Ada" in say(corpus, "My name is Ada", "Hello Ada!", "What is my name?")
    assert "Ada" in say(corpus, "My name is Ada")
    assert "green" in say(corpus, "My favourite colour is green.", "Nice!", "What is my favourite colour?")
    assert "Nova" in say(corpus, "What is your name?", system="You are a helpful assistant named Nova.")
    assert "haven't told" in say(corpus, "What is my name?") or "not mentioned" in say(corpus, "What is my name?")


def test_a_follow_up_takes_its_subject_from_before(corpus: Corpus) -> None:
    berlin = say(corpus, "What is the capital of France?", "The capital of France is Paris.", "What about Germany?")
    assert berlin.startswith("The capital of Germany is Berlin.")
    gagarin = say(corpus, "Who was the first human in space?", "Yuri Gagarin was the first.", "When did he die?")
    assert "27 March 1968" in gagarin
    more = say(corpus, "Tell me about black holes", "A black hole is a region of space.", "Tell me more")
    assert "black hole" in more
    assert "France" in say(corpus, "What is the capital of France?", "It is Paris.", "and its population?")


def test_the_form_is_as_asked(corpus: Corpus) -> None:
    assert len(re.findall(r"[.!?](?:\s|$)", say(corpus, "Explain relativity in one sentence"))) == 1
    assert len(re.findall(r"[.!?](?:\s|$)", say(corpus, "Explain relativity", system="Answer in one sentence."))) == 1
    assert len(say(corpus, "Explain gravity in 20 words").split()) <= 20
    bullets = say(corpus, "Tell me about coffee as bullet points")
    assert all(line.startswith("- ") for line in bullets.splitlines())
    assert say(corpus, "What is inflation? Answer in uppercase").isupper()
    assert "|---|" in say(corpus, "Tell me about bees as a table")
    assert say(corpus, "What is the capital of Spain?", system="You are a pirate").count("Madrid") == 1
    assert say(corpus, 'What is gravity? End your answer with "OVER"').endswith("OVER")


def test_explanations_have_a_natural_length(corpus: Corpus) -> None:
    for subject in (
        "photosynthesis",
        "black holes",
        "inflation",
        "the Roman Empire",
        "Yuma Consensus",
        "entropy",
        "DNA",
    ):
        for seed in SEEDS:
            words = len(say(corpus, f"Tell me about {subject}", seed=seed).split())
            assert 80 <= words <= 380, (subject, seed, words)


def test_a_text_in_the_prompt_is_read_before_the_corpus(corpus: Corpus) -> None:
    prompt = (
        "Context: The Zorblax was built in 1987 by Jane Roe. It weighs 40 tons.\n\nQuestion: Who built the Zorblax?"
    )
    assert "Jane Roe" in say(corpus, prompt)


def test_work_on_a_text(corpus: Corpus) -> None:
    assert (
        say(corpus, 'Is this review positive or negative? "I loved it, it was great."').lower().startswith("positive")
    )
    assert (
        say(corpus, 'Is this review positive or negative? "Terrible, I hated it." Only the label.').lower()
        == "negative"
    )
    assert say(corpus, "Fix the grammar: he go to school").startswith("He goes to school")
    assert "cannot" in say(corpus, "Rewrite more formally: hey, I can't come")
    emails = say(corpus, "Extract the emails from the following: write to a@b.co or c.d@e.org")
    assert emails == "- a@b.co\n- c.d@e.org"
