"""Prompts that are all different, over the whole corpus: what the caches of a fake that has seen it all do not help."""

import random
from collections.abc import Iterator
from itertools import islice

from apex_mock.core.corpus import Corpus

_SHAPES = (
    "What is {a}?",
    "Explain {a}.",
    "Why does {a} matter for {b}?",
    "Compare {a} and {b}.",
    "How does {a} work?",
    "Give me five facts about {a}.",
    "What is the connection between {a} and {b}?",
    "Summarize what is known about {a} in two sentences.",
    "Who first studied {a}, and when?",
    "Tell me about {a} and then about {b}.",
)


def subjects(corpus: Corpus) -> list[str]:
    found = dict.fromkeys(topic for page in corpus.pages for topic in (page.title, *page.topics))
    return [subject for subject in found if subject.isascii()]


def _all(corpus: Corpus) -> Iterator[str]:
    draw, about = random.Random(5), subjects(corpus)
    while True:
        yield draw.choice(_SHAPES).format(a=draw.choice(about), b=draw.choice(about))


def distinct(corpus: Corpus, count: int) -> list[str]:
    """So many different prompts, the same ones in every run."""
    return list(islice(_distinct(corpus), count))


def _distinct(corpus: Corpus) -> Iterator[str]:
    seen = set()
    for prompt in _all(corpus):
        if prompt not in seen:
            seen.add(prompt)
            yield prompt
