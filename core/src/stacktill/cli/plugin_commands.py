"""Commands that plugins offer, found by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stacktill.cli.options import settings_from
from stacktill.domain.errors import ConfigError

if TYPE_CHECKING:
    from stacktill.runtime.plugin_host import PluginHost

__all__ = ["commands_of", "find_plugin_command"]


def commands_of(host: PluginHost, data_dir: Path) -> dict[str, tuple[str, click.Command]]:
    """Every command that a plugin offers, by its name, with the plugin's name.

    Raise ``ConfigError`` when one is no command, or two plugins offer one of the same name.
    """
    from stacktill.runtime.clock import SystemClock
    from stacktill.runtime.hooks import plugin_commands
    from stacktill.runtime.ids import TimeOrderedIds

    asked = plugin_commands(host, data_dir=data_dir, clock=SystemClock(), ids=TimeOrderedIds())
    found: dict[str, tuple[str, click.Command]] = {}
    for plugin, offered in asked.items():
        for command in offered:
            name = command.name if isinstance(command, click.Command) else None
            if name is None:
                raise ConfigError(f"[plugins.{plugin}]: {command!r} is no command with a name")
            if name in found:
                raise ConfigError(
                    f"[plugins.{found[name][0]}], [plugins.{plugin}]: both offer the command "
                    f"'{name}'; keep one of them"
                )
            found[name] = (plugin, command)
    return found


def find_plugin_command(name: str, config: Path | None) -> click.Command | None:
    """The command of that name, or None; a faulty configuration raises ``ConfigError``."""
    from stacktill.runtime.plugin_host import load_plugins

    settings = settings_from(config)
    found = commands_of(load_plugins(settings), settings.data_dir).get(name)
    return None if found is None else found[1]
