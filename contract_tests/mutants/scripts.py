"""Breaks of the script that research and reasoning write."""

import re
from collections.abc import Callable
from typing import Any

from apex_mock.core import script as scripts
from apex_mock.mock import ApexMock

from .mutant import Patch, mutant


def script(patch: Patch, change: Callable[[list[str]], list[str]]) -> None:
    """Changes the texts of research that is made in steps."""

    def written(was: Any) -> Any:
        def texts(self: ApexMock, request: Any, seed: int) -> tuple[str, ...]:
            made = was(self, request, seed)
            return tuple(change(list(made))) if len(made) > 1 else made

        return texts

    patch(ApexMock, "_script", written)


def without(heading: str) -> Callable[[list[str]], list[str]]:
    return lambda texts: [text for text in texts if heading not in text]


def rewritten(pattern: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda texts: [re.sub(pattern, new, text, flags=re.S) for text in texts]


@mutant("SCRIPT-001")
def no_beginning(patch: Patch) -> None:
    """Research begins with its plan."""
    script(patch, lambda texts: texts[1:])


@mutant("SCRIPT-002")
def a_plan_without_numbers(patch: Patch) -> None:
    """The plan's list is not numbered."""
    script(patch, rewritten(r"\n\d+\. ", "\n- "))


@mutant("SCRIPT-003")
def steps_from_0(patch: Patch) -> None:
    """The first step is step 0."""
    script(patch, rewritten(r"## Step 1: Planning Tools", "## Step 0: Planning Tools"))


@mutant("SCRIPT-004")
def eleven_steps(patch: Patch) -> None:
    """Research has eleven steps."""

    def change(texts: list[str]) -> list[str]:
        updated, last = ["\n## Updating Research Plan\n", "\n## Research Plan Updated\n"], texts[-2:]
        steps = sum("Planning Tools" in text for text in texts)
        more = [
            text
            for k in range(steps + 1, 12)
            for text in (
                *updated,
                f"\n## Step {k}: Planning Tools\n",
                f"\n## Analyzing Step {k}\n",
                f"\n## Step {k} Summary\nMore.\n",
            )
        ]
        return [*texts[:-2], *more, *last]

    script(patch, change)


@mutant("SCRIPT-005")
def tools_without_a_purpose(patch: Patch) -> None:
    """A tool's heading says nothing of its purpose."""
    script(patch, rewritten(r"## Executing web_search\n.*", "## Executing web_search\n"))


@mutant("SCRIPT-006")
def tools_never_finish(patch: Patch) -> None:
    """No tool has results."""
    script(patch, without("### Tool Results"))


@mutant("SCRIPT-007")
def steps_are_not_analysed(patch: Patch) -> None:
    """No step is analysed."""
    script(patch, without("## Analyzing Step"))


@mutant("SCRIPT-008")
def empty_summaries(patch: Patch) -> None:
    """A step's summary is its heading alone."""
    script(patch, rewritten(r"(## Step \d+ Summary\n).*", r"\1"))


@mutant("SCRIPT-009")
def the_plan_is_never_updated(patch: Patch) -> None:
    """No step ends with its plan updated."""
    script(patch, without("## Research Plan Updated"))


@mutant("SCRIPT-010")
def straight_to_the_answer(patch: Patch) -> None:
    """Nothing comes between the last step and the final answer."""
    script(patch, without("## Generating Final Answer"))


@mutant("SCRIPT-011")
def two_final_answers(patch: Patch) -> None:
    """The final answer comes twice."""
    script(patch, lambda texts: [*texts, texts[-1]])


@mutant("SCRIPT-012", "MODE-011")
def research_for_a_greeting(patch: Patch) -> None:
    """A greeting is researched."""
    patch(scripts, "needs_research", lambda was: lambda messages: True)


@mutant("SCRIPT-013")
def a_heading_of_its_own(patch: Patch) -> None:
    """A chunk has a heading that the contract does not know."""
    script(patch, lambda texts: [*texts[:-2], "\n## Thinking Again\n", *texts[-2:]])
