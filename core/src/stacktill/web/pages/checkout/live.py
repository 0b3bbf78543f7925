"""The payer's page kept current: a stream of versions, one whenever the page would show something else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, NamedTuple

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from stacktill.application.chain_cursor import cursor
from stacktill.domain.errors import NotFound, RateLimited
from stacktill.plugin.storage import StorageUnavailable
from stacktill.runtime.hub import Listener
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.states import Confirming

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["checkout_stream_routes"]

LOOK_SECONDS = 15.0
"""How often a stream looks by itself: what has no event of its own, such as another tab's start."""
BLOCK_SECONDS = 1.0
"""How often the tip is looked at for all streams together, while any of them counts blocks."""
RETRY_MS = 2_000
STREAMS_PER_PAGE = 100
"""One page with many windows must not take the streams of all the others: who is refused looks by itself."""


def checkout_stream_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """``/pay/{id}/live``. It says only that the page has changed, so the id is all it asks for."""
    tips = _Tips(appliance)

    async def follow(request: Request[Any, Any, Any]) -> Stream:
        if appliance.hub.listeners >= appliance.settings.limits.max_event_streams:
            raise RateLimited("Too many live streams are open; try again.", retry_after_seconds=5)
        id = request.path_params["id"]
        found = await appliance.storage.read(find_checkout, appliance.services, id)
        if appliance.hub.listening(found.order.intent_id or id) >= STREAMS_PER_PAGE:
            raise RateLimited("This page is followed by too many already.", retry_after_seconds=15)
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


class _Seen(NamedTuple):
    """What a stream remembers of the page: thousands of streams wait at once, so no more than it needs.

    ``intent_id`` is whose events concern it, ``counts_in`` the mode whose blocks it counts, if it does.
    """

    version: str
    intent_id: str | None
    counts_in: bool | None


class _Tips:
    """How high the books stand on the chain of a mode, asked for at most once a moment."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._known: dict[bool, tuple[float, str]] = {}

    async def hash(self, livemode: bool | None) -> str | None:
        """The hash of the highest block in the books of a mode; None for no mode."""
        if livemode is None:
            return None
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
        topic = found.intent_id
        # Listening begins before the next look, and the tip is read before it: nothing falls between.
        with appliance.hub.listen(topic or id) as listener:
            while found is not None and found.intent_id == topic:
                tip = await tips.hash(found.counts_in)
                found = await _look(appliance, id)
                if found is None or appliance.closing.is_set():
                    return
                if found.version != told:
                    told = found.version
                    yield f"data: {told}\n\n".encode()
                else:
                    yield b": ping\n\n"
                if not await _something(listener, tips, found.counts_in, tip):
                    return


async def _look(appliance: Appliance, id: str) -> _Seen | None:
    """The page now; None when it cannot be read, and the browser had better come again."""
    try:
        found = await appliance.storage.read(find_checkout, appliance.services, id)
    except (NotFound, StorageUnavailable):
        return None
    counts_in = found.order.livemode if isinstance(found.state, Confirming) else None
    return _Seen(found.version, found.order.intent_id, counts_in)


async def _something(
    listener: Listener, tips: _Tips, counts_in: bool | None, tip: str | None
) -> bool:
    """Wait until there may be news; False when the stream should end."""
    pause = LOOK_SECONDS if counts_in is None else BLOCK_SECONDS
    end = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < end:
        try:
            async with asyncio.timeout(pause):
                event = await listener.get()
        except TimeoutError:
            if await tips.hash(counts_in) != tip:
                return True
            continue
        while event is not None and not listener.empty():
            event = listener.get_nowait()
        return event is not None
    return True
