"""The hooks of the Stacks chain: what stacktill finds when it loads this plugin."""

from __future__ import annotations

from stacktill.plugin import PluginInfo, hookimpl

__all__ = ["stacktill_plugin"]


@hookimpl
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin."""
    return PluginInfo(summary="The Stacks chain: real sBTC in live mode.")
