"""Checking a webhook as a shop does, step by step, with every step written down to be shown."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

__all__ = ["TOLERANCE_SECONDS", "Step", "check_signature"]

TOLERANCE_SECONDS = 300
SHOWN = 16


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check: what was asked, what was found, and whether that was right."""

    question: str
    found: str
    passed: bool


def check_signature(header: str, body: bytes, secret: str, now: float) -> list[Step]:
    """Check a ``Stripe-Signature``; stops at the first step that fails.

    The source of the scheme is Stripe's: HMAC-SHA256 over ``{t}.{body}``, with the endpoint's secret.
    """
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [text for name, _, text in pairs if name == "t" and text.isascii() and text.isdigit()]
    given = [value for name, _, value in pairs if name == "v1"]
    if not times or not given:
        return [Step("Read the header Stripe-Signature", "it has no t or no v1", passed=False)]
    steps = [Step("Read the header Stripe-Signature", f"t={times[0]}, v1={_short(given[0])}", True)]
    age_seconds = round(now - int(times[0][:15]))
    is_fresh = abs(age_seconds) <= TOLERANCE_SECONDS
    found = f"signed {age_seconds} s ago, at most {TOLERANCE_SECONDS} s are allowed"
    steps.append(Step("Is it fresh?", found, is_fresh))
    if not is_fresh:
        return steps
    signed = times[0].encode() + b"." + body
    expected = hmac.digest(secret.encode(), signed, hashlib.sha256).hex()
    steps.append(Step("HMAC-SHA256 of t + “.” + raw body, with the secret", _short(expected), True))
    # As bytes: text beyond ASCII would be an error instead of a difference.
    matches = [hmac.compare_digest(expected.encode(), each.encode()) for each in given]
    words = "the same, compared in constant time" if any(matches) else "not the same: refused"
    steps.append(Step("Is that the v1 of the header?", words, any(matches)))
    return steps


def _short(digest: str) -> str:
    return digest if len(digest) <= SHOWN else f"{digest[:SHOWN]}…"
