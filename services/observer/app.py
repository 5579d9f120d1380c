"""Puts the observer together: what is read, and the address under which Prometheus finds it."""

import threading
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import structlog
from prometheus_client import CollectorRegistry, Metric, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from services.observer.readings import Observer, Sample
from services.observer.settings import ObserverSettings
from shared.bus import Broker
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.observation import Observation
from shared.logs import set_up_logs
from shared.observed_metrics import BUILD_INFO, OBSERVED
from shared.settings import ServiceSettings, load

__all__ = ["ObservedCollector", "make_observer", "serve"]

log = structlog.get_logger(__name__)


class ObservedCollector:
    """Gives Prometheus what was read last, and reads again when that is too old.

    Args:
        read: Reads everything.
        seconds: How old a reading may be. Two servers that scrape cost no more than one.
    """

    def __init__(
        self, read: Callable[[], list[Sample]], *, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._samples: list[Sample] = []
        self._read_at = -float("inf")

    def collect(self) -> Iterable[Metric]:
        """Return all families, those without a value too, so that their meaning can be looked up."""
        with self._lock:
            if self._monotonic() - self._read_at >= self._seconds:
                self._samples = self._read()
                self._read_at = self._monotonic()
            samples = self._samples
        families = {
            metric.name: (CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily)(
                metric.name, metric.documentation, labels=metric.labels
            )
            for metric in OBSERVED
        }
        families[BUILD_INFO.name].add_metric([version("pressmark")], 1)
        for sample in samples:
            families[sample.metric.name].add_metric(list(sample.labels), sample.value)
        return families.values()


def make_observer(settings: ServiceSettings, observer: ObserverSettings) -> Observer:
    """Return what reads all parts."""
    database = Database(settings.database_url.get_secret_value(), max_connections=2, patience=3.0)
    return Observer(
        Observation(database),
        Broker(settings.broker_url.get_secret_value()),
        evidence=EvidenceStore(settings.evidence()),
        clock=SystemClock(),
        sums_every=observer.sums_every,
        places=observer.places,
    )


def serve() -> None:
    """Answer `/metrics` and `/healthz` until the process is told to stop.

    Raises:
        SettingsError: A setting is missing or wrong.
    """
    settings, own = load(ServiceSettings), load(ObserverSettings)
    set_up_logs("observer", form=settings.log_format, level=settings.log_level)
    registry = CollectorRegistry()
    collector = ObservedCollector(
        make_observer(settings, own).read, seconds=own.every.total_seconds(), monotonic=time.monotonic
    )
    registry.register(collector)
    with make_server(own.host, own.port, _pages(registry), handler_class=_Quiet) as server:
        log.info("observer_started", host=own.host, port=own.port)
        server.serve_forever()


def _pages(registry: CollectorRegistry) -> Callable[..., Iterable[bytes]]:
    """Return the two pages: the metrics, which tell of parts that are down, and whether this process lives."""
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            found: Iterable[bytes] = metrics(environ, start_response)
            return found
        is_health = environ["PATH_INFO"] == "/healthz"
        start_response("200 OK" if is_health else "404 Not Found", [("Content-Type", "text/plain")])
        return [b"ok\n" if is_health else b"only /metrics and /healthz are here\n"]

    return answer


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no event."""
