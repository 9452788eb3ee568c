"""`/metrics`: what the fake counts, in Prometheus' form, and what it must never tell."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from apex_mock import ApexMock, Server, Settings, serve
from apex_mock.clock import SECOND
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency
from apex_mock.core.types import Chunk, Operation
from apex_mock.errors import Code, StoreFailed
from apex_mock.metrics import StreamTimes, Taken
from tests.wires import HELLO, OK, PLAIN, WIRES

SECRET = "a-key-that-nobody-may-read"
PACED = Profile(first_token=Latency(0.02, 0.0), next_token=Latency(0.01, 0.0))
SAMPLING = {"temperature": 0.7, "top_p": 0.95, "max_new_tokens": 3, "do_sample": True}


@pytest.fixture
def counting() -> Iterator[Server]:
    mock = ApexMock(Settings())
    mock.profiles = {"instant": Profile(), "paced": PACED}
    with serve(mock) as running:
        yield running


def samples(server: Server) -> dict[tuple[str, ...], float]:
    """The values by name and labels, without the worker."""
    answer = httpx.get(f"{server.url}/metrics", timeout=20, verify=PLAIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = (value for name, value in sorted(sample.labels.items()) if name != "worker")
            found[sample.name, *labels] = sample.value
    return found


def test_calls_are_counted_by_operation_transport_and_outcome(counting):
    """Over each wire once; a scrape is no call."""
    for name, wire in WIRES.items():
        client = wire(counting.address, SECRET)
        assert client.call("ChatCompletion", HELLO).code == OK
        assert client.call("GetChatCompletion", {"completion_id": "x"}).code == Code.NOT_FOUND
        client.close()
        assert samples(counting)["apex_mock_calls_total", "chat", "ok", name] == 1
        assert samples(counting)["apex_mock_calls_total", "get_completion", "not_found", name] == 1
    assert len(counting.mock.journal) == 2 * len(WIRES)


@pytest.mark.parametrize("name", ["rest", *WIRES])
def test_a_streams_times_are_published_as_planned_and_as_achieved(counting, name):
    """One first chunk, two that follow; what is achieved is never before what was planned."""
    headers = {"authorization": f"Bearer {SECRET}", "x-apex-profile": "paced"}
    body = {**HELLO, "sampling_parameters": SAMPLING}
    if name == "rest":
        url = f"{counting.url}/v1/chat/completions"
        assert httpx.post(url, json={**body, "stream": True}, headers=headers, timeout=20, verify=PLAIN).is_success
    else:
        client = WIRES[name](counting.address, SECRET)
        assert client.call("ChatCompletionStream", body, x_apex_profile="paced").code == OK
        client.close()
    found = samples(counting)
    for what, count, total in (("ttft", 1, 0.02), ("itl", 2, 0.02)):
        for kind in ("planned", "achieved"):
            assert found[f"apex_mock_{what}_{kind}_seconds_count", name] == count
        assert found[f"apex_mock_{what}_planned_seconds_sum", name] == pytest.approx(total)
    achieved = sum(found[f"apex_mock_{what}_achieved_seconds_sum", name] for what in ("ttft", "itl"))
    assert achieved >= 0.04
    assert found["apex_mock_lateness_seconds_count", name] == 3
    assert found["apex_mock_queue_seconds_count", name] == 1
    assert found["apex_mock_in_flight",] == 0


def test_faults_are_counted_by_their_kind_not_by_what_a_user_calls_them(counting):
    """A rule's name is free text."""
    rule = {"fault": "error", "name": "my-own-words", "code": "unavailable", "scope": SECRET}
    laid = httpx.post(f"{counting.url}/__apex/faults", json=rule, timeout=20, verify=PLAIN)
    assert laid.is_success, laid.text
    client = WIRES["grpc"](counting.address, SECRET)
    assert client.call("ChatCompletion", HELLO).code == Code.UNAVAILABLE
    client.close()
    found = samples(counting)
    assert found["apex_mock_faults_total", "error"] == 1
    assert not [key for key in found if "my-own-words" in str(key)]


def test_a_unary_answer_is_no_stream(counting):
    """It has no TTFT, however long it took."""
    client = WIRES["grpc"](counting.address, SECRET)
    assert client.call("ChatCompletion", {**HELLO, "sampling_parameters": SAMPLING}, x_apex_profile="paced").code == OK
    client.close()
    assert not [name for name, *_ in samples(counting) if "ttft" in name]


def test_no_label_is_a_clients_word(counting):
    """Neither its key nor a text of its own; so a client cannot make the page grow."""
    for number in range(20):
        headers = {
            "authorization": f"Bearer {SECRET}{number}",
            "x-source": f"app-{number}",
            "x-apex-scope": f"s{number}",
        }
        body = {**HELLO, "model": f"model-{number}", "task": f"task-{number}"}
        url = f"{counting.url}/v1/chat/completions"
        httpx.post(url, json=body, headers=headers, timeout=20, verify=PLAIN)
        httpx.get(f"{counting.url}/no-such-{number}", headers=headers, timeout=20, verify=PLAIN)
    text = httpx.get(f"{counting.url}/metrics", timeout=20, verify=PLAIN).text
    assert SECRET not in text
    assert not any(word in text for word in ("app-1", "s11", "model-1", "task-1", "no-such-1"))
    operations = {labels[0] for name, *labels in samples(counting) if name == "apex_mock_calls_total"}
    assert operations <= set(Operation)


def test_how_much_is_kept_is_told_by_number_alone(counting):
    """Scopes of each sort, and bytes; a scope that was reset counts no more."""
    for number in range(3):
        scope = f"scope-{number}"
        headers = {"authorization": f"Bearer {SECRET}", "x-apex-scope": scope}
        httpx.post(f"{counting.url}/v1/chat/completions", json=HELLO, headers=headers, timeout=20, verify=PLAIN)
    httpx.post(f"{counting.url}/__apex/strict?scope=scope-1", json={"strict": False}, timeout=20, verify=PLAIN)
    httpx.post(f"{counting.url}/__apex/reset?scope=scope-2", timeout=20, verify=PLAIN)
    found = samples(counting)
    assert (found["apex_mock_scopes", "called"], found["apex_mock_scopes", "stored"]) == (1, 1)
    assert found["apex_mock_store_bytes",] > 0
    assert "scope-" not in httpx.get(f"{counting.url}/metrics", timeout=20, verify=PLAIN).text


def test_a_store_that_is_gone_leaves_the_rest_to_be_told(counting, monkeypatch):
    """Without how much is kept."""

    async def gone() -> None:
        raise StoreFailed("it is gone")

    monkeypatch.setattr(counting.mock.store, "kept", gone)
    found = samples(counting)
    assert ("apex_mock_in_flight",) in found
    assert ("apex_mock_store_bytes",) not in found


def test_chunks_that_were_taken_together_have_no_time_between_them():
    """The plan had; a client saw none."""
    times = StreamTimes()
    taken = Taken(times, [Chunk("a", 1.0), Chunk("b", 1.5), Chunk("c", 2.0)], 0)
    taken.note(2 * SECOND, 2)
    taken.note(3 * SECOND, 1)
    taken.count()
    assert times.itl_planned.sum == pytest.approx(1.0)
    assert times.itl_achieved.sum == pytest.approx(1.0)
    assert times.itl_achieved.counts[0] == 1
    assert times.ttft_achieved.sum == pytest.approx(2.0)
    assert times.lateness.sum == pytest.approx(1.0 + 0.5 + 1.0)


def test_a_stream_that_breaks_off_counts_what_had_been_taken():
    """And nothing of what had not."""
    times = StreamTimes()
    taken = Taken(times, [Chunk("a", 1.0), Chunk("b", 2.0)], 0)
    taken.note(SECOND, 1)
    taken.count()
    taken.count()
    assert sum(times.ttft_achieved.counts) == sum(times.lateness.counts) == 1
    assert sum(times.itl_planned.counts) == sum(times.itl_achieved.counts) == 0


@given(st.lists(st.integers(1, 3), min_size=1, max_size=8), st.data())
def test_what_is_counted_early_is_what_is_counted_at_the_end(counts, data):
    """However often a stream is counted while it goes on."""
    chunks = [Chunk("a", 0.5 * number) for number in range(sum(counts))]
    early, late = StreamTimes(), StreamTimes()
    often, once = Taken(early, chunks, 0), Taken(late, chunks, 0)
    for turn, count in enumerate(counts):
        for taken in (often, once):
            taken.note(turn * SECOND, count)
        if data.draw(st.booleans()):
            often.count()
    often.count()
    once.count()
    for name in StreamTimes.__slots__:
        assert getattr(early, name).counts == getattr(late, name).counts
        assert getattr(early, name).sum == pytest.approx(getattr(late, name).sum)


def test_what_a_fault_delays_is_planned_and_no_lateness(counting):
    """A stream that is told to begin later is not late, and did not wait for its turn; both TTFT have the delay."""
    headers = {"x-apex-profile": "paced", "x-apex-fault": "delay; seconds=300", "x-apex-scope": "delayed"}
    headers |= {"authorization": f"Bearer {SECRET}"}
    url, body = f"{counting.url}/v1/chat/completions", {**HELLO, "sampling_parameters": SAMPLING, "stream": True}
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(httpx.post, url, json=body, headers=headers, timeout=20, verify=PLAIN)
        while samples(counting)["apex_mock_in_flight",] == 0:  # it waits, and is seen to
            pass
        counting.mock.clock.advance("delayed", 300)
        assert asking.result().is_success
    found = samples(counting)
    assert found["apex_mock_ttft_planned_seconds_sum", "rest"] == pytest.approx(300.02)
    assert found["apex_mock_ttft_achieved_seconds_sum", "rest"] >= 300.02
    assert found["apex_mock_lateness_seconds_sum", "rest"] < 100
    assert found["apex_mock_queue_seconds_sum", "rest"] < 100
    assert found["apex_mock_in_flight",] == 0


def test_a_time_at_a_bound_is_within_it():
    """0.15 less 0.1 is a little more than 0.05, as floats go: every chunk of such a timetable is in one bucket."""
    times = StreamTimes()
    taken = Taken(times, [Chunk("a", 0.05 * number) for number in range(1, 21)], 0)
    for number in range(1, 21):
        taken.note(number * SECOND // 20, 1)
    taken.count()
    assert [count for count in times.itl_planned.counts if count] == [19]
    assert times.itl_planned.counts == times.itl_achieved.counts
