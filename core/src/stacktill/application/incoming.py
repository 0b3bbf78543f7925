"""Money that comes: every transfer and mint to a store is booked first and matched second."""

from __future__ import annotations

from dataclasses import replace

from stacktill.application.chain_facts import ChainFacts
from stacktill.application.depths import depth_for
from stacktill.application.fees import fee_beside, has_fee, move_fee
from stacktill.application.intent_money import count_deposit, report_unmatched
from stacktill.application.journal import move
from stacktill.application.memo import NAME_BYTES, memo_name, memos_of_name
from stacktill.application.payment_intents import expire_payment_intent
from stacktill.application.places import origin_of
from stacktill.application.services import Services
from stacktill.domain.confirmations import Confirmations
from stacktill.domain.deposits import RETURNED, Deposit, MatchState
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.ledger import TransferKind
from stacktill.domain.merchants import SettlementAddress
from stacktill.domain.payment_intents import PAYABLE, PaymentIntent
from stacktill.plugin.chain import Block, Transfer
from stacktill.plugin.storage import UnitOfWork

__all__ = ["receive_transfer"]


def receive_transfer(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    block: Block,
    item: Transfer,
    *,
    owner: SettlementAddress,
    following: Transfer | None = None,
    is_return: bool = False,
) -> None:
    """Book a transfer to a store's address, once, and count it towards the intent it names.

    ``following`` is the transfer after it in the block, which may be the platform's fee on it.
    ``is_return`` says that a withdrawal to Bitcoin gives it back: nobody need be asked what it is for.
    """
    if _stands(uow, facts, item):
        return
    before = _taken_back(uow, facts, item)
    intent = _meant_intent(uow, facts, item, before)
    depth = depth_for(uow, owner.merchant_id, intent, item.amount)
    deposit = _deposit(services, facts, block, item, owner=owner, depth=depth)
    fee = fee_beside(item, following, intent)
    if fee is not None and deposit.is_sbtc and _takes_fee(uow, intent, owner):
        deposit = replace(deposit, fee_sats=fee.amount, fee_event_index=fee.event_index)
    if before is not None:
        deposit = replace(deposit, id=before.id, created=before.created)
    if is_return:
        deposit = replace(deposit, match="dismissed", reason=RETURNED)
    elif before is not None and before.reason != RETURNED:
        deposit = _judged_again(uow, services, deposit, before, intent)
    else:
        deposit = _matched(deposit, *_judge(uow, services, deposit, intent))
    (uow.deposits.add if before is None else uow.deposits.save)(deposit)
    _book(uow, services, deposit)
    move_fee(uow, services, deposit, back=False)


def _takes_fee(uow: UnitOfWork, intent: PaymentIntent | None, owner: SettlementAddress) -> bool:
    """Whether a fee beside a payment of an intent counts: for the store's own, and once."""
    if intent is None:
        return False
    is_own = (intent.merchant_id, intent.livemode) == (owner.merchant_id, owner.livemode)
    return is_own and not has_fee(uow, intent)


def _stands(uow: UnitOfWork, facts: ChainFacts, item: Transfer) -> bool:
    """Whether the books hold this transfer already."""
    where: dict[str, str | int] = {
        "chain_id": facts.chain_id,
        "txid": item.txid,
        "event_index": item.event_index,
        "state !=": "reversed",
    }
    return bool(uow.deposits.find(where, limit=1))


def _taken_back(uow: UnitOfWork, facts: ChainFacts, item: Transfer) -> Deposit | None:
    """The very same transfer as it stood before a fork took it back, at its place or at another.

    A transaction may do something else on the other side of a fork: what differs is another deposit,
    to be judged by itself.
    """
    where: dict[str, str | int | None] = {
        "chain_id": facts.chain_id,
        "txid": item.txid,
        "state": "reversed",
        "asset": item.asset,
        "amount": item.amount,
        "sender": item.sender,
        "recipient": item.recipient,
        "memo": None if item.memo is None else item.memo.hex(),
    }
    found = uow.deposits.find({**where, "event_index": item.event_index}, limit=1)
    found = found or uow.deposits.find(where, order="event_index", limit=1)
    return found[0] if found else None


KEPT_ANSWERS = frozenset({"dismissed", "refunding", "refunded"})


def _matched(deposit: Deposit, intent: PaymentIntent | None, reason: str | None) -> Deposit:
    """The deposit with what it pays, or with why it pays nothing."""
    match: MatchState = "matched" if reason is None else "unmatched"
    return replace(
        deposit, match=match, reason=reason, intent_id=None if intent is None else intent.id
    )


def _judged_again(
    uow: UnitOfWork,
    services: Services,
    deposit: Deposit,
    before: Deposit,
    intent: PaymentIntent | None,
) -> Deposit:
    """A deposit that left the chain and is back: what was decided about it still stands."""
    if before.match in KEPT_ANSWERS:
        return replace(
            deposit,
            match=before.match,
            reason=before.reason,
            intent_id=before.intent_id,
            refund_id=before.refund_id,
        )
    if before.match == "matched" and intent is not None:
        # Perhaps attached by hand, whatever its memo says: only time can speak against it now.
        return _matched(deposit, *_judge_time(uow, services, deposit, intent))
    return _matched(deposit, *_judge(uow, services, deposit, intent))


def _book(uow: UnitOfWork, services: Services, deposit: Deposit) -> None:
    if deposit.match == "matched":
        count_deposit(uow, services, deposit, "payers")
    elif deposit.match == "dismissed":
        kind: TransferKind = "return_seen" if deposit.reason == RETURNED else "deposit_seen"
        move(uow, services, deposit, kind, (origin_of(deposit), "pending"))
    else:
        move(uow, services, deposit, "deposit_seen", ("payers", "unmatched"))
        if deposit.match == "unmatched":
            report_unmatched(uow, services, deposit)


def _meant_intent(
    uow: UnitOfWork, facts: ChainFacts, item: Transfer, before: Deposit | None
) -> PaymentIntent | None:
    """The intent that a transfer counted towards when it was last on the chain, or that it names."""
    if before is not None and before.match == "matched":
        return uow.payment_intents.get(before.intent_id or "")
    return _named_intent(uow, facts, item)


def _named_intent(uow: UnitOfWork, facts: ChainFacts, item: Transfer) -> PaymentIntent | None:
    if item.memo is None:
        return None
    found = uow.payment_intents.find({"memo": item.memo.hex()}, limit=1)
    if not found and len(item.memo) == NAME_BYTES:
        low, high = memos_of_name(item.memo)
        where = {"memo >=": low, "memo <": high}
        near = uow.payment_intents.find(where, order="memo", limit=2)
        found = [one for one in near if memo_name(one.memo or "") == item.memo]
    if not found or found[0].chain_id != facts.chain_id:
        return None
    return found[0]


def _judge(
    uow: UnitOfWork, services: Services, deposit: Deposit, intent: PaymentIntent | None
) -> tuple[PaymentIntent | None, str | None]:
    """The intent that a deposit names, as it is now, and why the deposit does not pay it (None: it does)."""
    if not deposit.is_sbtc:
        return None, "wrong_asset"
    if deposit.sender is None:
        return None, "minted"
    if deposit.memo is None:
        return None, "no_memo"
    if intent is None or intent.merchant_id != deposit.merchant_id:
        return None, "unknown_memo"
    if intent.deposit_address != deposit.recipient:
        return intent, "wrong_address"
    return _judge_time(uow, services, deposit, intent)


def _judge_time(
    uow: UnitOfWork, services: Services, deposit: Deposit, intent: PaymentIntent
) -> tuple[PaymentIntent, str | None]:
    late = intent.closes_at is not None and deposit.block_time > intent.closes_at
    if late and intent.status == "requires_action":
        # The block's own time says that the intent had ended before it, whoever notices first.
        intent = expire_payment_intent(uow, services, intent, deposit.block_time)
    if intent.status == "succeeded":
        return intent, "intent_already_paid"
    if intent.status == "canceled":
        expired = intent.cancellation_reason == "expired"
        return intent, "intent_expired" if expired else "intent_canceled"
    if intent.status not in PAYABLE:
        raise InvariantBroken(f"{intent.id} has a memo but was never confirmed")
    return intent, None


def _deposit(
    services: Services,
    facts: ChainFacts,
    block: Block,
    item: Transfer,
    *,
    owner: SettlementAddress,
    depth: Confirmations,
) -> Deposit:
    if item.recipient is None:
        raise InvariantBroken(f"{item.txid} brings nobody {item.amount} of {item.asset}")
    return Deposit(
        id=services.ids.new("dep"),
        merchant_id=owner.merchant_id,
        livemode=owner.livemode,
        created=services.now(owner.livemode),
        chain_id=facts.chain_id,
        txid=item.txid,
        event_index=item.event_index,
        asset=item.asset,
        is_sbtc=item.asset == facts.sbtc_asset,
        amount=item.amount,
        sender=item.sender,
        recipient=item.recipient,
        memo=None if item.memo is None else item.memo.hex(),
        block_height=block.height,
        block_hash=block.hash,
        burn_height=block.burn_height,
        block_time=block.time,
        state="pending",
        final_layer=depth.layer,
        final_height=depth.final_height(block.height, block.burn_height),
        match="unmatched",
    )
