"""How the reading side of the sandbox fails when it is told to."""

from __future__ import annotations

import asyncio

from stacktill.plugin import Block, ChainUnavailable
from stacktill_chain_sandbox.hashes import digest

__all__ = ["FAULTS", "REFUSING", "garbage_block", "suffer"]

FAULTS = {
    "down": "the source does not answer",
    "slow": "the source answers late",
    "429": "the source answers 429 Too Many Requests",
    "garbage": "the source answers blocks that do not link to one another",
    "stale": "the source shows nothing after the moment it got stuck",
}
"""Every fault there is, and what it does."""
REFUSING = ("down", "429", "garbage")
"""The faults under which nothing true can be read."""


async def suffer(fault: str | None, *, slow_seconds: float) -> None:
    """Fail or dawdle before an answer, as the fault wants it."""
    if fault in ("down", "429"):
        raise ChainUnavailable(f"The sandbox chain was told to fail: {FAULTS[fault]}.")
    if fault == "slow":
        await asyncio.sleep(slow_seconds)


def garbage_block(height: int) -> Block:
    """A block of nonsense: the same at each reading, and linked to none above or below it.

    To a reader that trusts any tip this looks like a fork from before genesis; one that checks
    parent hashes sees that it is no chain at all.
    """
    return Block(
        height=height,
        hash=digest("garbage block", height),
        parent_hash=digest("garbage parent", height),
        burn_height=0,
        burn_hash=digest("garbage bitcoin block", height),
        time=0,
    )
