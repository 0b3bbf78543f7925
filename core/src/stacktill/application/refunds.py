"""Create, update, cancel and broadcast refunds; the chain alone makes them succeed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.journal import record
from stacktill.application.lookup import named, referenced
from stacktill.application.memo import refund_memo
from stacktill.application.metadata import merged
from stacktill.application.payers import next_payer
from stacktill.application.refund_progress import save_refund
from stacktill.application.services import Caller, Services
from stacktill.application.views.charges import refund_view
from stacktill.domain.charges import Charge
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvalidParameter, InvalidRequest, StateConflict
from stacktill.domain.refunds import LOST_AFTER_SECONDS, Refund, advance_refund, is_lost, reserve
from stacktill.plugin.chain import RefundTerms
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "broadcast_refund",
    "cancel_refund",
    "create_refund",
    "plan_refund",
    "refund_deposit",
    "update_refund",
]


def create_refund(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> Refund:
    """Reserve an amount on a charge and prepare the transaction that the merchant signs."""
    charge, refund = plan_refund(uow, services, caller, params)
    uow.charges.save(charge)
    return _keep(uow, services, caller, refund)


def plan_refund(
    uow: UnitOfWork, services: Services, caller: Caller, params: dict[str, Any]
) -> tuple[Charge, Refund]:
    """The refund that parameters ask for, and its charge with the amount reserved; nothing is kept."""
    charge = _charge(uow, caller, params)
    payer = next_payer(uow, charge)
    if payer.address is None:
        raise InvalidRequest(
            f"Nobody's address paid charge {charge.id}: the sBTC was minted to you. Ask the payer for "
            "an address and send it from your own wallet.",
            code="no_sender",
        )
    wanted = params.get("amount")
    if wanted is None and payer.payers > 1:
        wanted = min(payer.left_sats, charge.refundable_sats) or None
    reserved, amount_sats = reserve(charge, wanted)
    if amount_sats > payer.left_sats:
        raise InvalidParameter(
            f"This charge was paid by {payer.payers} payers, and {payer.address}, which is owed "
            f"most, can get back at most {payer.left_sats} sats. Refund the rest in refunds of its own.",
            param="amount",
        )
    refund = _prepare(
        services,
        caller,
        chain_id=charge.chain_id,
        route=(_deposit_address(uow, charge), payer.address),
        amount_sats=amount_sats,
        extra={
            "charge": charge.id,
            "payment_intent": charge.payment_intent,
            "reason": params.get("reason"),
            "metadata": merged({}, params.get("metadata", {})),
        },
    )
    return reserved, refund


def refund_deposit(uow: UnitOfWork, services: Services, caller: Caller, deposit: Deposit) -> Refund:
    """Prepare giving an unmatched deposit back, whole, to where it came from."""
    if not deposit.is_sbtc:
        raise InvalidRequest(
            "Only sBTC can be refunded from here; send other tokens back from your own wallet, then "
            "dismiss the deposit."
        )
    if deposit.sender is None:
        raise InvalidRequest(
            f"Nobody sent deposit {deposit.id}: it was minted, so there is no address to give it back "
            "to. Attach it to the payment it is for, or dismiss it to keep it.",
            code="no_sender",
        )
    if deposit.state != "final":
        raise InvalidRequest(
            f"Deposit {deposit.id} is not final yet: the chain may still take it back. Refund it when "
            "its final is true.",
            code="deposit_not_final",
        )
    refund = _prepare(
        services,
        caller,
        chain_id=deposit.chain_id,
        route=(deposit.recipient, deposit.sender),
        amount_sats=deposit.amount,
        extra={"deposit": deposit.id},
    )
    uow.deposits.save(replace(deposit, match="refunding", refund_id=refund.id))
    return _keep(uow, services, caller, refund)


def update_refund(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, params: dict[str, Any]
) -> Refund:
    """Change a refund's metadata, the only thing about it that may change."""
    refund = named(uow.refunds, caller, id, kind="refund")
    if "metadata" not in params:
        return refund
    after = replace(refund, metadata=merged(refund.metadata, params["metadata"]))
    save_refund(uow, services, refund, after, caller)
    return after


def cancel_refund(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> Refund:
    """Give up a refund that nobody has signed, or whose transfer is lost; its amount is free again."""
    refund = named(uow.refunds, caller, id, kind="refund")
    if not is_lost(refund, services.now(refund.livemode)):
        _require_unsigned(refund, "canceled")
    after = advance_refund(refund, "canceled")
    _release(uow, refund)
    save_refund(uow, services, refund, after, caller)
    return after


def broadcast_refund(
    uow: UnitOfWork, services: Services, caller: Caller, id: str, txid: str
) -> Refund:
    """Note that the merchant's wallet sent the transfer; the chain has yet to show it.

    Another hash replaces the one before, as a wallet does that sends the same transfer anew.
    """
    refund = named(uow.refunds, caller, id, kind="refund")
    if refund.status == "succeeded" or (refund.status, refund.txid) == ("pending", txid):
        return refund
    if refund.status != "pending":
        _require_unsigned(refund, "broadcast")
    until = services.now(refund.livemode) + LOST_AFTER_SECONDS
    after = advance_refund(refund, "pending", txid=txid, expires_at=until)
    save_refund(uow, services, refund, after, caller)
    return after


def _require_unsigned(refund: Refund, done: str) -> None:
    if refund.status != "requires_action":
        raise StateConflict(
            f"Refund {refund.id} has a status of {refund.status}; only a refund that requires_action "
            f"can be {done}, or one whose transfer the chain took back or has not shown for a day.",
            code="refund_unexpected_state",
            object_type="refund",
            object_id=refund.id,
        )


def _release(uow: UnitOfWork, refund: Refund) -> None:
    if refund.charge is not None:
        charge = uow.charges.get(refund.charge)
        if charge is not None:
            left = charge.reserved_sats - refund.amount_sats
            uow.charges.save(replace(charge, reserved_sats=left))
    if refund.deposit is not None:
        deposit = uow.deposits.get(refund.deposit)
        if deposit is not None and (deposit.match, deposit.refund_id) == ("refunding", refund.id):
            uow.deposits.save(replace(deposit, match="unmatched", refund_id=None))


def _charge(uow: UnitOfWork, caller: Caller, params: dict[str, Any]) -> Charge:
    if ("charge" in params) == ("payment_intent" in params):
        raise InvalidRequest(
            "Name either the charge or the payment_intent to refund, one of them.",
            code="parameter_missing" if "charge" not in params else "parameters_exclusive",
            param="payment_intent",
        )
    if "charge" in params:
        return referenced(uow.charges, caller, params["charge"], kind="charge", param="charge")
    intent = referenced(
        uow.payment_intents,
        caller,
        params["payment_intent"],
        kind="payment_intent",
        param="payment_intent",
    )
    charge = None if intent.latest_charge is None else uow.charges.get(intent.latest_charge)
    if charge is None:
        raise InvalidParameter(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return charge


def _deposit_address(uow: UnitOfWork, charge: Charge) -> str:
    intent = uow.payment_intents.get(charge.payment_intent)
    if intent is None or intent.deposit_address is None:
        raise InvalidRequest(f"Charge {charge.id} has no intent to refund.")
    return intent.deposit_address


def _prepare(
    services: Services,
    caller: Caller,
    *,
    chain_id: str,
    route: tuple[str, str],
    amount_sats: int,
    extra: dict[str, Any],
) -> Refund:
    id = services.ids.new("re")
    memo = refund_memo(id)
    sender, recipient = route
    terms = RefundTerms(id, sender, recipient, amount_sats, bytes.fromhex(memo))
    return Refund(
        id=id,
        merchant_id=caller.merchant_id,
        livemode=caller.livemode,
        created=services.now(caller.livemode),
        amount_sats=amount_sats,
        status="requires_action",
        chain_id=chain_id,
        sender=sender,
        recipient=recipient,
        memo=memo,
        transaction=services.chain_by_id(chain_id).refund_transaction(terms),
        **extra,
    )


def _keep(uow: UnitOfWork, services: Services, caller: Caller, refund: Refund) -> Refund:
    uow.refunds.add(refund)
    network = services.chain_by_id(refund.chain_id).network
    record(uow, services, caller, "refund.created", refund_view(refund, network=network))
    return refund
