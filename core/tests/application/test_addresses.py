"""Where a store is paid changes by its wallet's word, or slowly and in the open; never unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.application.money_till import NOBODY, Till, open_books, open_till
from hypothesis import given, settings
from hypothesis import strategies as st

from stacktill.application.addresses import (
    SCHEDULED_PER_DAY,
    cancel_address,
    confirm_address,
    request_address,
)
from stacktill.application.addresses_in_force import (
    activate_due_addresses,
    remind_of_addresses,
)
from stacktill.application.audit import check_page
from stacktill.application.merchants import create_merchant
from stacktill.application.services import Caller
from stacktill.domain.addresses import AddressChange
from stacktill.domain.audit import AuditEntry
from stacktill.domain.errors import InvalidParameter, NotFound, StateConflict
from stacktill.plugin.storage import UnitOfWork

DELAY = 3 * 24 * 3600


async def request(till: Till, address: str, caller: Caller | None = None) -> AddressChange:
    who = caller or till.caller
    return await till.write(request_address, who, address)


async def confirm(till: Till, change: AddressChange, **signers: str | None) -> AddressChange:
    """Confirm with the signatures of these wallets."""
    given = {
        name: None if address is None else till.chain.sign(change.message, address=address)
        for name, address in signers.items()
    }
    return await till.do(confirm_address, change.id, **given)


async def neighbour(till: Till) -> Till:
    """Another store on the same chain."""
    made = await till.write(create_merchant, "Another store", None)
    address = made.merchant.addresses[till.chain.chain_id]
    return replace(till, caller=Caller(made.merchant.id, False), address=address)


async def in_force(till: Till) -> str:
    merchant = await till.one("merchants", till.caller.merchant_id)
    address: str = merchant.addresses[till.chain.chain_id]
    return address


async def due(till: Till) -> int:
    return await till.write(activate_due_addresses, False, till.clock.now(), 100)


@pytest.fixture
async def till(tmp_path: Path) -> Any:
    async with open_books(tmp_path) as storage:
        yield await open_till(storage)


async def test_with_both_wallets_the_change_is_immediate(till: Till) -> None:
    change = await request(till, "ST-new")
    assert change.status == "requires_signature"
    assert await in_force(till) == till.address
    done = await confirm(till, change, signature="ST-new", current_signature=till.address)
    assert (done.status, done.authority, done.is_proven) == ("active", "current_wallet", True)
    assert await in_force(till) == "ST-new"
    told = await till.events(change.id)
    assert told == ["settlement_address.activated"]
    assert await till.events(till.caller.merchant_id) == ["account.updated"]


async def test_the_first_address_needs_only_its_own_wallet(till: Till) -> None:
    def forget(uow: UnitOfWork) -> None:
        merchant = uow.merchants.get(till.caller.merchant_id)
        assert merchant is not None
        uow.merchants.save(replace(merchant, addresses={}))

    await till.storage.write(forget)
    change = await request(till, "ST-first")
    with pytest.raises(InvalidParameter, match=r"Sign the message") as refused:
        await confirm(till, change)
    assert refused.value.code == "parameter_missing"
    done = await confirm(till, change, signature="ST-first")
    assert (done.status, done.authority) == ("active", "first_address")


async def test_without_the_wallet_in_force_it_waits_and_is_announced(till: Till) -> None:
    change = await request(till, "ST-new")
    waiting = await confirm(till, change, signature="ST-new")
    assert waiting.status == "scheduled"
    assert waiting.effective_at == till.clock.now() + DELAY
    till.clock.advance(DELAY - 1)
    assert await due(till) == 0
    assert await in_force(till) == till.address
    till.clock.advance(1)
    assert await due(till) == 1
    assert await due(till) == 0
    assert await in_force(till) == "ST-new"
    assert (await till.one("address_changes", change.id)).authority == "delay"
    assert await till.events(change.id) == [
        "settlement_address.scheduled",
        "settlement_address.activated",
    ]


async def remind(till: Till) -> int:
    return await till.write(remind_of_addresses, False, till.clock.now(), 100)


@pytest.mark.parametrize(("delay", "lead"), [(DELAY, 24 * 3600), (3_600, 1_800)])
async def test_it_is_told_once_more_before_it_takes_effect(
    till: Till, delay: int, lead: int
) -> None:
    till = replace(till, services=replace(till.services, address_delay_seconds=delay))
    change = await request(till, "ST-new")
    await confirm(till, change, signature="ST-new")
    till.clock.advance(delay - lead - 1)
    assert await remind(till) == 0
    till.clock.advance(1)
    assert await remind(till) == 1
    assert await remind(till) == 0
    told = ["settlement_address.scheduled", "settlement_address.will_activate"]
    assert await till.events(change.id) == told


@pytest.mark.parametrize("end", ["canceled", "due"])
async def test_what_has_ended_is_not_told_once_more(till: Till, end: str) -> None:
    change = await request(till, "ST-new")
    await confirm(till, change, signature="ST-new")
    if end == "canceled":
        await till.do(cancel_address, change.id)
    till.clock.advance(DELAY)
    await due(till)
    assert await remind(till) == 0


async def test_nobody_can_bury_one_change_under_many(till: Till) -> None:
    for number in range(SCHEDULED_PER_DAY):
        change = await request(till, f"ST-{number}")
        await confirm(till, change, signature=f"ST-{number}")
        await till.do(cancel_address, change.id)
        till.clock.advance(60)
    more = await request(till, "ST-more")
    with pytest.raises(StateConflict, match="10 changes a day"):
        await confirm(till, more, signature="ST-more")
    till.clock.advance(24 * 3600 - 60 * SCHEDULED_PER_DAY)
    assert (await confirm(till, more, signature="ST-more")).status == "scheduled"


async def test_an_address_in_force_without_a_key_is_told_apart_from_a_wrong_signature(
    till: Till,
) -> None:
    vault = await till.do(request_address, "ST-dao.vault", contract_can_send=True)
    await confirm(till, vault, current_signature=till.address)
    change = await request(till, "ST-new")
    with pytest.raises(InvalidParameter, match="no single key"):
        await confirm(till, change, signature="ST-new", current_signature="ST-dao.vault")
    waiting = await confirm(till, change, signature="ST-new")
    assert (waiting.status, waiting.is_proven) == ("scheduled", True)


async def test_a_stolen_key_cannot_redirect_money(till: Till) -> None:
    """It can sign for its own wallet only, and what it schedules is seen and canceled."""
    thief = replace(till.caller, actor="key_stolen")
    change = await request(till, "ST-thief", thief)
    for wallet in ("ST-thief", "ST-other"):
        with pytest.raises(InvalidParameter) as refused:
            await confirm(till, change, signature="ST-thief", current_signature=wallet)
        assert (refused.value.code, refused.value.param) == (
            "signature_invalid",
            "current_signature",
        )
    await confirm(till, change, signature="ST-thief")
    canceled = await till.do(cancel_address, change.id)
    assert canceled.status == "canceled"
    till.clock.advance(10 * DELAY)
    assert await due(till) == 0
    assert await in_force(till) == till.address
    log = await entries(till)
    assert [(one.action, one.actor) for one in log[-3:]] == [
        ("settlement_address.requested", "key_stolen"),
        ("settlement_address.scheduled", "box"),
        ("settlement_address.canceled", "box"),
    ]


async def test_the_owner_of_the_wallet_overtakes_what_is_scheduled(till: Till) -> None:
    stolen = await request(till, "ST-thief")
    await confirm(till, stolen, signature="ST-thief")
    mine = await request(till, "ST-mine")
    with pytest.raises(StateConflict, match="scheduled already"):
        await confirm(till, mine, signature="ST-mine")
    await confirm(till, mine, signature="ST-mine", current_signature=till.address)
    assert (await till.one("address_changes", stolen.id)).status == "canceled"
    till.clock.advance(DELAY)
    assert await due(till) == 0
    assert await in_force(till) == "ST-mine"


async def test_the_wallet_in_force_can_sign_later(till: Till) -> None:
    change = await request(till, "ST-new")
    await confirm(till, change, signature="ST-new")
    with pytest.raises(InvalidParameter, match="scheduled already"):
        await confirm(till, change)
    done = await confirm(till, change, current_signature=till.address)
    assert (done.status, done.authority) == ("active", "current_wallet")


async def test_a_signature_is_good_for_one_change_only(till: Till) -> None:
    there = await request(till, "ST-new")
    await confirm(till, there, signature="ST-new", current_signature=till.address)
    back = await request(till, till.address)
    await confirm(till, back, signature=till.address, current_signature="ST-new")
    again = await request(till, "ST-new")
    old = {
        "signature": till.chain.sign(there.message, address="ST-new"),
        "current_signature": till.chain.sign(there.message, address=till.address),
    }
    with pytest.raises(InvalidParameter) as refused:
        await till.do(confirm_address, again.id, **old)
    assert refused.value.code == "signature_invalid"
    with pytest.raises(StateConflict, match="is replaced"):
        await till.do(confirm_address, there.id, **old)


async def test_a_change_begun_before_another_is_void(till: Till) -> None:
    first, second = await request(till, "ST-a"), await request(till, "ST-b")
    await confirm(till, second, signature="ST-b", current_signature=till.address)
    with pytest.raises(StateConflict, match="before the address in force changed"):
        await confirm(till, first, signature="ST-a", current_signature=till.address)


async def test_a_message_is_signed_within_a_day(till: Till) -> None:
    change = await request(till, "ST-new")
    till.clock.advance(24 * 3600 + 1)
    with pytest.raises(StateConflict, match="not signed in time"):
        await confirm(till, change, signature="ST-new", current_signature=till.address)


async def test_a_contract_is_taken_from_those_only_who_know_that_it_can_send(till: Till) -> None:
    with pytest.raises(InvalidParameter, match="contract_can_send=true") as refused:
        await request(till, "ST-dao.vault")
    assert refused.value.param == "address"
    wallets = await till.do(request_address, "ST-new", contract_can_send=True)
    assert wallets.form == "wallet"


async def test_an_address_at_which_money_would_be_lost_is_refused(till: Till) -> None:
    for knowing in (False, True):
        with pytest.raises(InvalidParameter, match="nobody's") as refused:
            await till.do(request_address, NOBODY, contract_can_send=knowing)
        assert refused.value.param == "address"


async def test_a_contract_cannot_sign_and_so_is_never_proven(till: Till) -> None:
    change = await till.do(request_address, "ST-dao.vault", contract_can_send=True)
    assert change.form == "contract"
    with pytest.raises(InvalidParameter, match="no single key"):
        await confirm(till, change, signature="ST-dao.vault")
    waiting = await confirm(till, change)
    assert (waiting.status, waiting.is_proven) == ("scheduled", False)


async def test_another_stores_address_is_refused(till: Till) -> None:
    other = await neighbour(till)
    change = await request(till, other.address)
    with pytest.raises(InvalidParameter, match="another store"):
        await confirm(till, change, signature=other.address)


async def test_an_address_that_another_store_took_meanwhile_is_canceled(till: Till) -> None:
    change = await request(till, "ST-shared")
    await confirm(till, change, signature="ST-shared")
    other = await neighbour(till)
    theirs = await request(other, "ST-shared")
    await confirm(other, theirs, signature="ST-shared", current_signature=other.address)
    till.clock.advance(DELAY)
    assert await due(till) == 1
    assert (await till.one("address_changes", change.id)).status == "canceled"
    assert await in_force(till) == till.address


async def test_another_stores_change_is_like_none(till: Till) -> None:
    other = await neighbour(till)
    change = await request(other, "ST-new")
    for act in (confirm_address, cancel_address):
        with pytest.raises(NotFound):
            await till.do(act, change.id)


async def test_what_was_once_an_address_is_watched_for_ever(till: Till) -> None:
    intent = await till.intent()
    change = await request(till, "ST-new")
    await confirm(till, change, signature="ST-new", current_signature=till.address)
    paid = till.payment(intent)
    await till.mine(paid)
    assert (await till.deposit(paid)).match == "matched"
    later = await till.intent()
    assert later.deposit_address == "ST-new"
    watched = await till.all("settlement_addresses")
    assert {one.address: one.current for one in watched} == {till.address: False, "ST-new": True}


async def entries(till: Till) -> list[AuditEntry]:
    mine: dict[str, str | bool] = {"merchant_id": till.caller.merchant_id, "livemode": False}
    return await till.storage.read(
        lambda uow: uow.audit_entries.find(mine, order="number", limit=1_000)
    )


async def test_the_log_tells_what_changed(till: Till) -> None:
    change = await request(till, "ST-new")
    await confirm(till, change, signature="ST-new", current_signature=till.address)
    last = (await entries(till))[-1]
    assert last.object_id == change.id
    assert json.loads(last.details)["replaces"] == till.address
    assert json.loads(last.details)["address"] == "ST-new"
    assert json.loads(last.details)["authority"] == "current_wallet"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("request", "confirm", "sign_both", "cancel", "wait")),
        st.integers(0, 3),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_whatever_happens_one_address_is_in_force(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """One change is active and is the merchant's address; the log is whole and tells every move."""
    import asyncio

    asyncio.run(_live(tmp_path_factory.mktemp("addresses"), steps))


async def _live(folder: Path, steps: list[tuple[str, int]]) -> None:
    async with open_books(folder) as storage:
        till = await open_till(storage)
        for verb, choice in steps:
            await _do(till, verb, choice)
            await _check(till)


async def _do(till: Till, verb: str, choice: int) -> None:
    changes = await till.all("address_changes")
    change = changes[choice % len(changes)]
    try:
        if verb == "request":
            await request(till, f"ST-{choice}")
        elif verb == "confirm":
            await confirm(till, change, signature=change.address)
        elif verb == "sign_both":
            await confirm(till, change, signature=change.address, current_signature=change.replaces)
        elif verb == "cancel":
            await till.do(cancel_address, change.id)
        else:
            till.clock.advance(choice * DELAY // 2)
            await due(till)
    except (InvalidParameter, StateConflict):
        return


async def _check(till: Till) -> None:
    changes = await till.all("address_changes")
    (active,) = [one for one in changes if one.status == "active"]
    assert await in_force(till) == active.address
    assert active.authority in ("box", "delay", "current_wallet")
    assert len([one for one in changes if one.status == "scheduled"]) <= 1
    (current,) = [one for one in await till.all("settlement_addresses") if one.current]
    assert current.address == active.address
    check = await till.storage.read(check_page, till.caller, None)
    assert check.fault is None
    moved = [one.object_id for one in await entries(till) if one.action.endswith("activated")]
    assert moved[-1] == active.id
