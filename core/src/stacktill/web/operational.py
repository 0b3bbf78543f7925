"""What operators and their tools ask: alive, ready, figures."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from stacktill.runtime.appliance import Appliance
from stacktill.web.metrics import CONTENT_TYPE, Metrics

__all__ = ["operational_routes"]

JSON = "application/json"


def operational_routes(appliance: Appliance, metrics: Metrics) -> list[HTTPRouteHandler]:
    """``/health/live``, ``/health/ready`` and ``/metrics``."""

    @get("/health/live", media_type=JSON, sync_to_thread=False)
    def live() -> Response[bytes]:
        """The process answers."""
        return Response(b'{"status":"ok"}', media_type=JSON)

    @get("/health/ready", media_type=JSON)
    async def ready() -> Response[bytes]:
        """Every part works: database, chain, loops, outbox, disk; 503 names those that do not."""
        parts = await appliance.health()
        ok = all(part.ok for part in parts.values())
        body = msgspec.json.encode(
            {
                "status": "ok" if ok else "unavailable",
                "parts": {
                    name: {"ok": part.ok, "detail": part.detail, **part.figures}
                    for name, part in parts.items()
                },
            }
        )
        return Response(body, status_code=200 if ok else 503, media_type=JSON)

    @get("/metrics", media_type=CONTENT_TYPE, sync_to_thread=False)
    def figures() -> Response[bytes]:
        """All figures in Prometheus' text format."""
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return [live, ready, figures]
