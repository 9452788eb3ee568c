"""Which plots a run has: latency over time, percentiles, distributions of TTFT and ITL, throughput against users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10

from apexload.histogram import Histogram, percentile_of, value_of
from apexload.measures import KINDS
from apexload.report import svg
from apexload.report.svg import Line
from apexload.result import Result

MOST_LINES = svg.COLOURS
CURVE = (0, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)
BARS = 48
DISTRIBUTIONS = ("ttft", "itl", "job_time", "tokens_per_second")


@dataclass(frozen=True, slots=True)
class Plot:
    """`legend` is names with their colours' numbers."""

    title: str
    about: str
    svg: str
    legend: Sequence[tuple[str, int]] = ()


def plots(result: Result) -> list[Plot]:
    found = [*_over_time(result), *_percentiles(result), *_distributions(result), *_throughput(result)]
    return [plot for plot in found if plot is not None]


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _main(result: Result) -> list[str]:
    """The operations with the most requests."""
    operations = result.measures.operations
    ranked = sorted(
        (name for name in operations if "latency" in operations[name].values), key=lambda n: -operations[n].requests
    )
    return sorted(ranked[:MOST_LINES])


def _timed(result: Result, name: str, measure: str, percent: float) -> list[svg.Point]:
    series = result.measures.series
    points = []
    for index, part in enumerate(series.slices):
        counts = part.values.get(f"{name} {measure}")
        if counts:
            points.append(((index + 0.5) * series.width, max(value_of(percentile_of(counts, percent)), 1e-3)))
    return points


def _over_time(result: Result) -> list[Plot]:
    names = _main(result)
    measure = "response" if result.open_model else "latency"
    if not names:
        return []
    if len(names) == 1:
        drawn = [Line(f"p{p}", _timed(result, names[0], measure, p), k) for k, p in enumerate((50, 95, 99))]
        about = f"{names[0]}: {KINDS[measure].title}, ms"
    else:
        drawn = [Line(name, _timed(result, name, measure, 95), k) for k, name in enumerate(names)]
        about = "p95 of each operation, ms" + (", from when it was due" if result.open_model else "")
    if result.open_model and len(names) == 1:
        drawn.append(Line("p95 from sending", _timed(result, names[0], "latency", 95), 3, dashed=True))
    drawn = [line for line in drawn if line.points]
    if not drawn:
        return []
    x = svg.linear([a for line in drawn for a, _ in line.points], _seconds)
    y = svg.logarithmic([b for line in drawn for _, b in line.points], _ms)
    return [Plot("Latency over time", about, svg.lines(drawn, x, y, "Latency over time"), _legend(drawn))]


def _legend(drawn: Sequence[Line]) -> list[tuple[str, int]]:
    return [(line.name, line.colour) for line in drawn]


def _percentiles(result: Result) -> list[Plot]:
    """x goes with the nines: as far from 90 to 99 as from 99 to 99.9."""
    drawn = []
    for colour, name in enumerate(_main(result)):
        histogram = result.measures.operations[name].values["latency"]
        points = [(_nines(p), max(histogram.percentile(p) if p else histogram.least, 1e-3)) for p in CURVE]
        drawn.append(Line(name, points, colour))
    if not drawn:
        return []
    labels = {0.0: "0", 1.0: "p90", 2.0: "p99", 3.0: "p99.9", 4.0: "max"}
    x = svg.Axis(0.0, 4.0, lambda value: labels.get(round(value, 3), ""))
    y = svg.logarithmic([b for line in drawn for _, b in line.points], _ms)
    return [Plot("Latency by percentile", "from sending, ms", svg.lines(drawn, x, y, "Percentiles"), _legend(drawn))]


def _nines(percent: float) -> float:
    return 4.0 if percent >= 100 else -log10(1 - percent / 100)


def _distributions(result: Result) -> list[Plot]:
    return [
        _distribution(name, measure, operation.values[measure])
        for name, operation in sorted(result.measures.operations.items())
        for measure in DISTRIBUTIONS
        if measure in operation.values
    ]


def _distribution(name: str, measure: str, histogram: Histogram) -> Plot:
    kind = KINDS[measure]
    write: Callable[[float], str] = _ms if kind.unit == "ms" else _number
    low, high = max(histogram.percentile(1) / 1.2, 1e-3), max(histogram.percentile(99) * 1.2, 2e-3)
    x = svg.logarithmic([low, high], write)
    step = (x.greatest / x.least) ** (1 / BARS)
    heights = [0.0] * BARS
    for bucket, count in histogram.counts.items():
        index = int(x.at(max(value_of(bucket), x.least)) * BARS)
        heights[min(max(index, 0), BARS - 1)] += 100 * count / histogram.count
    bars = [(x.least * step**k, x.least * step ** (k + 1), height) for k, height in enumerate(heights) if height]
    y = svg.linear(heights, lambda value: f"{value:g} %")
    marks = [(f"p{p}", max(histogram.percentile(p), x.least)) for p in (50, 95, 99)]
    marks = [(label, value) for label, value in marks if value <= x.greatest]
    about = f"{kind.title}; {histogram.count:,} values" + (f", {kind.unit}" if kind.unit else "")
    return Plot(f"{name} {measure}", about, svg.bars(bars, x, y, marks, f"Distribution of {name} {measure}"))


def _throughput(result: Result) -> list[Plot]:
    series = result.measures.series
    whole = [part for index, part in enumerate(series.slices) if (index + 1) * series.width <= result.seconds + 0.05]
    if not whole:
        return []
    rate = [sum(part.requests.values()) / series.width for part in whole]
    failures = [sum(part.failures.values()) / series.width for part in whole]
    users = [part.users for part in whole]
    times = [(index + 0.5) * series.width for index in range(len(whole))]
    drawn = [
        Line("requests/s", list(zip(times, rate, strict=True)), 0),
        Line("failures/s", list(zip(times, failures, strict=True)), 1),
        Line("users", [(t, float(u)) for t, u in zip(times, users, strict=True)], 2, dashed=True),
    ]
    y = svg.linear([*rate, *users], _number)
    plot = svg.lines(drawn, svg.linear(times, _seconds), y, "Throughput and failures over time")
    found = [Plot("Throughput, failures and users", "over time", plot, _legend(drawn))]
    if len(set(users)) > 2:
        against = [
            Line("requests/s", [(float(u), r) for u, r in zip(users, rate, strict=True)], 0, dots=True),
            Line("failures/s", [(float(u), f) for u, f in zip(users, failures, strict=True)], 1, dots=True),
        ]
        x = svg.linear([float(u) for u in users], _number, "users")
        plot = svg.lines(against, x, svg.linear([*rate, *failures], _number), "Throughput against users")
        found.append(Plot("Throughput against users", "a dot for each slice of time", plot, _legend(against)))
    return found
