"""Register, change, roll and delete webhook endpoints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.audit import audit
from stacktill.application.journal import record
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.views.resources import webhook_endpoint_view
from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.domain.webhooks import WebhookEndpoint
from stacktill.plugin.notification import Target
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "create_endpoint",
    "delete_endpoint",
    "disable_endpoint",
    "roll_endpoint_secret",
    "target_of",
    "update_endpoint",
]

MAX_ENDPOINTS = 100
"""Endpoints per merchant and mode."""


def create_endpoint(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> tuple[WebhookEndpoint, str]:
    """Register a URL; return it with its secret, which is shown this once."""
    _check_url(services, params["url"])
    where: dict[str, str | bool] = {
        "merchant_id": caller.merchant_id,
        "livemode": caller.livemode,
    }
    if len(uow.webhook_endpoints.find(where, limit=MAX_ENDPOINTS)) >= MAX_ENDPOINTS:
        raise InvalidRequest(
            f"A store can have at most {MAX_ENDPOINTS} webhook endpoints per mode."
        )
    secret = services.ids.secret("whsec")
    id = services.ids.new("we")
    endpoint = WebhookEndpoint(
        id=id,
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        url=params["url"],
        enabled_events=tuple(params["enabled_events"]),
        sealed_secret=services.vault.seal(secret, place=_place(id)),
        description=params.get("description"),
        api_version=params.get("api_version"),
        metadata=merged({}, params.get("metadata", {})),
        max_per_second=params.get("max_per_second"),
    )
    uow.webhook_endpoints.add(endpoint)
    _note(uow, services, caller, "created", endpoint)
    return endpoint, secret


def update_endpoint(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> WebhookEndpoint:
    """Change an endpoint; enabling it again forgives its failures."""
    endpoint = _endpoint(uow, caller, id)
    changes: dict[str, Any] = {
        name: params[name] for name in ("description", "max_per_second") if name in params
    }
    if "url" in params:
        _check_url(services, params["url"])
        changes["url"] = params["url"]
    if "enabled_events" in params:
        changes["enabled_events"] = tuple(params["enabled_events"])
    if "metadata" in params:
        changes["metadata"] = merged(endpoint.metadata, params["metadata"])
    if params.get("disabled") is True:
        changes |= {"status": "disabled", "disabled_reason": "by_merchant"}
    elif params.get("disabled") is False:
        changes |= {"status": "enabled", "disabled_reason": None, "failing_since": None}
    after = replace(endpoint, **changes)
    uow.webhook_endpoints.save(after)
    _note(uow, services, caller, "changed", after)
    return after


def delete_endpoint(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> None:
    """Forget an endpoint; what was still on its way to it is not sent any more."""
    endpoint = _endpoint(uow, caller, id)
    uow.webhook_endpoints.remove(endpoint.id)
    _note(uow, services, caller, "deleted", endpoint)


def roll_endpoint_secret(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, overlap_seconds: int
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret; the old one signs as well until its overlap ends."""
    endpoint = _endpoint(uow, caller, id)
    secret = services.ids.secret("whsec")
    after = replace(
        endpoint,
        sealed_secret=services.vault.seal(secret, place=_place(id)),
        sealed_old_secret=endpoint.sealed_secret,
        old_secret_until=services.clock.now() + overlap_seconds,
    )
    uow.webhook_endpoints.save(after)
    _note(uow, services, caller, "changed", after)
    return after, secret


def disable_endpoint(
    uow: UnitOfWork, services: Services, endpoint: WebhookEndpoint, reason: str
) -> WebhookEndpoint:
    """Stop sending to an endpoint, and tell the merchant by an event of its own."""
    after = replace(endpoint, status="disabled", disabled_reason=reason)
    uow.webhook_endpoints.save(after)
    caller = Caller(endpoint.merchant_id, endpoint.livemode)
    view = webhook_endpoint_view(after)
    record(uow, services, caller, "webhook_endpoint.disabled", view)
    return after


def target_of(services: Services, endpoint: WebhookEndpoint) -> Target:
    """Where to send and with which secrets, opened for this attempt."""
    secrets = [services.vault.open(endpoint.sealed_secret, place=_place(endpoint.id))]
    old, until = endpoint.sealed_old_secret, endpoint.old_secret_until
    if old is not None and until is not None and services.clock.now() < until:
        secrets.append(services.vault.open(old, place=_place(endpoint.id)))
    return Target(endpoint.id, endpoint.url, tuple(secrets))


def _endpoint(uow: UnitOfWork, caller: Caller, id: str) -> WebhookEndpoint:
    return named(
        uow.webhook_endpoints, caller, id, kind="webhook_endpoint", param="webhook_endpoint"
    )


def _note(
    uow: UnitOfWork, services: Services, caller: Caller, act: str, endpoint: WebhookEndpoint
) -> None:
    details = {
        "enabled_events": endpoint.enabled_events,
        "status": endpoint.status,
        "url": endpoint.url,
    }
    audit(uow, services, caller, f"webhook_endpoint.{act}", endpoint.id, details=details)


def _place(endpoint_id: str) -> str:
    return f"webhook_endpoints/{endpoint_id}/secret"


def _check_url(services: Services, url: str) -> None:
    if services.notifier is None:
        raise InvalidParameter(
            "No plugin on this appliance delivers webhooks; enable notify_webhook.", param="url"
        )
    services.notifier.check_url(url)
