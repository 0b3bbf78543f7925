"""Where plugins come from: entry points that the configuration names, and files in a folder."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacktill.runtime.config_decode import Place, nearest

__all__ = ["ENTRY_POINTS", "FoundPlugin", "find_plugins"]

ENTRY_POINTS = "stacktill.plugins"


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin that is on and not yet imported; ``table`` is its part of the configuration."""

    name: str
    version: str
    origin: str
    table: Mapping[str, Any]
    load: Callable[[], Any]


def find_plugins(
    tables: Mapping[str, Mapping[str, Any]], plugins_dir: Path | None
) -> tuple[list[FoundPlugin], list[str]]:
    """The plugins that are on, in order, and what is wrong; nothing is imported.

    A plugin with a table comes at the table's place. A file in ``plugins_dir`` is on without a
    table; such files come last, by name.
    """
    files, faults = _files(plugins_dir)
    installed = {entry.name for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    faults += [
        f"{files[name]}: a plugin of the name '{name}' is installed; rename the file"
        for name in sorted(files.keys() & installed)
    ]
    found = []
    for name, table in tables.items():
        if name in files:
            found.append(_from_file(name, files[name], table))
        elif name in installed:
            found.append(_from_entry_point(name, table))
        else:
            faults.append(_missing(name, table, installed | files.keys()))
    found += [_from_file(name, files[name], {}) for name in files if name not in tables]
    return found, faults


def _files(folder: Path | None) -> tuple[dict[str, Path], list[str]]:
    if folder is None:
        return {}, []
    if not folder.is_dir():
        return {}, [
            f"[server]: plugins_dir: there is no folder {folder}; make it, or remove the setting"
        ]
    files: dict[str, Path] = {}
    faults = []
    for path in sorted(folder.glob("*.py")):
        if path.stem.startswith(("_", ".")):
            continue
        if path.stem.isidentifier() and path.stem.islower():
            files[path.stem] = path
        else:
            faults.append(f"{path}: name it in lower case with underscores, such as tip_jar.py")
    return files, faults


def _from_entry_point(name: str, table: Mapping[str, Any]) -> FoundPlugin:
    # An editable and a built copy of one distribution may both be on the path: the first counts,
    # as it does for imports.
    entry = next(iter(importlib.metadata.entry_points(group=ENTRY_POINTS, name=name)))
    distribution = entry.dist
    return FoundPlugin(
        name=name,
        version="unknown" if distribution is None else distribution.version,
        origin=entry.value if distribution is None else distribution.name,
        table=table,
        load=entry.load,
    )


def _from_file(name: str, path: Path, table: Mapping[str, Any]) -> FoundPlugin:
    def load() -> Any:
        module_name = f"stacktill_dropped_{name}"
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no Python module")
        module = importlib.util.module_from_spec(spec)
        # Dataclasses and structs look their module up by name.
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise
        return module

    return FoundPlugin(name=name, version="file", origin=str(path), table=table, load=load)


def _missing(name: str, table: Mapping[str, Any], known: set[str]) -> str:
    place = getattr(table, "place", Place(None, f"plugins.{name}"))
    return f"{place}: no plugin of the name '{name}' is installed{nearest(name, known)}"
