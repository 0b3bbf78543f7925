"""What can be set about the shell; every default is meant for production."""

from __future__ import annotations

import msgspec

__all__ = ["CorsSettings", "RateLimitSettings", "ShellSettings"]


class CorsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which other sites' pages may call the API from a browser; credentials are never allowed."""

    allowed_origins: tuple[str, ...] = ()
    """Origins such as ``https://shop.example``; ``("*",)`` allows every one, ``()`` none."""
    paths: tuple[str, ...] = ("/v1/", "/v2/")
    """Beginnings of the paths that are open; pages with a session must not be among them."""
    shared_paths: tuple[str, ...] = ("/v1/stacktill.",)
    """Beginnings of the paths of files that say themselves that every site may read them."""
    max_age_seconds: int = 600
    """How long a browser may remember the answer to its preflight."""


class RateLimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many requests one API key, or one address without a key, may make."""

    requests_per_second: float = 100.0
    """The long-term rate; 0 switches the limit off."""
    window_seconds: float = 2.0
    """The sliding window: ``requests_per_second * window_seconds`` may come at once."""
    maximum_keys: int = 10_000
    """How many keys and addresses are remembered; the longest unseen is forgotten first."""
    exempt_paths: tuple[str, ...] = ()
    """Paths without a limit, such as those that a load balancer asks."""


class ShellSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the shell."""

    api_paths: tuple[str, ...] = ("/v1/", "/v2/")
    """Beginnings of the API's paths, where a stray slash makes an unknown URL."""
    default_api_version: str = "2026-10-28.endive"
    """Echoed as ``Stripe-Version`` to clients that name none."""
    max_body_bytes: int = 1_000_000
    body_timeout_seconds: float = 30.0
    """From the first byte that the application asks for to the last of the body."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    strict_transport_seconds: int = 0
    """``max-age`` of HSTS; set it only where every visit is by TLS, 0 sends none."""
    compress_from_bytes: int = 1024
    """The smallest answer worth compressing; 0 switches compression off."""
    access_log: bool = True
    cors: CorsSettings = CorsSettings()
    rate_limit: RateLimitSettings = RateLimitSettings()
