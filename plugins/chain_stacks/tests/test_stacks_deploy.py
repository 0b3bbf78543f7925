"""Our contracts, put on the local chain by ``stacktill chain deploy`` and found there to the letter."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from plugins.chain_stacks.tests.devnet_kit import Devnet
from plugins.chain_stacks.tests.stacks_js import CONTRACTS

from stacktill.testing import plugin_context
from stacktill_chain_stacks.plugin import stacktill_commands

NAMES = ("stacktill-pay-v1", "stacktill-intents-v1")
DOCUMENT = Path(__file__).parents[3] / "docs/explanation/contract.md"


def source_of(name: str) -> Path:
    return CONTRACTS / "contracts" / f"{name}.clar"


class Owner:
    """Whoever puts the contracts on the chain: somebody with a key and the commands."""

    def __init__(self, devnet: Devnet, folder: Path) -> None:
        self.devnet = devnet
        account = httpx.get(f"{devnet.url}/devnet", timeout=60).json()["accounts"]["carol"]
        self.address: str = account["address"]
        self._key: str = account["private_key"]
        context = plugin_context("chain_stacks", devnet.config(), folder)
        self._group = next(one for one in stacktill_commands(context) if one.name == "chain")

    async def types(self, *words: str) -> Any:
        """What a command answers."""
        runner = CliRunner(env={"STACKTILL_CHAIN_KEY": self._key})
        done = await asyncio.to_thread(runner.invoke, self._group, [*words, "--json"])
        assert done.exception is None, done.exception
        return json.loads(done.stdout)

    def finds(self, name: str) -> bytes:
        """The source that the chain has under the owner's address."""
        url = f"{self.devnet.url}/v2/contracts/source/{self.address}/{name}"
        source: str = httpx.get(url, timeout=60).json()["source"]
        return source.encode()

    async def sends(self, *words: str) -> str:
        """The end of a command's transaction, mined."""
        sent = await self.types(*words, "--yes")
        return self.devnet.mine()[sent["txid"]]


@pytest.fixture
def owner(devnet: Devnet, tmp_path: Path) -> Owner:
    return Owner(devnet, tmp_path)


async def test_both_contracts_are_deployed_and_are_what_the_repository_has(owner: Owner) -> None:
    for name in NAMES:
        assert await owner.sends("deploy", name, str(source_of(name))) == "success"
        assert owner.finds(name) == source_of(name).read_bytes()
    pay, intents = (f"{owner.address}.{name}" for name in NAMES)
    status = await owner.types("read", pay, "get-status")
    assert owner.address in json.dumps(status)
    # The second looks its owner up in the first: both are this deployer's.
    fees = ("u100", f"'{owner.devnet.address('platform')}")
    assert await owner.sends("call", intents, "set-fees", *fees) == "success"
    theirs = f"{owner.devnet.address('deployer')}.{NAMES[1]}"
    assert await owner.sends("call", theirs, "set-fees", *fees) == "abort_by_response"


@pytest.mark.parametrize("name", NAMES)
def test_the_digests_that_are_told_are_those_of_the_sources(name: str) -> None:
    told = re.search(rf"`{name}\.clar` \| `([0-9a-f]{{64}})`", DOCUMENT.read_text())
    assert told is not None, f"{DOCUMENT} tells no digest of {name}.clar"
    assert told[1] == hashlib.sha256(source_of(name).read_bytes()).hexdigest()
