"""The hooks of the sandbox chain: what stacktill finds when it loads this plugin."""

from __future__ import annotations

from stacktill.plugin import ChainBackend, PluginInfo, hookimpl
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.sandbox import open_sandbox

__all__ = ["stacktill_chain", "stacktill_plugin"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(
        summary="A scripted Stacks chain for test mode, demonstrations and tests.",
        config=SandboxConfig,
    )


@hookimpl
def stacktill_chain() -> ChainBackend:
    """Offer the chain of test mode."""
    return ChainBackend(livemode=False, open=open_sandbox)
