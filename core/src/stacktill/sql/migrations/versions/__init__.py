"""One file per step, in order; a step that was released never changes."""

from __future__ import annotations
