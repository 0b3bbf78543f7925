"""Journeys in live mode: real sBTC on a local chain that runs real Clarity, paid by a wallet that signs."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, Wallet, with_wallet
from plugins.chain_stacks.tests.pegs import answer, pegged_in, withdrawal
from tests.live import live_box, live_shop
from tests.served import Served, Shop, until

from stacktill_chain_stacks.wire.clarity import Buffer, List, Nothing, Some, Tuple, UInt, Value
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.payloads import Call, Deploy
from stacktill_chain_stacks.wire.post_conditions import Mode, read_post_condition
from stacktill_chain_stacks.wire.principals import AssetId, Principal
from stacktill_chain_stacks.wire.reader import Reader

pytestmark = pytest.mark.xdist_group("devnet")

# How many transactions the crowd makes; ten thousand of them take ten minutes.
TRANSFERS = int(os.environ.get("STACKTILL_TEST_TRANSFERS", "120"))


@pytest.fixture(scope="module")
def served(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance with a live chain."""
    with live_box(devnet, tmp_path_factory.mktemp("live")) as appliance:
        yield appliance


@pytest.fixture(scope="module")
def shop(devnet: Devnet, served: Served) -> Shop:
    """A store that is paid at the merchant's wallet."""
    return live_shop(served, devnet.address("merchant"))


def pay(devnet: Devnet, intent: dict[str, Any], sats: int) -> str:
    """Pay an intent as its ``next_action`` says."""
    details = intent["next_action"]["crypto_display_details"]
    (place,) = details["deposit_addresses"].values()
    memo = bytes.fromhex(details["memo"])
    return with_wallet(devnet, lambda wallet: wallet.pay("alice", place["address"], sats, memo))


def test_a_payment_is_seen_confirmed_and_settled(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(20_000)
    assert intent["livemode"] is True
    txid = pay(devnet, intent, 20_000)
    assert shop.read(intent)["status"] == "requires_action", "what is not mined is not paid"
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    charge = shop.get(f"/v1/charges/{shop.read(intent)['latest_charge']}")
    assert txid in str(charge)


def test_a_large_payment_waits_for_bitcoin(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(20_000_000)
    pay(devnet, intent, 20_000_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "processing", seconds=20)
    for _ in range(6):
        devnet.mine(burn=True)
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


def health(served: Served) -> dict[str, Any]:
    """How the live chain is."""
    parts: dict[str, Any] = served.http.get(f"{served.url}/health/ready").json()["parts"]
    return dict(parts["chain_live"])


def test_a_fork_unpays_and_the_next_block_pays_again(
    devnet: Devnet, served: Served, shop: Shop
) -> None:
    intent = shop.intent(30_000)
    pay(devnet, intent, 30_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    devnet.mine(100)
    until(lambda: health(served)["lag_blocks"] == 0, seconds=60)
    devnet.order("reorg", depth=101)
    devnet.mine(2)
    until(lambda: shop.types(intent["id"]).count("payment_intent.succeeded") == 2, seconds=60)
    assert "payment_intent.reversed" in shop.types(intent["id"])


def test_a_refund_is_signed_as_it_was_prepared(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(40_000)
    pay(devnet, intent, 40_000)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)
    refund = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 15_000})
    prepared = refund["next_action"]["sign_transaction"]["transaction"]["wallet"]
    call = Call(
        Principal.parse(prepared["contract"]),
        prepared["functionName"],
        tuple(decode_value(bytes.fromhex(one)) for one in prepared["functionArgs"]),
    )
    (bound,) = (
        read_post_condition(Reader(bytes.fromhex(one))) for one in prepared["postConditions"]
    )
    with_wallet(devnet, lambda wallet: wallet.send("merchant", call, bound))
    devnet.mine()

    def is_closed() -> bool:
        return bool(shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded")

    until(is_closed, seconds=20)


def test_what_is_paid_in_part_is_due_in_part(devnet: Devnet, shop: Shop) -> None:
    intent = shop.intent(50_000)
    txid = pay(devnet, intent, 49_999)
    devnet.mine()
    until(lambda: txid in str(shop.get("/v1/deposits")), seconds=20)
    after = shop.read(intent)
    assert after["next_action"]["crypto_display_details"]["amount_remaining"] == 1
    pay(devnet, after, 1)
    devnet.mine()
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


def test_the_command_line_sees_the_same_chain(devnet: Devnet, served: Served) -> None:
    told = served.run("chain", "info", "--json")
    assert '"network_matches": true' in told
    assert '"sbtc_matches": true' in told
    assert "sbtc_sats" in served.run("chain", "balance", devnet.address("alice"))


# ------------------------------------------------------------------------------------ a crowd

PAYERS = ("alice", "bob", "carol", "platform", "other_merchant")
PER_ROUND = 40
GENESIS_SATS = 1_000_000_000
LOOKALIKE = """
(define-fungible-token sbtc-token)
(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (try! (ft-mint? sbtc-token amount sender))
    (try! (ft-transfer? sbtc-token amount sender recipient))
    (match memo given (print given) 0x)
    (ok true)))
(define-public (spam (amount uint) (owner principal))
  (begin
    (try! (ft-mint? sbtc-token (+ amount amount) owner))
    (ft-burn? sbtc-token amount owner)))
"""


@dataclass
class Crowd:
    """Payers who pay intents rightly, wrongly, twice, in other tokens, together and not at all."""

    devnet: Devnet
    wallet: Wallet
    merchant: str
    chance: random.Random
    fake: AssetId
    asked: int = 0
    sent: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """What each transaction brings the merchant when it works: memo and sats of real sBTC."""

    async def pay(self, who: str, memos: Sequence[str]) -> None:
        """Do one of the things that payers do, with one or several intents in mind."""
        wishes = [self._wish(memo) for memo in memos[: self.chance.choice((1, 1, 1, 3))]]
        kind = self.chance.choice(("right", "right", "many", "fake", "too much", "unbound", "peg"))
        if kind == "peg":
            await self._peg(who)
            return
        if kind == "many":
            call = self._many(who, wishes)
        else:
            wishes = wishes[:1]
            asset = self.fake if kind == "fake" else self.devnet.asset
            memo, sats = wishes[0]
            wishes = [(memo, 2**60 if kind == "too much" else sats)]
            call = self._one(who, wishes[0], asset)
        mode = Mode.DENY if kind == "unbound" else Mode.ALLOW
        txid = await self.wallet.send(who, call, mode=mode)
        self.sent[txid] = [] if kind == "fake" else [(memo or "", sats) for memo, sats in wishes]

    async def _peg(self, who: str) -> None:
        """Mint for the store, or a token like it; let the store ask for bitcoin; answer such a wish."""
        chance, sats = self.chance, self.chance.randrange(600, 9_000)
        kind = chance.choice(("mint", "ask", "answer", "answer", "spam"))
        fee = chance.choice((0, 80, 200, None))
        calls = {
            "mint": pegged_in(self.devnet, self.merchant, sats, chance.randbytes(32)),
            "ask": withdrawal(self.devnet, sats, 200),
            "answer": answer(self.devnet, chance.randrange(1, self.asked + 2), fee),
            "spam": Call(
                self.fake.contract,
                "spam",
                (UInt(chance.choice((1, 2**63, 2**126))), Principal.parse(self.merchant)),
            ),
        }
        self.asked += kind == "ask"
        signer = "merchant" if kind == "ask" else who
        txid = await self.wallet.send(signer, calls[kind], mode=Mode.ALLOW)
        self.sent[txid] = [("", sats)] if kind == "mint" else []

    def _wish(self, memo: str) -> tuple[str | None, int]:
        other = self.chance.choice((memo, memo, memo, None, "ab" * 34, memo[:-2]))
        return other, self.chance.choice((1_000, 1_000, 400, 600, 5_000))

    def _one(self, who: str, wish: tuple[str | None, int], asset: AssetId) -> Call:
        memo, sats = wish
        own, store = self._principals(who)
        return Call(asset.contract, "transfer", (UInt(sats), own, store, _told(memo)))

    def _many(self, who: str, wishes: Sequence[tuple[str | None, int]]) -> Call:
        own, store = self._principals(who)
        parts = tuple(
            Tuple({"amount": UInt(sats), "sender": own, "to": store, "memo": _told(memo)})
            for memo, sats in wishes
        )
        return Call(self.devnet.asset.contract, "transfer-many", (List(parts),))

    def _principals(self, who: str) -> tuple[Principal, Principal]:
        return Principal.parse(self.devnet.address(who)), Principal.parse(self.merchant)


def _told(memo: str | None) -> Value:
    return Nothing() if memo is None else Some(Buffer(bytes.fromhex(memo)))


def deposits(shop: Shop) -> list[dict[str, Any]]:
    """All deposits of a shop, the newest first."""
    found: list[dict[str, Any]] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = shop.get("/v1/deposits", {"limit": 100, **after})
        found += page["data"]
        if not page["has_more"]:
            return found


def test_not_a_sat_of_a_crowd_is_lost(devnet: Devnet, served: Served, shop: Shop) -> None:
    known = {one["id"] for one in deposits(shop)}
    intents = [shop.intent(1_000) for _ in range(max(TRANSFERS // 4, 4))]
    memos = [one["next_action"]["crypto_display_details"]["memo"] for one in intents]
    worked = with_wallet(devnet, lambda wallet: _pay_all(devnet, wallet, memos))
    arrived: Counter[str] = Counter()
    for brought in worked:
        for memo, sats in brought:
            arrived[memo] += sats
    until(lambda: health(served)["lag_blocks"] == 0 and health(served)["ok"], seconds=300)
    total = sum(arrived.values())

    def booked() -> list[dict[str, Any]]:
        new = [one for one in deposits(shop) if one["id"] not in known and not is_own(one)]
        real = [one for one in new if one["currency"] == "btc"]
        return real if sum(one["amount"] for one in real) >= total else []

    real = until(booked, seconds=60)
    assert sum(one["amount"] for one in real) == total
    assert len(real) == sum(map(len, worked))
    for intent, memo in zip(intents, memos, strict=True):
        paid = shop.read(intent)["status"] == "succeeded"
        assert paid == (arrived[memo] >= 1_000), memo
    until(lambda: on_chain(devnet) == in_books(shop), seconds=60)
    assert in_books(shop)[1] > 0, "some withdrawals wait for an answer"


def is_own(deposit: dict[str, Any]) -> bool:
    """Whether it is what a withdrawal gave back."""
    return bool(deposit["reason"] and deposit["reason"]["code"] == "withdrawal_returned")


def on_chain(devnet: Devnet) -> tuple[int, int]:
    """What the merchant can spend of what came since the beginning, and what withdrawals hold."""

    async def ask(wallet: Wallet) -> tuple[int, int]:
        free = await wallet.balance("merchant", "get-balance-available")
        return free - GENESIS_SATS, await wallet.balance("merchant", "get-balance-locked")

    return with_wallet(devnet, ask)


def in_books(shop: Shop) -> tuple[int, int]:
    """The same, as the till has it."""
    balance = shop.get("/v1/balance")
    free = (balance[name][0]["amount"] for name in ("available", "pending", "unmatched"))
    return sum(free), balance["locked"][0]["amount"]


async def _pay_all(
    devnet: Devnet, wallet: Wallet, memos: Sequence[str]
) -> list[list[tuple[str, int]]]:
    """Let the crowd pay; return what the transactions that worked brought."""
    chance = random.Random(11)
    deployed = await wallet.send("carol", Deploy("sbtc-token", LOOKALIKE, 4))
    assert devnet.mine() == {deployed: "success"}
    fake = AssetId.parse(f"{devnet.address('carol')}.sbtc-token::sbtc-token")
    crowd = Crowd(devnet, wallet, devnet.address("merchant"), chance, fake)
    status: dict[str, str] = {}
    for number in range(TRANSFERS):
        await crowd.pay(PAYERS[number % len(PAYERS)], chance.sample(memos, 3))
        if number % PER_ROUND == PER_ROUND - 1 or number == TRANSFERS - 1:
            status |= devnet.mine()
    # Whoever answers wishes may have answered all of them by now: this one stays.
    await wallet.send("merchant", withdrawal(devnet, 700, 200), mode=Mode.ALLOW)
    status |= devnet.mine()
    assert {"success", "abort_by_response", "abort_by_post_condition"} <= set(status.values())
    assert status.keys() >= crowd.sent.keys()
    return [brought for txid, brought in crowd.sent.items() if status[txid] == "success"]
