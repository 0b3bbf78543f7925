"""What confirming an intent fixes: how it is paid, where, until when, how much and how deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacktill.application.lookup import referenced
from stacktill.application.memo import intent_memo
from stacktill.application.metadata import merged
from stacktill.application.services import Caller, Services
from stacktill.domain.confirmations import Confirmations, confirmations_for
from stacktill.domain.decisions import Fee
from stacktill.domain.errors import InvalidRequest
from stacktill.domain.intent_steps import Confirmed
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.resources import PaymentMethod
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Verdict", "method_id", "payment_terms"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the plugins decided about an intent; None leaves it to the store's policy."""

    confirmations: Confirmations | None = None
    fee: Fee | None = None


def method_id(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    intent: PaymentIntent,
    params: dict[str, Any],
) -> str:
    """The id of the payment method that parameters name, else the intent's, else a new crypto one."""
    given = params.get("payment_method")
    if given is not None:
        referenced(uow.payment_methods, caller, given, kind="PaymentMethod", param="payment_method")
        return str(given)
    if intent.payment_method is not None and "payment_method_data" not in params:
        return intent.payment_method
    data = params.get("payment_method_data") or {}
    method = PaymentMethod(
        id=services.ids.new("pm"),
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        billing_details=data.get("billing_details") or {},
        metadata=merged({}, data.get("metadata", {})),
    )
    uow.payment_methods.add(method)
    return method.id


def payment_terms(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    intent: PaymentIntent,
    params: dict[str, Any],
    *,
    verdict: Verdict,
) -> Confirmed:
    """The terms by which the store's policy, and the plugins, judge this intent's payment."""
    chain = services.chain(intent.livemode)
    merchant = uow.merchants.get(intent.merchant_id)
    if merchant is None or chain.chain_id not in merchant.addresses:
        raise InvalidRequest(
            "This store has no settlement address on the network yet; set one on the account before "
            "taking payments."
        )
    policy = merchant.policy
    expires_at = services.now(intent.livemode) + policy.expires_after_seconds
    depth = verdict.confirmations
    return Confirmed(
        payment_method=method_id(uow, services, caller, intent, params),
        chain_id=chain.chain_id,
        deposit_address=merchant.addresses[chain.chain_id],
        memo=intent_memo(intent.id),
        expires_at=expires_at,
        closes_at=expires_at + policy.late_grace_seconds,
        due_sats=policy.due_sats(intent.amount_sats),
        confirmations=depth or confirmations_for(intent.amount_sats, policy.confirmations),
    )
