"""A stream's timetable over every wire: each chunk is due by the stream's start, whatever became of the one before."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from apex_mock import ApexMock, Server, Settings, serve
from apex_mock.clock import SECOND
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Latency
from apex_mock.journal import Entry
from tests.wires import HELLO, PLAIN, WIRES

TIMED = Profile(first_token=Latency(2.0, 0.0), next_token=Latency(1.0, 0.0))


@pytest.fixture(scope="module")
def timed() -> Iterator[Server]:
    mock = ApexMock(Settings())
    mock.profiles = {"instant": TIMED}
    with serve(mock) as running:
        yield running


def rest(address: str, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    body = {**HELLO, "stream": True, "sampling_parameters": {"max_new_tokens": 6}}
    answer = httpx.post(f"http://{address}/v1/chat/completions", json=body, headers=headers, timeout=30, verify=PLAIN)
    assert answer.text.endswith("data: [DONE]\n\n")


def rpc(name: str) -> Callable[[str, str], None]:
    def call(address: str, key: str) -> None:
        wire = WIRES[name](address, key)
        sampling = {"temperature": 0.7, "top_p": 0.95, "max_new_tokens": 6, "do_sample": True}
        assert wire.call("ChatCompletionStream", {**HELLO, "sampling_parameters": sampling}).text
        wire.close()

    return call


CLIENTS = {"sse": rest, **{name: rpc(name) for name in WIRES}}


def settle(entry: Callable[[], list[Entry]], parts: int) -> list[tuple[int, int]]:
    """What has left, as soon as so many parts have."""
    deadline = time.monotonic() + 20
    while not (found := entry()) or len(found[0].streamed or ()) < 2 * parts:
        assert time.monotonic() < deadline, f"{parts} parts have not left"
        time.sleep(0.005)
    sent, since = found[0].streamed or [], found[0].at
    return [(round((at - since) / SECOND * 10), count) for at, count in zip(sent[::2], sent[1::2], strict=True)]


@pytest.mark.parametrize("name", CLIENTS)
def test_lateness_does_not_add_up_over_any_wire(timed, name):
    """Times are in tenths of a second from the stream's start; each leap makes a chunk late, and none the next one."""
    clock, key = timed.mock.clock, f"timetable-{name}"
    clock.freeze(key)

    def mine() -> list[Entry]:
        return [entry for entry in timed.mock.journal if entry.scope == key]

    client = threading.Thread(target=CLIENTS[name], args=(timed.address, key))
    client.start()
    while not mine():
        time.sleep(0.005)
    seen = []
    for parts, leap in enumerate((2.7, 0.3, 1.9, 0.1), 1):
        clock.advance(key, leap)
        seen = settle(mine, parts)
    assert seen == [(27, 1), (30, 1), (49, 1), (50, 1)]
    clock.advance(key, 60)
    client.join(20)
    assert not client.is_alive()
    assert (mine()[0].outcome, len(mine()[0].frames)) == ("ok", 6)
