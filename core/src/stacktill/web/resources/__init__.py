"""The API's resources: one module each, with the operations that it offers."""

from __future__ import annotations
