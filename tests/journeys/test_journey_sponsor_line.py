"""Journeys of the sponsor's line: replaced, dropped, stuck, forked, unanswered, and killed in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from plugins.chain_stacks.tests.devnet_kit import Devnet, opened_wallet
from tests.sponsored import SponsoringTill, open_sponsoring, payer_key, settings_of

from stacktill.application.sponsorships import spent_ustx
from stacktill.domain.statements import day_of
from stacktill_chain_stacks import sponsor_follow
from stacktill_chain_stacks.sponsor_places import place_of
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import StxTransfer
from stacktill_chain_stacks.wire.principals import Principal

pytestmark = pytest.mark.xdist_group("devnet")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sponsor_follow, "PATIENT_SECONDS", 0)


@pytest.fixture
async def till(devnet: Devnet, tmp_path: Path) -> AsyncIterator[SponsoringTill]:
    file = settings_of(devnet, tmp_path, chain="timeout_seconds = 3")
    async with open_sponsoring(devnet, file) as opened:
        yield opened


@contextmanager
def broken(devnet: Devnet, mode: str, paths: str = "^/v2/transactions$") -> Iterator[None]:
    """A node that misbehaves when it is sent transactions."""
    devnet.order("faults", mode=mode, paths=paths, seconds=30)
    try:
        yield
    finally:
        devnet.heal()


def payers(till: SponsoringTill, name: str, count: int = 1, **wealth: Any) -> list[PrivateKey]:
    """New people, whose money is in a block before anything is sponsored."""
    return [payer_key(till.devnet, f"{name} {number}", **wealth) for number in range(count)]


async def paid_by(till: SponsoringTill, *keys: PrivateKey) -> list[dict[str, Any]]:
    """A sponsorship of each, in that order."""
    return [await till.pays(await till.intent(), key) for key in keys]


async def one_paid(till: SponsoringTill, name: str) -> dict[str, Any]:
    """A sponsorship of somebody new."""
    (done,) = await paid_by(till, *payers(till, name))
    return done


async def replaces(till: SponsoringTill, key: PrivateKey, fee_ustx: int, nonce: int = 0) -> str:
    """A payer sends another transaction with the nonce of the sponsored one."""
    devnet = till.devnet
    to = Principal.parse(devnet.address("bob"))
    async with opened_wallet(devnet) as wallet:
        made = await wallet.sender.draft(StxTransfer(to, 1), key, nonce=nonce, fee_ustx=fee_ustx)
        return await wallet.sender.send(made.transaction)


async def nonce_of(till: SponsoringTill, sponsorship: dict[str, Any]) -> int:
    kept = await till.till.appliance.storage.read(
        lambda uow: uow.sponsorships.get(sponsorship["id"])
    )
    assert kept is not None
    return place_of(bytes.fromhex(kept.transaction)).nonce


async def spent(till: SponsoringTill) -> int:
    day = day_of(till.till.now)
    return await till.till.appliance.storage.read(lambda uow: spent_ustx(uow, day, livemode=True))


async def test_a_payer_who_replaces_its_own_holds_up_nobody(till: SponsoringTill) -> None:
    devnet = till.devnet
    (key,), others = payers(till, "replacing", stx=1), payers(till, "behind", 3)
    made = await till.intent()
    gone = await till.pays(made, key)
    kept = await paid_by(till, *others)
    places = [await nonce_of(till, one) for one in (gone, *kept)]
    assert places == list(range(places[0], places[0] + 4))
    own = await replaces(till, key, 50_000)
    told = await till.look(gone)
    assert told["status"] == "dropped", "its fee is set aside until that is final"
    assert devnet.mine() == {own: "success"}, "the others wait behind a nonce that nobody has"
    assert (await till.look(gone))["status"] == "released"
    moved = await till.look(kept[2])
    assert await nonce_of(till, moved) == places[0]
    assert moved["fee_ustx"] > kept[2]["fee_ustx"]
    assert sorted(devnet.mine().values()) == ["success"] * 3
    ended = [await till.look(one) for one in kept]
    assert [one["status"] for one in ended] == ["mined"] * 3
    assert await spent(till) == sum(one["fee_ustx"] for one in ended)
    again = await till.pays(made, key)
    assert devnet.mine() == {again["transaction_hash"]: "success"}


async def test_the_next_sponsored_payment_takes_the_missing_nonce(till: SponsoringTill) -> None:
    key, *_ = payers(till, "replacing alone", stx=1)
    (gone,) = await paid_by(till, key)
    await replaces(till, key, 50_000)
    till.devnet.mine()
    assert (await till.look(gone))["status"] == "released"
    following = await one_paid(till, "follower")
    assert await nonce_of(till, following) == await nonce_of(till, gone)
    assert till.devnet.mine() == {following["transaction_hash"]: "success"}


async def test_what_a_node_dropped_is_sent_again(till: SponsoringTill) -> None:
    done = await one_paid(till, "dropped")
    till.devnet.order("drop", txid=done["transaction_hash"])
    assert till.devnet.mine() == {}
    assert (await till.look(done))["status"] == "sent"
    assert till.devnet.mine() == {done["transaction_hash"]: "success"}
    assert (await till.look(done))["status"] == "mined"


async def test_a_payment_nobody_mines_is_offered_more(
    till: SponsoringTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await one_paid(till, "slow")
    monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 0)
    dearer = await till.look(done)
    assert dearer["status"] == "sent"
    assert dearer["fee_ustx"] > done["fee_ustx"]
    assert await nonce_of(till, dearer) == await nonce_of(till, done)
    assert await spent(till) == dearer["fee_ustx"]
    monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 300)
    assert till.devnet.mine() == {dearer["transaction_hash"]: "success"}
    assert (await till.look(done))["status"] == "mined"


async def test_no_fee_grows_above_its_limit(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = "daily_budget_ustx = 10_000_000\nmax_fee_ustx = 500"
    async with open_sponsoring(devnet, settings_of(devnet, tmp_path, sponsor=limits)) as till:
        done = await one_paid(till, "capped")
        monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 0)
        fees = [(await till.look(done))["fee_ustx"] for _ in range(6)]
        assert max(fees) <= 500
        assert len(devnet.mine()) == 1
        assert (await till.look(done))["status"] == "mined"


async def test_an_earlier_form_may_be_the_one_that_is_mined(
    till: SponsoringTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dearer form never reached the miner: what it mined instead is still the same payment."""
    done = await one_paid(till, "two forms")
    monkeypatch.setattr(sponsor_follow, "STUCK_SECONDS", 0)
    sponsor = till.sponsor
    whole = sponsor.send
    sent: list[bytes] = []

    async def only_again(transaction: bytes) -> None:
        sent.append(transaction)
        if len(sent) == 1:
            await whole(transaction)

    monkeypatch.setattr(sponsor, "send", only_again)
    dearer = await till.look(done)
    assert dearer["transaction_hash"] != done["transaction_hash"]
    assert till.devnet.mine() == {done["transaction_hash"]: "success"}
    assert (await till.look(done))["status"] == "mined"


@pytest.mark.parametrize("mode", ["error", "hang", "close", "garbage", "drip"])
async def test_a_node_that_does_not_answer(till: SponsoringTill, mode: str) -> None:
    """With ``drip`` it took the transaction, and nobody here learns of it."""
    key, waiting = payers(till, f"unanswered {mode}", 2)
    made, other = await till.intent(), await till.intent()
    wish = await till.signed(made, key)
    with broken(till.devnet, mode):
        done = await till.ask(made, wish)
        assert done["status"] == "signed"
        assert await till.ask(made, wish) == done
        behind = await till.refused(other, await till.signed(other, waiting))
        assert behind[0] == 503
    assert await spent(till) == done["fee_ustx"]
    await _healed(till)
    sent = await till.look(done)
    assert (sent["status"], sent["transaction_hash"]) == ("sent", done["transaction_hash"])
    assert till.devnet.mine() == {done["transaction_hash"]: "success"}
    assert (await till.look(done))["status"] == "mined"
    assert await spent(till) == done["fee_ustx"]


async def _healed(till: SponsoringTill) -> None:
    """The pace of the host's client forgets what happened, as it does by itself in a while."""
    pace = till.sponsor._node._http.pace  # type: ignore[attr-defined]
    pace.failures, pace._closed_until = 0, float("-inf")


async def test_a_payment_that_is_canceled_before_it_was_sent(till: SponsoringTill) -> None:
    made, key = await till.intent(), payer_key(till.devnet, "canceled")
    wish = await till.signed(made, key)
    with broken(till.devnet, "error"):
        done = await till.ask(made, wish)
    await _healed(till)
    await till.till.post(f"/v1/payment_intents/{made['id']}/cancel")
    assert (await till.look(done))["status"] == "released"
    assert till.devnet.mine() == {}
    assert await spent(till) == 0


async def test_a_foreign_use_of_the_key_costs_a_place(till: SponsoringTill) -> None:
    done, behind = await paid_by(till, *payers(till, "displaced", 2))
    nonce = await nonce_of(till, done)
    own = await replaces(till, till.devnet.key("sponsor"), 50_000, nonce)
    assert set(till.devnet.mine()) == {own, behind["transaction_hash"]}
    again = await till.look(done)
    assert again["status"] == "sent"
    assert await nonce_of(till, again) == nonce + 2
    assert till.devnet.mine() == {again["transaction_hash"]: "success"}
    assert (await till.look(done))["status"] == "mined"
    assert (await till.look(behind))["status"] == "mined"


@pytest.mark.parametrize("lose", [False, True])
async def test_a_fork_leaves_no_gap(till: SponsoringTill, lose: bool) -> None:
    first, second = payers(till, f"forked {lose}", 2)
    (done,) = await paid_by(till, first)
    assert till.devnet.mine() == {done["transaction_hash"]: "success"}
    till.devnet.order("reorg", depth=1, lose=lose, mine=2)
    assert (await till.look(done))["status"] == ("sent" if lose else "mined")
    (following,) = await paid_by(till, second)
    mined = till.devnet.mine()
    assert mined[following["transaction_hash"]] == "success"
    assert (await till.look(following))["status"] == "mined"
    assert (await till.look(done))["status"] == "mined"


async def test_a_till_that_starts_again_goes_on(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is remembered but what the books say."""
    file = settings_of(devnet, tmp_path)
    async with open_sponsoring(devnet, file) as till:
        before, unsent, after = payers(till, "restart", 3)
        (first,) = await paid_by(till, before)
        with monkeypatch.context() as patch:
            patch.setattr(till.sponsor, "send", _nowhere)
            (kept,) = await paid_by(till, unsent)
        store = till.till
    async with open_sponsoring(devnet, file, store=store) as again:
        assert (await again.look(kept))["status"] == "sent"
        (following,) = await paid_by(again, after)
        assert await nonce_of(again, following) == await nonce_of(again, first) + 2
        assert list(devnet.mine().values()) == ["success"] * 3
        assert (await again.look(first))["status"] == "mined"


async def _nowhere(_: bytes) -> None:
    from stacktill.plugin import ChainUnavailable

    raise ChainUnavailable("killed")
