"""Chat completions: what one answer holds, which model gives it, and what sampling parameters mean."""

import json
from typing import Any

from .. import expect
from ..clause import RPC, WIRES, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport

STANDARD = "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"
DOCUMENTED = "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4"
DEFAULTS = {"temperature": 0.7, "top_p": 0.95, "top_k": 50, "max_new_tokens": 1024, "do_sample": True}
STORY = "Write a short story about a cosmonaut learning to paint."
NO_SUCH_UID = 65_000
COSTS = Nature.COSTS
OPENAI_SHAPED = (Transport.REST, Transport.OPENAI)


@clause("CHAT-001", "D1 D2", Op.CHAT, nature=COSTS)
def one_choice(client: Client) -> None:
    """An answer has one choice, whose message is the assistant's and says something."""
    answer = expect.succeeds(client.chat())
    expect.equal(len(answer.value.get("choices", [])), 1, "the number of choices", answer)
    expect.equal(answer.choice["message"]["role"], "assistant", "choices[0].message.role", answer)
    expect.filled(answer.text, "choices[0].message.content", answer)


@clause("CHAT-002", "D1 D2", Op.CHAT, nature=COSTS)
def object_is_chat_completion(client: Client) -> None:
    """The object of an answer is chat.completion."""
    answer = expect.succeeds(client.chat())
    expect.equal(answer.value.get("object"), "chat.completion", "object", answer)


@clause("CHAT-003", "D1 D2", Op.CHAT, nature=COSTS)
def ids_differ(client: Client) -> None:
    """Each answer has an id of its own, also when the same is asked twice."""
    ids = [expect.succeeds(client.chat(seed=1)).value.get("id") for _ in range(2)]
    for id in ids:
        expect.filled(id, "id")
    expect.distinct(ids, "the ids of two answers")


@clause("CHAT-004", "D1 D2", Op.CHAT, nature=COSTS)
def created_in_seconds(client: Client) -> None:
    """The field created is a time in whole seconds since 1970."""
    answer = expect.succeeds(client.chat())
    created = answer.value.get("created")
    plausible = isinstance(created, int) and 1_600_000_000 < created < 10_000_000_000
    expect.holds(plausible, "created", "seconds since 1970", created, answer)


@clause("CHAT-005", "D1 V", Op.CHAT, nature=COSTS)
def standard_model(client: Client) -> None:
    """A request without a model, or with the model Default, is answered by the standard model, under its name."""
    without: dict[str, Any] = {} if client.transport is not Transport.OPENAI else {"model": ""}
    default: dict[str, Any] = {"model": "Default"}
    for asked in (without, default):
        answer = expect.succeeds(client.chat(**asked))
        expect.equal(answer.value.get("model"), STANDARD, f"model, when {asked or 'none'} was asked for", answer)


@clause("CHAT-006", "D2", Op.CHAT, nature=COSTS)
def named_model(client: Client) -> None:
    """A model that is asked for by its name answers under that name: the page's example model does."""
    answer = expect.succeeds(client.chat(model=DOCUMENTED))
    expect.equal(answer.value.get("model"), DOCUMENTED, "model", answer)


@clause("CHAT-007", "D1 V", Op.CHAT, nature=COSTS)
def cut_says_length(client: Client) -> None:
    """An answer that max_new_tokens cut has the finish_reason length."""
    answer = expect.succeeds(client.chat(STORY, sampling_parameters={**DEFAULTS, "max_new_tokens": 5}))
    expect.equal(answer.finish_reason, "length", "finish_reason", answer)
    expect.filled(answer.text, "the text", answer)


@clause("CHAT-008", "D1 D2", Op.CHAT, nature=COSTS)
def whole_says_stop(client: Client) -> None:
    """An answer that was not cut has the finish_reason stop."""
    answer = expect.succeeds(client.chat("Answer with one word: hello.", sampling_parameters=DEFAULTS))
    expect.equal(answer.finish_reason, "stop", "finish_reason", answer)


@clause("CHAT-009", "D2", Op.CHAT, nature=COSTS, needs=[Need.EXACT], without=[Transport.SDK])
def sampling_defaults(client: Client) -> None:
    """Sampling parameters default to temperature 0.7, top_p 0.95, top_k 50, max_new_tokens 1024, do_sample true."""
    plain = expect.succeeds(client.chat(STORY, seed=11))
    spelled = expect.succeeds(client.chat(STORY, seed=11, sampling_parameters=DEFAULTS))
    expect.equal(spelled.text, plain.text, "the text with the defaults spelled out")
    greedy = expect.succeeds(client.chat(STORY, seed=11, sampling_parameters={**DEFAULTS, "do_sample": False}))
    expect.holds(greedy.text != plain.text, "the text without do_sample", "another than the default's", greedy.text)


@clause("CHAT-010", "D2 V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def partial_sampling(client: Client) -> None:
    """Of sampling parameters that are only partly given, the others take their defaults."""
    parameters = {**DEFAULTS, "max_new_tokens": 24}
    whole = expect.succeeds(client.chat(STORY, seed=11, sampling_parameters=parameters))
    part = expect.succeeds(client.chat(STORY, seed=11, sampling_parameters={"max_new_tokens": 24}))
    expect.equal(part.text, whole.text, "the text with max_new_tokens alone")
    rest = expect.succeeds(client.chat(STORY, seed=11, sampling_parameters={"temperature": 0.7}))
    expect.equal(rest.finish_reason, "stop", "finish_reason with temperature alone", rest)


@clause("CHAT-011", "V", Op.CHAT, nature=COSTS, transports=(Transport.REST, Transport.CONNECT, Transport.OPENAI))
def more_sampling_is_ignored(client: Client) -> None:
    """Sampling parameters that the contract does not know are ignored."""
    parameters = {**DEFAULTS, "max_new_tokens": 16, "repetition_penalty": 1.1, "min_p": 0.05}
    expect.filled(expect.succeeds(client.chat(sampling_parameters=parameters)).text, "the text")


@clause("CHAT-012", "D2 SDK", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def same_seed_same_text(client: Client) -> None:
    """The same request with the same seed gives the same text."""
    first, second = (expect.succeeds(client.chat(STORY, seed=123)) for _ in range(2))
    expect.equal(second.text, first.text, "the second text", second)


@clause("CHAT-013", "D1 D2", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def no_seed_draws_one(client: Client) -> None:
    """Without a seed one is drawn for each request: a story that is asked for six times is not always the same."""
    texts = [expect.succeeds(client.chat(STORY)).text for _ in range(6)]
    expect.holds(len(set(texts)) > 1, "six answers", "more than one text", f"six times {texts[0][:80]!r}")


@clause("CHAT-014", "D2 V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def not_streamed_unless_asked(client: Client) -> None:
    """Without stream, and with stream false, the answer is one JSON object and no event stream."""
    asked: list[dict[str, Any]] = [{}, {"stream": False}]
    for fields in asked:
        answer = expect.succeeds(client.chat(**fields))
        kind = answer.headers.get("content-type", "")
        expect.matches(kind, r"application/json.*", "content-type", answer)


@clause("CHAT-015", "V", Op.CHAT, nature=COSTS, transports=OPENAI_SHAPED)
def openai_limits(client: Client) -> None:
    """OpenAI's max_tokens and max_completion_tokens cut an answer where Apex's own field says nothing."""
    for name in ("max_tokens", "max_completion_tokens"):
        body = {"messages": [{"role": "user", "content": STORY}], name: 5}
        answer = expect.succeeds(client.call(Op.CHAT, body))
        expect.equal(answer.finish_reason, "length", f"finish_reason with {name} 5", answer)


@clause("CHAT-016", "V", Op.CHAT, nature=COSTS, transports=OPENAI_SHAPED)
def apex_wins(client: Client) -> None:
    """Where both say something, Apex's sampling parameters win over OpenAI's."""
    answer = expect.succeeds(client.chat(STORY, sampling_parameters={**DEFAULTS, "max_new_tokens": 5}, max_tokens=400))
    expect.equal(answer.finish_reason, "length", "finish_reason with max_new_tokens 5 and max_tokens 400", answer)


@clause("CHAT-017", "V", Op.CHAT, nature=COSTS, transports=OPENAI_SHAPED)
def stop_sequences(client: Client) -> None:
    """An answer ends before OpenAI's stop, a text or a list of them."""
    for stop in (" the", ["\n", " the"]):
        answer = expect.succeeds(client.chat(STORY, stop=stop))
        expect.holds(" the" not in answer.text, f"the text with stop {stop!r}", "no ' the' in it", answer.text, answer)


@clause("CHAT-018", "V", Op.CHAT, nature=COSTS, transports=OPENAI_SHAPED)
def openai_fields_are_ignored(client: Client) -> None:
    """OpenAI's n and user, and fields that nobody knows, change nothing: there is one choice."""
    answer = expect.succeeds(client.chat(n=3, user="somebody", logit_bias={}, nobody_knows={"this": []}))
    expect.equal(len(answer.value.get("choices", [])), 1, "the number of choices", answer)


@clause("CHAT-019", "V", Op.CHAT, nature=COSTS, transports=[Transport.REST])
def validator_key_is_ignored(client: Client) -> None:
    """A validator-key header is ignored."""
    body = {"messages": [{"role": "user", "content": "Say hello."}], "sampling_parameters": {"max_new_tokens": 16}}
    expect.succeeds(client.call(Op.CHAT, body, headers={"validator-key": "nobody's"}))


@clause("CHAT-020", "V", Op.CHAT, nature=COSTS)
def no_available_miners(client: Client) -> None:
    """When none of the uids is a miner there is no answer: "No available miners", 500 on REST, unavailable on RPC."""
    answer = expect.fails(client.chat(uids=[NO_SUCH_UID]), "unavailable", status=500)
    expect.holds("No available miners" in answer.message, "the message", "No available miners", answer.message, answer)


@clause("CHAT-021", "D2 V", Op.CHAT, Op.AVAILABLE_MINERS, nature=COSTS)
def named_miners_answer(client: Client) -> None:
    """Miners that are named by uids answer, and a uid that nobody has does not matter beside one that somebody has."""
    found = expect.succeeds(client.call(Op.AVAILABLE_MINERS, {"task": "InferenceTask", "k": 1}))
    uids = list(found.raw)
    expect.filled(expect.succeeds(client.chat(uids=[NO_SUCH_UID, *uids])).text, "the text")


@clause("CHAT-022", "D1 D2", Op.CHAT, nature=COSTS)
def conversations(client: Client) -> None:
    """A conversation may hold messages of the roles system, user and assistant."""
    messages = [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "What is the capital of France?"},
        {"role": "assistant", "content": "Paris."},
        {"role": "user", "content": "And of Italy?"},
    ]
    body = {"messages": messages, "sampling_parameters": {**DEFAULTS, "max_new_tokens": 64}}
    expect.filled(expect.succeeds(client.call(Op.CHAT, body)).text, "the text")


@clause("CHAT-023", "D2 V", Op.CHAT, nature=COSTS)
def json_format(client: Client) -> None:
    """With json_format the answer's text is JSON."""
    prompt = "Give the name and the capital of France."  # without a word of JSON, which would be enough
    answer = expect.succeeds(client.chat(prompt, json_format=True, sampling_parameters=DEFAULTS))
    text = answer.text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        json.loads(text)
    except ValueError:
        raise expect.Broken("the text", "JSON", repr(answer.text), answer) from None


@clause("CHAT-024", "SDK", Op.CHAT, nature=COSTS, transports=RPC)
def sdk_parameters(client: Client) -> None:
    """What the SDK sends of itself, max_new_tokens 4096 and a timeout among it, is accepted."""
    parameters = {"temperature": 0.7, "top_p": 0.95, "max_new_tokens": 4096, "do_sample": True}
    answer = client.chat("Answer with one word: hello.", sampling_parameters=parameters, timeout=120, stream=False)
    expect.filled(expect.succeeds(answer).text, "the text")


@clause("CHAT-025", "D2 V", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def default_task(client: Client) -> None:
    """The task defaults to InferenceTask."""
    plain = expect.succeeds(client.chat(STORY, seed=5))
    named = expect.succeeds(client.chat(STORY, seed=5, task="InferenceTask"))
    expect.equal(named.text, plain.text, "the text with the task named", named)


@clause("CHAT-026", "D1 D2", Op.CHAT, nature=COSTS, transports=[Transport.REST], needs=[Need.EXACT])
def same_over_every_wire(client: Client) -> None:
    """The same request with the same seed gives the same text over REST, Connect and gRPC."""
    texts = {wire: expect.succeeds(client.over(wire).chat(STORY, seed=77)).text for wire in WIRES}
    for wire, text in texts.items():
        expect.equal(text, texts[Transport.REST], f"the text over {wire}")


@clause("CHAT-027", "D2", Op.CHAT, nature=COSTS, needs=[Need.EXACT])
def seeds_matter(client: Client) -> None:
    """Six different seeds do not all give the same story."""
    texts = [expect.succeeds(client.chat(STORY, seed=seed)).text for seed in range(6)]
    expect.holds(len(set(texts)) > 1, "six answers", "more than one text", f"six times {texts[0][:80]!r}")
