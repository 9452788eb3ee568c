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
ROUNDING = 1e-9  # far less than the microseconds that the clock counts
DELAYS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)


class Histogram:
    """How many observations were up to each bound, in seconds, and their sum."""

    __slots__ = ("_edges", "bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        # Between two times that are planned 50 ms apart lies a little more, or less, as floats go.
        self._edges = tuple(bound + ROUNDING for bound in bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: Sequence[float]) -> None:
        edges, counts = self._edges, self.counts
        for value in seconds:
            counts[bisect_left(edges, value)] += 1
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


class Taken:
    """One stream's chunks, as its transport takes them: noted at once, counted when there is time.

    `asked_at` is when its call began, and `delay` by how many seconds a fault put its start off, which was planned.

    Counting costs as much as sending a chunk. Where streams end together it would make the last of them late, so it is
    done before the last chunk, while the stream waits for that.
    """

    __slots__ = ("_asked_at", "_at", "_chunks", "_delay", "_noted", "_times")

    def __init__(self, times: StreamTimes, chunks: Sequence[Chunk], asked_at: Micros, delay: float = 0.0) -> None:
        self._times, self._chunks, self._asked_at, self._delay = times, chunks, asked_at, delay
        self._noted: list[int] = []  # in turn, when chunks were taken and how many of them
        self._at: list[float] = []  # when each that is counted was taken, in seconds from the start

    def note(self, now: Micros, count: int) -> None:
        self._noted += (now, count)

    def count(self) -> None:
        """Counts what has been noted since this was last called."""
        times, delay, before, noted, self._noted = self._times, self._delay, len(self._at), self._noted, []
        for when, count in zip(noted[::2], noted[1::2], strict=True):
            self._at += [max(0, when - self._asked_at) / SECOND] * count
        achieved = self._at[before:]
        planned = [delay + chunk.after for chunk in self._chunks[before : len(self._at)]]
        times.lateness.observe(list(map(sub, achieved, planned)))
        if before:
            achieved.insert(0, self._at[before - 1])
            planned.insert(0, delay + self._chunks[before - 1].after)
        else:
            times.ttft_planned.observe(planned[:1])
            times.ttft_achieved.observe(achieved[:1])
        times.itl_planned.observe(list(map(sub, planned[1:], planned)))
        times.itl_achieved.observe(list(map(sub, achieved[1:], achieved)))


class Metrics:
    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.streams: dict[str, StreamTimes] = {}
        self.waited: dict[str, Histogram] = {}

    def ended(self, entry: Entry) -> None:
        """Counts a call: by operation, transport and outcome."""
        self.calls[entry.operation, entry.transport, entry.outcome] += 1

    def begun(self, entry: Entry, started_at: Micros, now: Micros) -> None:
        """Notes how long a request that was to begin at `started_at` waited for its turn."""
        waited = self.waited.get(entry.transport)
        if waited is None:
            waited = self.waited[entry.transport] = Histogram(DELAYS)
        waited.observe((max(0, now - started_at) / SECOND,))

    def stream(self, entry: Entry, chunks: Sequence[Chunk], started_at: Micros) -> Taken:
        """For a stream that begins."""
        times = self.streams.get(entry.transport)
        if times is None:
            times = self.streams[entry.transport] = StreamTimes()
        return Taken(times, chunks, entry.at, (started_at - entry.at) / SECOND)
