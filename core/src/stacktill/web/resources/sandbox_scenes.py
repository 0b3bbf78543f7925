"""Whole scenes on the sandbox: a payer pays, time runs out, a merchant signs a refund."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stacktill.application.intent_record import record_step
from stacktill.application.lookup import named
from stacktill.application.refunds import broadcast_refund
from stacktill.application.services import Caller, Services
from stacktill.application.views.any import view_of
from stacktill.application.wallet_orders import wallet_order
from stacktill.domain.deposits import Deposit
from stacktill.domain.errors import InvalidParameter, InvalidRequest, NotFound
from stacktill.domain.intent_steps import PaymentFailed, step
from stacktill.domain.payment_intents import PaymentError, PaymentIntent
from stacktill.domain.refunds import Refund, is_lost
from stacktill.plugin.chain import Block, SandboxOrder, SandboxScript
from stacktill.plugin.sponsor import ScriptedPayer
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.starting import start_payment

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance
    from stacktill.web.api.operation import Ask

__all__ = [
    "expire",
    "pay",
    "script_of",
    "settle",
    "sign_message",
    "sign_payment",
    "sign_refund",
    "simulate_deposit",
    "tip_after",
]

PAY_NAMES = {"sender": "from", "amount_sats": "amount"}
DEPOSIT_NAMES = {"sender": "buyer_wallet"}
"""What an order's fields are called by who sends it over HTTP."""

_being_signed: set[str] = set()
"""Refunds that a sandbox wallet is signing now: two hands must not sign one."""


async def settle(appliance: Appliance) -> None:
    """Let the books catch up with the sandbox, so that the answer shows what a scene led to."""
    await appliance.watchers["test"].catch_up_if_it_answers()
    appliance.relay.nudge()


async def tip_after(appliance: Appliance, tip: Block) -> dict[str, Any]:
    """The chain's new tip, once the books have followed."""
    await settle(appliance)
    return {
        "object": "sandbox.tip",
        "height": tip.height,
        "hash": tip.hash,
        "burn_height": tip.burn_height,
        "time": tip.time,
    }


async def pay(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Send a payer's transfer, and mine until it is final unless told otherwise."""
    params = ask.params
    intent = await _open_intent(appliance, ask, params["payment"])
    memo = params.get("memo", intent.memo)
    order = SandboxOrder(
        recipient=intent.deposit_address or "",
        amount_sats=params.get("amount") or intent.remaining_sats or intent.amount_sats,
        sender=params.get("from"),
        memo=bytes.fromhex(memo) if memo else None,
        asset=params.get("asset"),
        contract=params.get("contract"),
        fail=params.get("fail"),
    )
    if params["minted"]:
        order = replace(order, minted=True, memo=None)
    if params["split"]:
        order = _split(order, intent)
    txid = await _send(appliance, ask, order, PAY_NAMES)
    if params["mine"]:
        await _mine_until_final(appliance, intent, txid)
    caller = Caller(intent.merchant_id, intent.livemode)
    after = await appliance.storage.read(view_of, appliance.services, caller, intent.id)
    return {
        "object": "sandbox.payment",
        "transaction_hash": txid,
        "amount": order.amount_sats + order.fee_sats,
        "payment_intent": after,
    }


def _split(order: SandboxOrder, intent: PaymentIntent) -> SandboxOrder:
    """The same payment with the platform's fee taken out of it, for its own recipient."""
    fee_sats = intent.fee_sats
    if intent.fee_recipient is None or not 0 < fee_sats < order.amount_sats:
        raise InvalidParameter(
            "There is no platform's fee on this payment that its amount could be split by.",
            param="split",
        )
    return replace(
        order,
        amount_sats=order.amount_sats - fee_sats,
        fee_sats=fee_sats,
        fee_recipient=intent.fee_recipient,
    )


async def expire(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Travel to just after the payment's end, so that it expires unless it was paid."""
    id = ask.params["payment"]
    caller, ends_at = await appliance.storage.read(_payment_end, ask, id)
    chain = appliance.services.test_chain
    seconds = ends_at + 1 - chain.clock.now()
    if seconds > 0:
        await script_of(appliance).advance(seconds)
    await settle(appliance)
    view = await appliance.storage.read(view_of, appliance.services, caller, id)
    return view or {}


async def simulate_deposit(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Stripe's helper: a transaction hash ending in testsuccess pays, one in testfailed fails."""
    outcome = ask.params["transaction_hash"]
    intent = await _open_intent(appliance, ask, ask.id)
    caller = Caller(intent.merchant_id, intent.livemode, ask.caller.request_id)
    if outcome.endswith("testfailed"):
        await appliance.storage.write(_fail, appliance.services, caller, intent.id)
        appliance.relay.nudge()
    elif outcome.endswith("testsuccess"):
        order = SandboxOrder(
            recipient=intent.deposit_address or "",
            amount_sats=intent.remaining_sats or intent.amount_sats,
            sender=ask.params.get("buyer_wallet"),
            memo=bytes.fromhex(intent.memo or ""),
        )
        txid = await _send(appliance, ask, order, DEPOSIT_NAMES)
        await _mine_until_final(appliance, intent, txid)
    else:
        raise InvalidParameter(
            "End the transaction_hash in 'testsuccess' or 'testfailed' to say what happens.",
            param="transaction_hash",
        )
    view = await appliance.storage.read(view_of, appliance.services, caller, intent.id)
    return view or {}


async def sign_message(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Sign a text as a wallet of the sandbox, unless it is another store's."""
    address, message = ask.params["address"], ask.params["message"]
    await _check_not_anothers(appliance, ask, address, "address")
    signature = await script_of(appliance).sign(message, address=address)
    return {"object": "sandbox.signature", "address": address, "signature": signature}


async def sign_payment(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Sign a payment as a payer's wallet does that wants its network fee paid."""
    address = ask.params["address"]
    await _check_not_anothers(appliance, ask, address, "address")
    intent = await _open_intent(appliance, ask, ask.params["payment"])
    script = script_of(appliance)
    if not isinstance(script, ScriptedPayer):
        raise InvalidRequest(
            "The test chain of this appliance has no wallets that sign for sponsoring."
        )
    signed = await script.sign_call(wallet_order(intent), payer=address)
    return {"object": "sandbox.transaction", "address": address, "transaction": signed.hex()}


async def sign_refund(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    """Sign a refund's transaction as the merchant's wallet would, and send it."""
    refund = await appliance.storage.read(_refund, ask, ask.id)
    if refund.id in _being_signed:
        raise InvalidRequest(f"Refund {refund.id} is being signed already.")
    _being_signed.add(refund.id)
    try:
        return await _sign(appliance, ask, refund)
    finally:
        _being_signed.discard(refund.id)


async def _sign(appliance: Appliance, ask: Ask, refund: Refund) -> dict[str, Any]:
    now = appliance.services.now(refund.livemode)
    if refund.status != "requires_action" and not is_lost(refund, now):
        raise InvalidRequest(
            f"Refund {refund.id} has a status of {refund.status}; nothing to sign."
        )
    order = SandboxOrder(
        recipient=refund.recipient,
        amount_sats=refund.amount_sats,
        sender=refund.sender,
        memo=bytes.fromhex(refund.memo),
    )
    script = script_of(appliance)
    txid = await script.pay(order)
    caller = Caller(refund.merchant_id, refund.livemode, ask.caller.request_id)
    await appliance.storage.write(broadcast_refund, appliance.services, caller, refund.id, txid)
    if ask.params["mine"]:
        await script.mine(1)
    await settle(appliance)
    view = await appliance.storage.read(view_of, appliance.services, caller, refund.id)
    return view or {}


async def _send(appliance: Appliance, ask: Ask, order: SandboxOrder, names: dict[str, str]) -> str:
    """Put a payer's transfer into the mempool; what the sandbox refuses is told by our names for it."""
    if order.sender is not None:
        await _check_not_anothers(appliance, ask, order.sender, names["sender"])
    try:
        return await script_of(appliance).pay(order)
    except InvalidParameter as error:
        param = names.get(error.param or "", error.param)
        raise InvalidParameter(error.message, code=error.code, param=param) from error


async def _check_not_anothers(appliance: Appliance, ask: Ask, address: str, param: str) -> None:
    """A key may play payers and its own wallet, but no other store's; the operator plays everybody."""
    if ask.is_operator:
        return
    chain_id = appliance.services.test_chain.chain_id
    owner = await appliance.storage.read(_owner_of_address, chain_id, address)
    if owner not in (None, ask.caller.merchant_id):
        raise InvalidParameter(
            f"{address} is the address of another store, whose wallet is not yours to play. "
            "Name a payer's address, or your own.",
            param=param,
        )


def _owner_of_address(uow: UnitOfWork, chain_id: str, address: str) -> str | None:
    found = uow.settlement_addresses.find({"chain_id": chain_id, "address": address}, limit=1)
    return found[0].merchant_id if found else None


def script_of(appliance: Appliance) -> SandboxScript:
    """The remote control of the test chain."""
    script = appliance.services.test_chain.script
    if script is None:
        raise InvalidRequest("The test chain of this appliance is not a scripted one.")
    return script


async def _open_intent(appliance: Appliance, ask: Ask, id: str) -> PaymentIntent:
    """The intent to pay; one that nobody has confirmed yet is confirmed, as opening its page does."""
    caller = await appliance.storage.read(_owner, ask, id)
    intent = await start_payment(appliance, caller, id)
    if intent.deposit_address is None:
        raise InvalidRequest(
            f"PaymentIntent {intent.id} was canceled before anybody was shown where to pay."
        )
    return intent


def _owner(uow: UnitOfWork, ask: Ask, id: str) -> Caller:
    """Whose payment it is: the operator may play the payer of every store, a key only of its own."""
    if not ask.is_operator:
        return ask.caller
    table = uow.checkout_sessions if id.startswith("cs_") else uow.payment_intents
    item = table.get(id)
    if item is None or item.livemode:
        raise NotFound(f"No such test payment: '{id}'", param="payment")
    return Caller(item.merchant_id, item.livemode, ask.caller.request_id)


def _payment_end(uow: UnitOfWork, ask: Ask, id: str) -> tuple[Caller, int]:
    caller = _owner(uow, ask, id)
    if id.startswith("cs_"):
        session = named(uow.checkout_sessions, caller, id, kind="checkout.session", param="payment")
        return caller, session.expires_at
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="payment")
    if intent.closes_at is None:
        raise InvalidRequest(
            f"PaymentIntent {id} has no end yet: it has not been confirmed.", param="payment"
        )
    return caller, intent.closes_at


def _refund(uow: UnitOfWork, ask: Ask, id: str) -> Refund:
    if not ask.is_operator:
        return named(uow.refunds, ask.caller, id, kind="refund")
    refund = uow.refunds.get(id)
    if refund is None or refund.livemode:
        raise NotFound(f"No such test refund: '{id}'", param="id")
    return refund


def _fail(uow: UnitOfWork, services: Services, caller: Caller, id: str) -> None:
    intent = named(uow.payment_intents, caller, id, kind="payment_intent", param="intent")
    error = PaymentError("crypto_transaction_failed", "The payer's transaction moved nothing.")
    done = step(intent, PaymentFailed(error), services.now(intent.livemode))
    uow.payment_intents.save(done.intent)
    record_step(uow, services, caller, done)


async def _mine_until_final(appliance: Appliance, intent: PaymentIntent, txid: str) -> None:
    """Mine the transfer, then as many more blocks as its intent, or its own amount, asks for."""
    script = script_of(appliance)
    await script.mine(1)
    depth = intent.confirmations
    if depth is not None and depth.count > 1:
        await script.mine(depth.count - 1, bitcoin=depth.layer == "bitcoin")
    await settle(appliance)
    deposit = await appliance.storage.read(_pending_deposit, intent.chain_id or "", txid)
    if deposit is None:
        return
    is_bitcoin = deposit.final_layer == "bitcoin"
    tip = await appliance.services.test_chain.tip()
    missing = deposit.final_height - (tip.burn_height if is_bitcoin else tip.height)
    if missing > 0:
        await script.mine(missing, bitcoin=is_bitcoin)
        await settle(appliance)


def _pending_deposit(uow: UnitOfWork, chain_id: str, txid: str) -> Deposit | None:
    where = {"chain_id": chain_id, "txid": txid, "state !=": "reversed"}
    found = uow.deposits.find(where, limit=1)
    return found[0] if found and found[0].state == "pending" else None
