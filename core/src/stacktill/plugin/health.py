"""What a part says when it is asked how it is."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Health"]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a part works, a sentence about it, and figures for the curious."""

    ok: bool
    detail: str = "ok"
    figures: dict[str, float] = field(default_factory=dict)
