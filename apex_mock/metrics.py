"""What the fake counts of itself while it answers: plain numbers, which `/metrics` shows in Prometheus' form.

Filling a histogram of prometheus-client for every chunk would cost as much as sending it, so what is counted here are
lists of integers. No label is ever a client's word: a transport, an operation, an outcome and a fault are ours.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from operator import sub

from apex_mock.clock import SECOND
from apex_mock.core.types import Chunk, Micros
from apex_mock.journal import Entry

# Upper bounds in seconds: of what a model takes, and of what nobody should notice.
TIMES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
DELAYS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)


class Histogram:
    """How many observations were up to each bound, in seconds, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: Sequence[float]) -> None:
        bounds, counts = self.bounds, self.counts
        for value in seconds:
            counts[bisect_left(bounds, value)] += 1
        self.sum += sum(seconds)


class StreamTimes:
    """Of one transport's streams: planned and achieved times, and how late each chunk was.

    TTFT is from the call's start to the first chunk, ITL between two chunks. Achieved is when the transport had taken
    the chunk: what the client sees, but for the way to it.
    """

    __slots__ = ("itl_achieved", "itl_planned", "lateness", "ttft_achieved", "ttft_planned")

    def __init__(self) -> None:
        self.ttft_planned, self.ttft_achieved = Histogram(TIMES), Histogram(TIMES)
        self.itl_planned, self.itl_achieved = Histogram(TIMES), Histogram(TIMES)
        self.lateness = Histogram(DELAYS)

    def add(self, chunks: Sequence[Chunk], started_at: Micros, taken: Sequence[int]) -> None:
        """`taken` has, in turn, when chunks were taken and how many of them."""
        achieved: list[float] = []
        for when, count in zip(taken[::2], taken[1::2], strict=True):
            achieved += [max(0, when - started_at) / SECOND] * count
        planned = [chunk.after for chunk in chunks[: len(achieved)]]
        self.ttft_planned.observe(planned[:1])
        self.ttft_achieved.observe(achieved[:1])
        self.itl_planned.observe(list(map(sub, planned[1:], planned)))
        self.itl_achieved.observe(list(map(sub, achieved[1:], achieved)))
        self.lateness.observe(list(map(sub, achieved, planned)))


class Metrics:
    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.streams: dict[str, StreamTimes] = {}
        self.waited: dict[str, Histogram] = {}

    def ended(self, entry: Entry) -> None:
        """Counts a call: by operation, transport and outcome."""
        self.calls[entry.operation, entry.transport, entry.outcome] += 1

    def begun(self, entry: Entry, now: Micros) -> None:
        """Notes how long a request waited for its turn."""
        waited = self.waited.get(entry.transport)
        if waited is None:
            waited = self.waited[entry.transport] = Histogram(DELAYS)
        waited.observe((max(0, now - entry.at) / SECOND,))

    def streamed(self, entry: Entry, chunks: Sequence[Chunk], taken: Sequence[int]) -> None:
        times = self.streams.get(entry.transport)
        if times is None:
            times = self.streams[entry.transport] = StreamTimes()
        times.add(chunks, entry.at, taken)
