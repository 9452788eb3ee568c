"""Plots as SVG text for a page: no script, no network, colours from the page's CSS, so that light and dark both work.

pygal was tried: its logarithmic axis is both axes or none, its histogram has none, its labels overlap, and a piece of
script stays in what it draws.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 440, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 10, 32
COLOURS = 8  # --c0 to --c7 in the page
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """`colour` is a number; `dashed` for what is there to compare with."""

    name: str
    points: Sequence[Point]
    colour: int = 0
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """From least to greatest; `write` makes a label."""

    least: float
    greatest: float
    write: Callable[[float], str]
    logarithmic: bool = False
    title: str = ""

    def at(self, value: float) -> float:
        """0 at the least, 1 at the greatest."""
        if self.logarithmic:
            value = max(value, self.least)
            return (log10(value) - log10(self.least)) / (log10(self.greatest) - log10(self.least))
        return (value - self.least) / (self.greatest - self.least)

    def ticks(self, wanted: int = 5) -> list[float]:
        if self.logarithmic:
            decades = range(floor(log10(self.least)), ceil(log10(self.greatest)) + 1)
            steps = (1, 2, 5) if len(decades) <= 4 else (1,)
            found = [step * 10.0**decade for decade in decades for step in steps]
        else:
            rough = (self.greatest - self.least) / wanted
            power = 10.0 ** floor(log10(rough))
            step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
            found = [step * k for k in range(floor(self.least / step), ceil(self.greatest / step) + 1)]
        slack = 1e-9 * abs(self.greatest)
        return [tick for tick in found if self.least - slack <= tick <= self.greatest + slack]


def linear(values: Iterable[float], write: Callable[[float], str], title: str = "") -> Axis:
    """From nothing to a little above the greatest."""
    greatest = max((value for value in values), default=0.0)
    return Axis(0.0, greatest * 1.08 or 1.0, write, title=title)


def logarithmic(values: Iterable[float], write: Callable[[float], str], title: str = "") -> Axis:
    """Around the values, at least two thirds of a decade, so that noise does not look like news."""
    found = [value for value in values if value > 0] or [1.0]
    least, greatest = min(found) * 0.9, max(found) * 1.1
    if greatest / least < 5:
        middle = (least * greatest) ** 0.5
        least, greatest = middle / 5**0.5, middle * 5**0.5
    return Axis(least, greatest, write, logarithmic=True, title=title)


def _x(axis: Axis, value: float) -> float:
    return round(LEFT + axis.at(value) * _INNER_WIDTH, 1)


def _y(axis: Axis, value: float) -> float:
    return round(TOP + (1 - axis.at(value)) * _INNER_HEIGHT, 1)


def _frame(x: Axis, y: Axis, label: str) -> list[str]:
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">']
    for tick in y.ticks():
        at = _y(y, tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{escape(y.write(tick))}</text>')
    base = TOP + _INNER_HEIGHT
    taken = -1e9
    for tick in x.ticks(6):
        at = _x(x, tick)
        if at - taken < 40:  # a label's width
            continue
        taken = at
        parts.append(f'<line class="axis" x1="{at}" x2="{at}" y1="{base}" y2="{base + 4}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{base + 16}" text-anchor="middle">{escape(x.write(tick))}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    if x.title:
        middle = LEFT + _INNER_WIDTH / 2
        parts.append(f'<text class="tick" x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">{escape(x.title)}</text>')
    return parts


def lines(drawn: Sequence[Line], x: Axis, y: Axis, label: str) -> str:
    parts = _frame(x, y, label)
    for line in drawn:
        style = f'style="--colour:var(--c{line.colour % COLOURS})"'
        if line.dots:
            parts += [f'<circle class="dot" {style} cx="{_x(x, a)}" cy="{_y(y, b)}" r="3.5"/>' for a, b in line.points]
            continue
        path = " ".join(f"{_x(x, a)},{_y(y, b)}" for a, b in line.points)
        dashed = " dashed" if line.dashed else ""
        title = f"<title>{escape(line.name)}</title>"
        if len(line.points) == 1:
            a, b = line.points[0]
            parts.append(f'<circle class="dot" {style} cx="{_x(x, a)}" cy="{_y(y, b)}" r="3">{title}</circle>')
        else:
            parts.append(f'<polyline class="line{dashed}" {style} points="{path}">{title}</polyline>')
    return "".join([*parts, "</svg>"])


def bars(
    found: Sequence[tuple[float, float, float]], x: Axis, y: Axis, marks: Sequence[tuple[str, float]], label: str
) -> str:
    """(from, to, height) bars, with marked values as lines across."""
    parts = _frame(x, y, label)
    base = TOP + _INNER_HEIGHT
    for low, high, height in found:
        left, right, top = _x(x, low), _x(x, high), _y(y, height)
        parts.append(
            f'<rect class="bar" x="{left}" y="{top}" width="{max(0.6, round(right - left - 0.6, 1))}"'
            f' height="{round(base - top, 1)}"><title>{escape(x.write(low))} to {escape(x.write(high))}: '
            f"{escape(y.write(height))}</title></rect>"
        )
    taken, row = 1e9, 0
    names = []
    for name, value in sorted(marks, key=lambda mark: -mark[1]):
        at = _x(x, value)
        row = 0 if taken - at > 30 else row + 1  # a name's width; marks that lie together have theirs in steps
        taken = at
        parts.append(f'<line class="mark" x1="{at}" x2="{at}" y1="{TOP}" y2="{base}"/>')
        above = TOP + 9 + 12 * row
        names.append(f'<text class="tick name" x="{at - 3}" y="{above}" text-anchor="end">{escape(name)}</text>')
    return "".join([*parts, *names, "</svg>"])
