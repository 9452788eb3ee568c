"""The shapes of load: how many users, or arrivals a second, at each time. Straight lines between points.

constant  the whole load from the start
ramp      from nothing to the whole over the first four fifths, then on
step      five steps of the same height
spike     a tenth, then the whole at once for a fifth of the time, then a tenth again
soak      up in the first twentieth, level, down in the last
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import inf, sqrt


class Pieces:
    """A line through (seconds, level) points; two points at one time are a jump, after which the later holds."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self.points = list(points)
        self._times = [time for time, _ in points]
        self._areas = [0.0]
        for (t0, v0), (t1, v1) in zip(self.points, self.points[1:], strict=False):
            self._areas.append(self._areas[-1] + (t1 - t0) * (v0 + v1) / 2)

    @property
    def duration(self) -> float:
        return self._times[-1]

    @property
    def area(self) -> float:
        """How many arrivals there are in all, where the level is a rate."""
        return self._areas[-1]

    def level(self, seconds: float) -> float:
        """The level at a time; before the first point and after the last it is theirs."""
        index = bisect_right(self._times, seconds)
        if index == 0:
            return self.points[0][1]
        if index == len(self.points):
            return self.points[-1][1]
        (t0, v0), (t1, v1) = self.points[index - 1], self.points[index]
        return v0 + (v1 - v0) * (seconds - t0) / (t1 - t0)

    def when(self, area: float) -> float:
        """The time at which the area under the line reaches so much; infinite when it never does."""
        if area >= self.area:
            return inf
        index = bisect_right(self._areas, area) - 1
        (t0, v0), (t1, v1) = self.points[index], self.points[index + 1]
        missing, slope = area - self._areas[index], (v1 - v0) / (t1 - t0)
        # missing = v0 x + slope x^2 / 2, written so that a slope of nothing needs no case of its own
        root = sqrt(max(0.0, v0 * v0 + 2 * slope * missing))
        return t0 + (2 * missing / (v0 + root) if missing else 0.0)


def _constant(level: float, seconds: float) -> list[tuple[float, float]]:
    return [(0, level), (seconds, level)]


def _ramp(level: float, seconds: float) -> list[tuple[float, float]]:
    return [(0, 0), (0.8 * seconds, level), (seconds, level)]


def _step(level: float, seconds: float) -> list[tuple[float, float]]:
    steps = [(k * seconds / 5, (k + 1) * level / 5) for k in range(5)]
    return [point for t, v in steps for point in ((t, v), (t + seconds / 5, v))]


def _spike(level: float, seconds: float) -> list[tuple[float, float]]:
    low, up, down = level / 10, 0.4 * seconds, 0.6 * seconds
    return [(0, low), (up, low), (up, level), (down, level), (down, low), (seconds, low)]


def _soak(level: float, seconds: float) -> list[tuple[float, float]]:
    return [(0, 0), (0.05 * seconds, level), (0.95 * seconds, level), (seconds, 0)]


SHAPES = {"constant": _constant, "ramp": _ramp, "step": _step, "spike": _spike, "soak": _soak}


def shape(name: str, level: float, seconds: float) -> Pieces:
    """A shape by its name, of that height and length."""
    return Pieces(SHAPES[name](level, seconds))
