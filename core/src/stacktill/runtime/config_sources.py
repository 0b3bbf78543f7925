"""Where settings come from: a TOML file, and over it the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacktill.domain.errors import ConfigError
from stacktill.runtime.config_decode import EnvText

__all__ = ["CONFIG_VARIABLE", "PREFIX", "environment_over", "find_config", "read_toml"]

PREFIX = "STACKTILL__"
CONFIG_VARIABLE = "STACKTILL_CONFIG"
DEFAULT_FILE = "stacktill.toml"
_ON = {"true", "1", "on", "yes"}
_OFF = {"false", "0", "off", "no"}


def find_config(named: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The config file: the named one, else ``STACKTILL_CONFIG``, else ./stacktill.toml if any."""
    if named is not None:
        return named
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    default = Path(DEFAULT_FILE)
    return default if default.is_file() else None


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raise ``ConfigError`` naming file, line and column."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {_lower(str(error))}") from error


def environment_over(tables: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The tables with every ``STACKTILL__TABLE__KEY`` of the environment laid over them.

    ``STACKTILL__PLUGINS__NAME`` without a key takes true or false: the plugin is on or off.
    Raise ``ConfigError`` for a variable that names no place.
    """
    merged: dict[str, Any] = _copied(tables)
    faults: list[str] = []
    # Sorted, so that what one variable makes does not depend on the order of the environment.
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        path = variable.removeprefix(PREFIX).lower().split("__")
        if "" in path:
            faults.append(f"{variable}: write {PREFIX}TABLE__KEY, such as {PREFIX}SERVER__PORT")
        elif path[0] == "plugins" and len(path) <= 2:
            faults += _switch_plugin(merged, variable, path[1:], environ[variable])
        else:
            _lay(merged, path, EnvText(variable, environ[variable]))
    if faults:
        raise ConfigError("\n".join(faults))
    return merged


def _copied(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copied(value) if isinstance(value, Mapping) else value
        for key, value in tables.items()
    }


def _lay(tables: dict[str, Any], path: list[str], value: EnvText) -> None:
    *outer, key = path
    for name in outer:
        inner = tables.setdefault(name, {})
        if not isinstance(inner, dict):
            # What stands in the file, or in another variable, is no table: its decoding says so.
            return
        tables = inner
    tables[key] = value


def _switch_plugin(tables: dict[str, Any], variable: str, name: list[str], text: str) -> list[str]:
    plugins = tables.setdefault("plugins", {})
    if not name or not isinstance(plugins, dict) or text.lower() not in _ON | _OFF:
        return [f"{variable}: write {PREFIX}PLUGINS__NAME=true or =false, or add __KEY"]
    if text.lower() in _OFF:
        plugins.pop(name[0], None)
    else:
        plugins.setdefault(name[0], {})
    return []


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
