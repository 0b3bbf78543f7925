"""What a plugin is given: its own name, config, folder, clock and log."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacktill.plugin.clock import Clock, Ids

__all__ = ["PluginContext"]


@dataclass(frozen=True, slots=True)
class PluginContext:
    """A plugin's view of the appliance; no plugin ever holds a unit of work.

    ``config`` is the plugin's own frozen struct, decoded strictly from its TOML table.
    ``data_dir`` is where the appliance keeps everything it writes; a plugin that stores files uses a
    name that begins with its own. ``live`` is true as soon as a live chain is configured.
    """

    name: str
    config: Any
    data_dir: Path
    clock: Clock
    ids: Ids
    log: logging.Logger
    live: bool
