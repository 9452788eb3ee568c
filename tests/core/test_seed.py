"""Randomness: a pure function of a seed and of names."""

import re

from hypothesis import given
from hypothesis import strategies as st

from apex_mock.seed import digest, fraction, ident, rng

names = st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=4).map(tuple)
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@given(st.integers(), names)
def test_the_same_names_lead_to_the_same_values(seed, path):
    """Asked again, every one of them says the same."""
    assert rng(seed, *path).random() == rng(seed, *path).random()
    assert ident(seed, *path) == ident(seed, *path)
    assert fraction(seed, *path) == fraction(seed, *path)


@given(st.tuples(st.integers(), names), st.tuples(st.integers(), names))
def test_other_names_lead_to_other_values(one, other):
    """Seed, names, their types, their borders and their order all count."""
    same = [(type(n), n) for n in (one[0], *one[1])] == [(type(n), n) for n in (other[0], *other[1])]
    assert (digest(one[0], *one[1]) == digest(other[0], *other[1])) is same


def test_borders_between_names_count():
    """("ab",) is not ("a", "b"), and 1 is not "1"."""
    assert len({digest(0, "ab"), digest(0, "a", "b"), digest(0, "b", "a"), digest(0, 1), digest(0, "1")}) == 5


@given(st.integers(), names)
def test_a_fraction_is_at_least_zero_and_below_one(seed, path):
    """So that it can be compared with a share, and multiplied without passing a limit."""
    assert 0 <= fraction(seed, *path) < 1


@given(st.integers(), names)
def test_an_id_has_the_form_of_a_version_4_uuid(seed, path):
    """Clients that parse ids as UUIDs can."""
    assert UUID4.fullmatch(ident(seed, *path))


def test_a_generator_of_one_purpose_does_not_move_another():
    """Drawing from one leaves the other where it was."""
    first = rng(3, "latency")
    expected = rng(3, "text").random()
    for _ in range(10):
        first.random()
    assert rng(3, "text").random() == expected


def test_a_lone_surrogate_is_a_name_like_any_other():
    """Python callers may pass text that is not valid Unicode."""
    assert digest(0, "\ud800") != digest(0, "\udfff")
