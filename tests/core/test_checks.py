"""What a request must satisfy on every wire; the error names the field and says what to mend."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.checks import ROLES, check_chat, check_id, check_search
from apex_mock.core.types import ChatRequest, Message, Sampling, SearchRequest
from apex_mock.errors import InvalidRequest

CHAT = ChatRequest((Message("user", "hello"),))
SEARCH = SearchRequest("salt", per_miner=1)


def refusal(check, request) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        check(request)
    return caught.value


@given(
    st.lists(st.builds(Message, st.sampled_from(ROLES), st.text(min_size=1).filter(str.strip)), min_size=1, max_size=4),
    st.builds(
        Sampling,
        st.floats(0, 100),
        st.floats(0, 1),
        st.floats(0, 1e9),
        st.integers(1, 2**31),
        st.booleans(),
    ),
)
def test_what_is_sound_passes(messages, sampling):
    """No role, no text and no setting within its bounds is refused."""
    check_chat(replace(CHAT, messages=tuple(messages), sampling=sampling))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((), "messages: at least one message is required"),
        ((Message("robot", "x"),), "messages.0.role: must be one of system, user, assistant, not 'robot'"),
        ((Message("user", "x"), Message("", "x")), "messages.1.role: must be one of system, user, assistant, not ''"),
        ((Message("user", " \n"),), "messages: at least one message must have content"),
    ],
)
def test_messages_need_a_known_role_and_something_to_answer(messages, said):
    """By the place of the first one that is wrong."""
    assert str(refusal(check_chat, replace(CHAT, messages=messages))) == said


@pytest.mark.parametrize(
    ("name", "value", "bound"),
    [
        ("temperature", -0.1, "at least 0"),
        ("temperature", 100.5, "between 0 and 100"),
        ("top_p", -1.0, "at least 0"),
        ("top_p", 1.5, "between 0 and 1"),
        ("top_k", -1.0, "at least 0"),
        ("max_new_tokens", 0, "at least 1"),
        ("max_new_tokens", -5, "at least 1"),
        ("max_new_tokens", 2**40, "between 1 and"),
        ("temperature", math.nan, "between 0 and 100"),
        ("top_p", math.inf, "between 0 and 1"),
        ("top_k", -math.inf, "at least 0"),
    ],
)
def test_sampling_has_bounds(name, value, bound):
    """NaN lies within none."""
    error = refusal(check_chat, replace(CHAT, sampling=replace(Sampling(), **{name: value})))
    assert error.field == ("sampling_parameters", name)
    assert error.problem.startswith(f"must be {bound}")


def test_a_timeout_is_not_negative():
    """Zero is no deadline of its own."""
    assert refusal(check_chat, replace(CHAT, timeout=-1)).field == ("timeout",)
    check_chat(replace(CHAT, timeout=0))


@pytest.mark.parametrize("query", ["", "  ", "\n\t"])
def test_a_search_needs_a_query(query):
    """Blanks are none."""
    assert refusal(check_search, replace(SEARCH, query=query)).field == ("search_query",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"n_miners": 0}, "n_miners"),
        ({"n_miners": -3}, "n_miners"),
        ({"n_miners": 100_000}, "n_miners"),
        ({"per_miner": 0}, "n_results"),
        ({"per_miner": None, "in_all": 0}, "n_results"),
        ({"max_response_time": 0}, "max_response_time"),
        ({"max_response_time": -1}, "max_response_time"),
    ],
)
def test_a_search_has_bounds(changes, field):
    """Named as the client calls them."""
    assert refusal(check_search, replace(SEARCH, **changes)).field == (field,)


@pytest.mark.parametrize("uid", [-1, 65_536, 2**70])
@pytest.mark.parametrize(("check", "request_"), [(check_chat, CHAT), (check_search, SearchRequest("q"))])
def test_a_uid_that_cannot_exist_is_refused(check, request_, uid):
    """By the place where it stands; the greatest that can exist passes."""
    check(replace(request_, uids=(0, 65_535)))
    with pytest.raises(InvalidRequest, match=r"uids\.1: a uid is between 0 and 65535"):
        check(replace(request_, uids=(0, uid)))


@pytest.mark.parametrize("value", ["", " "])
def test_an_id_is_required(value):
    """And named by its field."""
    with pytest.raises(InvalidRequest, match="job_id: an id is required"):
        check_id(value, "job_id")
    assert check_id("x", "job_id") == "x"
