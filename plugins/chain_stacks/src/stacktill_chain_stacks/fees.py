"""What a transaction should pay: the node's guess, else what others pay, else the least there is."""

from __future__ import annotations

from dataclasses import dataclass

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.wire.payloads import Call, Deploy, Payload

__all__ = ["Fee", "choose_fee"]

FLOOR_USTX_PER_BYTE = 1
FALL_BACK_FACTOR = 10


@dataclass(frozen=True, slots=True)
class Fee:
    """Micro-STX, and where the figure comes from."""

    ustx: int
    origin: str


async def choose_fee(
    node: NodeClient, api: ApiClient | None, payload: Payload, size_bytes: int
) -> Fee:
    """A middling fee for a transaction of that size; there is always one, and it is never below the floor."""
    floor = size_bytes * FLOOR_USTX_PER_BYTE
    try:
        guesses = await node.fee_estimates(payload, size_bytes)
        if guesses:
            return Fee(max(guesses[len(guesses) // 2], floor), "the node's estimate")
        if api is not None and (common := await _common(api, payload)) is not None:
            return Fee(max(common, floor), "what others pay")
    except ChainUnavailable:
        # No estimate keeps nobody from sending: the network shows soon whether it was enough.
        pass
    return Fee(floor * FALL_BACK_FACTOR, "a fall-back by size")


async def _common(api: ApiClient, payload: Payload) -> int | None:
    """What a transaction of the kind usually pays, or None when nothing is known."""
    fees = await api.fees()
    kind = fees.token_transfer
    if isinstance(payload, Call):
        kind = fees.contract_call
    elif isinstance(payload, Deploy):
        kind = fees.smart_contract
    ustx = round((kind or fees.all).medium_priority)
    return ustx if ustx > 0 else None
