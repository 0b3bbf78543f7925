"""What a batch of runs produced, and what no batch may fail to produce."""

from __future__ import annotations

from collections import Counter

from tests.simulation.payers import WAYS
from tests.simulation.post import MODES
from tests.simulation.scripted_chain import FAULTS

__all__ = ["REQUIRED", "blind_spots", "table"]

MATCHES = {
    "pending": ("matched", "unmatched"),
    "final": ("matched", "unmatched", "dismissed", "refunding", "refunded"),
    "reversed": ("matched", "unmatched", "dismissed", "refunding", "refunded"),
}
MOVES = (
    "None to requires_action",
    "None to requires_payment_method",
    "requires_payment_method to requires_action",
    "requires_payment_method to canceled",
    "requires_action to processing",
    "requires_action to succeeded",
    "requires_action to canceled",
    "processing to requires_action",
    "processing to succeeded",
    "succeeded to requires_action",
    "succeeded to processing",
)
REASONS = (
    "no_memo",
    "unknown_memo",
    "wrong_asset",
    "intent_expired",
    "intent_canceled",
    "intent_already_paid",
    "underpaid",
    "wrong_address",
    "minted",
    "withdrawal_returned",
)
WITHDRAWALS = ("transfer", "burn", "lock", "unlock")
WISHES = (
    "attach_deposit",
    "broadcast_refund",
    "cancel_intent",
    "cancel_refund",
    "confirm_intent",
    "create_endpoint",
    "create_intent",
    "create_refund",
    "create_session",
    "delete_endpoint",
    "disable_endpoint",
    "dismiss_deposit",
    "enable_endpoint",
    "expire_session",
    "move_house",
    "redeliver",
    "refund_deposit",
    "roll_endpoint",
    "start_session",
    "update_account",
    "update_intent",
)
DEATHS = (
    "write.before",
    "write.after",
    "read",
    "request.before",
    "request.after",
    "post.before",
    "post.after",
    "chain.before",
    "chain.after",
    "hook.before",
    "hook.after",
    "kill",
)

BOOKS = ("down", "refused", "answer_lost", "read_failed", "batched", "broken_inside")

REQUIRED: tuple[str, ...] = (
    *(f"post {name}" for name in WISHES),
    *(f"pay {way}" for way in WAYS),
    *(
        f"pay while {status}"
        for status in ("requires_action", "processing", "succeeded", "canceled")
    ),
    *(f"sign while {status}" for status in ("requires_action", "pending", "canceled")),
    *(f"from {move}" for move in MOVES),
    *(f"deposit {state} {match}" for state, found in MATCHES.items() for match in found),
    *(f"reason {reason}" for reason in REASONS),
    *(f"refund {status}" for status in ("requires_action", "pending", "succeeded", "canceled")),
    "executed again",
    *(f"withdrawal {kind} {state}" for kind in WITHDRAWALS for state in ("standing", "reversed")),
    *(f"signers {what}" for what in ("peg in", "peg out", "complete", "burn")),
    *(f"reorg {fate}" for fate in ("again", "later", "gone", "mixed", "deep")),
    *(f"source {fault}" for fault in FAULTS),
    *(f"receiver {mode}" for mode in (*MODES, "gone")),
    *(f"database {name}" for name in BOOKS),
    *(f"crash at {name}" for name in DEATHS),
    *("advance", "stall", "withdraw", "doubled request", "repeated request"),
    *("misused key", "clock set"),
)
"""Operations, statuses, faults and deaths that must occur in every batch of the size that CI runs."""


def blind_spots(counts: Counter[str]) -> list[str]:
    """What a batch never produced."""
    return [name for name in REQUIRED if not counts[name]]


def table(counts: Counter[str]) -> str:
    """All counters, for the eye."""
    return "\n".join(f"{count:9d}  {name}" for name, count in sorted(counts.items()))
