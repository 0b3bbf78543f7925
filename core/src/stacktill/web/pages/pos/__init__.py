"""The point of sale: a phone's pages to ask for payments and to see its own."""

from __future__ import annotations
