"""Breaks of chat answers and of the modes."""

from dataclasses import replace
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter

import apex_mock.mock as mocks
from apex_mock.auth import Gate
from apex_mock.core import checks, completion
from apex_mock.core.miners import Network
from apex_mock.core.types import FinishReason, Mode
from apex_mock.errors import InvalidRequest, Unauthenticated
from apex_mock.mock import ApexMock
from apex_mock.transports import sn1 as rest_routes
from apex_mock.wire import rpc, sn1, sse

from .mutant import Patch, mutant


def rest_request(patch: Patch, change: Any) -> None:
    """Changes a REST chat's request; `change` gets the body and the request."""
    patch(sn1.ChatBody, "to_request", lambda was: lambda self: change(self, was(self)))


def modes(patch: Patch, choose: Any) -> None:
    """Puts another rule in the place of the modes'; `choose` gets the rule, the name and the two switches."""
    for wire in (sn1, rpc):
        patch(
            wire,
            "mode_of",
            lambda was: (
                lambda name, *, mixture, test_time: choose(
                    lambda n=name, m=mixture, t=test_time: was(n, mixture=m, test_time=t), name, mixture, test_time
                )
            ),
        )


def rest_answer(patch: Patch, change: Any) -> None:
    """Changes a unary REST answer in place; `change` gets the plan and the answer."""

    def changed(was: Any) -> Any:
        def made(plan: Any) -> bytes:
            answer = orjson.loads(was(plan))
            change(plan, answer)
            return orjson.dumps(answer)

        return made

    patch(sn1, "completion", changed)


# --- Answers ----------------------------------------------------------------------------------------------------------


@mutant("CHAT-001")
def says_nothing(patch: Patch) -> None:
    """Every answer is a blank."""
    patch(completion, "answer", lambda was: lambda *args: " ")


@mutant("CHAT-002")
def another_object(patch: Patch) -> None:
    """A unary answer on REST calls itself a chunk."""
    rest_answer(patch, lambda plan, answer: answer.update(object="chat.completion.chunk"))


@mutant("CHAT-003")
def ids_of_the_request_alone(patch: Patch) -> None:
    """The same request gets the same id again."""
    patch(mocks, "ident", lambda was: lambda *names: was(*(names[:2] if names[-1] == "id" else names)))


@mutant("CHAT-004")
def created_in_milliseconds(patch: Patch) -> None:
    """created counts milliseconds on REST."""
    rest_answer(patch, lambda plan, answer: answer.update(created=plan.created * 1000))


@mutant("CHAT-005")
def default_is_a_name(patch: Patch) -> None:
    """The model Default answers as Default."""
    patch(Network, "answering_model", lambda was: lambda self, asked: asked or "Default")


@mutant("CHAT-006")
def one_model_for_all(patch: Patch) -> None:
    """Whatever model is asked for, the standard one answers."""
    patch(Network, "answering_model", lambda was: lambda self, asked: was(self, ""))


@mutant("CHAT-007", "STREAM-010")
def a_cut_is_not_told(patch: Patch) -> None:
    """finish_reason is stop also where max_new_tokens cut the text."""
    patch(mocks, "limit", lambda was: lambda text, request: (was(text, request)[0], FinishReason.STOP))


@mutant("CHAT-008")
def every_answer_is_cut(patch: Patch) -> None:
    """finish_reason is length also where nothing was cut."""
    patch(mocks, "limit", lambda was: lambda text, request: (was(text, request)[0], FinishReason.LENGTH))


@mutant("CHAT-009")
def another_default_temperature(patch: Patch) -> None:
    """The temperature that is not sent is 0."""
    patch(sn1, "DEFAULTS", lambda was: replace(was, temperature=0.0))


@mutant("CHAT-009")
def a_short_default(patch: Patch) -> None:
    """max_new_tokens that is not sent is 16."""
    patch(sn1, "DEFAULTS", lambda was: replace(was, max_new_tokens=16))


@mutant("CHAT-010")
def a_zero_is_a_zero(patch: Patch) -> None:
    """What is missing of partial sampling parameters on RPC counts as 0."""
    patch(
        rpc,
        "_sampling",
        lambda was: lambda sent: replace(was(sent), temperature=sent.temperature, do_sample=sent.do_sample),
    )


class StrictSampling(sn1.SamplingBody):
    model_config = ConfigDict(extra="forbid")


class StrictParameters(sn1.ChatBody):
    sampling_parameters: StrictSampling | None = None


class StrictBody(sn1.ChatBody):
    model_config = ConfigDict(extra="forbid")


def reads(model: type[BaseModel]) -> Any:
    return lambda was: TypeAdapter(model)


@mutant("CHAT-011")
def unknown_sampling_is_refused(patch: Patch) -> None:
    """Sampling parameters that nobody knows are an error."""
    patch(sn1, "_CHAT", reads(StrictParameters))


@mutant("CHAT-018")
def unknown_fields_are_refused(patch: Patch) -> None:
    """Fields on REST that nobody knows are an error."""
    patch(sn1, "_CHAT", reads(StrictBody))


@mutant("CHAT-018")
def n_answers(patch: Patch) -> None:
    """An answer on REST has two choices."""
    rest_answer(patch, lambda plan, answer: answer.update(choices=answer["choices"] * 2))


@mutant("CHAT-012")
def the_seed_is_forgotten(patch: Patch) -> None:
    """A seed that is sent changes nothing: each repetition draws another."""
    patch(ApexMock, "_seed_for", lambda was: lambda self, request, caller, ordinal, seed: 7919 * ordinal)


@mutant("CHAT-013")
def no_seed_is_one_seed(patch: Patch) -> None:
    """Who sends no seed always gets the same answer."""
    patch(ApexMock, "_seed_for", lambda was: lambda self, request, caller, ordinal, seed: request.seed or 0)


@mutant("CHAT-027")
def one_seed_for_all(patch: Patch) -> None:
    """Every seed gives the same text."""
    patch(
        ApexMock,
        "_make_draft",
        lambda was: lambda self, request, seed, *more: was(self, replace(request, seed=5), 5, *more),
    )


@mutant("CHAT-014")
def always_a_stream(patch: Patch) -> None:
    """REST streams whether or not it is asked to."""
    rest_request(patch, lambda body, request: replace(request, stream=True))


@mutant("CHAT-015")
def openais_limits_are_ignored(patch: Patch) -> None:
    """max_tokens and max_completion_tokens cut nothing."""
    patch(
        sn1.ChatBody,
        "_sampling",
        lambda was: lambda self: was(self.model_copy(update={"max_tokens": None, "max_completion_tokens": None})),
    )


@mutant("CHAT-016")
def openai_wins(patch: Patch) -> None:
    """OpenAI's max_tokens counts before Apex's max_new_tokens."""
    patch(
        sn1.ChatBody,
        "_sampling",
        lambda was: lambda self: replace(was(self), max_new_tokens=self.max_tokens or was(self).max_new_tokens),
    )


@mutant("CHAT-017")
def no_stop(patch: Patch) -> None:
    """An answer goes on after a stop sequence."""
    rest_request(patch, lambda body, request: replace(request, stop=()))


@mutant("CHAT-019")
def a_validators_key_is_refused(patch: Patch) -> None:
    """A request with a validator-key header is not let in."""

    def admit(was: Any) -> Any:
        async def admitted(self: Gate, raw: Any, *args: Any, **more: Any) -> Any:
            if any(name in (b"validator-key", "validator-key") for name, _ in raw):
                raise Unauthenticated("Invalid API key")
            return await was(self, raw, *args, **more)

        return admitted

    patch(Gate, "admit", admit)


@mutant("CHAT-020", "ERR-015")
def somebody_always_answers(patch: Patch) -> None:
    """Where none of the uids is a miner, another answers."""
    patch(Network, "named", lambda was: lambda self, uids: was(self, uids) or self.miners[:1])


@mutant("CHAT-021")
def one_stranger_spoils_it(patch: Patch) -> None:
    """A uid that nobody has beside one that somebody has is as if there were none."""
    patch(
        Network,
        "named",
        lambda was: lambda self, uids: was(self, uids) if all(uid in self.by_uid for uid in uids) else (),
    )


@mutant("CHAT-022")
def no_system_messages(patch: Patch) -> None:
    """The role system is refused."""
    patch(checks, "ROLES", lambda was: ("user", "assistant"))


@mutant("CHAT-023")
def json_is_not_given(patch: Patch) -> None:
    """json_format changes nothing."""
    patch(completion, "answer", lambda was: lambda request, *more: was(replace(request, json_format=False), *more))


@mutant("CHAT-024")
def a_lower_limit(patch: Patch) -> None:
    """max_new_tokens 4096, the SDK's own, is refused."""
    patch(checks, "MAX_TOKENS", lambda was: 2048)


@mutant("CHAT-025")
def another_default_task(patch: Patch) -> None:
    """A task that is not named is multi-step reasoning."""
    rest_request(patch, lambda body, request: request if body.task else replace(request, task="MultiStepReasoningTask"))


@mutant("CHAT-026", "WIRE-018")
def rest_has_seeds_of_its_own(patch: Patch) -> None:
    """The same seed means another one on REST."""
    rest_request(patch, lambda body, request: replace(request, seed=None if request.seed is None else request.seed + 1))


# --- Modes ------------------------------------------------------------------------------------------------------------


@mutant("MODE-001")
def reasoning_in_one_object(patch: Patch) -> None:
    """Chain-of-Thought on REST is a JSON object unless a stream is asked for."""

    class Without:
        CHAIN_OF_THOUGHT = None

    patch(rest_routes, "Mode", lambda was: Without)


@mutant("MODE-002")
def no_test_time(patch: Patch) -> None:
    """test_time_inference changes nothing."""
    modes(patch, lambda rule, name, mixture, test_time: rule(t=False))


@mutant("MODE-003")
def reasoning_backwards(patch: Patch) -> None:
    """The final answer comes first."""
    patch(ApexMock, "_script", lambda was: lambda self, request, seed: was(self, request, seed)[::-1])


@mutant("MODE-004")
def full_events_of_reasoning(patch: Patch) -> None:
    """Events of Chain-of-Thought have every field of a chunk."""
    patch(
        sse.Events,
        "__init__",
        lambda was: lambda self, plan: was(self, plan._replace(mode=Mode.BASE)),
    )


@mutant("MODE-005")
def a_mixture_of_choices(patch: Patch) -> None:
    """A mixture gives a choice for each of two miners."""

    def change(plan: Any, answer: Any) -> None:
        if plan.mode is Mode.MIXTURE:
            answer["choices"] *= 2

    rest_answer(patch, change)


@mutant("MODE-006")
def the_mixtures_name_is_unknown(patch: Patch) -> None:
    """inference_mode Mixture-of-Agents means nothing."""
    modes(patch, lambda rule, name, mixture, test_time: rule("" if name == "Mixture-of-Agents" else name))


@mutant("MODE-007")
def a_mixture_before_reasoning(patch: Patch) -> None:
    """Where both are asked for, it is a mixture."""
    modes(patch, lambda rule, name, mixture, test_time: Mode.MIXTURE if mixture else rule())


@mutant("MODE-008")
def fast_before_a_mixture(patch: Patch) -> None:
    """Where both are asked for, it is Reasoning-Fast."""
    modes(patch, lambda rule, name, mixture, test_time: rule(m=mixture and name != "Reasoning-Fast"))


@mutant("MODE-009")
def fast_reasoning_is_slow(patch: Patch) -> None:
    """Reasoning-Fast gives the script of research."""
    modes(patch, lambda rule, name, mixture, test_time: rule(t=test_time or name == "Reasoning-Fast"))


@mutant("MODE-010")
def base_is_a_mixture(patch: Patch) -> None:
    """inference_mode Base-Inference is a mixture."""
    modes(patch, lambda rule, name, mixture, test_time: rule(m=mixture or name == "Base-Inference"))


@mutant("MODE-012")
def a_mixture_streams(patch: Patch) -> None:
    """A mixture on REST is always a stream."""
    rest_request(patch, lambda body, request: replace(request, stream=request.stream or request.mode is Mode.MIXTURE))


@mutant("MODE-013")
def fast_is_base(patch: Patch) -> None:
    """Reasoning-Fast means nothing."""
    modes(patch, lambda rule, name, mixture, test_time: rule("" if name == "Reasoning-Fast" else name))


@mutant("MODE-014")
def reasoning_in_one_piece(patch: Patch) -> None:
    """Chain-of-Thought comes as one delta."""
    patch(ApexMock, "_script", lambda was: lambda self, request, seed: ("".join(was(self, request, seed)),))


# --- What is checked --------------------------------------------------------------------------------------------------


@mutant("ERR-003")
def an_empty_chat_is_answered(patch: Patch) -> None:
    """A chat without messages on RPC is refused without a word of messages."""

    def check(was: Any) -> Any:
        def checked(request: Any) -> None:
            if not request.messages:
                raise InvalidRequest("something is wrong")
            was(request)

        return checked

    patch(mocks, "check_chat", check)


@mutant("ERR-004")
def every_role_is_known(patch: Patch) -> None:
    """A role that nobody knows is taken for the user's."""

    class Every(tuple[str, ...]):
        def __contains__(self, role: object) -> bool:
            return True

    patch(checks, "ROLES", Every)
