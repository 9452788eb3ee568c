"""`/metrics`: what the fake has counted, in the form that Prometheus reads. It does not count as a call itself."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from apex_mock.asgi import Body, HttpRequest
from apex_mock.errors import StoreFailed
from apex_mock.metrics import Histogram
from apex_mock.mock import ApexMock
from apex_mock.store.bounds import Kept
from apex_mock.transports.control.access import ANYBODY, Access
from apex_mock.transports.endpoint import Endpoint

if TYPE_CHECKING:
    from prometheus_client.core import Metric

PATH = "/metrics"
_TIMES = {
    "ttft_planned": "From a stream's start to its first chunk, as planned.",
    "ttft_achieved": "From a stream's start until the transport had taken its first chunk.",
    "itl_planned": "Between two chunks of a stream, as planned.",
    "itl_achieved": "Between two chunks of a stream, when the transport had taken them.",
    "lateness": "How long after its time the transport had taken a chunk.",
}


class Prometheus:
    """The route, and a collector that reads the counts when it is asked, so that nothing is done before."""

    def __init__(self, mock: ApexMock, access: Access = ANYBODY) -> None:
        self._mock, self._access = mock, access
        self._kept: Kept | None = None

    def route(self) -> Route:
        handle = self._access.guarded(self.metrics)
        return Route(PATH, Endpoint(handle, self._mock.settings.max_body_bytes), methods=["GET"])

    async def metrics(self, request: HttpRequest) -> Response:
        # Imported by the first who asks: it would make every start slower.
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import choose_encoder

        try:
            self._kept = await self._mock.store.kept()
        except StoreFailed:  # the rest can be told
            self._kept = None
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector(registry=registry)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Body(encode(registry), media_type.encode("ascii"))

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        mock, counted = self._mock, self._mock.metrics
        worker = str(os.getpid())  # several workers share a port, and whichever is asked answers for itself
        calls = CounterMetricFamily(
            "apex_mock_calls", "Calls that have ended.", labels=("worker", "operation", "transport", "outcome")
        )
        for labels, number in sorted(counted.calls.items()):
            calls.add_metric((worker, *labels), number)
        yield calls
        faults = CounterMetricFamily("apex_mock_faults", "Faults that have acted on calls.", labels=("worker", "fault"))
        for fault, number in sorted(counted.faults.items()):
            faults.add_metric((worker, fault), number)
        yield faults
        in_flight = GaugeMetricFamily(
            "apex_mock_in_flight", "Answers that are being sent or wait for their time.", labels=("worker",)
        )
        in_flight.add_metric((worker,), mock.in_flight + mock.waiting)
        yield in_flight
        if self._kept is not None:
            yield from _kept(self._kept)
        for name, help_text in _TIMES.items():
            yield _histogram(
                name, help_text, worker, ((kind, getattr(times, name)) for kind, times in counted.streams.items())
            )
        yield _histogram(
            "queue", "How long a stream's request had waited for its turn.", worker, counted.waited.items()
        )


def _kept(kept: Kept) -> "Iterator[Metric]":
    """Of the store, which workers share: without their label."""
    from prometheus_client.core import GaugeMetricFamily

    scopes = GaugeMetricFamily("apex_mock_scopes", "Scopes that are kept, of each sort.", labels=("sort",))
    scopes.add_metric(("called",), kept.called)
    scopes.add_metric(("stored",), kept.stored)
    yield scopes
    yield GaugeMetricFamily("apex_mock_store_bytes", "What all scopes take, about.", kept.size)


def _histogram(name: str, help_text: str, worker: str, found: Iterable[tuple[str, Histogram]]) -> "Metric":
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(f"apex_mock_{name}_seconds", help_text, labels=("worker", "transport"))
    for transport, histogram in sorted(found):
        buckets, total = [], 0
        for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
            total += count
            buckets.append(("+Inf" if bound == float("inf") else repr(bound), total))
        family.add_metric((worker, transport), buckets, histogram.sum)
    return family
