"""The OpenAPI document of the API, built from the declarations that also serve it."""

from __future__ import annotations

from stacktill.web.openapi.document import build_document

__all__ = ["build_document"]
