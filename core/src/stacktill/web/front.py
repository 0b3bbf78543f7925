"""``/``: whoever types only the address of the box is led to where it is of use."""

from __future__ import annotations

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from stacktill.runtime.appliance import Appliance
from stacktill.web.demo.routes import has_demo
from stacktill.web.kept import READING

__all__ = ["front_routes"]

FOUND = 302


def front_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The demo shop, else the API reference, else nothing."""
    if has_demo(appliance):
        place = "/demo"
    elif appliance.settings.server.docs:
        place = "/docs"
    else:
        return []

    async def lead() -> Response[None]:
        # Not for ever: either may be switched off.
        headers = {"location": place, "cache-control": "no-store"}
        return Response(None, status_code=FOUND, headers=headers)

    route = HTTPRouteHandler(
        "/", http_method=READING, status_code=FOUND, name="front", include_in_schema=False
    )
    return [route(lead)]
