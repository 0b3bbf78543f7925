"""The settings of the sandbox chain."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from stacktill.plugin import PluginConfig

__all__ = ["SandboxConfig"]


class SandboxConfig(PluginConfig, frozen=True, kw_only=True):
    """What ``[plugins.chain_sandbox]`` may say; everything has a default that works.

    ``seed`` is what every hash of a new chain is derived from; a chain that exists keeps its own.
    ``block_time_seconds`` is how often a Stacks block comes by itself; 0 leaves it to the script.
    ``stacks_blocks_per_bitcoin_block`` is how many Stacks blocks one Bitcoin block holds.
    ``slow_fault_seconds`` is how late each answer is while the fault ``slow`` is on.
    """

    seed: Annotated[str, Meta(min_length=1, max_length=200)] = "stacktill"
    block_time_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    stacks_blocks_per_bitcoin_block: Annotated[int, Meta(ge=1, le=10_000)] = 10
    slow_fault_seconds: Annotated[float, Meta(ge=0, le=600)] = 3.0
