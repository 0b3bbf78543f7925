"""Words and rules of the till: pure, no clock, no ids, no I/O."""

from __future__ import annotations
