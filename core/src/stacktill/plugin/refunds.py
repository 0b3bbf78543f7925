"""The transaction of a refund as every chain of Stacks writes it: a call, for the eye and for programs."""

from __future__ import annotations

from stacktill.plugin.chain import RefundTerms

__all__ = ["refund_call"]


def refund_call(terms: RefundTerms, *, asset: str, network: str) -> dict[str, object]:
    """A call of the token's ``transfer``, bound to exactly its amount by a post-condition.

    ``asset`` is ``ADDRESS.contract::name``. Amounts are decimal text, as wallets want them: a uint of
    Clarity does not fit a JSON number.
    """
    contract, _, _ = asset.partition("::")
    return {
        "type": "contract_call",
        "contract": contract,
        "function": "transfer",
        "arguments": [
            {"name": "amount", "type": "uint", "value": str(terms.amount_sats)},
            {"name": "sender", "type": "principal", "value": terms.sender},
            {"name": "recipient", "type": "principal", "value": terms.recipient},
            {"name": "memo", "type": "(optional (buff 34))", "value": f"0x{terms.memo.hex()}"},
        ],
        "memo": terms.memo.hex(),
        "post_condition_mode": "deny",
        "post_conditions": [
            {
                "type": "ft-postcondition",
                "address": terms.sender,
                "condition": "eq",
                "amount": str(terms.amount_sats),
                "asset": asset,
            }
        ],
        "network": network,
    }
