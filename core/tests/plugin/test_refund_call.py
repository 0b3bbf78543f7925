"""The transaction of a refund: what its reader sees is what it moves, and nothing else."""

from __future__ import annotations

import json

from stacktill.plugin import RefundTerms
from stacktill.plugin.refunds import refund_call

ASSET = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"
TERMS = RefundTerms("re_1", "SP-from", "SP-to", 2**53 + 1, b"\x07memo")


def test_a_refund_is_a_call_of_transfer_bound_to_its_amount() -> None:
    made = json.loads(json.dumps(refund_call(TERMS, asset=ASSET, network="testnet")))
    assert made["contract"] == "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
    assert (made["function"], made["network"], made["memo"]) == (
        "transfer",
        "testnet",
        "076d656d6f",
    )
    # Amounts are text: JSON's numbers end at 2^53.
    assert [one["value"] for one in made["arguments"]] == [
        "9007199254740993",
        "SP-from",
        "SP-to",
        "0x076d656d6f",
    ]
    assert made["post_condition_mode"] == "deny"
    assert made["post_conditions"] == [
        {
            "type": "ft-postcondition",
            "address": "SP-from",
            "condition": "eq",
            "amount": "9007199254740993",
            "asset": ASSET,
        }
    ]
