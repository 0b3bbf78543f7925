"""The sandbox passes the suite that every chain passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stacktill.plugin import Chain
from stacktill.testing import ChainContract, plugin_context
from stacktill_chain_sandbox.config import SandboxConfig
from stacktill_chain_sandbox.plugin import stacktill_chain, stacktill_plugin


class TestSandboxContract(ChainContract):
    @pytest.fixture
    async def chain(self, tmp_path: Path) -> AsyncIterator[Chain]:
        context = plugin_context("chain_sandbox", SandboxConfig(), tmp_path)
        async with stacktill_chain().open(context) as chain:
            yield chain


def test_it_is_offered_to_test_mode_only() -> None:
    assert stacktill_chain().livemode is False


def test_it_introduces_itself() -> None:
    info = stacktill_plugin()
    assert info.config is SandboxConfig
    assert info.config() == SandboxConfig(seed="stacktill", block_time_seconds=0)
