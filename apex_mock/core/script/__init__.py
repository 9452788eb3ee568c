"""What a deep-research job writes: a plan, steps that search, and a final answer that cites its sources.

The headings are the validator's own, word for word (V); the rest comes from what the searches bring home. Chain of
thought streams the same script.
"""

from collections.abc import Sequence

from apex_mock.core.corpus import Corpus
from apex_mock.core.prose import compose
from apex_mock.core.script.findings import Notebook, Search, shelf
from apex_mock.core.script.need import needs_research, question_of
from apex_mock.core.script.plan import Step, Summaries, run, steps_for
from apex_mock.core.script.question import parse
from apex_mock.core.script.report import Report
from apex_mock.core.types import Message
from apex_mock.seed import rng

__all__ = ["Search", "needs_research", "write"]


def write(messages: Sequence[Message], search: Search, corpus: Corpus, seed: int) -> tuple[str, ...]:
    """The chunks' texts in order. `search` gives the web results for a purpose; only what it gave is cited."""
    if not needs_research(messages):
        return (compose(messages, corpus, rng(seed, "script")),)
    sources = shelf(corpus)
    question = parse(question_of(messages), sources.lexicon)
    notebook = Notebook(question, sources, search)
    steps = steps_for(question, rng(seed, "plan"))
    run(steps, notebook, rng(seed, "findings"))
    todo = "\n".join(f"{k}. {step.plan}" for k, step in enumerate(steps, 1))
    texts = ["## Generating Research Plan\n", f"## Research Plan\n{todo}\n"]
    summaries = Summaries(rng(seed, "summaries"))
    for k, step in enumerate(steps, 1):
        known = any(earlier.cards for earlier in steps[: k - 1])
        texts += _step_texts(k, step, summaries.of(step, {u: s.title for u, s in notebook.seen.items()}, known))
        if k < len(steps):
            texts += ["\n## Updating Research Plan\n", "\n## Research Plan Updated\n"]
    texts.append("\n## Generating Final Answer\n")
    final = Report(notebook, steps, rng(seed, "report")).write()
    return (*texts, f"\n## Final Answer\n{final}\n")


def _step_texts(k: int, step: Step, summary: str) -> list[str]:
    texts = [f"\n## Step {k}: Planning Tools\n"]
    for purpose in step.purposes:
        texts.append(f"\n## Executing web_search\n{purpose}\n")
        texts.append("\n### Tool Results\nweb_search execution complete\n")
    return [*texts, f"\n## Analyzing Step {k}\n", f"\n## Step {k} Summary\n{summary}\n"]
