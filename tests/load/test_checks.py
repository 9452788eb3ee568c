"""What must hold for an answer: each rule is broken once."""

import pytest

from apexload import checks
from apexload.sse import events


def completion(**more):
    return {"choices": [{"message": {"content": "Paris."}, "finish_reason": "stop", **more}]}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (completion(), None),
        (completion(finish_reason="length"), None),
        ({"choices": [{"message": {"content": "Paris."}, "finishReason": "stop"}]}, None),
        (completion(message={"content": None, "tool_calls": [{}]}), None),
        ({"choices": []}, "an answer without choices"),
        (completion(message={"content": ""}), "an answer without content"),
        (completion(finish_reason=None), "an answer without a finish_reason"),
    ],
)
def test_a_chat_answer_has_content_and_an_end(value, wrong):
    """In REST's names and in proto3's."""
    assert checks.completion(value) == wrong


def result(url, content="a page", relevant="page"):
    return {"url": url, "content": content, "relevant": relevant}


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ([result("a"), result("b")], None),
        ([], None),
        ([result("a"), result("b"), result("c")], "more results than were asked for"),
        ([result("a"), result("a")], "a URL twice among the results"),
        ([result("")], "a result without a URL"),
        ([result("a", relevant="longer than the page")], "a relevant part longer than its page"),
    ],
)
def test_results_are_unique_and_no_more_than_asked_for(found, wrong):
    """Two at most here."""
    assert checks.results(found, 2) == wrong


def view(status, *chunks, updated="2025-05-30T14:32:05.000000Z"):
    return {"status": status, "updated_at": updated, "result": list(chunks)}


@pytest.mark.parametrize(
    ("polls", "wrong"),
    [
        ([view("pending"), view("running", (1, "a")), view("completed", (1, "a"), (2, "b"))], None),
        ([view("running", (1, "a")), view("pending", (1, "a"))], "a job's status went back"),
        ([view("running", (1, "a"), (3, "b"))], "seq_ids of a job are not 1, 2, 3..."),
        ([view("running", (1, "a"), (1, "a"))], "seq_ids of a job are not 1, 2, 3..."),
        ([view("running", (1, "a")), view("running", (1, "b"), (2, "c"))], "a job's earlier chunks changed"),
        ([view("running", (1, "a")), view("running")], "a job's earlier chunks changed"),
        ([view("completed")], "a completed job without a result"),
        ([view("thinking")], "a job of unknown status"),
        ([view("running", (1, "a")), view("running", (1, "a"), updated="2024")], "a job's updated_at went back"),
    ],
)
def test_a_job_only_goes_on(polls, wrong):
    """Status, chunks and time, from poll to poll."""
    job = checks.Job()
    assert [job.poll(one) for one in polls][-1] == wrong


def streamed(*deltas, done=True):
    stream = checks.Stream()
    for number, (content, finish) in enumerate(deltas):
        stream.delta(content, finish, 10.0 + number / 10)
    stream.done = done
    return stream


def test_a_stream_has_content_a_finish_reason_and_its_end():
    """Each of them missing is something else that is wrong."""
    whole = streamed(("Hel", None), ("lo", None), (None, "stop"))
    assert (whole.wrong(), whole.complete) == (None, True)
    cut = streamed(("Hel", None), done=False)
    assert (cut.wrong(), cut.complete) == ("a stream without its end", False)
    assert streamed(("Hel", None)).wrong() == "a stream without a finish_reason"
    assert streamed((None, "stop")).wrong() == "a stream without content"
    assert streamed(("Hel", "stop"), ("lo", None)).wrong() == "content after the finish_reason"


def test_ttft_is_to_the_first_content_and_not_to_the_first_chunk():
    """A chunk with the role alone is none; gaps are between contents."""
    stream = streamed(("", None), ("a", None), (None, None), ("b", None), ("c", "stop"))
    values = stream.values(begun=9.9)
    assert [name for name, _ in values] == ["ttft", "itl", "itl"]
    assert [value for _, value in values] == pytest.approx([200, 200, 100])
    assert checks.Stream().values(0.0) == []


def test_tokens_a_second_are_those_after_the_first():
    """Of a stream that is long enough: a few tokens may come in one packet."""
    long = streamed(*[("a", None)] * 10).values(begun=0.0)
    assert dict(long)["tokens_per_second"] == pytest.approx(10)
    assert "tokens_per_second" not in dict(streamed(*[("a", None)] * 9).values(begun=0.0))


class Lines:
    """A response that has come as these bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.message_complete = data, True

    def readline(self, sep: bytes) -> bytes:
        line, found, rest = self.data.partition(sep)
        if not found:
            return b""
        self.data = rest
        return line + sep

    def read(self, length: int | None = None) -> bytes:
        rest, self.data = self.data, b""
        return rest


def test_events_are_read_line_by_line():
    """With either line ending; comments are passed over; a last line may lack its end."""
    data = b': hello\n\ndata: {"a": 1}\n\ndata:{"b": 2}\r\n\r\nevent: x\ndata: [DONE]'
    assert list(events(Lines(data))) == [b'{"a": 1}', b'{"b": 2}', b"[DONE]"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2025-05-30T14:32:05Z", "2025-05-30T14:32:05.001Z"),
        ("2025-05-30T14:32:05.123Z", "2025-05-30T14:32:05.123456Z"),
        ("2025-05-30T14:32:05.999999Z", "2025-05-30T14:32:06Z"),
        ("", "2025-05-30T14:32:06Z"),
    ],
)
def test_times_sort_whatever_digits_they_have(earlier, later):
    """proto3's JSON leaves out zeros at the end: as texts, a whole second would come after its own milliseconds."""
    assert checks.instant(earlier) < checks.instant(later)
