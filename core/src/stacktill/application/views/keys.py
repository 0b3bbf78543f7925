"""The API form of an API key: never the key itself, but in the answer that made it."""

from __future__ import annotations

from typing import Any

from stacktill.domain.merchants import ApiKey

__all__ = ["key_view"]


def key_view(key: ApiKey, *, now: int, text: str | None = None) -> dict[str, Any]:
    """A key's record; ``key`` (its text) is there only in the answer that made it."""
    status = "active" if key.usable(now) else "revoked" if key.revoked_at is not None else "expired"
    view: dict[str, Any] = {
        "id": key.id,
        "object": "api_key",
        "created": key.created,
        "expires_at": key.expires_at,
        "hint": key.hint,
        "kind": key.kind,
        "livemode": key.livemode,
        "name": key.name,
        "revoked_at": key.revoked_at,
        "scopes": key.scopes,
        "status": status,
    }
    if text is not None:
        view["key"] = text
    return view
