"""Create and change payment links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.journal import record
from stacktill.application.line_items import make_line_items
from stacktill.application.lookup import named
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.application.session_terms import intent_data
from stacktill.application.updates import picked, record_update
from stacktill.application.views.resources import payment_link_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.resources import PaymentLink
from stacktill.plugin.storage import UnitOfWork

__all__ = ["create_payment_link", "payment_link_of", "update_payment_link"]


def create_payment_link(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> PaymentLink:
    """Keep a new payment link."""
    items = make_line_items(uow, services, caller, params["line_items"])
    link = PaymentLink(
        id=services.ids.new("plink"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        line_items=items,
        after_completion=_completion(params.get("after_completion")),
        payment_intent_data=intent_data(params.get("payment_intent_data"), items),
        inactive_message=params.get("inactive_message"),
        metadata=merged({}, params.get("metadata", {})),
    )
    uow.payment_links.add(link)
    record(uow, services, caller, "payment_link.created", payment_link_view(services, link))
    return link


def update_payment_link(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> PaymentLink:
    """Change a payment link; sessions already made of it stay as they are."""
    before = payment_link_of(uow, caller, id)
    changes = picked(params, "active", "inactive_message")
    if "after_completion" in params:
        changes["after_completion"] = _completion(params["after_completion"])
    if "payment_intent_data" in params:
        changes["payment_intent_data"] = intent_data(
            params["payment_intent_data"], before.line_items
        )
    if "metadata" in params:
        changes["metadata"] = merged(before.metadata, params["metadata"])
    after = replace(before, **changes)
    uow.payment_links.save(after)
    views = [payment_link_view(services, link) for link in (before, after)]
    record_update(uow, services, caller, "payment_link.updated", views[0], after=views[1])
    return after


def payment_link_of(uow: UnitOfWork, caller: Caller, id: str) -> PaymentLink:
    """The payment link in the path, or ``NotFound``."""
    return named(uow.payment_links, caller, id, kind="payment_link", param="payment_link")


def _completion(given: dict[str, Any] | None) -> dict[str, Any]:
    """What happens after payment: a page of ours, or a redirect to one of the shop's."""
    if given is None or given["type"] == "hosted_confirmation":
        message = ((given or {}).get("hosted_confirmation") or {}).get("custom_message")
        return {
            "type": "hosted_confirmation",
            "hosted_confirmation": {"custom_message": message},
        }
    if "redirect" not in given:
        raise InvalidParameter(
            "Missing required param: after_completion[redirect].",
            code="parameter_missing",
            param="after_completion[redirect]",
        )
    return {"type": "redirect", "redirect": {"url": given["redirect"]["url"]}}
