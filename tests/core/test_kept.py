"""What pure functions keep is bounded in bytes, not in entries alone."""

from apex_mock.core.kept import LONGEST, kept
from apex_mock.core.prose import tokens, words
from apex_mock.wire import rpc, sn1


def test_a_short_text_is_worked_out_once_and_a_long_one_each_time():
    """The answer is the same; only the short one stays."""
    asked = []

    @kept(10, longest=5)
    def length(text: str, more: int = 0) -> int:
        asked.append(text)
        return len(text) + more

    assert [length("short"), length("short"), length("short", 1)] == [5, 5, 6]
    assert [length("longer"), length("longer")] == [6, 6]
    assert asked == ["short", "short", "longer", "longer"]
    assert length.cache_info().currsize == 2


def test_no_cache_on_the_way_of_an_answer_keeps_a_long_text():
    """A stub's reply, a prompt or one endless word may have megabytes."""
    long = "x" * (LONGEST + 1)
    caches = (tokens.tokenize, sn1.quoted, sn1._kept_choice, rpc._whole_choice, rpc._choice)
    before = [cache.cache_info().currsize for cache in caches]
    tokens.tokenize(long)
    sn1.quoted(long)
    sn1._kept_choice(long, "stop", ())
    rpc._whole_choice(long, "stop")
    rpc._choice(long, "", "")
    assert [cache.cache_info().currsize for cache in caches] == before
    stems = words._stem.cache_info().currsize
    words.stem(long)
    assert words._stem.cache_info().currsize == stems
