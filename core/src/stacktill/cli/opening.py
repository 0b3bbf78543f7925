"""Commands that work on the books themselves: the appliance, opened beside a server or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stacktill.cli.options import settings_from

if TYPE_CHECKING:
    from stacktill.plugin import Storage
    from stacktill.runtime.appliance import Appliance
    from stacktill.runtime.config import Settings

__all__ = ["on_appliance", "on_storage", "opened_storage", "quiet"]

R = TypeVar("R")


def quiet() -> None:
    """Let only errors of libraries and plugins reach the terminal."""
    import logging

    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")


def on_appliance(config: Path | None, work: Callable[[Appliance], Awaitable[R]]) -> R:
    """Open the appliance with nothing moving by itself, and do something with it."""
    import asyncio

    from stacktill.runtime.appliance import open_appliance

    quiet()
    settings = settings_from(config)

    async def run() -> R:
        async with open_appliance(settings, loops=False) as appliance:
            return await work(appliance)

    return asyncio.run(run())


def on_storage(config: Path | None, work: Callable[[Storage], Awaitable[R]]) -> R:
    """Open only the books, brought up to date, and do something with them."""
    import asyncio

    quiet()
    settings = settings_from(config)

    async def run() -> R:
        async with opened_storage(settings) as storage:
            await storage.migrate()
            return await work(storage)

    return asyncio.run(run())


@asynccontextmanager
async def opened_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Only the storage, as it is: nothing is migrated."""
    from stacktill.runtime.clock import SystemClock
    from stacktill.runtime.hooks import Hooks
    from stacktill.runtime.ids import TimeOrderedIds
    from stacktill.runtime.plugin_host import load_plugins

    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    hooks = Hooks(
        load_plugins(settings),
        data_dir=settings.data_dir,
        clock=SystemClock(),
        ids=TimeOrderedIds(),
    )
    offer = hooks.backends.storage
    async with offer.backend.open(hooks.context(offer.plugin)) as storage:
        yield storage
