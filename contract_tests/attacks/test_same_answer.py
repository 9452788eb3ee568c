"""The same request gets the same answer over every wire: the same error, word for word, or the same content."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from ..answer import Answer
from ..clients import open_wires
from ..clients.base import Client
from ..control import Control
from ..operations import OPERATIONS, Op, Transport
from ..target import Target
from .effort import attack
from .messages import WORDS, bodies, with_ids

RPCS = [operation for operation, told in OPERATIONS.items() if told.input is not None]
WIRES = (Transport.CONNECT, Transport.GRPC)


@pytest.fixture(scope="module")
def caller(attacked: Target) -> Iterator[Client]:
    """One caller, whose clock stands still and whose world can begin anew."""
    if not attacked.control or not attacked.exact:
        pytest.skip("the same answer twice needs a fake whose world can begin anew")
    wires = open_wires(attacked)
    control = Control(attacked, "same-answer")
    control.freeze()
    yield Client(wires, Transport.CONNECT, "same-answer", control=control)
    control.close()
    for wire in wires.values():
        wire.close()


def told(answer: Answer) -> Any:
    """All that an answer says, whichever wire brought it."""
    return answer.code, answer.message, answer.value, answer.events


def fresh(caller: Client) -> tuple[str, str]:
    """The world as it was at first, with one chat and its row: the same ids every time."""
    caller.control.forget()
    made = caller.call(Op.CREATE_CHAT, {"user_prompt": "Say hello.", "chat_type": "apex", "completion_type": "basic"})
    return made.value["parsed_chat"]["id"], made.value["parsed_completion"]["id"]


@pytest.mark.parametrize("operation", RPCS)
@attack(2.5)
@given(data=st.data())
def test_connect_json_and_grpc_say_the_same(caller: Client, operation: Op, data: st.DataObject) -> None:
    """Any request, sensible or not; no request is an unknown or internal error on either."""
    body = data.draw(bodies(operation))
    answers = {}
    for wire in WIRES:
        ids = fresh(caller)
        client = caller.over(wire)
        answers[wire] = told(client.call(operation, with_ids(body, *ids)))
        note(client.command())
    connect, grpc = answers[Transport.CONNECT], answers[Transport.GRPC]
    assert connect == grpc
    assert connect[0] in ("ok", "invalid_argument", "not_found", "unavailable"), connect


CHATS = st.fixed_dictionaries(
    {
        "messages": st.lists(
            st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": WORDS}), min_size=1
        ),
        "seed": st.integers(0, 1_000_000),
    },
    optional={
        "mixture": st.booleans(),
        "json_format": st.booleans(),
        "sampling_parameters": st.fixed_dictionaries(
            {
                "temperature": st.floats(0, 2),
                "top_p": st.floats(0.01, 1),
                "top_k": st.integers(1, 100),
                "max_new_tokens": st.integers(1, 300),
                "do_sample": st.booleans(),
            }
        ),
    },
)


@attack(3)
@given(body=CHATS)
def test_a_chat_says_the_same_streamed_or_not_over_three_wires(caller: Client, body: dict[str, Any]) -> None:
    """One text, one end and one model, six times."""
    seen = {}
    for wire in (*WIRES, Transport.REST):
        for operation in (Op.CHAT, Op.STREAM):
            caller.control.forget()
            client = caller.over(wire)
            answer = client.call(operation, body)
            note(client.command())
            assert answer.ok, answer.message
            model = answer.events[0]["model"] if answer.events else answer.value["model"]
            seen[wire, operation] = (answer.text, answer.finish_reason, model)
    assert len(set(seen.values())) == 1, seen
