"""Fixtures of the tests that run on the local chain: one chain for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from plugins.chain_stacks.tests.devnet_kit import (
    Devnet,
    Wallet,
    opened_devnet_chain,
    opened_wallet,
    started_devnet,
)

from stacktill.plugin import Chain


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    """The local chain."""
    with started_devnet() as running:
        yield running


@pytest.fixture
async def chain(devnet: Devnet, tmp_path: Path) -> AsyncIterator[Chain]:
    """The local chain as a till reads it."""
    async with opened_devnet_chain(devnet, tmp_path) as (opened, _):
        yield opened


@pytest.fixture
async def wallet(devnet: Devnet) -> AsyncIterator[Wallet]:
    """A wallet on the local chain."""
    async with opened_wallet(devnet) as opened:
        yield opened
