"""A chain opened on fake APIs, for the tests of the reading side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.chain_stacks.tests.fake_api import GENESIS_TIME, FakeApi, FakeChain, served_api

from stacktill.plugin import Chain
from stacktill.testing import FakeClock, plugin_context
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.plugin import stacktill_chain


@dataclass
class Opened:
    """A chain, what it reads from, and its clock."""

    chain: Chain
    apis: list[FakeApi]
    clock: FakeClock
    node: FakeChain

    @property
    def api(self) -> FakeApi:
        """The first of the sources."""
        return self.apis[0]


@asynccontextmanager
async def opened_chain(
    path: Path, *, sources: int = 1, blocks: int = 3, **settings: Any
) -> AsyncIterator[Opened]:
    """A chain on as many sources as wanted, all of which tell of one and the same chain."""
    node = FakeChain()
    for _ in range(blocks):
        node.mine()
    clock = FakeClock(GENESIS_TIME + 10 * blocks)
    async with AsyncExitStack() as stack:
        apis = [await stack.enter_async_context(served_api(node)) for _ in range(sources)]
        config = StacksConfig(
            apis=tuple(api.url for api in apis),
            **{"requests_per_minute": 0, "timeout_seconds": 2, **settings},
        )
        context = plugin_context("chain_stacks", config, path, clock=clock, live=True)
        chain = await stack.enter_async_context(stacktill_chain().open(context))
        yield Opened(chain, apis, clock, node)
