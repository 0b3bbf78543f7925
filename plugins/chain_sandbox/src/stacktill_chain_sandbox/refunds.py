"""The transaction of a refund, written out for the merchant's wallet and for the eye."""

from __future__ import annotations

from stacktill.plugin import RefundTerms
from stacktill_chain_sandbox.principals import SBTC_ASSET, SBTC_CONTRACT

__all__ = ["refund_transaction"]


def refund_transaction(terms: RefundTerms) -> dict[str, object]:
    """A call of the token's ``transfer``, bound to exactly this amount by a post-condition.

    Amounts are decimal text, as wallets want them: a uint of Clarity does not fit a JSON number.
    """
    return {
        "type": "contract_call",
        "contract": SBTC_CONTRACT,
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
                "asset": SBTC_ASSET,
            }
        ],
        "network": "sandbox",
    }
