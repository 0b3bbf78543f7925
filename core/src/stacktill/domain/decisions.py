"""What decision hooks answer: a refusal, or a fee."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fee", "Refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """No, and why: a sentence for the caller and a stable code for programs."""

    message: str
    code: str = "refused_by_plugin"


@dataclass(frozen=True, slots=True)
class Fee:
    """The platform's share of an intent, in sats, and the address it is paid to."""

    amount_sats: int
    recipient: str
