"""Money that is minted, burned and locked: nothing of it is missing from the books, and nothing alarms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.tests.application.money_till import LOCKED, SBTC, Till, open_books, open_till
from core.tests.application.peg_kit import accepted, minted, refused, requested

from stacktill.application.chain_blocks import MOST_OTHERS
from stacktill.application.deposits import attach_deposit, dismiss_deposit, refund_unmatched
from stacktill.application.merchants import create_merchant
from stacktill.application.proofs import line_view
from stacktill.application.refunds import create_refund
from stacktill.application.views.charges import charge_view
from stacktill.application.views.deposits import deposit_view
from stacktill.domain.confirmations import Confirmations, ConfirmationStep
from stacktill.domain.errors import InvalidParameter, InvalidRequest
from stacktill.plugin import Transfer

AT_ONCE = (ConfirmationStep(None, Confirmations("stacks", 0)),)
LOOK_ALIKE = "SX.sbtc-token::sbtc-token"
HUGE = 2**128 - 1


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage, confirmations=AT_ONCE)


async def held(till: Till) -> dict[str, int]:
    """What the accounts of sBTC hold, but for empty ones."""
    return {
        code: sats
        for (asset, code), sats in (await till.balances()).items()
        if sats and asset == SBTC
    }


async def kinds(till: Till, transfer: Transfer) -> list[str]:
    """The lines that a transaction made, in order."""
    mine = {one.id for one in await till.all("deposits", txid=transfer.txid)}
    mine |= {one.id for one in await till.all("withdrawals", txid=transfer.txid)}
    lines = await till.all("ledger_transfers")
    return [line.kind for line in lines if line.reference in mine]


async def with_money(till: Till, sats: int) -> None:
    """Own some sBTC that nothing is to be asked about."""
    came = till.transfer(sats)
    await till.mine(came)
    await till.do(dismiss_deposit, (await till.deposit(came)).id)


# ------------------------------------------------------------------------------------ minted


async def test_what_is_minted_waits_for_an_answer_and_says_why(till: Till) -> None:
    came = minted(till, 5_000)
    await till.mine(came)
    deposit = await till.deposit(came)
    view = deposit_view(deposit)
    assert (view["sender"], view["status"], view["amount"]) == (None, "unmatched", 5_000)
    assert view["reason"]["code"] == "minted"
    assert await till.events(deposit.id) == ["deposit.unmatched"]
    assert await held(till) == {"payers": -5_000, "unmatched": 5_000}


async def test_nobody_gets_it_back(till: Till) -> None:
    came = minted(till, 5_000)
    await till.mine(came)
    with pytest.raises(InvalidRequest, match="Nobody sent") as refused:
        await till.do(refund_unmatched, (await till.deposit(came)).id)
    assert refused.value.code == "no_sender"
    await till.do(dismiss_deposit, (await till.deposit(came)).id)
    assert await held(till) == {"payers": -5_000, "available": 5_000}


async def test_it_can_be_put_to_a_payment_which_then_cannot_be_refunded_from_here(
    till: Till,
) -> None:
    intent, came = await till.intent(5_000), minted(till, 5_000)
    await till.mine(came)
    await till.do(attach_deposit, (await till.deposit(came)).id, intent.id)
    assert (await till.again(intent)).status == "succeeded"
    charge = await till.charge(intent)
    crypto = charge_view(till.services, charge)["payment_method_details"]["crypto"]
    assert crypto["buyer_address"] is None
    with pytest.raises(InvalidRequest, match="minted to you") as refused:
        await till.do(create_refund, {"charge": charge.id})
    assert refused.value.code == "no_sender"


async def test_who_sent_a_part_can_get_that_part_back(till: Till) -> None:
    intent, came = await till.intent(5_000), minted(till, 3_000)
    await till.mine(came, till.payment(intent, 2_000))
    await till.do(attach_deposit, (await till.deposit(came)).id, intent.id)
    charge = await till.charge(intent)
    with pytest.raises(InvalidParameter, match="at most 2000 sats"):
        await till.do(create_refund, {"charge": charge.id, "amount": 2_001})
    refund = await till.do(create_refund, {"charge": charge.id})
    assert (refund.amount_sats, refund.recipient) == (2_000, "ST-payer")


async def test_a_fork_takes_it_back_and_its_answer_stays(till: Till) -> None:
    came = minted(till, 5_000)
    await till.mine(came)
    id = (await till.deposit(came)).id
    await till.do(dismiss_deposit, id)
    await till.revert(1)
    assert await held(till) == {}
    await till.mine(fork="b")
    await till.mine(came)
    again = await till.deposit(came)
    assert (again.id, again.match, again.reason) == (id, "dismissed", "minted")
    assert await held(till) == {"payers": -5_000, "available": 5_000}


# ------------------------------------------------------------------------------------ look-alikes


@pytest.mark.parametrize("amount", [1, 2**63 - 1, 2**63, 2**64, HUGE])
async def test_any_amount_of_any_other_token_is_booked_and_pays_nothing(
    till: Till, amount: int
) -> None:
    came = [
        minted(till, amount, asset=LOOK_ALIKE),
        minted(till, amount, asset=f"{LOOK_ALIKE}-locked"),
        till.transfer(amount, asset=LOOK_ALIKE),
        till.transfer(amount, asset=LOOK_ALIKE, sender=till.address, recipient=None),
        till.transfer(amount, asset=LOOK_ALIKE, sender=till.address, recipient="ST-thief"),
    ]
    await till.mine(*came)
    for one in came[:3]:
        deposit = await till.deposit(one)
        assert (deposit.reason, deposit.amount) == ("wrong_asset", amount)
        assert await till.events(deposit.id) == ["deposit.unmatched"]
        with pytest.raises(InvalidRequest):
            await till.do(refund_unmatched, deposit.id)
        await till.do(dismiss_deposit, deposit.id)
    assert await held(till) == {}
    await till.revert(1)
    assert not any((await till.balances()).values())
    await till.mine(*came, fork="b")
    balances = await till.balances()
    assert balances[LOOK_ALIKE, "outside"] == 2 * amount
    assert balances[LOOK_ALIKE, "available"] == 0
    assert balances[f"{LOOK_ALIKE}-locked", "available"] == amount


async def test_a_token_that_moves_thousands_of_times_at_once_does_not_fill_the_books(
    till: Till,
) -> None:
    intent = await till.intent(1_000)
    paid = till.payment(intent)
    shower = [replace(minted(till, 1, asset=LOOK_ALIKE), txid=paid.txid) for _ in range(500)]
    drained = [replace(one, sender=till.address, recipient="ST-thief") for one in shower]
    told = [*shower[:250], *drained, paid, *shower[250:]]
    told = [replace(one, event_index=place) for place, one in enumerate(told)]
    await till.mine(*told)
    others = [one for one in await till.all("deposits") if one.asset == LOOK_ALIKE]
    assert len(others) == MOST_OTHERS
    assert (await till.again(intent)).status == "succeeded"
    await till.revert(1)
    await till.mine(*told, fork="b")
    assert {one.asset: one.amount for one in await till.all("withdrawals")} == {}
    assert len(await till.all("deposits")) == MOST_OTHERS + 1
    assert (await till.again(intent)).status == "succeeded"


# ------------------------------------------------------------------------------------ withdrawals


async def test_what_a_withdrawal_holds_is_locked_and_comes_to_no_ones_notice(till: Till) -> None:
    await with_money(till, 10_000)
    began = requested(till, 6_200)
    await till.mine(*began)
    assert await held(till) == {"payers": -10_000, "available": 3_800, "locked": 6_200}
    assert await kinds(till, began[0]) == ["burn_seen", "lock_seen"]
    assert await till.all("deposits", txid=began[0].txid) == []
    told = await till.all("events", type="deposit.unmatched")
    assert len(told) == 1, "of the money that was there before"


async def test_a_withdrawal_that_is_done_leaves_what_its_fee_did_not_use(till: Till) -> None:
    await with_money(till, 10_000)
    await till.mine(*requested(till, 6_200))
    done = accepted(till, 6_200, unused=150)
    await till.mine(*done)
    assert await held(till) == {"payers": -10_000, "available": 3_950, "outside": 6_050}
    assert await kinds(till, done[0]) == ["unlock_seen", "return_seen", "deposit_final"]
    deposit = await till.deposit(done[1])
    view = deposit_view(deposit)
    assert (view["status"], view["reason"]["code"]) == ("dismissed", "withdrawal_returned")
    assert await till.events(deposit.id) == [], "there is nothing to ask anybody"


async def test_a_withdrawal_whose_fee_was_used_up_leaves_nothing(till: Till) -> None:
    await with_money(till, 10_000)
    await till.mine(*requested(till, 6_200), *accepted(till, 6_200))
    assert await held(till) == {"payers": -10_000, "available": 3_800, "outside": 6_200}


async def test_a_refused_withdrawal_never_was(till: Till) -> None:
    await with_money(till, 10_000)
    await till.mine(*requested(till, 6_200))
    await till.mine(*refused(till, 6_200))
    assert await held(till) == {"payers": -10_000, "available": 10_000}


async def test_forks_take_back_each_step_of_a_withdrawal_and_bring_it_again(till: Till) -> None:
    await with_money(till, 10_000)
    start = await held(till)
    began, done = requested(till, 6_200), accepted(till, 6_200, unused=150)
    await till.mine(*began)
    middle = await held(till)
    await till.mine(*done)
    end = await held(till)
    await till.revert(1)
    assert await held(till) == middle
    await till.revert(1)
    assert await held(till) == start
    await till.mine(*began, *done, fork="b")
    assert await held(till) == end
    await till.revert(1)
    await till.mine(*began, fork="c")
    assert await held(till) == middle
    await till.mine(*refused(till, 6_200))
    assert await held(till) == start


async def test_a_fork_may_accept_what_was_refused(till: Till) -> None:
    """The same transaction does another thing; its mint is judged anew each time."""
    await with_money(till, 10_000)
    await till.mine(*requested(till, 6_200))
    back = refused(till, 6_200)
    await till.mine(*back)
    await till.revert(1)
    alone = replace(back[1], event_index=0)
    await till.mine(alone, fork="b")
    deposit = next(one for one in await till.all("deposits", txid=alone.txid))
    assert (deposit.match, deposit.reason) == ("unmatched", "minted")
    await till.revert(1)
    await till.mine(*back, fork="c")
    assert await held(till) == {"payers": -10_000, "available": 10_000}


async def test_many_withdrawals_are_completed_at_once(till: Till) -> None:
    """The signers do so; each store gets back its own, and out of its own only."""
    other = await till.write(create_merchant, "Another store", None)
    theirs = {"sender": other.merchant.addresses[till.chain.chain_id]}
    unlock = till.transfer(900, asset=LOCKED, recipient=None, **theirs)
    back = replace(unlock, event_index=1, amount=60, asset=SBTC)
    back = replace(back, sender=None, recipient=theirs["sender"])
    (mine,) = accepted(till, 500)
    stray = replace(back, event_index=4, amount=40)
    await till.mine(unlock, back, replace(mine, txid=unlock.txid, event_index=3), stray)
    where = {"txid": unlock.txid}
    found = await till.storage.read(lambda uow: uow.deposits.find(where, limit=9))
    assert [(one.merchant_id, one.amount, one.reason) for one in found] == [
        (other.merchant.id, 60, "withdrawal_returned"),
        (other.merchant.id, 40, "minted"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 501},
        {"txid": "ab" * 32},
        {"asset": LOOK_ALIKE},
    ],
)
async def test_only_what_was_held_can_be_given_back(till: Till, change: dict[str, object]) -> None:
    unlocked, back = accepted(till, 500, unused=500)
    came = replace(back, **change)  # type: ignore[arg-type]
    await till.mine(unlocked, came)
    assert (await till.deposit(came)).match == "unmatched"


async def test_every_line_has_its_proof(till: Till) -> None:
    await with_money(till, 10_000)
    began, done = requested(till, 6_200), accepted(till, 6_200, unused=150)
    await till.mine(*began)
    await till.mine(*done)
    lines = await till.all("ledger_transfers")

    def views(uow: object) -> list[dict[str, object]]:
        return [line_view(uow, line) for line in lines]  # type: ignore[arg-type]

    proofs = {str(view["kind"]): view["proof"] for view in await till.storage.read(views)}
    for kind, place in (
        ("burn_seen", began[0]),
        ("lock_seen", began[1]),
        ("unlock_seen", done[0]),
        ("return_seen", done[1]),
    ):
        proof = proofs[kind]
        assert isinstance(proof, dict)
        assert (proof["transaction_hash"], proof["event_index"]) == (place.txid, place.event_index)
        assert proof["canonical"] is True


async def test_a_chain_without_locked_sbtc_books_the_rest(till: Till) -> None:
    """There the locked token is one of many."""
    till.facts = replace(till.facts, sbtc_locked_asset=None)
    began = requested(till, 500)
    await till.mine(*began)
    (deposit,) = await till.all("deposits", txid=began[0].txid)
    assert (deposit.asset, deposit.reason) == (LOCKED, "wrong_asset")
    assert await held(till) == {"available": -500, "outside": 500}
