"""The routes of the pages."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from stacktill.runtime.appliance import Appliance

__all__ = ["page_routes"]


def page_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The payer's page and the API reference."""
    del appliance
    return []
