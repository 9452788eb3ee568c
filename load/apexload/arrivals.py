"""The open model: when each request is due, however long the ones before it take.

Every worker goes through the same schedule and takes each n-th of it, so together they send what one would.
"""

from collections.abc import Iterator
from math import isinf
from random import Random

from apexload.pieces import Pieces

EVEN, POISSON = "even", "poisson"
ARRIVALS = (EVEN, POISSON)


def arrivals(rate: Pieces, *, kind: str = EVEN, random: Random, index: int = 0, workers: int = 1) -> Iterator[float]:
    """Seconds since the start, for worker `index` of so many. Poisson: gaps as those of callers who know nothing of
    one another."""
    area, number = 0.0, 0
    while not isinf(due := rate.when(area)):
        if number % workers == index:
            yield due
        number += 1
        area = area + random.expovariate(1.0) if kind == POISSON else float(number)
