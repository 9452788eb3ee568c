"""How miners err: by seed, what is asked and uid alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.conduct import SILENT, answering, failing, truncated, truncated_result
from apex_mock.core.miners import Failing
from apex_mock.core.types import WebResult
from apex_mock.errors import NoAnswer
from tests.core.worlds import miner

kinds = st.sampled_from(Failing)


@given(st.integers(), st.text(), kinds)
def test_a_reliable_miner_never_errs_and_a_broken_one_always_does(seed, asked, kind):
    """In the way that is its own."""
    assert failing(miner(1, reliability=1.0, failing=kind), seed, asked) is None
    assert failing(miner(1, reliability=0.0, failing=kind), seed, asked) is kind


def test_a_miner_errs_as_often_as_its_reliability_says():
    """Over many questions, each of them always with the same outcome."""
    one = miner(1, reliability=0.8)
    outcomes = [failing(one, 0, f"question {n}") for n in range(2000)]
    assert 300 < sum(o is not None for o in outcomes) < 500
    assert outcomes == [failing(one, 0, f"question {n}") for n in range(2000)]


@given(st.lists(st.tuples(kinds, st.booleans()), min_size=1, max_size=6))
def test_a_validator_takes_the_answers_of_those_that_do_not_fall_silent(conduct):
    """In the order in which the miners were asked; it says so when there is none."""
    asked = [miner(uid, reliability=float(sound), failing=kind) for uid, (kind, sound) in enumerate(conduct)]
    valid = [m for m, (kind, sound) in zip(asked, conduct, strict=True) if sound or kind not in SILENT]
    if valid:
        assert list(answering(asked, 0, "q")) == valid
    else:
        with pytest.raises(NoAnswer, match="No valid response received"):
            answering(asked, 0, "q")


@given(st.text(min_size=1, max_size=50), st.integers(0, 50), st.integers(0, 50))
def test_a_truncated_result_is_the_beginning_of_the_whole_one(content, start, end):
    """And its passage is still a part of its content."""
    relevant = content[min(start, end) : max(start, end)]
    cut = truncated_result(WebResult("u", content, relevant))
    assert content.startswith(cut.content)
    assert cut.relevant in cut.content
    assert cut.url == "u"
    assert len(truncated(content)) < len(content) or len(content) == 1
