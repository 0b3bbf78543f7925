"""The settings of ``[plugins.notify_webhook]`` and what they mean by default."""

from __future__ import annotations

import math

from stacktill.plugin import PluginConfig

__all__ = ["WebhookConfig"]

TIMEOUT_MIN_SECONDS = 0.1
TIMEOUT_MAX_SECONDS = 60.0
IN_FLIGHT_MAX = 256
RETRIES_MAX = 100
RETRY_DELAY_MAX_SECONDS = 7 * 86_400.0


class WebhookConfig(PluginConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may set; the defaults suit both a sandbox and a live box.

    ``allow_private_addresses`` lets webhooks reach loopback and private networks; None means yes
    on a box without a live chain and no on a box with one. ``allow_plain_http`` does the same for
    ``http://`` URLs. ``timeout_seconds`` bounds a whole attempt, its answer's body included.
    ``retry_schedule_seconds`` holds the pauses after the first, second, … failed attempt, each
    spread by 20 % either way; None means 75 hours in all. ``max_in_flight_per_target`` bounds the
    attempts that run against one endpoint at once.
    """

    allow_private_addresses: bool | None = None
    allow_plain_http: bool | None = None
    timeout_seconds: float = 15.0
    retry_schedule_seconds: tuple[float, ...] | None = None
    max_in_flight_per_target: int = 8

    def __post_init__(self) -> None:
        """Refuse values that cannot work; the message names the key."""
        # Written so that NaN, which compares false with everything, is refused too.
        if not TIMEOUT_MIN_SECONDS <= self.timeout_seconds <= TIMEOUT_MAX_SECONDS:
            raise ValueError(
                f"timeout_seconds must be between {TIMEOUT_MIN_SECONDS:g} and "
                f"{TIMEOUT_MAX_SECONDS:g}"
            )
        if not 1 <= self.max_in_flight_per_target <= IN_FLIGHT_MAX:
            raise ValueError(f"max_in_flight_per_target must be between 1 and {IN_FLIGHT_MAX}")
        if self.retry_schedule_seconds is not None:
            _check_schedule(self.retry_schedule_seconds)


def _check_schedule(delays: tuple[float, ...]) -> None:
    if not 1 <= len(delays) <= RETRIES_MAX:
        raise ValueError(f"retry_schedule_seconds must hold between 1 and {RETRIES_MAX} delays")
    for delay in delays:
        if math.isnan(delay) or not 0 <= delay <= RETRY_DELAY_MAX_SECONDS:
            raise ValueError(
                "retry_schedule_seconds must hold seconds between 0 and "
                f"{RETRY_DELAY_MAX_SECONDS:.0f}"
            )
