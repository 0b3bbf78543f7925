"""The two signatures on every delivery: Stripe's and that of Standard Webhooks.

One secret serves both: the text ``whsec_`` and then base64. Stripe's scheme takes the whole text
as its key, Standard Webhooks the bytes that the base64 stands for. During a rotation both secrets
sign, the newest first, and a receiver accepts any signature that it can verify.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

__all__ = ["UnusableSecret", "signature_headers"]

_MARK = "whsec_"


class UnusableSecret(ValueError):
    """A signing secret that is missing, or not ``whsec_`` followed by base64."""


def signature_headers(
    event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Sign exactly these bytes at ``timestamp`` (Unix seconds of this attempt).

    Raises ``UnusableSecret`` rather than leaving a delivery unsigned; no message holds a secret.
    Sources: Stripe's webhook signatures; the Standard Webhooks specification.
    """
    if not secrets:
        raise UnusableSecret("the endpoint has no signing secret")
    stripe_message = b"%d.%b" % (timestamp, body)
    standard_message = b"%b.%b" % (event_id.encode(), stripe_message)
    stripe = [_stripe_signature(secret, stripe_message) for secret in secrets]
    standard = [_standard_signature(secret, standard_message) for secret in secrets]
    return {
        # Exactly one t: some receivers read the first, others the last.
        "Stripe-Signature": ",".join([f"t={timestamp}", *stripe]),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(standard),
    }


def _stripe_signature(secret: str, message: bytes) -> str:
    return "v1=" + hmac.digest(secret.encode(), message, "sha256").hex()


def _standard_signature(secret: str, message: bytes) -> str:
    digest = hmac.digest(_decoded_key(secret), message, "sha256")
    return "v1," + base64.b64encode(digest).decode("ascii")


def _decoded_key(secret: str) -> bytes:
    encoded = secret.removeprefix(_MARK)
    try:
        # Padding may be left out, as receivers' libraries allow it too.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or encoded == secret:
        raise UnusableSecret("the endpoint's signing secret is not whsec_ followed by base64")
    return key
