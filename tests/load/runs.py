"""Runs made up for the tests of gates, baselines and reports."""

from random import Random

from apexload.measures import Finished
from apexload.result import Result


def run(*, seconds=30.0, median=100.0, sigma=0.3, rate=20, failing=0.0, seed=0, operation="chat", measure="latency"):
    """A result with log-normal times around a median, `rate` requests a second, and a share that fails."""
    random = Random(seed)
    result = Result("chat", "http://127.0.0.1:1", "2026-11-22T03:00:00+00:00", seconds, users=5)
    for number in range(int(seconds * rate)):
        failed = random.random() < failing
        # A target has good seconds and bad ones: what comes in one of them is alike.
        mood = Random(f"{seed} {number // rate}").lognormvariate(0, 0.05)
        value = median * mood * random.lognormvariate(0, sigma)
        result.measures.add(
            Finished(
                operation,
                number / rate,
                [] if failed else [(measure, value)],
                "HTTP 503" if failed else None,
                complete=not failed,
            )
        )
        result.measures.series.at(number / rate).users = 5
    result.measures.cpu, result.measures.wall = 1.0, seconds
    return result
