"""The web application of one appliance: every operation, the pages, and the shell around them."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.types import ASGIApp

from stacktill.runtime.appliance import Appliance
from stacktill.web.api.endpoint import route_of
from stacktill.web.api.recent_keys import RecentKeys
from stacktill.web.demo.routes import demo_routes
from stacktill.web.embed.routes import embed_routes
from stacktill.web.errors import exception_handlers
from stacktill.web.front import front_routes
from stacktill.web.gauges import add_gauges
from stacktill.web.live import live_routes
from stacktill.web.metrics import Metrics
from stacktill.web.operational import operational_routes
from stacktill.web.pages.routes import page_routes
from stacktill.web.resources.every import OPERATIONS
from stacktill.web.shared_limits import CacheLimiter
from stacktill.web.shell import CorsSettings, RateLimitSettings, ShellSettings, wrap
from stacktill.web.statements import statement_routes

__all__ = ["create_app"]

HSTS_SECONDS = 31_536_000


def create_app(appliance: Appliance) -> ASGIApp:
    """The ASGI application; the appliance must be open for as long as it serves."""
    metrics, recent = Metrics(), RecentKeys()
    add_gauges(metrics, appliance)
    app = Litestar(
        route_handlers=[
            *(route_of(appliance, operation, recent) for operation in OPERATIONS),
            *live_routes(appliance),
            *statement_routes(appliance),
            *operational_routes(appliance, metrics),
            *front_routes(appliance),
            *page_routes(appliance),
            *embed_routes(),
            *demo_routes(appliance),
            *_plugin_routes(appliance),
        ],
        exception_handlers=exception_handlers,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    limiter = _shared_limiter(appliance)
    return wrap(app, _shell_settings(appliance), metrics=metrics, limiter=limiter)  # type: ignore[return-value]


def _shared_limiter(appliance: Appliance) -> CacheLimiter | None:
    limits = appliance.settings.limits
    if appliance.cache is None or not limits.requests_per_second:
        return None
    return CacheLimiter(
        appliance.cache,
        limit=max(round(limits.requests_per_second * limits.burst_seconds), 1),
        window_seconds=limits.burst_seconds,
    )


def _plugin_routes(appliance: Appliance) -> list[Router]:
    return [
        Router(path=f"/plugins/{name}", route_handlers=handlers)
        for name, handlers in appliance.hooks.routes().items()
        if handlers
    ]


def _shell_settings(appliance: Appliance) -> ShellSettings:
    server, limits = appliance.settings.server, appliance.settings.limits
    return ShellSettings(
        max_body_bytes=limits.body_bytes,
        trusted_proxies=server.trusted_proxies,
        strict_transport_seconds=HSTS_SECONDS if server.tls_certificate else 0,
        cors=CorsSettings(allowed_origins=server.cors_origins),
        rate_limit=RateLimitSettings(
            requests_per_second=limits.requests_per_second,
            window_seconds=limits.burst_seconds,
            exempt_paths=("/health/live", "/health/ready", "/metrics"),
        ),
    )
