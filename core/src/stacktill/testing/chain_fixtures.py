"""What both halves of the chain contract suite stand on: fixtures and a look at recent blocks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from stacktill.plugin import Block, Chain, SandboxScript

__all__ = ["ChainFixtures", "check_links", "recent_blocks"]

_RECENT_BLOCKS = 12


class ChainFixtures:
    """The fixtures that a plugin's tests override: ``chain`` always, ``recipient`` at need."""

    @pytest.fixture
    def chain(self) -> Chain:
        """The chain under test, opened; every test gets a fresh one or shares a real one."""
        raise NotImplementedError("override the fixture `chain` with an opened chain")

    @pytest.fixture
    def recipient(self, chain: Chain) -> str:
        """A well-formed address to be paid."""
        address = chain.settlement_address("mer_contract")
        if address is None:
            pytest.skip("the chain gives no addresses; override the fixture `recipient`")
        return address

    @pytest.fixture
    def script(self, chain: Chain) -> SandboxScript:
        """The remote control; tests that need it are skipped where there is none."""
        if chain.script is None:
            pytest.skip("this chain cannot be scripted")
        return chain.script


async def recent_blocks(chain: Chain) -> list[Block]:
    """The last blocks, lowest first."""
    tip = await chain.tip()
    first = max(0, tip.height - _RECENT_BLOCKS + 1)
    blocks = [await chain.block(height) for height in range(first, tip.height + 1)]
    return [block for block in blocks if block is not None]


def check_links(blocks: list[Block]) -> None:
    """Assert that the blocks, lowest first, are one chain."""
    for parent, child in pairwise(blocks):
        assert child.height == parent.height + 1
        assert child.parent_hash == parent.hash
        assert child.time >= parent.time
        assert child.burn_height >= parent.burn_height
        same_burn_block = child.burn_height == parent.burn_height
        assert same_burn_block == (child.burn_hash == parent.burn_hash)
    hashes = [block.hash for block in blocks]
    assert len(set(hashes)) == len(hashes)
    assert all(set(text) <= set("0123456789abcdef") for text in hashes)
