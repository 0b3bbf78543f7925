"""From the events of a transaction to what moved in it: each transfer with the memo sent with it.

A SIP-010 token moves first and prints the memo right after, so the memo of a transfer is what the token's own
contract prints as the very next event. In a ``transfer-many``, or when contracts call one another, every
transfer is thus paired with its own memo and with no other. Only the token's contract can print as itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacktill.plugin import Transfer
from stacktill_chain_stacks.client.events import TokenEvent
from stacktill_chain_stacks.client.http import NotUnderstood
from stacktill_chain_stacks.wire.decoding import decode_buffer, from_hex
from stacktill_chain_stacks.wire.errors import WireError

__all__ = ["LONGEST_MEMO_BYTES", "transfers_of"]

LONGEST_MEMO_BYTES = 34
_LONGEST_MEMO_HEX = 2 * (5 + LONGEST_MEMO_BYTES) + 2
_BUFFER = "0x02"


def transfers_of(txid: str, events: Sequence[TokenEvent]) -> list[Transfer]:
    """The movements among a transaction's events, which are given in order and without gaps between pairs.

    ``event_index`` counts the events of this transaction from 0, because sources count from different
    starts. Raise ``NotUnderstood`` when one does not name whom it took from or gave to.
    """
    found = []
    for place, event in enumerate(events):
        moved = event.moved
        if moved is None:
            continue
        verb, token = moved
        sender = None if verb == "mint" else token.sender
        recipient = None if verb == "burn" else token.recipient
        if (sender is None and verb != "mint") or (recipient is None and verb != "burn"):
            raise NotUnderstood(f"A {verb} of {txid} names no sender or no recipient.")
        memo = None
        if verb == "transfer" and place + 1 < len(events):
            after = events[place + 1]
            if after.event_index == event.event_index + 1:
                memo = _memo(token.asset_identifier, after)
        found.append(
            Transfer(
                txid=txid,
                event_index=place,
                asset=token.asset_identifier,
                amount=int(token.amount),
                sender=sender,
                recipient=recipient,
                memo=memo,
            )
        )
    return found


def _memo(asset: str, after: TokenEvent) -> bytes | None:
    """What the token's contract printed right after it moved, when that can be a memo."""
    printed = after.printed
    if printed is None:
        return None
    contract, told = printed
    if contract != asset.partition("::")[0]:
        return None
    # A stranger's token may print whatever it likes: only what can be a memo is looked at.
    if not told.startswith(_BUFFER) or len(told) > _LONGEST_MEMO_HEX:
        return None
    try:
        return decode_buffer(from_hex(told))
    except WireError as error:
        raise NotUnderstood(f"A print of {contract} is no value: {error}.") from error
