"""Options that many commands share, and the settings that they lead to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from stacktill.runtime.config import Settings

__all__ = ["config_option", "config_path", "json_option", "settings_from"]

F = TypeVar("F", bound=Callable[..., Any])


def config_option(function: F) -> F:
    """Add ``--config``; the command gets the path that it, or the group before it, was given."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=config_path,
        help="The config file; else STACKTILL_CONFIG names it, else it is ./stacktill.toml.",
    )(function)


def config_path(ctx: click.Context, _: object, value: Path | None) -> Path | None:
    """The config file that a command was given, or else the group that it belongs to."""
    found: Path | None = value or ctx.find_root().params.get("config")
    return found


def json_option(function: F) -> F:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON instead of lines for people."
    )(function)


def settings_from(config: Path | None) -> Settings:
    """The settings; raise ``ConfigError`` with a line per fault."""
    # Late, because reading settings is more than most of `--help` needs.
    from stacktill.runtime.config import load_settings

    return load_settings(config)
