"""sBTC transfers as wallets sign them: for the eye, and in the hex that wallets take."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.plugin import RefundTerms
from stacktill.plugin.refunds import refund_call
from stacktill_chain_stacks.wire.clarity import Buffer, Nothing, Some, UInt, Value
from stacktill_chain_stacks.wire.encoding import hex_value
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import (
    Compare,
    TokenCondition,
    encode_post_condition,
)
from stacktill_chain_stacks.wire.principals import AssetId, Principal

__all__ = ["TokenTransfer", "refund_transaction"]


@dataclass(frozen=True, slots=True)
class TokenTransfer:
    """A call of a SIP-010 token's ``transfer``, bound to exactly its amount by a post-condition."""

    asset: AssetId
    amount: int
    sender: Principal
    recipient: Principal
    memo: bytes | None = None

    @property
    def arguments(self) -> tuple[Value, ...]:
        """What ``transfer`` is called with."""
        memo = Nothing() if self.memo is None else Some(Buffer(self.memo))
        return (UInt(self.amount), self.sender, self.recipient, memo)

    @property
    def call(self) -> Call:
        """The payload of the transaction."""
        return Call(self.asset.contract, "transfer", self.arguments)

    @property
    def post_condition(self) -> TokenCondition:
        """The sender sends exactly the amount; in mode deny, nothing else moves."""
        return TokenCondition(self.sender, self.asset, Compare.EQ, self.amount)


def refund_transaction(
    terms: RefundTerms, *, asset: AssetId, network: str, chain_id: int
) -> dict[str, object]:
    """The transaction of a refund as JSON.

    What stands in ``wallet`` is the parameters of ``stx_callContract`` (SIP-030), ready to be passed on.
    """
    transfer = TokenTransfer(
        asset=asset,
        amount=terms.amount_sats,
        sender=Principal.parse(terms.sender),
        recipient=Principal.parse(terms.recipient),
        memo=terms.memo,
    )
    return {
        **refund_call(terms, asset=str(asset), network=network),
        "chain_id": chain_id,
        "wallet": {
            "contract": str(asset.contract),
            "functionName": "transfer",
            "functionArgs": [hex_value(one) for one in transfer.arguments],
            "postConditions": [encode_post_condition(transfer.post_condition).hex()],
            "postConditionMode": "deny",
            "address": terms.sender,
            "network": network,
        },
    }
