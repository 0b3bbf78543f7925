"""The shell itself: one ASGI application that takes a request through every concern in turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from stacktill.runtime.logs import current_request_id, log_event
from stacktill.web.errors import Answer, answer_refusal, answer_status, render_error
from stacktill.web.metrics import Metrics
from stacktill.web.shell.addresses import ClientAddresses
from stacktill.web.shell.asgi import ASGIApp, Exchange, InnerApp, Receive, Scope, Send
from stacktill.web.shell.bodies import BodyLimits
from stacktill.web.shell.compression import Compression
from stacktill.web.shell.cors import Cors
from stacktill.web.shell.headers import ResponseHeaders
from stacktill.web.shell.keys import mask_key, presented_key
from stacktill.web.shell.limits import RateLimiter, RateLimits
from stacktill.web.shell.paths import Paths
from stacktill.web.shell.request_ids import new_request_id
from stacktill.web.shell.settings import ShellSettings
from stacktill.web.shell.versions import Versions

__all__ = ["wrap"]

logger = logging.getLogger("stacktill.access")

_LOGGED_PATH_CHARACTERS = 200


def wrap(
    app: InnerApp,
    settings: ShellSettings | None = None,
    *,
    metrics: Metrics | None = None,
    limiter: RateLimiter | None = None,
) -> ASGIApp:
    """``app`` inside the shell.

    The shell stands outside the framework, so unknown routes and crashes are treated alike. It
    leaves in ``scope["state"]``: ``request_id``, ``client_address``, ``api_version``. ``limiter``
    replaces the in-process one. A trusted proxy that is no network raises ValueError.
    """
    return _Shell(app, settings or ShellSettings(), metrics or Metrics(), limiter)


class _Shell:
    """One wrapper for all concerns: each wrapper of its own would cost its share of every call."""

    def __init__(
        self,
        app: InnerApp,
        settings: ShellSettings,
        metrics: Metrics,
        limiter: RateLimiter | None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._has_access_log = settings.access_log
        self._addresses = ClientAddresses(settings.trusted_proxies)
        self._headers = ResponseHeaders(settings.strict_transport_seconds)
        self._limits = RateLimits(settings.rate_limit, limiter)
        self._bodies = BodyLimits(settings.max_body_bytes, settings.body_timeout_seconds)
        self._compression = Compression(settings.compress_from_bytes)
        self._checks: tuple[Callable[[Exchange], Answer | None], ...] = (
            Versions(settings.default_api_version).check,
            Cors(settings.cors).check,
            Paths(settings.api_paths).check,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of scope go straight to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = self._begin(scope, send)
        self._metrics.in_flight += 1
        try:
            await self._serve(exchange, receive)
        except asyncio.CancelledError:
            # The server is going down and this request took longer than it may.
            if exchange.status is None:
                await exchange.answer(answer_status(503))
            raise
        except Exception as error:
            if exchange.status is not None:
                raise  # Half an answer is out: the server cuts the connection and logs it.
            await exchange.answer(answer_refusal(error))
        finally:
            self._metrics.in_flight -= 1
            self._finish(exchange)

    def _begin(self, scope: Scope, send: Send) -> Exchange:
        exchange = Exchange(scope, send, self._headers.dress)
        exchange.request_id = request_id = new_request_id()
        exchange.client_address = address = self._addresses.resolve(scope)
        exchange.credential = presented_key(exchange.headers.get(b"authorization"))
        exchange.added_headers.append((b"request-id", request_id.encode("ascii")))
        current_request_id.set(request_id)
        state: dict[str, Any] = scope["state"]
        state["request_id"] = request_id
        state["client_address"] = address
        return exchange

    async def _serve(self, exchange: Exchange, receive: Receive) -> None:
        for check in self._checks:
            answer = check(exchange)
            if answer is not None:
                await exchange.answer(answer)
                return
        refusal = await self._limits.check(exchange) or self._bodies.check(exchange)
        if refusal is not None:
            await exchange.answer(render_error(refusal))
            return
        await self._app(
            exchange.scope,
            self._bodies.reader(exchange, receive),
            self._compression.sender(exchange),
        )

    def _finish(self, exchange: Exchange) -> None:
        self._limits.learn(exchange)
        seconds = time.perf_counter() - exchange.started_at
        route: str | None = exchange.scope.get("path_template")
        self._metrics.observe(exchange.method, route, exchange.status or 499, seconds)
        if self._has_access_log:
            self._log(exchange, route, seconds)

    def _log(self, exchange: Exchange, route: str | None, seconds: float) -> None:
        fields: dict[str, Any] = {
            "method": exchange.method,
            "route": route,
            "status": exchange.status,
            "duration_ms": round(seconds * 1000, 2),
            "client": exchange.client_address,
        }
        if route is None:
            fields["path"] = exchange.path[:_LOGGED_PATH_CHARACTERS]
        if exchange.credential is not None:
            fields["key"] = mask_key(exchange.credential)
        log_event(logger, logging.INFO, "request.finished", fields)
