"""Pages for people: the payer's page and the API reference."""

from __future__ import annotations
