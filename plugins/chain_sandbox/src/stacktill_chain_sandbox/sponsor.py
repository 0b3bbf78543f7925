"""The sandbox's sponsor: pays nothing, but is as strict about what it would pay for as a real one."""

from __future__ import annotations

import json
from typing import Any

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import SandboxOrder, SandboxScript, SponsoredCall, WalletOrder
from stacktill_chain_sandbox.wallets import address_form, is_signed, sign

__all__ = ["FEE_USTX", "SandboxSponsor", "signed_call"]

FEE_USTX = 3_000
"""What the sandbox asks for any transaction, in micro-STX that nobody has."""


def signed_call(seed: str, order: WalletOrder, *, payer: str) -> bytes:
    """What a payer's wallet gives when it is asked to sign an order for sponsoring."""
    text = _text(order, payer)
    signature = sign(seed, text, address=payer)
    return _transaction(payer, text, signature)


class SandboxSponsor:
    """A ``Sponsor`` of transactions that ``signed_call`` made."""

    def __init__(self, script: SandboxScript, *, seed: str) -> None:
        self._script = script
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

    async def send(self, transaction: bytes, call: SponsoredCall) -> str:
        """Put the payment into the mempool; ``InvalidParameter`` when the payer cannot pay it."""
        _, text, _ = _parts(transaction)
        parts = json.loads(text)
        order = SandboxOrder(
            recipient=parts["recipient"],
            amount_sats=parts["amount"] - parts["fee"],
            sender=call.payer,
            memo=bytes.fromhex(parts["memo"]),
            fee_sats=parts["fee"],
            fee_recipient=parts["fee_recipient"],
        )
        return await self._script.pay(order)


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
