"""The payer's page at ``/pay/{id}``: what it shows in each state, how it is kept current, its receipt."""

from __future__ import annotations
