"""Who may hold the payer's page in a frame or in a window, and hear from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Framing", "framing_of"]


@dataclass(frozen=True, slots=True)
class Framing:
    """What one visit to the page may do with the page that opened it.

    ``ancestors`` is the value of ``frame-ancestors``. ``parent`` is the one origin that the page talks
    to, None when it talks to nobody. ``opener_policy`` is the Cross-Origin-Opener-Policy: only a
    window that a listed origin has opened keeps its opener.
    """

    ancestors: str
    parent: str | None
    opener_policy: str

    @property
    def headers(self) -> dict[str, str]:
        """What every answer of the visit carries, redirects as well: one without would cut the ties."""
        headers = {"cross-origin-opener-policy": self.opener_policy}
        if self.parent is not None:
            # For shops that are cross-origin isolated: all that the page loads is our own.
            headers["cross-origin-embedder-policy"] = "require-corp"
            headers["cross-origin-resource-policy"] = "cross-origin"
        return headers


def framing_of(allowed_origins: Sequence[str], embed: str | None, origin: str | None) -> Framing:
    """Decide by the store's list; ``embed`` and ``origin`` are what the address of the page says."""
    is_listed = origin is not None and origin in allowed_origins
    return Framing(
        ancestors=" ".join(allowed_origins) or "'none'",
        parent=origin if embed in ("1", "popup") and is_listed else None,
        opener_policy="unsafe-none" if embed == "popup" and is_listed else "same-origin",
    )
