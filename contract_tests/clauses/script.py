"""What the chunks of deep research say, in which order. The headings are literal."""

import re

from .. import expect
from ..clause import Nature, clause
from ..clients.base import Client
from ..jobs import follow, researched, steps
from ..operations import Op

COSTS = Nature.COSTS
BOTH = (Op.SUBMIT_JOB, Op.GET_JOB)
MOST_STEPS = 10
TOOL = "\n### Tool Results\nweb_search execution complete\n"


def texts(client: Client) -> list[str]:
    found = researched(client).texts
    expect.holds(len(found) > 5, "the chunks", "a research script", found)
    return found


@clause("SCRIPT-001", "V", *BOTH, nature=COSTS)
def plan_is_announced(client: Client) -> None:
    """The first chunk is the heading Generating Research Plan."""
    expect.equal(texts(client)[0], "## Generating Research Plan\n", "the first chunk")


@clause("SCRIPT-002", "V", *BOTH, nature=COSTS)
def plan_is_numbered(client: Client) -> None:
    """The second chunk is the heading Research Plan with a numbered list."""
    expect.matches(texts(client)[1], r"## Research Plan\n1\. \S.*\n", "the second chunk")


@clause("SCRIPT-003", "V", *BOTH, nature=COSTS)
def steps_are_counted(client: Client) -> None:
    """Each step begins with the heading Step k: Planning Tools, k counting from 1."""
    numbers = [int(m[1]) for text in texts(client) if (m := re.fullmatch(r"\n## Step (\d+): Planning Tools\n", text))]
    expect.holds(numbers, "steps", "at least one", numbers)
    expect.equal(numbers, list(range(1, len(numbers) + 1)), "the numbers of the steps")


@clause("SCRIPT-004", "V", *BOTH, nature=COSTS)
def at_most_ten_steps(client: Client) -> None:
    """There are at most ten steps."""
    count = len(steps(texts(client)))
    expect.holds(1 <= count <= MOST_STEPS, "the number of steps", "one to ten", count)


@clause("SCRIPT-005", "V", *BOTH, nature=COSTS)
def tools_are_executed(client: Client) -> None:
    """For each tool that a step uses there is the heading Executing web_search with its purpose."""
    used = [text for text in texts(client) if text.startswith("\n## Executing")]
    expect.holds(used, "tools", "at least one", used)
    for text in used:
        expect.matches(text, r"\n## Executing web_search\n[^\n]*\S[^\n]*\n", "a tool's chunk")


@clause("SCRIPT-006", "V", *BOTH, nature=COSTS)
def tools_finish(client: Client) -> None:
    """For each tool that finished there is the heading Tool Results, after its execution."""
    running = 0
    for text in texts(client):
        running += text.startswith("\n## Executing web_search")
        if text.startswith("\n### Tool Results"):
            expect.equal(text, TOOL, "the chunk of a finished tool")
            running -= 1
        expect.holds(running >= 0, "tools that finished", "no more than were executed", "one more")
    expect.equal(running, 0, "tools that never finished")


@clause("SCRIPT-007", "V", *BOTH, nature=COSTS)
def steps_are_analysed(client: Client) -> None:
    """Each step has the heading Analyzing Step k, after its tools."""
    for number, step in enumerate(steps(texts(client)), 1):
        expect.equal(step.count(f"\n## Analyzing Step {number}\n"), 1, f"how often step {number} is analysed")
        at = step.index(f"\n## Analyzing Step {number}\n")
        after = [text for text in step[at:] if text.startswith(("\n## Executing", "\n### Tool"))]
        expect.equal(after, [], f"tools after the analysis of step {number}")


@clause("SCRIPT-008", "V", *BOTH, nature=COSTS)
def steps_are_summed_up(client: Client) -> None:
    """Each step has the heading Step k Summary with a summary, after its analysis."""
    for number, step in enumerate(steps(texts(client)), 1):
        summaries = [
            i for i, text in enumerate(step) if re.fullmatch(rf"(?s)\n## Step {number} Summary\n.*\S.*\n", text)
        ]
        expect.equal(len(summaries), 1, f"how often step {number} is summed up")
        analysed = step.index(f"\n## Analyzing Step {number}\n") if f"\n## Analyzing Step {number}\n" in step else -1
        expect.holds(analysed < summaries[0], f"step {number}", "the summary after the analysis", "before it")


@clause("SCRIPT-009", "V", *BOTH, nature=COSTS)
def plans_are_updated(client: Client) -> None:
    """Each step but the last ends with the headings Updating Research Plan and, later, Research Plan Updated."""
    *earlier, last = steps(texts(client))
    for number, step in enumerate(earlier, 1):
        updates = [text for text in step if "Research Plan" in text]
        expected = ["\n## Updating Research Plan\n", "\n## Research Plan Updated\n"]
        expect.equal([text.splitlines()[1] + "\n" for text in updates], [e[1:] for e in expected], f"step {number}")
    expect.equal([text for text in last if "Updating Research Plan" in text], [], "updates after the last step")


@clause("SCRIPT-010", "V", *BOTH, nature=COSTS)
def the_answer_is_announced(client: Client) -> None:
    """After the last step comes the heading Generating Final Answer, and then only the final answer."""
    expect.equal(texts(client)[-2], "\n## Generating Final Answer\n", "the chunk before the last")


@clause("SCRIPT-011", "V", *BOTH, nature=COSTS)
def the_answer_comes_last(client: Client) -> None:
    """The last chunk is the heading Final Answer with the answer, and there is one."""
    found = [i for i, text in enumerate(texts(client)) if text.startswith("\n## Final Answer\n")]
    expect.equal(found, [len(texts(client)) - 1], "where final answers are")
    expect.matches(texts(client)[-1], r"\n## Final Answer\n.*\S.*\n", "the last chunk")


@clause("SCRIPT-012", "V", *BOTH, nature=COSTS)
def a_greeting_is_one_chunk(client: Client) -> None:
    """A question that needs no research gets its direct answer as the only chunk."""
    found = follow(client, "Hello!")
    expect.equal(found.last.get("status"), "completed", "status")
    expect.equal(len(found.texts), 1, "the number of chunks")
    expect.filled(found.texts[0], "the only chunk")
    expect.holds("## " not in found.texts[0], "the only chunk", "no headings of research", found.texts[0])


@clause("SCRIPT-013", "V", *BOTH, nature=COSTS)
def nothing_else_is_said(client: Client) -> None:
    """Every chunk is one of the contract's: its heading is known."""
    known = (
        r"## (Generating Research Plan|Research Plan)\n.*|\n## (Step \d+: Planning Tools|Executing web_search"
        r"|Analyzing Step \d+|Step \d+ Summary|Updating Research Plan|Research Plan Updated|Generating Final Answer"
        r"|Final Answer)\n.*|\n### Tool Results\n.*"
    )
    for text in texts(client):
        expect.matches(text, known, "a chunk")
