"""One call of one plugin's implementation of a hook: its arguments, its time limit, its trace."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pluggy

__all__ = ["TRACE_VARIABLE", "PluginThreads", "called", "traced"]

TRACE_VARIABLE = "STACKTILL_TRACE_PLUGINS"

logger = logging.getLogger(__name__)

_is_traced = os.environ.get(TRACE_VARIABLE, "") not in ("", "0")


def called(implementation: pluggy.HookImpl, arguments: Mapping[str, Any]) -> Any:
    """Call an implementation with those of the arguments that it takes."""
    taken = [arguments[name] for name in implementation.argnames]
    with traced(implementation):
        return implementation.function(*taken)


@contextmanager
def traced(implementation: pluggy.HookImpl) -> Iterator[None]:
    """Log how long the block takes, when ``STACKTILL_TRACE_PLUGINS=1``."""
    if not _is_traced:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        duration_ms = round((time.perf_counter() - began) * 1000, 3)
        fields = {
            "plugin": implementation.plugin_name,
            "hook": implementation.function.__name__,
            "duration_ms": duration_ms,
        }
        logger.info("plugin.hook_called", extra=fields)


_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class PluginThreads:
    """A few threads of one plugin's own, for code of its that could hang.

    They are daemons: a call that never ends holds up neither the event loop, nor other plugins, nor
    the end of the process. When all of them hang, every further call runs into its time limit.
    """

    MOST = 4

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads = 0
        self._running = 0

    async def run(self, function: Callable[[], Any], *, timeout_seconds: float) -> Any:
        """Run a function in a thread; raise what it raises, or TimeoutError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()
        self._running += 1
        if self._threads < min(self._running, self.MOST):
            self._threads += 1
            threading.Thread(
                target=self._work, name=f"plugin {self._plugin} {self._threads}", daemon=True
            ).start()
        try:
            self._jobs.put((loop, future, lambda: context.run(function)))
            async with asyncio.timeout(timeout_seconds):
                return await future
        finally:
            self._running -= 1

    def _work(self) -> None:
        while True:
            loop, future, function = self._jobs.get()
            if future.cancelled():
                continue
            try:
                answer, error = function(), None
            except BaseException as raised:  # noqa: BLE001 - it belongs to whoever waits
                answer, error = None, raised
            # The loop may have ended while the plugin was busy; then nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, answer, error)


def _settle(future: asyncio.Future[Any], answer: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    elif isinstance(error, Exception) and not isinstance(error, StopIteration):
        future.set_exception(error)
    else:
        # What would end the loop, or cannot be carried by a future, is a failure like any other.
        future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))
