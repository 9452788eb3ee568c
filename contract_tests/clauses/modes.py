"""Modes of inference: which of them a request asks for, and what each does to the answer."""

from typing import Any

from .. import expect
from ..answer import Answer
from ..clause import Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .chat import DEFAULTS, STORY

COSTS = Nature.COSTS
QUESTION = "How do ocean currents shape the climate of Europe, and what could change it?"
PLAN = "## Generating Research Plan\n"
COT: dict[str, Any] = {"inference_mode": "Chain-of-Thought"}
TEST_TIME: dict[str, Any] = {"test_time_inference": True}
MIXTURE: dict[str, Any] = {"mixture": True}


def reasoned(client: Client, prompt: str = QUESTION, **fields: Any) -> Answer:
    return expect.succeeds(client.chat(prompt, seed=3, sampling_parameters=DEFAULTS, **fields))


def begins_with_a_plan(answer: Answer, what: str) -> None:
    expect.holds(answer.text.startswith(PLAN), what, repr(PLAN), repr(answer.text[:60]), answer)


@clause("MODE-001", "V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def chain_of_thought_streams(client: Client) -> None:
    """On REST Chain-of-Thought is always an event stream, whatever stream says."""
    streams: list[dict[str, Any]] = [{}, {"stream": False}]
    for fields in streams:
        answer = reasoned(client, **COT, **fields)
        expect.matches(
            answer.headers.get("content-type"), r"text/event-stream.*", f"content-type with {fields}", answer
        )
        expect.equal(answer.done, True, "whether [DONE] came", answer)


@clause("MODE-002", "V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def test_time_streams(client: Client) -> None:
    """On REST test_time_inference is always an event stream."""
    answer = reasoned(client, **TEST_TIME)
    expect.matches(answer.headers.get("content-type"), r"text/event-stream.*", "content-type", answer)


@clause("MODE-003", "V", Op.CHAT, nature=COSTS, without=[Transport.OPENAI])
def chain_of_thought_reasons(client: Client) -> None:
    """Chain-of-Thought answers with the script of deep research: a plan first, the final answer last."""
    answer = reasoned(client, **COT)
    begins_with_a_plan(answer, "the text's beginning")
    expect.holds("\n## Final Answer\n" in answer.text, "the text", "a final answer", repr(answer.text[-80:]), answer)


@clause("MODE-004", "V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def only_the_content(client: Client) -> None:
    """Events of Chain-of-Thought hold only choices[0].delta.content."""
    answer = reasoned(client, **COT)
    for event in answer.raw_events:
        choices = event.get("choices", [{}])
        found = (sorted(event), [sorted(choice) for choice in choices], sorted(choices[0].get("delta", {})))
        expect.equal(found, (["choices"], [["delta"]], ["content"]), "the fields of an event", answer)


@clause("MODE-005", "V", Op.CHAT, nature=COSTS)
def mixture_answers(client: Client) -> None:
    """A mixture answers as one assistant, once."""
    answer = reasoned(client, STORY, **MIXTURE)
    expect.equal(len(answer.value.get("choices", [])), 1, "the number of choices", answer)
    expect.filled(answer.text, "the text", answer)


@clause("MODE-006", "V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def mixture_by_name(client: Client) -> None:
    """The inference_mode Mixture-of-Agents means what mixture true means, and not what neither means."""
    flag, name = reasoned(client, **MIXTURE), reasoned(client, inference_mode="Mixture-of-Agents")
    expect.equal(name.text, flag.text, "the text by Mixture-of-Agents", name)
    plain = reasoned(client)
    expect.holds(plain.text != flag.text, "the text of a mixture", "another than one miner's", flag.text[:80], flag)


@clause("MODE-007", "V", Op.CHAT, nature=COSTS, without=[Transport.OPENAI])
def reasoning_before_mixture(client: Client) -> None:
    """Where a request asks for reasoning and for a mixture, it gets reasoning."""
    begins_with_a_plan(reasoned(client, **TEST_TIME, **MIXTURE), "the text with test_time_inference and mixture")
    begins_with_a_plan(reasoned(client, **COT, **MIXTURE), "the text with Chain-of-Thought and mixture")


@clause("MODE-008", "V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def mixture_before_fast(client: Client) -> None:
    """Where a request asks for a mixture and for Reasoning-Fast, it gets the mixture."""
    both, mixture = reasoned(client, **MIXTURE, inference_mode="Reasoning-Fast"), reasoned(client, **MIXTURE)
    expect.equal(both.text, mixture.text, "the text with mixture and Reasoning-Fast", both)


@clause("MODE-009", "V", Op.CHAT, nature=COSTS)
def reasoning_fast_answers(client: Client) -> None:
    """The inference_mode Reasoning-Fast gives an answer in one piece, without the script of research."""
    answer = reasoned(client, inference_mode="Reasoning-Fast")
    expect.filled(answer.text, "the text", answer)
    expect.holds(PLAN not in answer.text, "the text", "no research plan", repr(answer.text[:60]), answer)


@clause("MODE-010", "V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def base_inference(client: Client) -> None:
    """The inference_mode Base-Inference means what no mode means."""
    plain, named = reasoned(client), reasoned(client, inference_mode="Base-Inference")
    expect.equal(named.text, plain.text, "the text by Base-Inference", named)


@clause("MODE-011", "V", Op.CHAT, nature=COSTS, without=[Transport.OPENAI])
def a_greeting_needs_no_research(client: Client) -> None:
    """A question that needs no research is answered at once, also in Chain-of-Thought."""
    answer = reasoned(client, "Hello!", **COT)
    expect.filled(answer.text, "the text", answer)
    expect.holds("## " not in answer.text, "the text", "no headings of research", repr(answer.text[:80]), answer)


@clause("MODE-012", "V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def other_modes_do_not_stream(client: Client) -> None:
    """On REST a mixture and Reasoning-Fast are one JSON object unless a stream is asked for."""
    modes: list[dict[str, Any]] = [MIXTURE, {"inference_mode": "Reasoning-Fast"}]
    for fields in modes:
        answer = reasoned(client, "Name a colour.", **fields)
        expect.matches(answer.headers.get("content-type"), r"application/json.*", f"content-type of {fields}", answer)


@clause("MODE-013", "V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def reasoning_fast_is_another_task(client: Client) -> None:
    """Reasoning-Fast is another task than the base mode: its answer to a hard question is another."""
    fast, plain = reasoned(client, inference_mode="Reasoning-Fast"), reasoned(client)
    expect.holds(fast.text != plain.text, "the text", "another than the base mode's", repr(fast.text[:80]), fast)


@clause("MODE-014", "V", Op.STREAM, nature=COSTS, without=[Transport.OPENAI])
def reasoning_streams_on_rpc_too(client: Client) -> None:
    """Streamed, Chain-of-Thought comes as several deltas that begin with the plan."""
    answer = expect.succeeds(client.stream(QUESTION, sampling_parameters=DEFAULTS, **COT))
    begins_with_a_plan(answer, "the streamed text's beginning")
    expect.holds(len(answer.deltas) > 1, "the number of deltas", "more than one", len(answer.deltas), answer)
