"""Live status: a payment intent's events as server-sent events, resumable by event id."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from stacktill.application.lookup import named, owned
from stacktill.application.services import Caller, Services
from stacktill.application.views.events import event_view
from stacktill.application.views.payment_intents import (
    PAYER_FIELDS,
    payer_view,
    payment_intent_view,
)
from stacktill.domain.errors import InvalidParameter, NotFound, RateLimited
from stacktill.domain.events import Event
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance
from stacktill.web.api.endpoint import identify_request
from stacktill.web.api.operation import Operation
from stacktill.web.params import Params, Text, decode_form

__all__ = ["LIVE_OPERATION", "STREAMS_PER_INTENT", "live_routes"]

PING_SECONDS = 15.0
RETRY_MS = 2_000
PAGE = 100
STREAMS_PER_INTENT = 100
"""One payer with many windows must not take the streams of all the others."""

LIVE_OPERATION = Operation(
    method="GET",
    path="/v1/payment_intents/{id}/events",
    name="payment_intents.events",
    summary="Follow a payment intent live (server-sent events)",
    resource="payment_intents",
    returns="stream:event",
    access="payer",
    params=Params(
        {
            "client_secret": Text(max_length=200, description="Needed with a publishable key."),
            "last_event_id": Text(max_length=100, description="Go on after this event."),
        }
    ),
)
encode = msgspec.json.Encoder().encode


def live_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The stream of one payment intent's events."""

    async def follow(request: Request[Any, Any, Any]) -> Stream:
        scope: Any = request.scope
        identity = await identify_request(appliance, LIVE_OPERATION, scope)
        params = LIVE_OPERATION.params.parse(decode_form(request.scope["query_string"]))
        if appliance.hub.listeners >= appliance.settings.limits.max_event_streams:
            raise RateLimited("Too many live streams are open; try again.", retry_after_seconds=5)
        caller, id = identity.caller, request.path_params["id"]
        secret = params.get("client_secret")
        must_match = identity.is_payer or secret is not None
        intent = await appliance.storage.read(_followed, caller, id, secret, must_match)
        if appliance.hub.listening(intent.id) >= STREAMS_PER_INTENT:
            raise RateLimited(
                "This payment is followed by too many already.", retry_after_seconds=5
            )
        after = request.headers.get("last-event-id") or params.get("last_event_id")
        if after is not None:
            await appliance.storage.read(_check_cursor, caller, id, after)
        view = _Viewer(appliance.services, is_payer=identity.is_payer)
        frames = _frames(appliance, caller, intent, after, view)
        return Stream(frames, media_type="text/event-stream", headers={"cache-control": "no-store"})

    handler = HTTPRouteHandler(
        "/v1/payment_intents/{id:str}/events",
        http_method="GET",
        status_code=200,
        include_in_schema=False,
        name=LIVE_OPERATION.name,
    )(follow)
    return [handler]


class _Viewer:
    """Shows an event to whoever follows: a payer sees nothing of the merchant's own."""

    def __init__(self, services: Services, *, is_payer: bool) -> None:
        self._services = services
        self._is_payer = is_payer

    def first(self, intent: PaymentIntent) -> bytes:
        """The state of the intent when the stream opens."""
        view = payer_view if self._is_payer else payment_intent_view
        return b"event: snapshot\ndata: " + encode(view(self._services, intent)) + b"\n\n"

    def frame(self, event: Event) -> bytes:
        """One event with its id, so that the stream can be resumed after it."""
        whole = event_view(event)
        if self._is_payer:
            whole["data"] = {"object": _payer_object(event)}
            whole["request"] = None
        head = f"id: {event.id}\nevent: {event.type}\ndata: ".encode()
        return head + encode(whole) + b"\n\n"


def _payer_object(event: Event) -> dict[str, Any]:
    whole = msgspec.json.decode(event.data)["object"]
    return {name: whole[name] for name in PAYER_FIELDS if name in whole}


async def _frames(
    appliance: Appliance,
    caller: Caller,
    intent: PaymentIntent,
    after: str | None,
    viewer: _Viewer,
) -> AsyncIterator[bytes]:
    """What was missed, then what happens, until the client leaves or the server closes."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    with appliance.hub.listen(intent.id) as queue:
        last = after
        if after is None:
            # Listening began before, and the state is read last: nothing can fall between them.
            last = await appliance.storage.read(_newest, caller, intent.id)
            state = await appliance.storage.read(_followed, caller, intent.id, None, False)
            yield viewer.first(state)
        while last is not None and after is not None:
            missed = await appliance.storage.read(_missed, caller, intent.id, last)
            for event in missed:
                last = event.id
                yield viewer.frame(event)
            if len(missed) < PAGE:
                break
        while not appliance.closing.is_set():
            try:
                async with asyncio.timeout(PING_SECONDS):
                    event_or_gap = await queue.get()
            except TimeoutError:
                yield b": ping\n\n"
                continue
            if event_or_gap is None:
                return
            if last is None or event_or_gap.id > last:
                last = event_or_gap.id
                yield viewer.frame(event_or_gap)


def _followed(
    uow: UnitOfWork, caller: Caller, id: str, secret: str | None, must_match: bool
) -> PaymentIntent:
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="intent")
    if must_match and secret != intent.client_secret:
        raise NotFound(f"No such payment_intent: '{id}'", param="intent")
    return intent


def _check_cursor(uow: UnitOfWork, caller: Caller, id: str, event_id: str) -> None:
    event = owned(uow.events, caller, event_id)
    if event is None or event.object_id != id:
        raise InvalidParameter(
            f"No such event: '{event_id}'", code="resource_missing", param="last_event_id"
        )


def _newest(uow: UnitOfWork, caller: Caller, id: str) -> str | None:
    del caller
    found = uow.events.find({"object_id": id, "position !=": None}, descending=True, limit=1)
    return found[0].id if found else None


def _missed(uow: UnitOfWork, caller: Caller, id: str, after: str) -> list[Event]:
    del caller
    return uow.events.find({"object_id": id, "id >": after, "position !=": None}, limit=PAGE)
