"""The figures that Prometheus collects: requests by route, what is in flight, others' gauges."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Reading = float | Mapping[tuple[str, ...], float]
"""What a gauge's callable answers: a number, or numbers by the values of its labels."""

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_BUCKETS_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNMATCHED = "unmatched"

logger = logging.getLogger(__name__)


class _Gauge(Collector):
    """Asks ``read`` each time the figures are collected; one that raises is left out."""

    def __init__(
        self, name: str, help_text: str, read: Callable[[], Reading], labels: Sequence[str]
    ) -> None:
        self._name = name
        self._help = help_text
        self._read = read
        self._labels = tuple(labels)

    def describe(self) -> Iterable[Metric]:
        """The gauge's name without a reading, so that registering asks nothing yet."""
        return [GaugeMetricFamily(self._name, self._help, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        """One family with the reading of now."""
        family = GaugeMetricFamily(self._name, self._help, labels=self._labels)
        try:
            reading = self._read()
        except Exception:
            logger.exception("metric.failed", extra={"metric": self._name})
            return []
        if isinstance(reading, Mapping):
            for values, value in reading.items():
                family.add_metric(values, value)
        else:
            family.add_metric((), reading)
        return [family]


class Metrics:
    """The registry of one appliance; nothing is shared between two of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        """Requests being served now; the shell counts it up and down."""
        self._requests = Histogram(
            "stacktill_http_request_duration_seconds",
            "Time to answer a request, by route template, method and class of status. "
            "The _count series is the number of requests.",
            ("method", "route", "status"),
            buckets=_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._children: dict[tuple[str, str | None, int], Histogram] = {}
        self.add_gauge(
            "stacktill_http_requests_in_flight",
            "Requests being served now.",
            lambda: float(self.in_flight),
        )
        ProcessCollector(registry=self.registry)

    def observe(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one finished request; ``route`` is the template, None if nothing matched."""
        key = (method, route, status // 100)
        child = self._children.get(key)
        if child is None:
            child = self._new_child(method, route, status)
        child.observe(seconds)

    def _new_child(self, method: str, route: str | None, status: int) -> Histogram:
        # Only names that we chose become labels: a stranger must not grow the registry.
        known = method if method in _METHODS else "OTHER"
        child = self._requests.labels(known, route or _UNMATCHED, f"{status // 100}xx")
        if known == method:
            self._children[method, route, status // 100] = child
        return child

    def add_gauge(
        self,
        name: str,
        help_text: str,
        read: Callable[[], Reading],
        *,
        labels: Sequence[str] = (),
    ) -> None:
        """Add a gauge that is read when the figures are collected.

        ``read`` answers a number, or with ``labels`` a mapping from the labels' values to
        numbers. It is called in the event loop and must not block. A name that exists already
        raises ValueError.
        """
        self.registry.register(_Gauge(name, help_text, read, labels))

    def render(self) -> bytes:
        """All figures in Prometheus' text format, to be served as ``CONTENT_TYPE``."""
        return generate_latest(self.registry)
