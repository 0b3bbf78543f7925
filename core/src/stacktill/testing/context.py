"""What a plugin is opened with, made for a test."""

from __future__ import annotations

import logging
from pathlib import Path

from stacktill.plugin import Clock, PluginConfig, PluginContext
from stacktill.testing.clock import FakeClock

__all__ = ["CountingIds", "plugin_context"]


class CountingIds:
    """``Ids`` that count, so that a test sees the same names every time."""

    def __init__(self) -> None:
        self._made = 0

    def new(self, prefix: str) -> str:
        """The next id, such as ``pi_000000000000000000000001``."""
        self._made += 1
        return f"{prefix}_{self._made:024d}"

    def secret(self, prefix: str) -> str:
        """The next id; guessable, as a test wants it."""
        return self.new(prefix)


def plugin_context(
    name: str,
    config: PluginConfig,
    data_dir: Path,
    *,
    clock: Clock | None = None,
    live: bool = False,
) -> PluginContext:
    """A context as the appliance gives it, with a clock that stands still unless one is given."""
    return PluginContext(
        name=name,
        config=config,
        data_dir=data_dir,
        clock=clock if clock is not None else FakeClock(),
        ids=CountingIds(),
        log=logging.getLogger(f"stacktill.plugins.{name}"),
        live=live,
    )
