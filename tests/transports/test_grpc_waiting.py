"""How long a gRPC call waits for its client to read: by the size of what it is sent."""

import asyncio

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
    relay = Relay()
    clients = Clients(Patience(Settings(write_timeout=60)), {PEER: relay})
    clients.reads(Context(), size)
    clients.look(now=1000.0)
    clients.look(now=1000.0 + seconds - 1)
    assert not relay.is_cut
    clients.look(now=1000.0 + seconds)
    assert relay.is_cut


async def test_a_client_that_is_sent_more_has_read_what_went_before():
    """Its time begins anew, also when it is sent as much again."""
    relay = Relay()
    clients, call = Clients(Patience(Settings(write_timeout=60)), {PEER: relay}), Context()
    for now in range(0, 600, 50):
        clients.reads(call, 10)
        clients.look(now)
    assert not relay.is_cut
    clients.look(now=620)
    assert relay.is_cut


async def test_a_call_that_computes_or_sleeps_is_not_its_clients_fault():
    """However long it takes."""
    relay = Relay()
    clients = Clients(Patience(Settings()), {PEER: relay})
    clients.reads(Context(), 1)
    clients.look(now=1.0)
    clients.rests()
    clients.look(now=1e6)
    assert not relay.is_cut


async def test_nothing_is_kept_of_a_call_that_has_ended():
    """Whether it was sent something or not: a fault may send nothing at all."""
    clients = Clients(Patience(Settings()), {})

    async def call(*, sends: bool) -> None:
        if sends:
            clients.reads(Context(), 1)
        clients.rests()

    for sends in (True, False):
        await asyncio.create_task(call(sends=sends))
    await asyncio.sleep(0)
    clients.look(now=1.0)
    assert not clients._reading
    assert not clients._reading_since
