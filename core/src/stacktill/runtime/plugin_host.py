"""Finds the plugins that the configuration names, checks them, and decodes their settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pluggy

from stacktill.domain.errors import ConfigError
from stacktill.plugin import PluginConfig, PluginInfo, hookspecs
from stacktill.runtime.config import Settings
from stacktill.runtime.config_decode import Place, decode_table
from stacktill.runtime.plugin_checks import hook_faults, info_faults
from stacktill.runtime.plugin_sources import FoundPlugin, find_plugins

__all__ = ["LoadedPlugin", "PluginHost", "load_plugins"]


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that is on: its card, its version, where it came from and its decoded settings."""

    name: str
    version: str
    origin: str
    info: PluginInfo
    config: PluginConfig
    implementation: Any


class PluginHost:
    """The plugins that are on, in the order of the configuration."""

    def __init__(self, plugins: tuple[LoadedPlugin, ...]) -> None:
        self.plugins: Mapping[str, LoadedPlugin] = MappingProxyType(
            {plugin.name: plugin for plugin in plugins}
        )
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        for plugin in plugins:
            self._manager.register(plugin.implementation, plugin.name)
        self._manager.check_pending()

    def implementations(self, hook: str) -> dict[str, pluggy.HookImpl]:
        """Who implements a hook, by the plugin's name, in the order of the configuration."""
        found = {
            impl.plugin_name: impl for impl in getattr(self._manager.hook, hook).get_hookimpls()
        }
        return {name: found[name] for name in self.plugins if name in found}


def load_plugins(settings: Settings) -> PluginHost:
    """Import and check every plugin that is on; raise ``ConfigError`` with one line per fault."""
    found, faults = find_plugins(settings.plugins, settings.plugins_dir)
    loaded = []
    for plugin in found:
        one, wrong = _load(plugin)
        faults += wrong
        if one is not None:
            loaded.append(one)
    if faults:
        raise ConfigError("\n".join(faults))
    return PluginHost(tuple(loaded))


def _load(found: FoundPlugin) -> tuple[LoadedPlugin | None, list[str]]:
    place = getattr(found.table, "place", Place(None, f"plugins.{found.name}"))
    implementation, reason = attempted(found.load)
    if reason is not None:
        return None, [f"{place}: {found.origin} cannot be imported: {reason}"]
    faults = hook_faults(implementation)
    if faults:
        return None, [f"{place}: {fault}" for fault in faults]
    info, reason = attempted(implementation.stacktill_plugin)
    if reason is not None:
        return None, [f"{place}: stacktill_plugin() failed: {reason}"]
    faults = info_faults(info)
    if faults:
        return None, [f"{place}: {fault}" for fault in faults]
    decoded = decode_table(info.config, found.table, place)
    if decoded.value is None:
        return None, list(decoded.faults)
    return LoadedPlugin(
        name=found.name,
        version=found.version,
        origin=found.origin,
        info=info,
        config=decoded.value,
        implementation=implementation,
    ), []


def attempted(action: Callable[[], Any]) -> tuple[Any, str | None]:
    """Run code of a plugin; return its answer and, if it raised, why, in one line."""
    try:
        return action(), None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
        words = " ".join(str(error).split())
        return None, f"{type(error).__name__}: {words}" if words else type(error).__name__
