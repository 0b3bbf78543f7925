"""``/logos/…``: the pictures that stores show, from our own origin and as nothing but pictures."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.domain.errors import NotFound
from stacktill.domain.pictures import Picture
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.kept import READING
from stacktill.web.pages.assets import FOR_EVER
from stacktill.web.pages.html import Kept

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["logo_routes"]


def logo_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The route of all logos; a logo never changes, so browsers may keep it for ever."""

    async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        picture = await appliance.storage.read(_find, request.path_params["name"])
        content = base64.b64decode(picture.content)
        return Kept(content, f"image/{picture.kind}", cache_control=FOR_EVER).answer(request)

    route = HTTPRouteHandler(
        "/logos/{name:str}", http_method=READING, name="logos", include_in_schema=False
    )
    return [route(serve)]


def _find(uow: UnitOfWork, name: str) -> Picture:
    id, _, kind = name.partition(".")
    picture = uow.pictures.get(id)
    if picture is None or picture.kind != kind:
        raise NotFound("There is no such picture.")
    return picture
