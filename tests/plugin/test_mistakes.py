"""What a test gets wrong is told in one line at the test's own, and never taken for something else."""

import math
import textwrap

import pytest

MISTAKES = [
    ('apex.chat(promt="x")', "TypeError: no condition 'promt'; there are containing, equals, *"),
    ('apex.chat(mode="chain")', "ValueError: no mode 'chain'; there are base, mixture, *"),
    ('apex.chat(regex="(")', "ValueError: regex '(': *"),
    ('apex.chat("x").fails("unavailble")', "ValueError: no code 'unavailble'; there are canceled, *"),
    (
        'apex.chat("x").fails("unavailable", after_chunks=-1)',
        "ValueError: a stream breaks after 0 pieces or more, not -1",
    ),
    ('apex.chat("x").fails("unavailable", retry_after=-1)', "ValueError: retry_after is 0 seconds or more, not -1"),
    ('apex.chat("x").replies("y", finish_reason="stopp")', "ValueError: no finish_reason 'stopp'; there are stop, *"),
    ('apex.chat("x").then', "TypeError: chat(containing='x') has no answer yet*"),
    ('apex.fault("dorp")', "*BadRule: fault: there is no 'dorp'; there are error, *"),
    ('apex.fault("drop", aftr=3)', "*BadRule: a drop fault has no 'aftr', nor has a condition; there are after, *"),
    ('apex.verify(chat=0, transport="grcp")', "ValueError: no transport 'grcp'; there are rest, connect, *"),
    ('apex.verify(chat=0, outcome="fine")', "ValueError: no outcome 'fine'; there are ok, open, canceled, *"),
    ("apex.wait_for(chatt=1)", "ValueError: no operation 'chatt'; there are *"),
    ('apex.choose(profile="fst")', "*InvalidRequest: profile: there is no profile 'fst'; there are instant, *"),
    ('apex.choose(seed="x")', "ValueError: the seed is a whole number from 0 up to *, not 'x'"),
    ('apex.choose(strict="yes")', "ValueError: strict is True or False, not 'yes'"),
    ("apex.choose(research=5)", "ValueError: research is a word *, or a mapping *, not 5"),
    ("apex.choose(clock=[])", "ValueError: the clock is *not []"),
    ('apex.reset("stub")', "*InvalidRequest: what: no 'stub' to reset; there are *"),
    ("apex.clock.advance(-1)", "ValueError: time only moves forward: *"),
    ("apex.clock.set(5)", "ValueError: 5 is no time; write 2025-06-01T12:00:00Z"),
]


def test_a_mistake_is_told_at_the_tests_own_line(inner):
    """Every traceback has one entry: the line that is to be mended."""
    tests = "".join(f"\ndef test_{n}(apex):\n    {line}\n" for n, (line, _) in enumerate(MISTAKES))
    result = inner(tests, "--tb=short", "-W", "ignore", "-p", "no:xdist")
    result.assert_outcomes(failed=len(MISTAKES))
    shown = result.stdout.str()
    for n, (line, says) in enumerate(MISTAKES):
        result.stdout.fnmatch_lines([f"test_it.py:*: in test_{n}", f"    {line}", f"E   {says}"], consecutive=False)
        part = shown.partition(f" test_{n} __")[2].partition("apex-mock")[0]
        assert part.count(": in ") == 1, part


def test_what_is_no_mistake_keeps_its_traceback(inner):
    """What goes wrong within what a test hands over is shown where it went wrong."""
    result = inner(
        textwrap.dedent("""
        class Pieces:
            def __iter__(self):
                return iter(int("no number"))

        def test_it(apex):
            apex.chat("x").streams(Pieces())
        """),
        "--tb=short",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_it.py:*: in __iter__", "E   ValueError: invalid literal for int*"])


MARKED = [
    ("seed='x'", "the seed is a whole number from 0 up to *, not 'x'"),
    ("seed=True", "the seed is a whole number *, not True"),
    ("profile='fst'", "profile: there is no profile 'fst'; there are instant, *"),
    ("stubs='nothere.yaml'", "*nothere.yaml: No such file or directory"),
    ("stubs=3", "expected a stub or a list of stubs, not a number"),
    ("stubs=[{'when': {'promt': 'x'}, 'reply': 'y'}]", "stub 1: when.promt: there is no such key; *"),
    ("faults=['drop; aftr=3']", "fault 1 (drop; aftr=3): aftr: there is no such key; *"),
    ("clock='frozn'", "the clock is *; not 'frozn'"),
    ("strict='yes'", "strict is True or False, not 'yes'"),
    ("research='pols'", "research.progress: *"),
    ("surprises='no'", "surprises is True or False, not 'no'"),
    ("sed=3", "no option 'sed'; there are seed, profile, *"),
]


def test_a_wrong_marker_is_one_line(inner):
    """Without a traceback: there is none to learn from."""
    tests = "".join(f"\n@pytest.mark.apex({o})\ndef test_{n}(apex): pass\n" for n, (o, _) in enumerate(MARKED))
    result = inner(tests)
    result.assert_outcomes(errors=len(MARKED))
    for n, (_, says) in enumerate(MARKED):
        result.stdout.fnmatch_lines([f"*ERROR at setup of test_{n} *", f"@pytest.mark.apex: {says}"], consecutive=True)


def test_none_in_a_marker_is_as_if_it_were_not_there(inner):
    inner("@pytest.mark.apex(seed=None, stubs=None, faults=None, clock=None, strict=None)\ndef test_it(apex): pass")


@pytest.mark.parametrize("seconds", [math.nan, math.inf])
def test_time_moves_by_numbers(apex, seconds):
    for move in (apex.clock.advance, apex.clock.scale):
        with pytest.raises(ValueError, match="a number of"):
            move(seconds)


def test_who_goes_past_httpx_is_told_so(inner):
    """A test behind apex_respx that fails while nothing came has most likely a client of another kind."""
    result = inner(
        textwrap.dedent("""
        import httpx

        def test_past_it(apex_respx):
            raise ConnectionError("no such host")

        def test_through_it(apex_respx):
            asked = {"search_query": "bees"}
            httpx.post("https://sn1.api.macrocosmos.ai/web_retrieval", json=asked, headers={"api-key": "k"})
            raise ConnectionError("something else")
        """)
    )
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("gRPC clients and openai 3 go past it, to the real host. For them take apex.") == 1
