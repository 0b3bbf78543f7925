"""Figures that the appliance adds to the metrics: queues, streams, chain lag."""

from __future__ import annotations

from stacktill.runtime.appliance import Appliance
from stacktill.web.metrics import Metrics

__all__ = ["add_gauges"]


def add_gauges(metrics: Metrics, appliance: Appliance) -> None:
    """Register what is read whenever the figures are collected."""
    metrics.add_gauge(
        "stacktill_event_streams_open",
        "Live status streams that are open.",
        lambda: float(appliance.hub.listeners),
    )
    metrics.add_gauge(
        "stacktill_deliveries_in_flight",
        "Delivery attempts that run now.",
        lambda: float(appliance.dispatcher.in_flight),
    )
    metrics.add_gauge(
        "stacktill_chain_lag_blocks",
        "How many blocks the books are behind the chain.",
        lambda: {
            (mode,): watcher.health().figures["lag_blocks"]
            for mode, watcher in appliance.watchers.items()
        },
        labels=("mode",),
    )
    metrics.add_gauge(
        "stacktill_chain_unread_blocks",
        "How many blocks hold transactions that no source could read yet.",
        lambda: {
            (mode,): watcher.health().figures["unread_blocks"]
            for mode, watcher in appliance.watchers.items()
        },
        labels=("mode",),
    )
    metrics.add_gauge(
        "stacktill_sponsor_ustx",
        "What the account that pays payers' network fees has, in micro-STX.",
        lambda: _sponsors(appliance, "ustx"),
        labels=("mode",),
    )
    metrics.add_gauge(
        "stacktill_sponsor_waiting_calls",
        "How many sponsored payments wait for a block.",
        lambda: _sponsors(appliance, "waiting"),
        labels=("mode",),
    )
    metrics.add_gauge(
        "stacktill_chain_ok",
        "1 when the books of a mode are level with its chain.",
        lambda: {
            (mode,): float(watcher.health().ok) for mode, watcher in appliance.watchers.items()
        },
        labels=("mode",),
    )


def _sponsors(appliance: Appliance, figure: str) -> dict[tuple[str, ...], float]:
    """A figure of each mode's sponsor, as far as it was looked at."""
    figures = {
        ("live" if livemode else "test",): line.health().figures.get(figure)
        for livemode, line in appliance.sponsor_lines.items()
    }
    return {mode: value for mode, value in figures.items() if value is not None}
