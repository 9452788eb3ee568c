"""What a deep-research job writes: a plan, steps that search, and a final answer that cites its sources.

The headings are the validator's own, word for word (V); the rest comes from the corpus. Chain of thought streams the
same script.
"""

import re
from collections.abc import Sequence

from apex_mock.core.corpus import Corpus, PassageKind
from apex_mock.core.prose import compose
from apex_mock.core.types import Message, WebResult
from apex_mock.seed import rng

STEPS = (
    ("Establish what {topic} means and set the terms", "Find definitions and background on {topic}"),
    ("Look into how {topic} works in detail", "Find explanations of the mechanisms behind {topic}"),
    ("Weigh limits, trade-offs and open questions", "Find limits, criticism and open questions about {topic}"),
    ("Compare {topic} with related approaches", "Find comparisons and alternatives to {topic}"),
)
_SMALL_TALK = re.compile(r"\W*(hi|hello|hey|thanks|thank you|good (morning|evening|day)|how are you)\b", re.I)
_CREATIVE = re.compile(r"\b(story|poem|haiku|joke|song|limerick)\b", re.I)
_PLAIN_FACT = re.compile(r"\W*(what|who|where|when) (is|are|was|were) (the )?[\w' -]{1,48}\?*\W*", re.I)


def needs_research(prompt: str) -> bool:
    """Not for a greeting, a story or a well-known fact: those get their direct answer as the only chunk."""
    return not (_SMALL_TALK.match(prompt) or _CREATIVE.search(prompt) or _PLAIN_FACT.fullmatch(prompt))


def topic_of(prompt: str) -> str:
    words = re.sub(r"\s+", " ", prompt).strip(" ?.!")
    words = re.sub(
        r"^(can|could|would) you |^(please )?(propose|explain|describe|tell me about|research|analy[sz]e) ",
        "",
        words,
        flags=re.I,
    )
    return words if len(words) <= 80 else words[:80].rsplit(" ", 1)[0]


def write(messages: Sequence[Message], sources: Sequence[WebResult], corpus: Corpus, seed: int) -> tuple[str, ...]:
    """The chunks' texts in order. `sources` are what retrieval really gave for the prompt."""
    prompt = next((m.content for m in reversed(messages) if m.role == "user"), messages[-1].content)
    random = rng(seed, "script")
    if not needs_research(prompt):
        return (compose(messages, corpus, random),)
    topic = topic_of(prompt)
    steps = [tuple(part.format(topic=topic) for part in step) for step in STEPS[: random.randint(3, 4)]]
    plan = "\n".join(f"{k}. {name}" for k, (name, _) in enumerate(steps, 1))
    texts = ["## Generating Research Plan\n", f"## Research Plan\n{plan}\n"]
    facts = [h.item.text for h in corpus.rank_passages(prompt) if h.item.kind in (PassageKind.FACT, PassageKind.PROSE)]
    for k, (name, purpose) in enumerate(steps, 1):
        found = facts[k - 1 :: len(steps)][:3] or [compose(messages, corpus, rng(seed, "step", k))]
        texts += [
            f"\n## Step {k}: Planning Tools\n",
            f"\n## Executing web_search\n{purpose}\n",
            "\n### Tool Results\nweb_search execution complete\n",
            f"\n## Analyzing Step {k}\n",
            f"\n## Step {k} Summary\n{name}: {' '.join(found)}\n",
        ]
        if k < len(steps):
            texts += ["\n## Updating Research Plan\n", "\n## Research Plan Updated\n"]
    texts.append("\n## Generating Final Answer\n")
    cited = [f"{result.relevant} [{n}]" for n, result in enumerate(sources, 1)]
    urls = "\n".join(f"[{n}] {result.url}" for n, result in enumerate(sources, 1))
    final = "\n\n".join([compose(messages, corpus, random), *cited, f"Sources:\n{urls}" if urls else ""]).strip()
    return (*texts, f"\n## Final Answer\n{final}\n")
