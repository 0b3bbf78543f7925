"""When a deposit is final: how many blocks, of which chain, by how much money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConfirmationStep", "Confirmations", "Layer", "confirmations_for", "deeper"]

Layer = Literal["stacks", "bitcoin"]
MAX_COUNT = 1_000


@dataclass(frozen=True, slots=True)
class Confirmations:
    """``count`` blocks of one layer, the deposit's own block included; 0 = final once in a block."""

    layer: Layer
    count: int

    def final_height(self, height: int, burn_height: int) -> int:
        """The tip height, in this layer's blocks, at which a deposit of that block is final."""
        base = height if self.layer == "stacks" else burn_height
        return base + max(self.count - 1, 0)


@dataclass(frozen=True, slots=True)
class ConfirmationStep:
    """One step of a store's policy: up to that many sats (None: any amount) this many blocks."""

    up_to_sats: int | None
    confirmations: Confirmations


def confirmations_for(amount_sats: int, steps: tuple[ConfirmationStep, ...]) -> Confirmations:
    """The first step that covers the amount; the last step covers everything."""
    for step in steps:
        if step.up_to_sats is None or amount_sats <= step.up_to_sats:
            return step.confirmations
    return steps[-1].confirmations


def deeper(one: Confirmations, other: Confirmations) -> Confirmations:
    """The safer of two depths; any Bitcoin block is worth more than all Stacks blocks before it."""
    return max(
        one, other, key=lambda depth: (depth.layer == "bitcoin" and depth.count, depth.count)
    )
