"""What became of a transaction, in words."""

from __future__ import annotations

__all__ = ["explain_status"]

_MEANINGS = {
    "success": "It was mined and did what it was made for.",
    "abort_by_response": "It was mined, its contract refused, and nothing moved but the fee.",
    "abort_by_post_condition": "It was mined, its post-conditions did not hold, and nothing moved but "
    "the fee.",
    "problematic_skipped": "It was mined as unusable: the fee is gone and nothing else happened.",
    "pending": "It waits in the mempool. It may still be mined, replaced or dropped.",
    "dropped_replace_by_fee": "Another transaction with the same nonce and a higher fee took its place.",
    "dropped_replace_across_fork": "A transaction of another fork with the same nonce took its place.",
    "dropped_too_expensive": "Miners dropped it: it costs more than a block may.",
    "dropped_stale_garbage_collect": "It waited too long in the mempool and was dropped.",
    "dropped_problematic": "Nodes dropped it as unusable.",
}


def explain_status(status: str) -> str:
    """A sentence about a status of the API."""
    if status in _MEANINGS:
        return _MEANINGS[status]
    if status.startswith("dropped"):
        return "It was dropped from the mempool and will not be mined unless it is sent again."
    return "Nothing is known about this status: do not count on it."
