"""What stands around the web application for every request, matched or not, well or crashed."""

from __future__ import annotations

from stacktill.web.shell.asgi import accept_key, exchange_of
from stacktill.web.shell.keys import mask_key, presented_key
from stacktill.web.shell.limits import RateLimiter, SlidingWindowLimiter
from stacktill.web.shell.settings import CorsSettings, RateLimitSettings, ShellSettings
from stacktill.web.shell.shell import wrap

__all__ = [
    "CorsSettings",
    "RateLimitSettings",
    "RateLimiter",
    "ShellSettings",
    "SlidingWindowLimiter",
    "accept_key",
    "exchange_of",
    "mask_key",
    "presented_key",
    "wrap",
]
