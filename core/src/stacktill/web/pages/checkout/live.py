"""The payer's page kept current: a stream of versions, one whenever the page would show something else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from stacktill.application.chain_cursor import cursor
from stacktill.domain.errors import NotFound, RateLimited
from stacktill.domain.events import Event
from stacktill.plugin.storage import StorageUnavailable
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.states import Checkout, Confirming

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["checkout_stream_routes"]

LOOK_SECONDS = 15.0
"""How often a stream looks by itself: what has no event of its own, such as another tab's start."""
BLOCK_SECONDS = 1.0
"""How often the tip is looked at for all streams together, while any of them counts blocks."""
RETRY_MS = 2_000


def checkout_stream_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """``/pay/{id}/live``. It says only that the page has changed, so the id is all it asks for."""
    tips = _Tips(appliance)

    async def follow(request: Request[Any, Any, Any]) -> Stream:
        if appliance.hub.listeners >= appliance.settings.limits.max_event_streams:
            raise RateLimited("Too many live streams are open; try again.", retry_after_seconds=5)
        id = request.path_params["id"]
        await appliance.storage.read(find_checkout, appliance.services, id)
        headers = {"cache-control": "no-store"}
        frames = _frames(appliance, tips, id)
        return Stream(frames, media_type="text/event-stream", headers=headers)

    route = HTTPRouteHandler(
        "/pay/{id:str}/live",
        http_method="GET",
        status_code=200,
        name="pay.live",
        include_in_schema=False,
    )
    return [route(follow)]


class _Tips:
    """How high the books stand on the chain of a mode, asked for at most once a moment."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._known: dict[bool, tuple[float, str]] = {}

    async def hash(self, found: Checkout) -> str | None:
        """The hash of the highest block in the books; None when the page counts no blocks."""
        if not isinstance(found.state, Confirming):
            return None
        livemode = found.order.livemode
        asked_at, known = self._known.get(livemode, (0.0, ""))
        if time.monotonic() - asked_at < BLOCK_SECONDS:
            return known
        chain = self._appliance.services.chain(livemode)
        try:
            tip = await self._appliance.storage.read(cursor, chain.chain_id)
        except StorageUnavailable:
            return known
        known = "" if tip is None else tip.hash
        self._known[livemode] = (time.monotonic(), known)
        return known


async def _frames(appliance: Appliance, tips: _Tips, id: str) -> AsyncIterator[bytes]:
    """The page's version now, and again whenever it is another one."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    told = ""
    found = await _look(appliance, id)
    while found is not None:
        topic = found.order.intent_id
        # Listening begins before the next look, and the tip is read before it: nothing falls between.
        async with appliance.hub.listen(topic or id) as queue:
            while found is not None and found.order.intent_id == topic:
                tip = await tips.hash(found)
                found = await _look(appliance, id)
                if found is None or appliance.closing.is_set():
                    return
                if found.version != told:
                    told = found.version
                    yield f"data: {told}\n\n".encode()
                else:
                    yield b": ping\n\n"
                if not await _something(queue, tips, found, tip):
                    return


async def _look(appliance: Appliance, id: str) -> Checkout | None:
    """The page now; None when it cannot be read, and the browser had better come again."""
    try:
        return await appliance.storage.read(find_checkout, appliance.services, id)
    except (NotFound, StorageUnavailable):
        return None


async def _something(
    queue: asyncio.Queue[Event | None], tips: _Tips, found: Checkout, tip: str | None
) -> bool:
    """Wait until there may be news; False when the stream should end."""
    end = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < end:
        try:
            async with asyncio.timeout(LOOK_SECONDS if tip is None else BLOCK_SECONDS):
                event = await queue.get()
        except TimeoutError:
            if await tips.hash(found) != tip:
                return True
            continue
        while event is not None and not queue.empty():
            event = queue.get_nowait()
        return event is not None
    return True
