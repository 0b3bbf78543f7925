"""A write on its way: what to run, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["Job", "answer"]


class Job:
    """One use case, and the future of the caller that waits for its commit."""

    __slots__ = ("arguments", "error", "function", "future", "named", "result")

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
        future: asyncio.Future[Any],
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.named = named
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


def answer(jobs: list[Job]) -> None:
    """Tell the callers how it went; runs in their event loop."""
    for job in jobs:
        future = job.future
        if future.done():
            continue  # the caller has gone; its work is kept all the same
        if job.error is None:
            future.set_result(job.result)
        elif isinstance(job.error, StopIteration):
            future.set_exception(RuntimeError(f"{job.error!r} in a use case"))
        else:
            future.set_exception(job.error)
