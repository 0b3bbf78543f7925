"""Every operation that the API offers."""

from __future__ import annotations

from stacktill.web.resources import payment_intents, test_helpers

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *payment_intents.OPERATIONS,
    *test_helpers.OPERATIONS,
)
