"""From the events of a transaction to its transfers: each token movement with the memo sent with it.

A SIP-010 token moves first and prints the memo right after, so the memo of a transfer is what the token's own
contract prints as the very next event. In a ``transfer-many``, or when contracts call one another, every
transfer is thus paired with its own memo and with no other. Only the token's contract can print as itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacktill.plugin import Transfer
from stacktill_chain_stacks.client.http import NotUnderstood
from stacktill_chain_stacks.client.shapes import ApiEvent, FtAsset
from stacktill_chain_stacks.wire.clarity import Buffer
from stacktill_chain_stacks.wire.decoding import decode_value, from_hex
from stacktill_chain_stacks.wire.errors import WireError

__all__ = ["LONGEST_MEMO_BYTES", "transfers_of"]

LONGEST_MEMO_BYTES = 34
_LONGEST_MEMO_HEX = 2 * (5 + LONGEST_MEMO_BYTES) + 2
_BUFFER = "0x02"


def transfers_of(txid: str, events: Sequence[ApiEvent]) -> list[Transfer]:
    """The transfers among a transaction's events, which are given in order and without gaps between pairs.

    ``event_index`` counts the events of this transaction from 0, because sources count from different
    starts. Raise ``NotUnderstood`` when a transfer names nobody.
    """
    found = []
    for place, event in enumerate(events):
        moved = event.ft_asset
        if moved is None or moved.type != "transfer":
            continue
        if moved.sender is None or moved.recipient is None:
            raise NotUnderstood(f"A transfer of {txid} names no sender or no recipient.")
        after = events[place + 1] if place + 1 < len(events) else None
        adjacent = after is not None and after.event_index == event.event_index + 1
        found.append(
            Transfer(
                txid=txid,
                event_index=place,
                asset=moved.asset_identifier,
                amount=int(moved.amount),
                sender=moved.sender,
                recipient=moved.recipient,
                memo=_memo(moved, after) if adjacent else None,
            )
        )
    return found


def _memo(moved: FtAsset, after: ApiEvent | None) -> bytes | None:
    """What the token's contract printed right after it moved, when that can be a memo."""
    printed = None if after is None else after.contract_log
    if printed is None or printed.topic != "print":
        return None
    if printed.contract_id != moved.asset_identifier.partition("::")[0]:
        return None
    # A stranger's token may print whatever it likes: only what can be a memo is looked at.
    if not printed.value.hex.startswith(_BUFFER) or len(printed.value.hex) > _LONGEST_MEMO_HEX:
        return None
    try:
        value = decode_value(from_hex(printed.value.hex))
    except WireError as error:
        raise NotUnderstood(f"A print of {printed.contract_id} is no value: {error}.") from error
    if isinstance(value, Buffer) and len(value.value) <= LONGEST_MEMO_BYTES:
        return value.value
    return None
