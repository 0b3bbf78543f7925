"""The calls that pay an order: sBTC's own transfers, or ``pay`` with terms that this till has signed."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.plugin import WalletCall, WalletOrder
from stacktill_chain_stacks.wire.clarity import Ascii, Buffer, List, Some, Tuple, UInt, Value
from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.encoding import hex_value
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.messages import sign_structured
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import (
    Compare,
    TokenCondition,
    encode_post_condition,
)
from stacktill_chain_stacks.wire.principals import AssetId, Principal
from stacktill_chain_stacks.wire.transactions import Transaction, encode_transaction

__all__ = ["Signer", "pay_call", "transfer_call", "wallet_call"]


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs terms for one contract on one chain; it can move no money."""

    key: PrivateKey
    contract: Principal
    chain_id: int

    def sign(self, terms: Tuple) -> bytes:
        """The signature of terms as R, S, V, for this contract only (SIP-018)."""
        domain = Tuple(
            {
                "chain-id": UInt(self.chain_id),
                "name": Ascii("stacktill"),
                "version": Ascii("1"),
            }
        )
        return sign_structured(self.key, domain, Tuple({**terms.items, "contract": self.contract}))


def transfer_call(order: WalletOrder, payer: Principal, asset: AssetId) -> Call:
    """``transfer`` with the memo; with a fee ``transfer-many``, which moves both parts or none."""
    if not order.fee_sats or order.fee_recipient is None:
        to = Principal.parse(order.recipient)
        memo = Some(Buffer(order.memo))
        return Call(asset.contract, "transfer", (UInt(order.amount_sats), payer, to, memo))
    # The fee comes right behind the payment: only so it is known as the fee on it.
    parts = (
        (order.amount_sats - order.fee_sats, order.recipient),
        (order.fee_sats, order.fee_recipient),
    )
    moves: list[Value] = [
        Tuple(
            {
                "amount": UInt(sats),
                "sender": payer,
                "to": Principal.parse(to),
                "memo": Some(Buffer(order.memo)),
            }
        )
        for sats, to in parts
    ]
    return Call(asset.contract, "transfer-many", (List(tuple(moves)),))


def pay_call(order: WalletOrder, signer: Signer) -> Call:
    """``pay`` of the contract: the same bytes for every payer, good until the order closes."""
    fee_recipient = order.fee_recipient if order.fee_sats else None
    terms = Tuple(
        {
            "id": Buffer(order.name),
            "merchant": Principal.parse(order.recipient),
            "amount": UInt(order.amount_sats),
            "fee": UInt(order.fee_sats if fee_recipient else 0),
            "fee-to": Principal.parse(fee_recipient or order.recipient),
            "expires": UInt(order.closes_at),
        }
    )
    arguments = (terms, Buffer(signer.key.public_key), Buffer(signer.sign(terms)))
    return Call(signer.contract, "pay", arguments)


def wallet_call(call: Call, payer: Principal, asset: AssetId, amount_sats: int) -> WalletCall:
    """A call as wallets take it, bound to exactly the amount: nothing else of the payer's may move."""
    bound = TokenCondition(payer, asset, Compare.EQ, amount_sats)
    unsigned = Transaction(
        payload=call, origin=OneKey(payer.hash160, 0, 0), post_conditions=(bound,)
    )
    return WalletCall(
        contract=str(call.contract),
        function=call.function,
        arguments=tuple(hex_value(one) for one in call.arguments),
        post_conditions=(encode_post_condition(bound).hex(),),
        size_bytes=len(encode_transaction(unsigned)),
    )
