"""For whoever runs the server: is it ready, and its figures. No figure has a person, a device or a segment in it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from aboveboard.collector.http.replies import error_reply
from aboveboard.collector.http.requests import Serving
from aboveboard.collector.jobs import counts
from aboveboard.collector.service import Service
from aboveboard.core.errors import Unavailable

router = APIRouter()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@router.get("/readyz")
def ready(service: Serving) -> Response:
    """200 when the database answers, 503 otherwise: a reverse proxy then asks another server."""
    try:
        with service.database.reading() as tx:
            counts(tx)
    except Unavailable as error:
        return error_reply(503, "not_ready", str(error))
    return Response("ready\n", media_type="text/plain")


class Figures:
    """Requests by route and status, how long they took, and what stands in the jobs table and the log."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aboveboard_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "aboveboard_request_seconds", "Time to the answer", ("method", "route"), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._registry.register(_State(service))

        # Looking a label up costs more than counting. As many as there are routes, methods and statuses.
        self._counted: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[tuple[str, str], Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that was answered; route: its pattern, never its address. In the event loop's thread only."""
        counted, timed = self._counted.get((method, route, status)), self._timed.get((method, route))
        if counted is None:
            counted = self._counted[method, route, status] = self._requests.labels(method, route, str(status))
        if timed is None:
            timed = self._timed[method, route] = self._seconds.labels(method, route)
        counted.inc()
        timed.observe(seconds)

    def serve(self, port: int) -> None:
        """On loopback only, beside the server: http://127.0.0.1:PORT/metrics. Raises Unavailable."""
        try:
            start_http_server(port, "127.0.0.1", self._registry)
        except OSError as error:
            raise Unavailable(f"can't listen on 127.0.0.1:{port} ({error.strerror}): choose another port") from error


class _State(Collector):
    """Read when asked."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        log = self._service.log
        size = GaugeMetricFamily("aboveboard_log_entries", "Entries of the log", labels=("state",))
        size.add_metric(("acknowledged",), log.size)
        size.add_metric(("cosigned",), log.checkpoint.size if log.checkpoint else 0)
        yield size
        yield GaugeMetricFamily("aboveboard_uploads", "Bodies being taken", value=self._service.uploads.under_way)
        waiting = GaugeMetricFamily("aboveboard_jobs", "Jobs not done", labels=("kind", "parked"))
        try:
            with self._service.database.reading() as tx:
                for (kind, parked), number in counts(tx).items():
                    waiting.add_metric((kind, str(parked).lower()), number)
        except Unavailable:
            return
        yield waiting
