"""Metadata: a merchant's own words on an object, changed key by key."""

from __future__ import annotations

from collections.abc import Mapping

from stacktill.domain.errors import InvalidParameter

__all__ = ["MAX_KEYS", "merged"]

MAX_KEYS = 50


def merged(before: dict[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Metadata after a change: None removes a key, and None for ``changes`` removes all of them."""
    if changes is None:
        return {}
    after = {**before, **{key: value for key, value in changes.items() if value is not None}}
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
    if len(after) > MAX_KEYS:
        raise InvalidParameter(
            f"Metadata can have at most {MAX_KEYS} keys; this object would have {len(after)}.",
            param="metadata",
        )
    return after
