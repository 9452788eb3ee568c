"""Regular expressions that wait for their first use."""

import re

import pytest

from apex_mock.core.regex import regex


def test_it_does_what_a_compiled_one_does():
    """Whatever is asked of it, as often as it is asked."""
    lazy, compiled = regex(r"(?P<first>\w)\w*", re.I), re.compile(r"(?P<first>\w)\w*", re.I)
    for _ in range(2):
        assert lazy.findall("Some words") == compiled.findall("Some words")
        assert lazy.sub(r"\g<first>", "Some words") == "S w"
        assert lazy.groupindex == compiled.groupindex
    assert lazy.pattern == compiled.pattern


def test_it_is_compiled_when_it_is_used():
    """Not before: what is wrong with it shows then."""
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.search("")
