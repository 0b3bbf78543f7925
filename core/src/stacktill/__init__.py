"""stacktill: a self-hosted till that takes sBTC, made of a small core and drop-in plugins."""

from __future__ import annotations

__version__ = "0.1.0"
