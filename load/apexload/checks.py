"""What must hold for an answer, whoever gave it. Each returns what is wrong in a few words, or None.

The words name a rule and hold no value of the answer, so that failures add up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

FINISHES = ("stop", "length", "tool_calls", "content_filter")
FLUENT = 10  # deltas: two that come in one packet would be a hundred thousand a second
STATUSES = ("pending", "running", "completed", "failed")


def completion(value: Mapping[str, Any]) -> str | None:
    """A chat answer, as a mapping with REST's names or with proto3's JSON names."""
    choices = value.get("choices") or ()
    if not choices:
        return "an answer without choices"
    message = choices[0].get("message") or {}
    if not message.get("content") and not message.get("tool_calls") and not message.get("toolCalls"):
        return "an answer without content"
    finish = choices[0].get("finish_reason", choices[0].get("finishReason"))
    return None if finish in FINISHES else "an answer without a finish_reason"


def results(found: Sequence[Mapping[str, Any]], most: int) -> str | None:
    """Web results: at most so many, each URL once, `relevant` no longer than the page."""
    if len(found) > most:
        return "more results than were asked for"
    urls = [result.get("url") for result in found]
    if not all(urls):
        return "a result without a URL"
    if len(set(urls)) < len(urls):
        return "a URL twice among the results"
    if any(len(result.get("relevant", "")) > len(result.get("content", "")) for result in found):
        return "a relevant part longer than its page"
    return None


def instant(time: str) -> str:
    """A time in UTC as RFC 3339 has it, with as many digits as any other, so that it sorts."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}" if time else ""


class Job:
    """One research job, poll by poll: it only ever goes on."""

    def __init__(self) -> None:
        self.status = "pending"
        self.chunks: list[tuple[int, str]] = []
        self.updated = ""

    def poll(self, view: Mapping[str, Any]) -> str | None:
        """`view` has status, updated_at, and result as (seq_id, chunk) pairs."""
        status, chunks = view["status"], list(view["result"])
        wrong = self._wrong(status, chunks, view["updated_at"])
        self.status, self.chunks, self.updated = status, chunks, view["updated_at"]
        return wrong

    def _wrong(self, status: str, chunks: list[tuple[int, str]], updated: str) -> str | None:
        if status not in STATUSES:
            return "a job of unknown status"
        if STATUSES.index(status) < STATUSES.index(self.status):
            return "a job's status went back"
        if [seq_id for seq_id, _ in chunks] != list(range(1, len(chunks) + 1)):
            return "seq_ids of a job are not 1, 2, 3..."
        if chunks[: len(self.chunks)] != self.chunks:
            return "a job's earlier chunks changed"
        if instant(updated) < instant(self.updated):
            return "a job's updated_at went back"
        if status == "completed" and not chunks:
            return "a completed job without a result"
        return None

    @property
    def over(self) -> bool:
        return self.status in ("completed", "failed")


class Stream:
    """One streamed answer, piece by piece: what it says of its end, and when its content came."""

    def __init__(self) -> None:
        self.finish = ""
        self.done = False
        self.error = ""
        self.after_the_end = False
        self.times: list[float] = []  # of the non-empty content deltas

    def delta(self, content: str | None, finish: str | None, now: float) -> None:
        if self.finish and content:
            self.after_the_end = True
        if content:
            self.times.append(now)
        if finish:
            self.finish = finish

    @property
    def complete(self) -> bool:
        """Whether it said that it was over, and in the wire's own way: [DONE], or trailers that say OK."""
        return self.done and not self.error

    def wrong(self, *, needs_finish: bool = True) -> str | None:
        """What failed, if anything did."""
        if self.error:
            return f"an error in mid-stream: {self.error}"
        if not self.done:
            return "a stream without its end"
        if not self.times:
            return "a stream without content"
        if needs_finish and self.finish not in FINISHES:
            return "a stream without a finish_reason"
        return "content after the finish_reason" if self.after_the_end else None

    def values(self, begun: float) -> list[tuple[str, float]]:
        """Its measures, in milliseconds; `begun` is when the request was sent, on the clock of `delta`."""
        if not self.times:
            return []
        first, last = self.times[0], self.times[-1]
        found = [("ttft", 1000 * (first - begun))]
        found += [("itl", 1000 * (b - a)) for a, b in zip(self.times, self.times[1:], strict=False)]
        if len(self.times) >= FLUENT and last > first:
            found.append(("tokens_per_second", (len(self.times) - 1) / (last - first)))
        return found
