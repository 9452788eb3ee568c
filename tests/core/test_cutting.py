"""Where a text ends: at a stop sequence, or at max_new_tokens."""

from hypothesis import given
from hypothesis import strategies as st

from apex_mock.core.cutting import limit
from apex_mock.core.prose import count_tokens
from apex_mock.core.types import ChatRequest, FinishReason, Message, Sampling

texts = st.text(min_size=1, max_size=120)
PROSE = "The capital of France is Paris. It lies on the Seine."


def ends(text: str, *, most: int = 10_000, stop: tuple[str, ...] = ()) -> tuple[str, int, FinishReason]:
    request = ChatRequest((Message("user", "x"),), sampling=Sampling(max_new_tokens=most), stop=stop)
    tokens, finish = limit(text, request)
    return "".join(tokens), len(tokens), finish


@given(texts, st.integers(1, 60))
def test_a_text_is_cut_between_tokens_at_the_limit(text, most):
    """It says length when that left something out, and only then."""
    whole = count_tokens(text)
    sent, count, finish = ends(text, most=most)
    assert text.startswith(sent)
    assert count == min(whole, most)
    assert finish is (FinishReason.LENGTH if whole > most else FinishReason.STOP)
    assert (sent == text) is (whole <= most)


@given(texts, st.lists(st.text(max_size=3), max_size=4).map(tuple))
def test_a_text_ends_before_the_first_stop_sequence(text, stop):
    """Whichever of them comes first; an empty one stops nothing."""
    sent, _, finish = ends(text, stop=stop)
    places = [text.find(s) for s in stop if s and s in text]
    assert sent == text[: min(places)] if places else sent == text
    assert finish is FinishReason.STOP


def test_the_first_of_several_stop_sequences_counts():
    """In the text's order, not in theirs."""
    assert ends(PROSE, stop=(" Paris", "nowhere", " capital", " France"))[0] == "The"


def test_a_stop_sequence_may_lie_across_tokens():
    """It is looked for in the text, not in its tokens."""
    assert ends(PROSE, stop=("ris. I",))[0] == "The capital of France is Pa"


def test_the_stop_comes_before_the_limit_is_counted():
    """A text that ends in time was not cut."""
    assert ends(PROSE, most=7, stop=(" Paris",)) == ("The capital of France is", 5, FinishReason.STOP)
    assert ends(PROSE, most=3, stop=(" Paris",)) == ("The capital of", 3, FinishReason.LENGTH)


def test_nothing_is_left_of_a_text_that_stops_at_once():
    """And it was not cut."""
    assert ends(PROSE, stop=("The",)) == ("", 0, FinishReason.STOP)
