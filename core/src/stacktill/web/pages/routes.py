"""The routes of the pages."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from stacktill.runtime.appliance import Appliance
from stacktill.web.pages.assets import asset_routes
from stacktill.web.pages.button import button_routes
from stacktill.web.pages.checkout.routes import checkout_routes
from stacktill.web.pages.choices import choice_routes
from stacktill.web.pages.documents import document_routes
from stacktill.web.pages.logos import logo_routes
from stacktill.web.pages.pos.routes import pos_routes

__all__ = ["page_routes"]


def page_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The payer's page, and unless they are switched off the API's documents."""
    documents = document_routes(appliance) if appliance.settings.server.docs else []
    return [
        *pos_routes(appliance),
        *asset_routes(),
        *logo_routes(appliance),
        *checkout_routes(appliance),
        *choice_routes(appliance),
        *button_routes(appliance),
        *documents,
    ]
