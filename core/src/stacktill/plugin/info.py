"""How a plugin introduces itself."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

__all__ = ["API_VERSION", "NoConfig", "PluginConfig", "PluginInfo"]

API_VERSION = (1, 0)
"""(major, minor) of the plugin API: a new hook or argument is minor, a removal is major."""


class PluginConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of a plugin's settings: frozen, and unknown keys are refused by name."""


class NoConfig(PluginConfig, frozen=True):
    """For a plugin without settings."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin's card: what it does in one line, the API it was written for, its settings."""

    summary: str
    api: tuple[int, int] = API_VERSION
    config: type[PluginConfig] = NoConfig
