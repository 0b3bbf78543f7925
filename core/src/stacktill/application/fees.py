"""The platform's fee: fixed when an intent is made, recognised when it moves beside the payment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stacktill.application.audit import audit
from stacktill.application.journal import changed_attributes, record
from stacktill.application.services import Caller, Services
from stacktill.application.views.account import account_view
from stacktill.domain.decisions import Fee
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvalidParameter, NotFound
from stacktill.domain.ledger import AccountCode, LedgerTransfer, TransferKind, account_id
from stacktill.domain.merchants import Merchant
from stacktill.domain.money import check_fee
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.chain import Transfer
from stacktill.plugin.storage import UnitOfWork

__all__ = ["changed_fee", "fee_beside", "has_fee", "move_fee", "set_fee_tier", "with_platform_fee"]


def with_platform_fee(
    uow: UnitOfWork, services: Services, draft: PaymentIntent, decided: Fee | None
) -> PaymentIntent:
    """A draft with the fee that a plugin decided, else its tier's; both go before the merchant's own."""
    merchant = uow.merchants.get(draft.merchant_id)
    if merchant is None:
        return draft
    terms = services.fees.terms(merchant.fee_tier, livemode=draft.livemode)
    asked = decided or terms
    if asked is None:
        return draft
    # Whoever runs the box may also have a store on it, and need not pay itself. What the store calls
    # its own in the other mode, where a signature is play, counts for nothing here.
    chain = services.live_chain if draft.livemode else services.test_chain
    if chain is not None and asked.recipient == merchant.addresses.get(chain.chain_id):
        return draft
    if decided is not None:
        return replace(draft, fee_sats=decided.amount_sats, fee_recipient=decided.recipient)
    if terms is None:
        return draft
    fee_sats = terms.fee_sats(draft.amount_sats)
    return replace(draft, fee_sats=fee_sats, fee_recipient=terms.recipient, fee_terms=terms)


def changed_fee(intent: PaymentIntent, params: dict[str, Any]) -> PaymentIntent:
    """An intent with the fee that belongs to its amount after an update by ``params``.

    The platform's fee follows the amount by the terms it was fixed by; a merchant cannot change it.
    """
    if "application_fee_amount" in params:
        if intent.fee_recipient is not None:
            raise InvalidParameter(
                "The platform's fee on this payment is fixed, and cannot be changed.",
                param="application_fee_amount",
            )
        intent = replace(intent, fee_sats=params["application_fee_amount"] or 0)
    if intent.fee_terms is not None:
        intent = replace(intent, fee_sats=intent.fee_terms.fee_sats(intent.amount_sats))
    check_fee(intent.fee_sats, intent.amount_sats)
    return intent


def fee_beside(
    item: Transfer, following: Transfer | None, intent: PaymentIntent | None
) -> Transfer | None:
    """The transfer right after a payment's own that is exactly its fee; None: no fee was collected.

    Both are of one transaction, token, sender and memo, so each fee belongs to one payment only.
    """
    if following is None or intent is None or intent.fee_recipient is None or not intent.fee_sats:
        return None
    same = (following.txid, following.asset, following.sender, following.memo)
    if same != (item.txid, item.asset, item.sender, item.memo):
        return None
    is_fee = (following.recipient, following.amount) == (intent.fee_recipient, intent.fee_sats)
    return following if is_fee and item.recipient == intent.deposit_address else None


def has_fee(uow: UnitOfWork, intent: PaymentIntent) -> bool:
    """Whether a payment of the intent came with its fee already.

    A second one pays nothing: else whoever may share in the fees could pay a store with fees alone.
    """
    where: dict[str, str | int] = {
        "intent_id": intent.id,
        "match": "matched",
        "state !=": "reversed",
        "fee_sats >": 0,
    }
    return bool(uow.deposits.find(where, limit=1))


def move_fee(uow: UnitOfWork, services: Services, deposit: Deposit, *, back: bool) -> None:
    """Book the fee that a deposit's payer paid beside it, or take that back."""
    if not deposit.fee_sats:
        return
    route: tuple[AccountCode, AccountCode] = ("fees", "payers") if back else ("payers", "fees")
    kind: TransferKind = "fee_reversed" if back else "fee_collected"
    debit, credit = (
        account_id(deposit.merchant_id, deposit.livemode, deposit.asset, code) for code in route
    )
    uow.post(
        LedgerTransfer(
            id=services.ids.new("lt"),
            merchant_id=deposit.merchant_id,
            livemode=deposit.livemode,
            created=services.now(deposit.livemode),
            debit=debit,
            credit=credit,
            amount=deposit.fee_sats,
            asset=deposit.asset,
            kind=kind,
            reference=deposit.id,
            intent_id=deposit.intent_id,
        )
    )


def set_fee_tier(
    uow: UnitOfWork, services: Services, merchant_id: str, tier: str | None
) -> Merchant:
    """Put a merchant into a tier (None: the default one), for the intents made from now on."""
    before = uow.merchants.get(merchant_id)
    if before is None:
        raise NotFound(f"No such merchant: '{merchant_id}'", param="merchant")
    if tier is not None and tier not in services.fees.tiers:
        names = ", ".join(sorted(services.fees.tiers)) or "none"
        raise InvalidParameter(
            f"There is no tier '{tier}'. The tiers of [fees] are: {names}.", param="tier"
        )
    after = replace(before, fee_tier=tier)
    uow.merchants.save(after)
    details = {"before": before.fee_tier, "after": tier}
    view, old = account_view(services, after), account_view(services, before)
    for livemode in (False, True):
        caller = Caller(merchant_id, livemode, actor="operator")
        audit(uow, services, caller, "fee_tier.changed", merchant_id, details=details)
    told = Caller(merchant_id, services.live_chain is not None)
    previous = changed_attributes(old, view)
    record(uow, services, told, "account.updated", view, previous=previous)
    return after
