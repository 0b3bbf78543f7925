"""Notices: a change of where a store is paid is told outside the API, whoever holds its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.tests.application.money_till import PaperChain, Till, open_books, open_till

from stacktill.application.addresses import (
    IMMEDIATE_PER_DAY,
    cancel_address,
    confirm_address,
    request_address,
)
from stacktill.application.addresses_in_force import activate_due_addresses, remind_of_addresses
from stacktill.application.merchants import update_account
from stacktill.application.notices import (
    EMAIL_CHANGES_PER_DAY,
    FORMER_EMAIL_SECONDS,
    FORMER_EMAILS,
    notice_of,
)
from stacktill.application.relay import due_deliveries, relay_events, settle_delivery
from stacktill.domain.addresses import AddressChange
from stacktill.domain.errors import InvalidParameter, StateConflict
from stacktill.domain.events import Event
from stacktill.domain.merchants import Merchant
from stacktill.domain.notices import EmailChange, Notice
from stacktill.domain.webhooks import Delivery
from stacktill.plugin import Attempt
from stacktill.plugin.storage import UnitOfWork

POST = "notices:post"
OWNER = "owner@example.com"
THIEF = "thief@example.com"
DAY = 24 * 3600
DELAY = 3 * DAY


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_books(tmp_path) as storage:
        till = await open_till(storage)
        await till.do(update_account, {"email": OWNER})
        till.clock.advance(90 * DAY)
        await till.write(relay_events, {}, notices=POST)
        yield till


async def queued(till: Till) -> list[tuple[Delivery, Event]]:
    """What waits to be sent, after the relay has done its work."""
    await till.write(relay_events, {}, notices=POST)
    return await till.storage.read(due_deliveries, POST, till.clock.now_ms() + 1, 1_000)


async def read(till: Till, delivery: Delivery, event: Event) -> Notice | None:
    return await till.storage.read(notice_of, till.services, event, delivery)


async def told(till: Till) -> list[tuple[str, str]]:
    """Send what can be sent: the kind of each notice, and to whom it went."""
    went: list[tuple[str, str]] = []
    for delivery, event in await queued(till):
        notice = await read(till, delivery, event)
        await till.write(settle_delivery, delivery, Attempt("delivered", 1), None)
        went += [] if notice is None else [(notice.kind, notice.recipient)]
    return went


async def scheduled(till: Till, address: str = "ST-new") -> AddressChange:
    change = await till.do(request_address, address)
    signature = till.chain.sign(change.message, address=address)
    return await till.do(confirm_address, change.id, signature=signature)


async def email(till: Till, address: str | None) -> None:
    await till.do(update_account, {"email": address})


async def pass_days(till: Till, days: float) -> None:
    """Let time go by, with the watcher's rounds in it."""
    till.clock.advance(int(days * DAY))
    for due in (activate_due_addresses, remind_of_addresses):
        await till.write(due, False, till.clock.now(), 100)


async def test_an_announced_change_is_told_three_times(till: Till) -> None:
    change = await scheduled(till)
    ((delivery, event),) = await queued(till)
    notice = await read(till, delivery, event)
    assert notice == Notice(
        id=delivery.id,
        kind="scheduled",
        livemode=False,
        recipient=OWNER,
        store_id=till.caller.merchant_id,
        store_name="A store",
        moment=till.clock.now() + DELAY,
        news=change,
    )
    assert await told(till) == [("scheduled", OWNER)]
    await pass_days(till, 2)
    assert await told(till) == [("will_activate", OWNER)]
    await pass_days(till, 1)
    assert await told(till) == [("activated", OWNER)]
    assert await told(till) == []


async def test_a_change_by_the_wallets_word_is_told(till: Till) -> None:
    change = await till.do(request_address, "ST-new")
    signed = {
        "signature": till.chain.sign(change.message, address="ST-new"),
        "current_signature": till.chain.sign(change.message, address=till.address),
    }
    await till.do(confirm_address, change.id, **signed)
    ((delivery, event),) = await queued(till)
    notice = await read(till, delivery, event)
    assert notice is not None
    assert isinstance(notice.news, AddressChange)
    assert (notice.kind, notice.news.authority) == ("activated", "current_wallet")


async def test_no_wallets_word_floods_a_letterbox(till: Till) -> None:
    """A store may have named anybody's e-mail address as its own."""
    here = till.address

    async def move_to(there: str) -> None:
        change = await till.do(request_address, there)
        signatures = {
            "signature": till.chain.sign(change.message, address=there),
            "current_signature": till.chain.sign(change.message, address=here),
        }
        await till.do(confirm_address, change.id, **signatures)

    for number in range(IMMEDIATE_PER_DAY):
        there = f"ST-new-{number}"
        await move_to(there)
        here = there
    with pytest.raises(StateConflict, match="20 changes a day may"):
        await move_to("ST-another")
    assert len(await told(till)) == IMMEDIATE_PER_DAY
    await scheduled(till)
    till.clock.advance(DAY)
    await move_to("ST-another")


async def test_a_first_address_is_told(till: Till) -> None:
    """A thief may be quicker than the store."""

    def forget(uow: UnitOfWork) -> None:
        merchant = uow.merchants.get(till.caller.merchant_id)
        assert merchant is not None
        uow.merchants.save(replace(merchant, addresses={}))

    await till.storage.write(forget)
    await scheduled(till)
    assert await told(till) == [("activated", OWNER)]


async def test_a_cancelation_is_told_when_the_change_was(till: Till) -> None:
    begun = await till.do(request_address, "ST-never-told")
    await till.do(cancel_address, begun.id)
    assert await told(till) == []
    change = await scheduled(till)
    await told(till)
    await till.do(cancel_address, change.id)
    assert await told(till) == [("canceled", OWNER)]


async def test_what_is_not_true_any_more_is_not_told(till: Till) -> None:
    """The mail server was away until the change was canceled."""
    change = await scheduled(till)
    waiting = await queued(till)
    await till.do(cancel_address, change.id)
    assert [await read(till, *pair) for pair in waiting] == [None]
    assert await told(till) == [("canceled", OWNER)]


async def test_a_thief_who_first_changes_the_email_has_silenced_nobody(till: Till) -> None:
    await email(till, THIEF)
    ((delivery, event),) = await queued(till)
    notice = await read(till, delivery, event)
    assert notice is not None
    assert notice.news == EmailChange(THIEF, event.created + FORMER_EMAIL_SECONDS + DELAY)
    assert await told(till) == [("email_changed", OWNER)]
    await scheduled(till)
    assert await told(till) == [("scheduled", THIEF), ("scheduled", OWNER)]
    await pass_days(till, 3)
    assert ("activated", OWNER) in await told(till)


async def test_no_email_at_all_silences_nobody_either(till: Till) -> None:
    await email(till, None)
    assert await told(till) == [("email_changed", OWNER)]
    await scheduled(till)
    assert await told(till) == [("scheduled", OWNER)]


@pytest.mark.parametrize(("days", "is_told"), [(32.9, True), (33.1, False)])
async def test_an_address_of_long_ago_is_left_alone(till: Till, days: float, is_told: bool) -> None:
    await email(till, "new@example.com")
    await told(till)
    await pass_days(till, days)
    await scheduled(till)
    assert (("scheduled", OWNER) in await told(till)) is is_told


async def test_no_number_of_new_addresses_pushes_out_the_one_that_stood_long(till: Till) -> None:
    for day in range(3):
        for number in range(EMAIL_CHANGES_PER_DAY):
            await email(till, f"thief{day}.{number}@example.com")
            till.clock.advance(60)
        await pass_days(till, 1)
    went = await told(till)
    assert went.count(("email_changed", OWNER)) == 3 * EMAIL_CHANGES_PER_DAY
    await scheduled(till)
    recipients = [recipient for _, recipient in await told(till)]
    assert OWNER in recipients
    assert len(recipients) == len(set(recipients)) == FORMER_EMAILS + 1


async def test_those_before_are_not_drowned_in_news(till: Till) -> None:
    for number in range(EMAIL_CHANGES_PER_DAY):
        await email(till, f"thief{number}@example.com")
    with pytest.raises(InvalidParameter, match="10 times a day") as refused:
        await email(till, "one.more@example.com")
    assert refused.value.param == "email"
    merchant: Merchant = await till.one("merchants", till.caller.merchant_id)
    assert merchant.email == f"thief{EMAIL_CHANGES_PER_DAY - 1}@example.com"
    till.clock.advance(DAY)
    await email(till, OWNER)


async def test_an_email_that_came_back_is_told_once(till: Till) -> None:
    await email(till, THIEF)
    await email(till, OWNER)
    assert await told(till) == [("email_changed", OWNER), ("email_changed", THIEF)]
    await scheduled(till)
    assert sorted(await told(till)) == [("scheduled", OWNER), ("scheduled", THIEF)]


async def test_nobody_is_told_of_other_changes(till: Till) -> None:
    await till.do(update_account, {"metadata": {"colour": "red"}})
    await till.do(update_account, {"email": OWNER})
    await till.intent(1_000)
    assert await told(till) == []


async def test_without_a_sender_nothing_is_queued(till: Till) -> None:
    await scheduled(till)
    relayed = await till.write(relay_events, {})
    assert relayed.events
    assert relayed.deliveries == ()


async def test_one_email_for_both_modes_counts_as_live_where_there_is_real_money(
    till: Till,
) -> None:
    """A key of test mode, which many people have, changes where warnings of live mode go."""
    live = PaperChain("paper:live", till.clock)
    services = replace(till.services, live_chain=live)
    await email(till, THIEF)
    ((delivery, event),) = await queued(till)
    for known, is_live in ((till.services, False), (services, True)):
        notice: Any = await till.storage.read(notice_of, known, event, delivery)
        assert notice.livemode is is_live
    caller = replace(till.caller, livemode=True)
    await till.storage.write(update_account, services, caller, {"email": OWNER})
    await scheduled(till)
    assert {who for _, who in await told(till)} == {OWNER, THIEF}


async def test_the_store_says_its_language(till: Till) -> None:
    await till.do(update_account, {"settings": {"dashboard": {"locale": "de-AT"}}})
    await till.do(update_account, {"settings": {"branding": {"primary_color": "#123456"}}})
    await scheduled(till)
    ((delivery, event),) = await queued(till)
    notice = await read(till, delivery, event)
    assert notice is not None
    assert notice.locales == ("de-AT",)
