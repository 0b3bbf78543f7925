"""The HTTP side: routes, parameters, authentication, idempotency and error envelopes."""

from __future__ import annotations
