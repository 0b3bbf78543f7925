"""What a plugin must be before any of its hooks is called."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pluggy

from stacktill.domain.events import EVENT_TYPES
from stacktill.plugin import API_VERSION, PluginConfig, PluginInfo, hookspecs
from stacktill.runtime.config_decode import nearest

__all__ = ["EVENT_HOOKS", "EVERY_EVENT", "HOOKS", "hook_faults", "info_faults"]

EVERY_EVENT = "*"

HOOKS: dict[str, Any] = {
    name: function
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(function, f"{hookspecs.PROJECT}_spec")
}
"""Every hook's specification by its name."""

_TYPES = {f"stacktill_{name.replace('.', '_')}": name for name in EVENT_TYPES}

EVENT_HOOKS: dict[str, str] = {
    name: EVERY_EVENT if name == "stacktill_event" else _TYPES[name]
    for name, function in HOOKS.items()
    if inspect.iscoroutinefunction(function)
}
"""The event hooks, with the event type that each receives."""


def info_faults(info: Any) -> list[str]:
    """What is wrong with what a plugin says of itself."""
    if not isinstance(info, PluginInfo):
        return [f"stacktill_plugin() must answer a PluginInfo, not {type(info).__name__}"]
    faults = []
    config: Any = info.config
    if not isinstance(config, type) or not issubclass(config, PluginConfig):
        faults.append("PluginInfo.config must be a class derived from PluginConfig")
    wanted, ours = info.api, API_VERSION
    if wanted[0] != ours[0] or wanted[1] > ours[1]:
        mend = "update the plugin" if wanted < ours else "update stacktill"
        faults.append(
            f"it is written for version {wanted[0]}.{wanted[1]} of the plugin API and this is "
            f"{ours[0]}.{ours[1]}; {mend}"
        )
    return faults


def hook_faults(implementation: Any) -> list[str]:
    """What is wrong with the hooks that a plugin implements, one line each."""
    faults = [] if hasattr(implementation, "stacktill_plugin") else ["it has no stacktill_plugin()"]
    for name, function in _candidates(implementation):
        if name in HOOKS:
            faults += [f"{name}() {fault}" for fault in _faults_of(name, function)]
        else:
            faults.append(f"there is no hook {name}(){nearest(name, HOOKS)}")
    return faults


def _candidates(implementation: Any) -> Iterator[tuple[str, Any]]:
    """The functions that are hooks, or look as if they were meant to be."""
    for name in dir(implementation):
        function = getattr(implementation, name, None)
        if not inspect.isroutine(function):
            continue
        if name.startswith("stacktill_") or _options(function) is not None:
            yield name, function


def _options(function: Any) -> pluggy.HookimplOpts | None:
    options: pluggy.HookimplOpts | None = getattr(function, f"{hookspecs.PROJECT}_impl", None)
    return options


def _faults_of(name: str, function: Any) -> list[str]:
    options = _options(function)
    if options is None:
        return ["is not marked with @hookimpl"]
    if options["wrapper"] or options["hookwrapper"]:
        return ["is a wrapper; plugins may not wrap each other"]
    if options["specname"] not in (None, name):
        return ["has a specname; give the function the hook's own name"]
    faults = []
    is_event = name in EVENT_HOOKS
    if is_event and not inspect.iscoroutinefunction(function):
        faults.append("must be async def, as every event hook")
    if not is_event and inspect.iscoroutinefunction(function):
        faults.append("must be a plain def: it is asked at once, and may not wait for anything")
    known = list(inspect.signature(HOOKS[name]).parameters)
    taken = inspect.signature(function).parameters.values()
    strange = [one.name for one in taken if one.name not in known and one.default is one.empty]
    if strange:
        has = f"it may take {', '.join(known)}" if known else "this hook takes nothing"
        faults.append(f"takes {', '.join(strange)}, but {has}")
    return faults
