"""`apex-mock fidelity`: what it makes of a run, and the run itself against a fake of this process."""

import asyncio
import json
import subprocess
import sys

import pytest

from apex_mock import serve
from apex_mock.fidelity.compare import SPREAD, TOGETHER, Compared, Quantiles, Timetable
from apex_mock.fidelity.rpc import literals, over_grpc
from apex_mock.fidelity.shown import print_shown, shown
from apex_mock.fidelity.sse import over_sse
from apex_mock.fidelity.streams import Failed, Load, Run, Seen

PLAN = Timetable(0.05, 0.05, 4)
DRIVE = {"sse": over_sse, "grpc": over_grpc}


def run_of(*lates: float) -> Run:
    """Streams of which every chunk is as late as told, in seconds."""
    streams = [Seen(10.0 + n, [10.0 + n + PLAN.due(i) + late for i in range(4)]) for n, late in enumerate(lates)]
    return Run(streams, [0.0001])


def test_a_run_that_is_on_time_keeps_every_target():
    """Late by a millisecond is on time."""
    found = Compared.of(run_of(0.001, 0.001, 0.0005), PLAN)
    assert found.late.median == pytest.approx(0.001)
    assert found.ttft.median == pytest.approx(0.051)
    assert found.itl.worst == pytest.approx(0.05)
    assert found.excess.worst == pytest.approx(0.005)
    assert all(found.keeps(target) for target in (*SPREAD, *TOGETHER["sse"], *TOGETHER["grpc"]))


@pytest.mark.parametrize(
    ("lates", "missed"),
    [((0.003,) * 4, [("late", "median")]), ((0.0,) * 50 + (0.02,), [("late", "p99"), ("excess", "p99")])],
)
def test_a_run_that_is_late_misses_what_it_is_late_for(lates, missed):
    """The median for many, p99 for a few."""
    found = Compared.of(run_of(*lates), PLAN)
    targets = (*SPREAD, *TOGETHER["grpc"])
    assert [(t.measure, t.quantile) for t in targets if not found.keeps(t)] == missed


def test_quantiles_are_values_that_were_measured():
    """The nearest rank, of one value too."""
    assert Quantiles.of([5.0]) == Quantiles(5.0, 5.0, 5.0)
    assert Quantiles.of(list(map(float, range(101)))) == Quantiles(50.0, 99.0, 100.0)


def test_what_is_shown_names_the_verdict_and_a_client_that_was_late(capsys):
    """A reader sees what was missed and whether to believe it."""
    found = Compared.of(Run(run_of(0.004).streams, [0.009]), PLAN)
    print_shown([shown("SSE: one stream", found, SPREAD)])
    said = capsys.readouterr().out
    assert "a chunk late, median: 4.0 ms, wanted 2.0 ms at most: MISSED" in said
    assert "a chunk late, p99: 4.0 ms, wanted 10.0 ms at most: kept" in said
    assert "timer was 9.0 ms late" in said
    assert "up to 5 ms" in said
    assert "█" in said


@pytest.mark.parametrize("wire", DRIVE)
async def test_streams_are_driven_and_each_chunk_is_seen(server, wire):
    """As many streams of as many chunks as asked for, none of them before its time."""
    host, port = server.where.host, server.port
    run = await DRIVE[wire](Load(host=host, port=port, key="k", profile="steady", streams=12, chunks=3, spread=0.02))
    assert [len(one.arrivals) for one in run.streams] == [3] * 12
    assert min(Compared.of(run, Timetable(0.05, 0.05, 3)).lates) >= 0


@pytest.mark.parametrize("wire", DRIVE)
async def test_what_goes_wrong_is_said_in_one_line(server, wire):
    """A profile that the fake does not have; a port where nothing listens."""
    host, port = server.where.host, server.port
    with pytest.raises(Failed, match="after 0 of 3 chunks"):
        await DRIVE[wire](Load(host=host, port=port, key="k", profile="unheard-of", streams=2, chunks=3))
    with serve() as gone:
        port = gone.port
    with pytest.raises(Failed, match=f"nothing listens at 127.0.0.1:{port}"):
        await DRIVE[wire](Load(host="127.0.0.1", port=port, key="k", profile="steady", streams=1, chunks=3))


async def test_another_web_server_is_known_by_what_it_answers():
    """Its status, and the first line of what it says; one of HTTP/1.0, as Python's own, too."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 501 Unsupported method\r\n\r\n<h1>Error</h1>\n<p>...</p>")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        with pytest.raises(Failed, match=r"after 0 of 3 chunks: HTTP 501: <h1>Error</h1>$"):
            await over_sse(Load(host="127.0.0.1", port=port, key="k", profile="steady", streams=1, chunks=3))


def test_a_long_header_is_written_as_hpack_has_it():
    """Lengths of 127 and more take further bytes (RFC 7541, 5.1)."""
    assert literals([("a", "b")]) == b"\x00\x01a\x01b"
    assert literals([("a", "x" * 127)])[3:5] == b"\x7f\x00"
    assert literals([("a", "x" * 300)])[3:6] == b"\x7f\xad\x01"


@pytest.mark.inner
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wire", "smoke"), "there is no 'smoke'; there are sse, grpc, both"),
        (("--chunks", "1"), "--chunks at least 2"),
        (("https://127.0.0.1:1",), "over plain HTTP"),
        (("http://127.0.0.1:1",), "nothing listens at 127.0.0.1:1; start it with apex-mock serve"),
        (("http://no.such.invalid",), "there is no host 'no.such.invalid'"),
        (("--json", "/no/such/figures.json"), "--json: there is no folder /no/such"),
    ],
)
def test_the_command_says_what_to_mend(arguments, said):
    """And ends with 2."""
    done = subprocess.run(
        [sys.executable, "-m", "apex_mock", "fidelity", *arguments], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.startswith("apex-mock: ")) == (2, True)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.inner
def test_the_command_starts_a_fake_of_its_own_measures_it_and_writes_the_figures(tmp_path):
    """Ends with 0 or 1 by the targets, whichever the machine allows."""
    command = [sys.executable, "-m", "apex_mock", "fidelity", "--streams", "4", "--chunks", "3"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "found.json")], capture_output=True, text=True, timeout=120
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert [(row["wire"], row["spread"]) for row in found] == [("sse", 1.0), ("sse", 0.0), ("grpc", 1.0), ("grpc", 0.0)]
    assert done.returncode == (0 if all(row["kept"] for row in found) else 1)
    assert ("MISSED" in done.stdout) == (done.returncode == 1)
    assert done.stdout.count("TTFT") == 4
