"""The hooks of the Stacks chain: what stacktill finds when it loads this plugin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from stacktill.plugin import Chain, ChainBackend, PluginContext, PluginInfo, hookimpl
from stacktill_chain_stacks.config import StacksConfig

__all__ = ["stacktill_chain", "stacktill_commands", "stacktill_plugin"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(
        summary="The Stacks chain: real sBTC in live mode.",
        config=StacksConfig,
    )


@hookimpl
def stacktill_chain() -> ChainBackend:
    """Offer the chain of live mode."""
    return ChainBackend(livemode=True, open=_open)


@hookimpl
def stacktill_commands(context: PluginContext) -> list[click.Command]:
    """Offer ``stacktill chain`` and ``stacktill devnet``."""
    from stacktill_chain_stacks.cli.group import chain_group
    from stacktill_chain_stacks.devnet.cli import devnet_group

    return [chain_group(context.config), devnet_group(context.config, context.data_dir)]


@asynccontextmanager
async def _open(context: PluginContext) -> AsyncIterator[Chain]:
    # Imported here, since the HTTP client takes a while and most commands do without it.
    from stacktill_chain_stacks.opening import open_stacks

    async with open_stacks(context) as chain:
        yield chain
