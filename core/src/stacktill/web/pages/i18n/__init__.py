"""The languages of the pages: which one a visitor reads, its words, its numbers and its dates."""

from __future__ import annotations
