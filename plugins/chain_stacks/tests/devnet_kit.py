"""The local chain of contracts/devnet, started for tests: real Clarity, real sBTC, signed transactions."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from plugins.chain_stacks.tests.stacks_js import CONTRACTS, node_with

from stacktill.plugin import Block, Chain, Transfer
from stacktill.testing import FakeClock, plugin_context
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.http import open_http
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.plugin import stacktill_chain
from stacktill_chain_stacks.refunds import TokenTransfer
from stacktill_chain_stacks.sending import Sender
from stacktill_chain_stacks.wire.clarity import Ok, UInt
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Payload
from stacktill_chain_stacks.wire.post_conditions import Mode, PostCondition
from stacktill_chain_stacks.wire.principals import AssetId, Principal

WHAT = "Stacks on the local chain"
FEE_USTX = 5_000
R = TypeVar("R")


class Devnet:
    """A running local chain and its remote control."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.url: str = description["url"]
        self.sbtc: str = description["sbtc"]
        self.contracts: dict[str, str] = description["contracts"]
        self._accounts: dict[str, dict[str, str]] = description["accounts"]
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    @property
    def asset(self) -> AssetId:
        """Real sBTC."""
        return AssetId.parse(f"{self.sbtc}::sbtc-token")

    def address(self, name: str) -> str:
        """Somebody's address."""
        return self._accounts[name]["address"]

    def key(self, name: str) -> PrivateKey:
        """Somebody's key."""
        return PrivateKey.parse(self._accounts[name]["private_key"])

    def order(self, what: str, **details: Any) -> Any:
        """Give an order, such as ``mine``, and return what came of it."""
        reply = self._http.post(f"/devnet/{what}", json=details)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def forget(self, url: str) -> None:
        """Tell an observer no more."""
        self._http.request("DELETE", "/devnet/observers", json={"url": url}).raise_for_status()

    def heal(self) -> None:
        """Let no answer fail any more."""
        assert self._http.delete("/devnet/faults").status_code == 200

    def mine(self, count: int = 1, **details: Any) -> dict[str, str]:
        """Mine and return the status of every transaction in those blocks."""
        told = self.order("mine", count=count, **details)
        mined = [one for block in told["blocks"] for one in block["transactions"]]
        return {one["txid"]: one["status"] for one in mined}

    def config(self, **settings: Any) -> StacksConfig:
        """The settings of a till on this chain."""
        return StacksConfig(
            network="testnet",
            apis=(self.url,),
            sbtc_contract=self.sbtc,
            **{"requests_per_minute": 0, "timeout_seconds": 10, **settings},
        )

    def tip_time(self) -> int:
        """The time of the newest block."""
        time: int = self._http.get("/devnet").json()["tip"]["block_time"]
        return time


@dataclass
class Wallet:
    """Signs and sends for whoever is named."""

    devnet: Devnet
    node: NodeClient
    sender: Sender

    async def send(
        self,
        who: str,
        payload: Payload,
        *bounds: PostCondition,
        mode: Mode = Mode.DENY,
        **more: Any,
    ) -> str:
        """Sign, send and return the id."""
        draft = await self.sender.draft(
            payload,
            self.devnet.key(who),
            post_conditions=bounds,
            mode=mode,
            **{"fee_ustx": FEE_USTX, **more},
        )
        return await self.sender.send(draft.transaction)

    async def pay(
        self, who: str, to: str, sats: int, memo: bytes | None, *, asset: AssetId | None = None
    ) -> str:
        """A bound transfer of sBTC, or of another token."""
        transfer = TokenTransfer(
            asset=asset or self.devnet.asset,
            amount=sats,
            sender=Principal.parse(self.devnet.address(who)),
            recipient=Principal.parse(to),
            memo=memo,
        )
        return await self.send(who, transfer.call, transfer.post_condition)

    async def balance(self, who: str, question: str = "get-balance-available") -> int:
        """What the token's contract says that somebody has."""
        owner = self.devnet.address(who)
        contract, asked = self.devnet.asset.contract, (Principal.parse(owner),)
        answer = await self.node.call_read(contract, question, asked, sender=owner)
        assert isinstance(answer, Ok)
        assert isinstance(answer.value, UInt)
        return answer.value.value


def needed_node() -> str:
    """The path of Node; where it or what the chain needs is missing, skip loudly, and fail in CI."""
    return node_with("@stacks/clarinet-sdk", WHAT)


@contextmanager
def started_devnet() -> Iterator[Devnet]:
    """The chain, for as long as the context, where it can run."""
    node = needed_node()
    command = [node, str(CONTRACTS / "devnet/main.mjs"), "--port", "0", "--with-stdin"]
    with subprocess.Popen(
        command, cwd=CONTRACTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ready = next((line for line in process.stdout if line.startswith("READY ")), None)
            assert ready is not None, "the local chain ended before it was ready"
            with closing(Devnet(json.loads(ready.removeprefix("READY ")))) as devnet:
                yield devnet
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(timeout=30)


@asynccontextmanager
async def opened_wallet(devnet: Devnet) -> AsyncIterator[Wallet]:
    """A wallet on the chain."""
    async with open_http(
        devnet.url, api_key=None, requests_per_minute=0, timeout_seconds=30
    ) as http:
        node = NodeClient(http)
        yield Wallet(devnet, node, Sender(devnet.config(), node, ApiClient(http)))


def with_wallet(devnet: Devnet, work: Callable[[Wallet], Coroutine[Any, Any, R]]) -> R:
    """Do something with a wallet, where nothing runs that could wait for it."""

    async def opened() -> R:
        async with opened_wallet(devnet) as wallet:
            return await work(wallet)

    return asyncio.run(opened())


@asynccontextmanager
async def opened_devnet_chain(
    devnet: Devnet, path: Path, **settings: Any
) -> AsyncIterator[tuple[Chain, FakeClock]]:
    """The chain as a till reads it, with a clock that stands at the newest block."""
    clock = FakeClock(devnet.tip_time())
    config = devnet.config(**settings)
    context = plugin_context("chain_stacks", config, path, clock=clock, live=True)
    async with stacktill_chain().open(context) as chain:
        yield chain, clock


async def newest(chain: Chain, count: int = 1) -> list[Transfer]:
    """All transfers of the last blocks, in order."""
    tip = await chain.tip()
    found: list[Transfer] = []
    for height in range(tip.height - count + 1, tip.height + 1):
        found += await chain.transfers(await at(chain, height))
    return found


async def at(chain: Chain, height: int) -> Block:
    """The block at a height that is known to have one."""
    block = await chain.block(height)
    assert block is not None
    return block
