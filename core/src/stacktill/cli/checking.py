"""``stacktill check``, ``init`` and ``plugins``: what the configuration says and means."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from stacktill.cli.group import complain
from stacktill.cli.options import config_option, json_option, settings_from
from stacktill.cli.output import say, say_json
from stacktill.domain.errors import ConfigError

if TYPE_CHECKING:
    from stacktill.runtime.config import Settings
    from stacktill.runtime.plugin_host import LoadedPlugin, PluginHost

__all__ = ["check", "init", "plugins"]


@click.command()
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> None:
    """Check the configuration: print every plugin with its settings, or every fault."""
    from stacktill.cli.showing import settings_lines
    from stacktill.runtime.boot import ask_backends
    from stacktill.runtime.config import FaultySettings
    from stacktill.runtime.plugin_host import load_plugins

    host: PluginHost | None = None
    settings: Settings | None = None
    faults: list[str] = []
    try:
        settings = settings_from(config)
    except ConfigError as error:
        faults += error.message.splitlines()
        if isinstance(error, FaultySettings):
            settings = error.rest
    if settings is not None:
        try:
            host = load_plugins(settings)
            ask_backends(host)
        except ConfigError as error:
            faults += error.message.splitlines()
    if faults or host is None or settings is None:
        complain("\n".join(faults))
        ctx.exit(1)
    for line in settings_lines(settings):
        say(line)
    for plugin in host.plugins.values():
        say(f"{plugin.name} {plugin.version} ({plugin.origin}): {plugin.info.summary}")
        for line in settings_lines(plugin.config):
            say(f"    {line}")


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path("stacktill.toml"))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def init(path: Path, force: bool) -> None:
    """Write a commented config file with every setting (PATH, or ./stacktill.toml)."""
    from stacktill.cli.config_template import config_template
    from stacktill.runtime.config import Settings
    from stacktill.runtime.plugin_host import load_plugins

    text = config_template(load_plugins(Settings()).plugins)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; --force replaces it") from None
    say(f"wrote {path}; it changes nothing until you edit it")


@click.command()
@config_option
@json_option
def plugins(config: Path | None, as_json: bool) -> None:
    """List the plugins that are on, what they offer, and those that are installed but off."""
    from stacktill.cli.plugin_commands import commands_of
    from stacktill.runtime.plugin_host import load_plugins
    from stacktill.runtime.plugin_sources import ENTRY_POINTS

    settings = settings_from(config)
    host = load_plugins(settings)
    commands = commands_of(host, settings.data_dir)
    found = [_described(host, plugin, commands) for plugin in host.plugins.values()]
    installed = {entry.name for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    off = sorted(installed - host.plugins.keys())
    if as_json:
        say_json({"on": found, "off": off})
        return
    for one in found:
        say(f"{one['name']} {one['version']} ({one['origin']})")
        say(f"    {one['summary']}")
        say(f"    hooks: {', '.join(one['hooks'])}")
        if one["commands"]:
            say(f"    commands: {', '.join(one['commands'])}")
    if off:
        say(f"installed, but off: {', '.join(off)}; a [plugins.NAME] table puts one on")


def _described(
    host: PluginHost, plugin: LoadedPlugin, commands: dict[str, tuple[str, click.Command]]
) -> dict[str, Any]:
    from stacktill.runtime.plugin_checks import HOOKS

    hooks = sorted(hook for hook in HOOKS if plugin.name in host.implementations(hook))
    offered = [name for name, (owner, _) in commands.items() if owner == plugin.name]
    return {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "summary": plugin.info.summary,
        "api": ".".join(map(str, plugin.info.api)),
        "hooks": hooks,
        "commands": offered,
    }
