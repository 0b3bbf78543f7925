"""Orders of the script: checked by value, then signed and put into the mempool."""

from __future__ import annotations

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import SandboxOrder
from stacktill_chain_sandbox.accounts import MOST_MINTED
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.principals import (
    FAUCET,
    MINT,
    SBTC_ASSET,
    SBTC_CONTRACT,
    STX,
    is_asset,
    is_contract,
    is_principal,
    lookalike_asset,
)
from stacktill_chain_sandbox.transactions import Order

__all__ = ["check_asset", "check_order", "check_principal", "submit"]

_LARGEST_AMOUNT = 2_100_000_000_000_000
_MEMO_BYTES = 34
_FAILURES = ("abort_by_response", "abort_by_post_condition")


def check_order(order: SandboxOrder) -> Order:
    """What the order means in full; ``InvalidParameter`` names the field that is malformed."""
    sender, recipient = _parties(order)
    if sender == recipient:
        raise InvalidParameter("The sender cannot pay itself.", param="recipient")
    _check_amount(order.amount_sats)
    if order.memo is not None and len(order.memo) > _MEMO_BYTES:
        raise InvalidParameter(f"A memo has at most {_MEMO_BYTES} bytes.", param="memo")
    if order.fail is not None and order.fail not in _FAILURES:
        raise InvalidParameter(
            f"A transaction fails with one of: {', '.join(_FAILURES)}.", param="fail"
        )
    _check_fee(order, sender)
    contract, asset = _contract_and_asset(order)
    return Order(
        sender=sender,
        recipient=recipient,
        contract=contract,
        asset=asset,
        amount=order.amount_sats,
        memo=order.memo,
        fail=order.fail,
        fee=order.fee_sats,
        fee_recipient=order.fee_recipient,
    )


def _parties(order: SandboxOrder) -> tuple[str, str]:
    """Who gives and who gets; what is made anew or destroyed goes through the mint."""
    recipient = MINT if order.recipient is None else order.recipient
    sender = MINT if order.minted else order.sender or FAUCET
    if order.minted and order.sender is not None:
        raise InvalidParameter("What is minted has no sender.", param="sender")
    if MINT in (sender, recipient) and order.memo is not None:
        raise InvalidParameter("What is minted or burned has no memo.", param="memo")
    if MINT in (sender, recipient) and order.fee_recipient is not None:
        raise InvalidParameter("What is minted or burned has no fee.", param="fee_recipient")
    check_principal(sender, "sender")
    check_principal(recipient, "recipient")
    return sender, recipient


def check_principal(text: str, param: str) -> None:
    """Raise ``InvalidParameter`` unless the text is a principal of this chain."""
    if not is_principal(text):
        raise InvalidParameter(
            "The sandbox chain knows testnet addresses only: ST… or SN…, with a correct checksum.",
            param=param,
        )


def check_asset(text: str) -> None:
    """Raise ``InvalidParameter`` unless the text can name an asset."""
    if not is_asset(text):
        raise InvalidParameter(
            f"An asset is written ADDRESS.contract::asset, or {STX}.", param="asset"
        )


def submit(database: Database, order: Order, *, txid: str | None = None) -> str:
    """Put a checked order into the mempool, within a transaction, and return its txid.

    It gets an id of its own unless it was signed before and has one.
    A sender that was never seen gets what it needs from the faucet; any other must have it.
    Raises ``InvalidParameter`` with the code ``balance_insufficient`` when it has not.
    """
    accounts = database.accounts
    if order.fail is None:
        if not accounts.knows(order.sender) and order.sender not in (FAUCET, MINT):
            accounts.grant(order.asset, order.sender, order.total)
        _check_cover(order, accounts.projected(order.asset, order.sender))
        accounts.add(order.asset, order.sender, projected=-order.total)
        for recipient, amount in order.parts:
            accounts.add(order.asset, recipient, projected=amount)
    for recipient, _ in order.parts:
        accounts.meet(recipient)
    nonce = accounts.next_nonce(order.sender)
    made = txid if txid is not None else _new_txid(database, nonce, order)
    database.transactions.add(made, nonce, order)
    return made


def _new_txid(database: Database, nonce: int, order: Order) -> str:
    return database.state.new_hash(
        "transactions_made",
        nonce,
        order.sender,
        order.recipient,
        order.contract,
        order.asset,
        order.amount,
        order.memo,
        order.fail,
        *((order.fee, order.fee_recipient) if order.fee else ()),
    )


def _check_fee(order: SandboxOrder, sender: str) -> None:
    if order.fee_recipient is None and order.fee_sats == 0:
        return
    check_principal(order.fee_recipient or "", "fee_recipient")
    if order.fee_recipient == sender:
        raise InvalidParameter("The sender cannot pay itself.", param="fee_recipient")
    _check_amount(order.fee_sats, "fee_sats")


def _check_amount(amount: int, param: str = "amount_sats") -> None:
    # Python takes True for 1; nobody means that as an amount.
    if isinstance(amount, bool) or not 1 <= amount <= _LARGEST_AMOUNT:
        raise InvalidParameter(
            f"An amount is a whole number from 1 to {_LARGEST_AMOUNT}.", param=param
        )


def _check_cover(order: Order, available: int) -> None:
    if order.sender == MINT:
        if available + MOST_MINTED < order.total:
            raise InvalidParameter("No more of this can be minted.", param="amount_sats")
    elif available < order.total:
        raise InvalidParameter(
            f"{order.sender} cannot pay {order.total}: it has {max(available, 0)} "
            "when everything in the mempool is counted.",
            code="balance_insufficient",
            param="sender",
        )


def _contract_and_asset(order: SandboxOrder) -> tuple[str | None, str]:
    """The contract that is called and the asset that moves; each follows from the other."""
    if order.contract is not None and not is_contract(order.contract):
        raise InvalidParameter("A contract is written ADDRESS.name.", param="contract")
    if order.asset is not None:
        check_asset(order.asset)
        token = None if order.asset == STX else order.asset.partition("::")[0]
        return order.contract or token, order.asset
    if order.contract is None:
        return SBTC_CONTRACT, SBTC_ASSET
    return order.contract, lookalike_asset(order.contract)
