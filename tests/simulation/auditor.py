"""The auditor of a run: holds the books against what truly happened, was delivered and was answered."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from tests.simulation.client import Client
from tests.simulation.invariants import Books, check_books, check_histories
from tests.simulation.scripted_chain import LOCKED, SBTC, Nature
from tests.simulation.shops import Shops
from tests.simulation.world import Unhappy, World

from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import Transfer

__all__ = ["Auditor"]

EVENTS = "SELECT id, type, object_id, data FROM events WHERE position IS NOT NULL ORDER BY position"
CANCELED = """
    SELECT DISTINCT object_id FROM events
    WHERE type = 'refund.updated' AND data LIKE '%"status":"canceled"%'
"""
ATTACHED = "SELECT DISTINCT object_id FROM events WHERE type = 'deposit.attached'"
EXPIRED = """
    SELECT object_id FROM events
    WHERE type = 'payment_intent.canceled' AND request_id IS NULL
      AND data LIKE '%"cancellation_reason":"expired"%'
"""


HELD = {SBTC: ("available", "pending", "unmatched"), LOCKED: ("locked",)}
"""The accounts that hold what addresses have of a token."""


class Auditor:
    """Checks the promises: the cheap ones after each step, all of them every few and at the end."""

    def __init__(self, world: World, client: Client, shops: Shops) -> None:
        self.world = world
        self.client = client
        self.shops = shops
        self._steps = 0
        self._events: dict[str, int] = {}
        self._statuses: dict[str, str] = {}

    def step(self) -> None:
        """After a step."""
        self._steps += 1
        if self.world.alarms:
            raise Unhappy(f"a loop met what it must not: {self.world.alarms[:3]}")
        if self.world.office.two_meanings:
            raise Unhappy(f"events with two meanings: {self.world.office.two_meanings}")
        self._check_log()
        if self._steps % 5 == 0:
            self.books()

    def books(self) -> Books:
        """The whole of the books, against themselves and against the chains."""
        books = self.world.books.look(Books)
        books.ever_canceled = {str(id) for (id,) in self.world.books.rows(CANCELED)}
        books.attached = {str(id) for (id,) in self.world.books.rows(ATTACHED)}
        check_books(books)
        for nature in self.world.natures:
            self._check_chain(books, nature)
        for intent in books.intents.values():
            self.world.counts[f"status {intent.status}"] += 1
            before = self._statuses.get(intent.id)
            if before != intent.status:
                self.world.counts[f"from {before} to {intent.status}"] += 1
                self._statuses[intent.id] = intent.status
        for deposit in books.deposits:
            self.world.counts[f"deposit {deposit.state} {deposit.match}"] += 1
            self.world.counts[f"reason {deposit.reason}"] += 1
        for refund in books.refunds.values():
            self.world.counts[f"refund {refund.status}"] += 1
        for one in books.withdrawals:
            state = "reversed" if one.reversed else "standing"
            self.world.counts[f"withdrawal {one.kind} {state}"] += 1
        return books

    def end(self) -> None:
        """At the end, when everything works and nothing is on its way."""
        self.step()
        books = self.books()
        check_histories(self.world.books.rows(EVENTS), books)
        expired = {str(id) for (id,) in self.world.books.rows(EXPIRED)}
        for nature in self.world.natures:
            self._check_all_credited(books, nature)
            for intent in books.intents.values():
                if intent.chain_id == nature.chain_id:
                    self._check_expiry(books, intent, expired)
        self._check_deliveries()
        self._check_answers(books)

    # ------------------------------------------------------------------ the chain

    def _check_chain(self, books: Books, nature: Nature) -> None:
        """The deposits that stand are exactly the transfers of the applied blocks, each once."""
        addresses = self._addresses(nature)
        blocks = [block for block in books.blocks if block.chain_id == nature.chain_id]
        for lower, upper in pairwise(blocks):
            linked = (upper.height, upper.parent_hash) == (lower.height + 1, lower.hash)
            assert linked, f"{nature.chain_id}: applied blocks do not link at {upper.height}"
        for block in blocks:
            assert block.hash in nature.ever, f"{nature.chain_id}: block {block.height} never was"
        transfers = [item for block in blocks for item in nature.ever[block.hash].transfers()]
        self._hold(books, nature, transfers, addresses)
        if not nature.reorgs and blocks:
            for one in books.deposits:
                if one.chain_id == nature.chain_id and one.state == "final":
                    tip = blocks[-1]
                    height = tip.height if one.final_layer == "stacks" else tip.burn_height
                    assert height >= one.final_height, f"{one.id} was called final too early"

    def _check_all_credited(self, books: Books, nature: Nature) -> None:
        """At rest: exactly what the canonical chain says, whichever blocks were applied."""
        mined = [item for mined in nature.blocks for item in mined.transfers()]
        self._hold(books, nature, mined, self._addresses(nature))
        blocks = [block for block in books.blocks if block.chain_id == nature.chain_id]
        assert blocks[-1].hash == nature.tip.hash, f"{nature.chain_id} is not level"

    def _hold(
        self, books: Books, nature: Nature, transfers: list[Transfer], addresses: dict[str, str]
    ) -> None:
        chain_id = nature.chain_id
        locked = [one for one in transfers if (one.sender, one.asset) == (None, LOCKED)]
        come = Counter(
            _key(item, item.recipient)
            for item in transfers
            if item.recipient in addresses and item not in locked
        )
        gone = Counter(_key(item, item.sender) for item in transfers if item.sender in addresses)
        gone += Counter(_key(item, None) for item in locked if item.recipient in addresses)
        credited = Counter(
            _key(one, one.recipient) for one in books.standing if one.chain_id == chain_id
        )
        debited = Counter(
            _key(one, one.sender)
            for one in books.withdrawals
            if one.chain_id == chain_id and not one.reversed
        )
        assert come == credited, f"{chain_id}: came {come - credited}, credited {credited - come}"
        assert gone == debited, f"{chain_id}: left {gone - debited}, debited {debited - gone}"
        for asset, codes in HELD.items():
            _check_balances(books, transfers, addresses, asset, codes)

    def _addresses(self, nature: Nature) -> dict[str, str]:
        """Every address of a chain, and the beginning of its store's accounts' names."""
        rows = self.world.books.rows(
            "SELECT address, merchant_id, livemode FROM settlement_addresses WHERE chain_id = ?",
            nature.chain_id,
        )
        return {
            str(address): f"{merchant}/{'live' if livemode else 'test'}/{SBTC}/"
            for address, merchant, livemode in rows
        }

    def _check_expiry(self, books: Books, intent: PaymentIntent, expired: set[str]) -> None:
        """An intent that was paid in time, and never reversed, is not expired."""
        if intent.id in expired:
            in_time = sum(
                one.sats
                for one in books.standing
                if one.memo == intent.memo
                and one.recipient == intent.deposit_address
                and one.block_time <= (intent.closes_at or 0)
                and one.match != "dismissed"
                and one.reason != "unknown_memo"  # It came before the payer was shown anything.
                and one.id not in books.attached  # Its store may have put it to another intent.
            )
            is_whole = in_time >= intent.due_sats and not intent.reversals
            assert not is_whole or self._was_forked(books, intent), (
                f"{intent.id} expired although {in_time} of {intent.due_sats} had come in time"
            )

    def _was_forked(self, books: Books, intent: PaymentIntent) -> bool:
        """Whether a reorganisation moved a payment of the intent after it had been judged."""
        natures = {nature.chain_id: nature for nature in self.world.natures}
        mine = {one.txid for one in books.standing if one.memo == intent.memo}
        places = Counter(
            tx.txid
            for mined in natures[intent.chain_id or ""].ever.values()
            for tx in mined.transactions
            if tx.txid in mine
        )
        return any(count > 1 for count in places.values())

    # ------------------------------------------------------------------ events and deliveries

    def _check_log(self) -> None:
        """Positions have no gaps, and no event changes or goes."""
        rows = self.world.books.rows("SELECT id, type, data, position FROM events ORDER BY id")
        positions = sorted(row[3] for row in rows if row[3] is not None)
        assert positions == list(range(1, len(positions) + 1)), "the log has gaps"
        found = {row[0]: hash(row[1:3]) for row in rows}
        for id, content in self._events.items():
            assert found.get(id) == content, f"{id} changed or went"
        self._events = found

    def _check_deliveries(self) -> None:
        office = self.world.office
        deliveries = self.world.books.rows(
            "SELECT event_id, subscriber, status, replay FROM deliveries"
        )
        originals = Counter((event, to) for event, to, _, replay in deliveries if not replay)
        doubled = [pair for pair, count in originals.items() if count > 1]
        assert not doubled, f"delivered by two deliveries: {doubled[:3]}"
        events = self.world.books.rows("SELECT id, merchant_id, livemode FROM events")
        steady = {id for shop in self.shops.shops for id in shop.steady}
        for id, merchant, livemode in events:
            assert originals[id, "plugin:bookkeeper"] == 1, f"{id} missed the plugin"
            assert office.hooks.accepted[id], f"{id} never reached the plugin"
            shop = next(shop for shop in self.shops.shops if shop.id == merchant)
            endpoint = shop.steady[livemode]
            if _number(id) > _number(endpoint):
                assert originals[id, endpoint] == 1, f"{id} was not queued for {endpoint}"
        self._check_closed_endpoints()
        boxes = self._boxes()
        for event, subscriber, status, _ in deliveries:
            if subscriber in steady or subscriber.startswith("plugin:"):
                assert status == "delivered", f"{event} to {subscriber} is {status}"
            if status == "delivered" and subscriber in boxes:
                assert boxes[subscriber].accepted[event], f"{event} never reached {subscriber}"
            assert status != "pending", f"{event} to {subscriber} is {status}"

    def _check_closed_endpoints(self) -> None:
        """Every endpoint that was disabled for its answers says so by an event."""
        told = Counter(
            str(id)
            for (id,) in self.world.books.rows(
                "SELECT object_id FROM events WHERE type = 'webhook_endpoint.disabled'"
            )
        )
        for endpoint in self.world.books.look(
            lambda uow: uow.webhook_endpoints.find({}, limit=999)
        ):
            if endpoint.disabled_reason in ("gone", "failing"):
                assert told[endpoint.id], f"{endpoint.id} was disabled, and nobody was told"

    def _boxes(self) -> dict[str, Any]:
        rows = self.world.books.rows("SELECT id, url FROM webhook_endpoints")
        return {id: self.world.office.box(url) for id, url in rows}

    def _check_answers(self, books: Books) -> None:
        """One key, one intent; and every intent has a key that was answered."""
        keys = Counter(
            (intent.merchant_id, intent.livemode, intent.metadata["key"])
            for intent in books.intents.values()
            if "key" in intent.metadata
        )
        doubled = [key for key, count in keys.items() if count > 1]
        assert not doubled, f"two intents of one key: {doubled}"
        for key in keys:
            assert self.client.asked[key].status == 200, f"{key} was refused, and is there"
        for key, asked in self.client.asked.items():
            if asked.status == 200 and b'"object":"payment_intent"' in asked.body:
                assert _owner(asked.body) in books.intents, f"{key} was acknowledged, and is gone"

    # ------------------------------------------------------------------ rest

    def is_quiet(self) -> bool:
        """Whether nothing is on its way."""
        return not self.unrest()

    def unrest(self) -> str:
        """What is still on its way."""
        rows = self.world.books.rows
        if rows("SELECT 1 FROM events WHERE position IS NULL LIMIT 1"):
            return "events without a position"
        waiting = rows("SELECT subscriber, count(*) FROM deliveries WHERE status = 'pending'")
        if waiting[0][1]:
            return f"{waiting[0][1]} deliveries pending, to {waiting[0][0]}"
        for nature in self.world.natures:
            tip = rows(
                "SELECT hash FROM chain_blocks WHERE chain_id = ? ORDER BY height DESC LIMIT 1",
                nature.chain_id,
            )
            if not tip or tip[0][0] != nature.tip.hash:
                return f"{nature.chain_id} is not level"
        late = rows(
            "SELECT id FROM payment_intents WHERE status = 'requires_action' AND livemode = ?"
            " AND closes_at < ?",
            False,
            self.world.natures[0].clock.now() - 10,
        )
        return f"{late[0][0]} is overdue" if late else ""


def _check_balances(
    books: Books,
    transfers: list[Transfer],
    addresses: dict[str, str],
    asset: str,
    codes: tuple[str, ...],
) -> None:
    """What a store's accounts hold is what its addresses have on the chain."""
    there: Counter[str] = Counter(dict.fromkeys(addresses.values(), 0))
    for item in transfers:
        if item.asset == asset:
            for party, amount in ((item.recipient, item.amount), (item.sender, -item.amount)):
                if party in addresses:
                    there[addresses[party]] += amount
    for store, amount in there.items():
        found = [books.accounts[store + code] for code in codes if store + code in books.accounts]
        held = sum(account.balance for account in found)
        assert held == amount, f"{store} has {amount} of {asset} on the chain, {held} in the books"


def _key(item: Any, party: str | None) -> tuple[str, int, str, int, str | None]:
    asset = SBTC if item.asset == LOCKED else item.asset
    return (item.txid, item.event_index, asset, item.amount, party)


def _number(id: str) -> int:
    return int(id.rpartition("_")[2])


def _owner(body: bytes) -> str:
    return body.partition(b'"id":"')[2].partition(b'"')[0].decode()
