"""The options' values: how they are written, and what is said of those that cannot be read."""

from argparse import Namespace

import pytest

from apexload import options
from apexload.options import BadOption


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("60s", 60), ("1.5m", 90), ("250ms", 0.25), ("1h", 3600), ("2min", 120)]
)
def test_a_time_has_a_unit(text, seconds):
    """Seconds without one."""
    assert options.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "rate"), [("200/s", 200), ("200", 200), ("600/min", 10), ("0.5 / s", 0.5)])
def test_a_rate_is_arrivals_in_a_time(text, rate):
    """A second without one."""
    assert options.rate(text) == pytest.approx(rate)


@pytest.mark.parametrize(("text", "pause"), [("1-3s", (1, 3)), ("100-250ms", (0.1, 0.25)), ("2s", (2, 2))])
def test_a_pause_is_a_time_or_two(text, pause):
    """The unit may stand once."""
    assert options.think(text) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (options.seconds, "soon", "no time such as 60s"),
        (options.seconds, "-1s", "no time such as 60s"),
        (options.rate, "0/s", "no rate such as 200/s"),
        (options.rate, "5/h", "no rate such as 200/s"),
        (options.think, "3-1s", "must not be the longer"),
        (options.header, "nothing", "no header such as"),
        (options.header, "bad name: x", "no header such as"),
    ],
)
def test_a_value_that_cannot_be_read_says_what_may_be_written(read, text, said):
    """In one line."""
    with pytest.raises(BadOption, match=said):
        read(text)


def test_a_worker_reads_what_the_master_sent():
    """There tuples have become lists."""
    sent = Namespace(think=[1, 3], header=[["x-a", "1"]], rate=5.0, api_key="k", host="http://x", unknown=1)
    found = options.read(sent)
    assert (found.think, dict(found.headers), found.rate, found.api_key) == ((1, 3), {"x-a": "1"}, 5.0, "k")


def test_the_key_comes_from_the_environment():
    """The SDK's two names, its own first."""
    assert options.key_from_environment({"MACROCOSMOS_API_KEY": "b", "APEX_API_KEY": "a"}) == "a"
    assert options.key_from_environment({}) == ""
