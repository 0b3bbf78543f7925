"""A storm over the sponsor's line: whatever happens in whatever order, books and chain agree in the end."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from core.tests.shop_kit import Refused
from plugins.chain_stacks.tests.devnet_kit import Devnet, opened_wallet
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of

from stacktill.application.sponsorships import spent_ustx
from stacktill.domain.statements import day_of
from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks import sponsor_follow
from stacktill_chain_stacks.client.rejections import TransactionRejected
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import StxTransfer
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")

PEOPLE = 8
STEPS = 60


@dataclass
class Storm:
    """What is done to a till, its payers and its chain, one thing after the other."""

    till: SponsoringTill
    chance: random.Random
    people: list[PrivateKey]
    made: list[dict[str, Any]] = field(default_factory=list)

    async def step(self) -> None:
        """Do one thing."""
        whole = [self.pay, self.pay, self.pay, self.take_back, self.mine, self.look, self.look]
        await self.chance.choice([*whole, self.drop, self.fork, self.hurry, self.go_silent])()

    async def pay(self) -> None:
        """Somebody wants a payment sponsored."""
        with suppress(Refused, ChainUnavailable):
            made = await self.till.intent()
            self.made.append(await self.till.pays(made, self.chance.choice(self.people)))

    async def take_back(self) -> None:
        """Somebody sends another transaction with the nonce of what waits."""
        key = self.chance.choice(self.people)
        devnet = self.till.devnet
        payer = str(key.principal(mainnet=False))
        nonce = devnet._http.get(f"/v2/accounts/{payer}").json()["nonce"]
        to = Principal.parse(devnet.address("bob"))
        fee_ustx = self.chance.choice([200, 2_000, 20_000])
        async with opened_wallet(devnet) as wallet:
            own = await wallet.sender.draft(StxTransfer(to, 1), key, nonce=nonce, fee_ustx=fee_ustx)
            with suppress(TransactionRejected):
                await wallet.sender.send(own.transaction)

    async def mine(self) -> None:
        self.till.devnet.mine()

    async def look(self) -> None:
        with suppress(ChainUnavailable):
            await self.till.line.follow()

    async def drop(self) -> None:
        """A node forgets something."""
        if self.made:
            txid = self.chance.choice(self.made)["transaction_hash"]
            self.till.devnet._http.post("/devnet/drop", json={"txid": txid})

    async def fork(self) -> None:
        """The last block is taken back, and what was in it is mined again."""
        self.till.devnet.order("reorg", depth=1, mine=2)

    async def hurry(self) -> None:
        """The first of the line seems stuck."""
        sponsor_follow.STUCK_SECONDS = 0
        await self.look()
        sponsor_follow.STUCK_SECONDS = 300

    async def go_silent(self) -> None:
        """The node fails in some way while something is asked of it."""
        mode = self.chance.choice(["error", "close", "garbage", "drip"])
        paths = self.chance.choice(["^/v2/transactions$", "^/v2/", "^/extended/"])
        self.till.devnet.order("faults", mode=mode, paths=paths, seconds=30)
        await self.chance.choice([self.pay, self.look])()
        self.till.devnet.heal()
        pace = self.till.sponsor._node._http.pace  # type: ignore[attr-defined]
        pace.failures, pace._closed_until = 0, float("-inf")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("has_api", [True, False])
async def test_books_and_chain_agree_after_a_storm(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, has_api: bool
) -> None:
    for name, seconds in (("PATIENT_SECONDS", 0), ("LAG_SECONDS", -1), ("STUCK_SECONDS", 300)):
        monkeypatch.setattr(sponsor_follow, name, seconds)
    limits = "daily_budget_ustx = 100_000_000\npayer_payments_per_day = 1000"
    file = settings_of(devnet, tmp_path, sponsor=limits, chain="timeout_seconds = 1")
    people = [payer_key(devnet, f"{seed} {has_api} {one}", stx=1) for one in range(PEOPLE)]
    sponsor = devnet.address("sponsor")
    before = devnet._http.get(f"/v2/accounts/{sponsor}").json()
    async with open_sponsoring(devnet, file) as till:
        if not has_api:
            till.sponsor._follow._api = None  # type: ignore[attr-defined]
        storm = Storm(till, random.Random(seed), people)
        for _ in range(STEPS):
            await storm.step()
        for _ in range(PEOPLE * 3):
            await storm.look()
            await storm.mine()
        await storm.look()
        ended = (await till.till.get("/v1/sponsorships", limit=100))["data"]
        assert len(ended) > 5
        assert {one["status"] for one in ended} <= {"mined", "released"}
        after = devnet._http.get(f"/v2/accounts/{sponsor}").json()
        mined = [one for one in ended if one["status"] == "mined"]
        used = after["nonce"] - before["nonce"]
        paid = int(before["balance"], 16) - int(after["balance"], 16)
        fees = sum(one["fee_ustx"] for one in mined)
        assert used == len(mined), "every nonce of the sponsor's is somebody's payment"
        # An earlier form may be the one that was mined: the books then count the dearer one.
        assert paid <= fees
        day = day_of(till.till.now)
        told = await till.till.appliance.storage.read(
            lambda uow: spent_ustx(uow, day, livemode=True)
        )
        assert told == fees
