"""``/v1/webhook_endpoints``: where events are sent, and the secrets they are signed with."""

from __future__ import annotations

from typing import Any

from stacktill.application import webhook_endpoints as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.resources import deleted_view, webhook_endpoint_view
from stacktill.domain.webhooks import WebhookEndpoint
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Boolean, Integer, ListOf, Metadata, Params, Text, Url

__all__ = ["OPERATIONS"]

URL = "/v1/webhook_endpoints"
MAX_EVENT_TYPES = 300
MAX_PER_SECOND = 1_000
DAY_SECONDS = 86_400


def _url(*, required: bool = False) -> Url:
    return Url(required=required, description="Where events are posted to.")


def _enabled_events(*, required: bool = False) -> ListOf:
    # Types that nobody knows yet are taken too: an SDK may be newer than this appliance.
    event_type = Text(
        max_length=100,
        pattern=r"\*|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+",
        pattern_message="It must be an event type such as payment_intent.succeeded, or * for all.",
    )
    return ListOf(
        event_type,
        required=required,
        min_items=1,
        max_items=MAX_EVENT_TYPES,
        description="The event types to send; * means all.",
    )


CHANGEABLE = {
    "description": Text(unsettable=True, description="What it is for."),
    "max_per_second": Integer(
        minimum=1,
        maximum=MAX_PER_SECOND,
        unsettable=True,
        description="At most so many deliveries a second.",
    ),
    "metadata": Metadata(description="Your own keys and values."),
}

CREATE = Params(
    {
        "url": _url(required=True),
        "enabled_events": _enabled_events(required=True),
        "api_version": Text(
            max_length=40,
            pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\.[a-z]+)?",
            pattern_message="It must be a version such as 2026-10-28.endive.",
            unsettable=True,
            description="Kept and shown; events have one shape for all versions.",
        ),
        **CHANGEABLE,
    }
)

UPDATE = Params(
    {
        "url": _url(),
        "enabled_events": _enabled_events(),
        "disabled": Boolean(description="Stop sending to it, or start again."),
        **CHANGEABLE,
    }
)

ROLL = Params(
    {
        "overlap_seconds": Integer(
            minimum=0,
            maximum=DAY_SECONDS,
            default=DAY_SECONDS,
            description="How long the old secret signs as well.",
        )
    }
)


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    endpoint, secret = use_cases.create_endpoint(uow, ask.services, ask.caller, ask.params)
    return webhook_endpoint_view(endpoint, secret)


def _retrieve(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return webhook_endpoint_view(_named(uow, ask))


def _update(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    endpoint = use_cases.update_endpoint(uow, ask.services, ask.caller, ask.id, ask.params)
    return webhook_endpoint_view(endpoint)


def _delete(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    use_cases.delete_endpoint(uow, ask.services, ask.caller, ask.id)
    return deleted_view("webhook_endpoint", ask.id)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    listing = Listing(URL, "webhook_endpoint", {})
    return list_page(uow.webhook_endpoints, ask, listing, webhook_endpoint_view)


def _roll(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    endpoint, secret = use_cases.roll_endpoint_secret(
        uow, ask.services, ask.caller, ask.id, ask.params["overlap_seconds"]
    )
    return webhook_endpoint_view(endpoint, secret)


def _named(uow: UnitOfWork, ask: Ask) -> WebhookEndpoint:
    return named(
        uow.webhook_endpoints, ask.caller, ask.id, kind="webhook_endpoint", param="webhook_endpoint"
    )


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"webhook_endpoints.{name}",
        summary=summary,
        resource="webhook_endpoints",
        **{"returns": "webhook_endpoint", **more},
    )


OPERATIONS = (
    _operation(
        "POST",
        "",
        "create",
        "Create a webhook endpoint; its secret is in this answer only",
        params=CREATE,
        run=_create,
        secret_answer=True,
    ),
    _operation(
        "GET",
        "",
        "list",
        "List webhook endpoints",
        params=list_params(),
        returns="list:webhook_endpoint",
        run=_list,
        long=True,
    ),
    _operation("GET", "/{id}", "retrieve", "Retrieve a webhook endpoint", run=_retrieve),
    _operation("POST", "/{id}", "update", "Update a webhook endpoint", params=UPDATE, run=_update),
    _operation(
        "DELETE",
        "/{id}",
        "delete",
        "Delete a webhook endpoint",
        returns="deleted:webhook_endpoint",
        run=_delete,
    ),
    _operation(
        "POST",
        "/{id}/roll_secret",
        "roll_secret",
        "Give a webhook endpoint a new secret, shown in this answer only",
        params=ROLL,
        run=_roll,
        secret_answer=True,
    ),
)
