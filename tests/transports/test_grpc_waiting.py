"""How long a gRPC call waits for its client to read: by the size of what it is sent."""

import pytest

from apex_mock import Settings
from apex_mock.transports.grpc_waiting import Clients
from apex_mock.waiting import Patience

PEER = "unix-abstract:00001"


class Relay:
    """A connection by the shared port."""

    heard, is_cut = 0, False

    def expect(self, marker, how):
        raise AssertionError("no fault acts here")

    def cut(self):
        self.is_cut = True


class Context:
    def peer(self):
        return PEER


@pytest.mark.parametrize(
    ("size", "seconds"), [(0, 60), (60_000, 60), (100_000, 120), (300_000, 300), (4_000_000, 600), (1 << 30, 600)]
)
async def test_a_client_has_its_time_for_each_64_kib_and_ten_times_that_at_most(size, seconds):
    """And its connection is cut at the first look after that."""
    relay, now = Relay(), 0.0
    patience = Patience(Settings(write_timeout=60))
    clients = Clients(patience, {PEER: relay})
    clients._time = lambda: now
    clients.begins(Context())
    clients.reads(Context(), size)
    now = seconds - 1.0
    clients.expired()
    assert not relay.is_cut
    now = seconds + 1.0
    clients.expired()
    assert relay.is_cut
    clients.stop()


async def test_a_call_that_computes_or_sleeps_is_not_its_clients_fault():
    """However long it takes."""
    relay, now = Relay(), 0.0
    clients = Clients(Patience(Settings()), {PEER: relay})
    clients._time = lambda: now
    clients.begins(Context())
    clients.reads(Context(), 1)
    clients.rests()
    now = 1e6
    clients.expired()
    assert not relay.is_cut
    clients.stop()
