"""The sandbox's sponsor: pays nothing, but is as strict about what it would pay for as a real one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.plugin import (
    CallNews,
    SandboxOrder,
    SignedCall,
    SponsoredCall,
    SponsorPurse,
    WaitingCall,
    WalletOrder,
)
from stacktill_chain_sandbox.database import Database
from stacktill_chain_sandbox.orders import check_order, submit
from stacktill_chain_sandbox.principals import FAUCET
from stacktill_chain_sandbox.wallets import address_form, is_signed, sign

__all__ = ["FEE_USTX", "SandboxSponsor", "signed_call"]

FEE_USTX = 3_000
"""What the sandbox asks for any transaction, in micro-STX that nobody has."""
PLENTY_USTX = 10**12


def signed_call(seed: str, order: WalletOrder, *, payer: str) -> bytes:
    """What a payer's wallet gives when it is asked to sign an order for sponsoring."""
    text = _text(order, payer)
    signature = sign(seed, text, address=payer)
    return _transaction(payer, text, signature)


class SandboxSponsor:
    """A ``Sponsor`` of transactions that ``signed_call`` made."""

    def __init__(self, database: Database, *, seed: str) -> None:
        self._database = database
        self._seed = seed

    async def draft(self, order: WalletOrder, payer: str) -> bytes:
        """The order as a transaction with an empty signature."""
        if address_form(payer) != "wallet":
            raise InvalidParameter("This is the address of no single wallet.", param="payer")
        return _transaction(payer, _text(order, payer), "")

    async def check(self, transaction: bytes, order: WalletOrder) -> SponsoredCall:
        """Take it only if it is this very order, signed by its payer."""
        payer, text, signature = _parts(transaction)
        if text != _text(order, payer):
            raise _refused("It is not the call that pays this payment, to the letter.")
        if not is_signed(self._seed, text, signature, address=payer):
            raise _refused("It is not signed by its payer.")
        return SponsoredCall(payer, FEE_USTX)

    async def sign(
        self, transaction: bytes, call: SponsoredCall, waiting: Sequence[bytes]
    ) -> SignedCall:
        """The same bytes: nobody pays anything here, and nobody waits behind anybody."""
        made = hashlib.sha256(transaction + str(call.fee_ustx).encode())
        return SignedCall(made.hexdigest(), transaction)

    async def send(self, transaction: bytes) -> None:
        """Put the payment into the mempool; ``InvalidParameter`` when the payer cannot pay it."""
        payer, text, _ = _parts(transaction)
        order = check_order(_order(payer, json.loads(text)))
        txid = (await self.sign(transaction, SponsoredCall(payer, FEE_USTX), ())).txid
        with self._database.transaction():
            if not self._database.transactions.knows(txid):
                submit(self._database, order, txid=txid)

    async def follow(self, waiting: Sequence[WaitingCall], *, most_ustx: int) -> list[CallNews]:
        """Nothing gets stuck or dropped here: what is not in a block waits, or was never sent."""
        return [news for call in waiting if (news := await self._look(call)) is not None]

    async def purse(self) -> SponsorPurse:
        """The faucet, which has as much as anybody wants."""
        return SponsorPurse(FAUCET, PLENTY_USTX)

    async def _look(self, call: WaitingCall) -> CallNews | None:
        with self._database.transaction():
            status = self._database.transactions.status(call.txids[0])
        if status is not None:
            return CallNews(id=call.id, what="mined", detail=status)
        if call.is_over and not self._knows(call.txids[0]):
            return CallNews(id=call.id, what="lost", detail="it is not in the mempool")
        try:
            await self.send(call.transaction)
        except InvalidRequest as error:
            return CallNews(id=call.id, what="lost", detail=error.message)
        return CallNews(id=call.id, what="sent")

    def _knows(self, txid: str) -> bool:
        with self._database.transaction():
            return self._database.transactions.knows(txid)


def _order(payer: str, parts: dict[str, Any]) -> SandboxOrder:
    return SandboxOrder(
        recipient=parts["recipient"],
        amount_sats=parts["amount"] - parts["fee"],
        sender=payer,
        memo=bytes.fromhex(parts["memo"]),
        fee_sats=parts["fee"],
        fee_recipient=parts["fee_recipient"],
    )


def _transaction(payer: str, text: str, signature: str) -> bytes:
    return json.dumps({"payer": payer, "call": text, "signature": signature}).encode()


def _text(order: WalletOrder, payer: str) -> str:
    parts: dict[str, Any] = {
        "payer": payer,
        "recipient": order.recipient,
        "amount": order.amount_sats,
        "memo": order.memo.hex(),
        "fee": order.fee_sats,
        "fee_recipient": order.fee_recipient,
    }
    return json.dumps(parts, sort_keys=True)


def _parts(transaction: bytes) -> tuple[str, str, str]:
    try:
        found = json.loads(transaction)
        parts = tuple(found[name] for name in ("payer", "call", "signature"))
    except (ValueError, KeyError, TypeError, RecursionError):
        parts = ()
    if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        raise _refused("It is no transaction of the sandbox.")
    payer, text, signature = parts
    return payer, text, signature


def _refused(reason: str) -> InvalidParameter:
    return InvalidParameter(f"This transaction is not sponsored. {reason}", param="transaction")
