"""The contract of a storage: every plugin that offers one passes this suite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stacktill.domain.accounting import PluginState
from stacktill.domain.errors import InvalidRequest
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import NotUnique, Storage, UnitOfWork, Where
from stacktill.testing.storage_samples import ACCOUNT, HUGE, SAMPLES, intent, sample, transfer
from stacktill.testing.storage_search import SearchContract

__all__ = ["StorageContract"]

MINE: dict[str, Any] = {"merchant_id": ACCOUNT, "livemode": False}
COUNTER = "test/counter"


def add(uow: UnitOfWork, /, *items: PaymentIntent) -> None:
    """Keep intents."""
    for item in items:
        uow.payment_intents.add(item)


def numbers(uow: UnitOfWork, /, where: Where, **options: Any) -> list[int]:
    """The numbers of the intents that meet conditions."""
    return [int(item.id[3:]) for item in uow.payment_intents.find(where, **options)]


def post(uow: UnitOfWork, number: int) -> None:
    """Book the ``number``-th transfer."""
    uow.post(transfer(number))


def count_up(uow: UnitOfWork) -> int:
    """Add one to a counter."""
    state = uow.plugin_state.get(COUNTER)
    if state is None:
        uow.plugin_state.add(PluginState(id=COUNTER, value="1"))
        return 1
    uow.plugin_state.save(replace(state, value=str(int(state.value) + 1)))
    return int(state.value) + 1


class StorageContract(SearchContract):
    """Derive from it and give it a fixture ``storage``: an opened storage with its tables, empty.

    The tests are coroutines; the runner must await them (``asyncio_mode = "auto"``).
    """

    @pytest.fixture
    def storage(self) -> Storage:
        """An opened storage; to be overridden."""
        raise NotImplementedError("override the fixture `storage`")

    # ------------------------------------------------------------------ one object

    @pytest.mark.parametrize("table", SAMPLES)
    async def test_an_object_comes_back_as_it_was(self, storage: Storage, table: str) -> None:
        """Whatever is kept comes back equal, by id and by a query."""
        item, other = sample(table, 1), sample(table, 2)

        def keep(uow: UnitOfWork) -> None:
            getattr(uow, table).add(item)
            getattr(uow, table).add(other)

        await storage.write(keep)
        for look in (storage.read, storage.scan):
            found = await look(lambda uow: getattr(uow, table).find({}))
            assert sorted(found, key=repr) == sorted([item, other], key=repr)
        key = f"{item.chain_id}/{item.address}" if table == "settlement_addresses" else item.id
        assert await storage.read(lambda uow: getattr(uow, table).get(key)) == item
        await storage.write(lambda uow: getattr(uow, table).remove(key))
        await storage.write(lambda uow: getattr(uow, table).remove(key))
        assert await storage.read(lambda uow: getattr(uow, table).get(key)) is None
        assert await storage.read(lambda uow: getattr(uow, table).find({})) == [other]

    async def test_saving_replaces(self, storage: Storage) -> None:
        """A saved object replaces the one of its id."""
        await storage.write(add, intent(1), intent(2))
        changed = intent(1, status="canceled", description="Tea", closes_at=9)
        await storage.write(lambda uow: uow.payment_intents.save(changed))
        assert await storage.read(lambda uow: uow.payment_intents.get(changed.id)) == changed
        assert await storage.read(numbers, {"status": "canceled"}) == [1]

    async def test_saving_what_is_not_there_fails(self, storage: Storage) -> None:
        """An update of nothing is a defect, and shows."""
        with pytest.raises(LookupError):
            await storage.write(lambda uow: uow.payment_intents.save(intent(1)))
        state = sample("plugin_state", 1)
        with pytest.raises(LookupError):
            await storage.write(lambda uow: uow.plugin_state.save(state))

    async def test_a_taken_id_or_value_fails(self, storage: Storage) -> None:
        """Ids, memos and the places of deposits that stand (chain, transaction, index) are unique."""
        await storage.write(add, intent(1, memo="aa"))
        for twin in (intent(1), intent(2, memo="aa")):
            with pytest.raises(NotUnique):
                await storage.write(add, twin)
        deposit = sample("deposits", 1)
        await storage.write(lambda uow: uow.deposits.add(deposit))
        with pytest.raises(NotUnique):
            await storage.write(lambda uow: uow.deposits.add(replace(deposit, id="dep_other")))
        await storage.write(lambda uow: uow.deposits.save(replace(deposit, state="reversed")))
        await storage.write(lambda uow: uow.deposits.add(replace(deposit, id="dep_other")))
        with pytest.raises(NotUnique):
            await storage.write(lambda uow: uow.deposits.save(deposit))
        assert await storage.read(numbers, MINE) == [1]

    async def test_removed_and_added_again(self, storage: Storage) -> None:
        """An id may be taken again in the transaction that freed it."""
        await storage.write(add, intent(1, metadata={"a": "1"}))

        def again(uow: UnitOfWork) -> None:
            uow.payment_intents.remove(intent(1).id)
            add(uow, intent(1, amount_sats=7))

        await storage.write(again)
        found = await storage.read(lambda uow: uow.payment_intents.get(intent(1).id))
        assert found == intent(1, amount_sats=7)

    # ------------------------------------------------------------------ queries

    async def test_conditions(self, storage: Storage) -> None:
        """Equal, one of, missing, and the comparisons."""
        await storage.write(
            add,
            intent(1, amount_sats=10, customer="cus_1"),
            intent(2, amount_sats=20, status="requires_action"),
            intent(3, amount_sats=30, status="processing", livemode=True),
        )
        expected: list[tuple[dict[str, Any], list[int]]] = [
            ({"amount_sats": 20}, [2]),
            ({"amount_sats >": 10, "amount_sats <": 30}, [2]),
            ({"amount_sats >=": 10, "amount_sats <=": 20}, [1, 2]),
            ({"amount_sats <=": 10**30}, [1, 2, 3]),
            ({"status": "requires_action"}, [2]),
            ({"status !=": "requires_action"}, [1, 3]),
            ({"status": ["processing", "requires_action"]}, [2, 3]),
            ({"status": []}, []),
            ({"id": {intent(1).id, intent(3).id, "pi_none"}}, [1, 3]),
            ({"livemode": True}, [3]),
            ({"livemode": False}, [1, 2]),
            ({"customer": None}, [2, 3]),
            ({"customer !=": None}, [1]),
            ({"customer !=": "cus_2"}, [1, 2, 3]),
            ({"status": "' OR 1=1 --"}, []),
        ]
        for where, found in expected:
            assert await storage.read(numbers, where) == found, where
            assert await storage.scan(numbers, where) == found, where

    async def test_unknown_names_are_refused(self, storage: Storage) -> None:
        """No text of a condition's name ever reaches the database."""
        for where in ({"id; DROP": 1}, {"id ~": 1}, {"nothing": 1}, {"body": "x"}, {"id >": None}):
            with pytest.raises(ValueError, match=r"id|nothing|body"):
                await storage.read(numbers, where)
        with pytest.raises(ValueError, match="amount"):
            await storage.read(numbers, {}, order="amount")

    async def test_pages_do_not_lose_equals(self, storage: Storage) -> None:
        """Objects of the same time come in the order of their ids, both ways."""
        await storage.write(add, *(intent(n, created=n // 4) for n in range(20)))
        assert await storage.read(numbers, MINE, order="created") == list(range(20))
        down = list(range(19, -1, -1))
        assert await storage.read(numbers, MINE, order="created", descending=True) == down
        assert await storage.read(numbers, MINE, descending=True, limit=3) == down[:3]
        after = {**MINE, "id <": intent(17).id}
        assert await storage.read(numbers, after, descending=True, limit=3) == [16, 15, 14]

    async def test_pruning_stops_at_its_limit(self, storage: Storage) -> None:
        """Old rows go in portions, and only they."""

        def keep(uow: UnitOfWork) -> None:
            for number in range(10):
                uow.idempotency.add(sample("idempotency", number))

        await storage.write(keep)

        def prune(uow: UnitOfWork) -> int:
            return uow.prune("idempotency", {"created <": 7}, limit=5)

        assert [await storage.write(prune) for _ in range(3)] == [5, 2, 0]
        left = await storage.read(lambda uow: uow.idempotency.find({}))
        assert [record.created for record in left] == [7, 8, 9]

    # ------------------------------------------------------------------ the books

    async def test_transfers_move_totals(self, storage: Storage) -> None:
        """Both accounts move by the amount, of any size, and all accounts sum to nothing."""
        for number in range(3):
            await storage.write(post, number)

        def balances(uow: UnitOfWork) -> dict[str, int]:
            return {a.code: a.balance for a in uow.ledger_accounts.find(MINE)}

        assert await storage.read(balances) == {"payers": -3 * HUGE, "pending": 3 * HUGE}
        assert len(await storage.read(lambda uow: uow.ledger_transfers.find({}))) == 3

    async def test_events_get_their_place_once(self, storage: Storage) -> None:
        """The outbox is what has no position; no position is given twice."""
        first, second = sample("events", 1), sample("events", 2)

        def keep(uow: UnitOfWork) -> None:
            uow.events.add(first)
            uow.events.add(second)
            uow.stamp(first.id, 1)

        await storage.write(keep)
        assert await storage.read(lambda uow: uow.events.find({"position": None})) == [second]
        with pytest.raises(NotUnique):
            await storage.write(lambda uow: uow.stamp(second.id, 1))

        def place(uow: UnitOfWork) -> Any:
            uow.stamp(second.id, 2)
            return uow.events.get(second.id)

        assert await storage.write(place) == replace(second, position=2)
        placed = await storage.read(lambda uow: uow.events.find({"position >": 0}))
        assert [event.position for event in placed] == [1, 2]
        with pytest.raises(LookupError):
            await storage.write(lambda uow: uow.stamp("evt_none", 3))

    # ------------------------------------------------------------------ transactions

    async def test_a_unit_sees_its_own_work(self, storage: Storage) -> None:
        """What was just changed is there, by id, by query and by search."""

        def work(uow: UnitOfWork) -> list[Any]:
            add(uow, intent(1, metadata={"a": "b"}), intent(2))
            seen: list[Any] = [numbers(uow, MINE)]
            uow.payment_intents.save(intent(2, status="canceled"))
            seen.append(numbers(uow, {"status": "canceled"}))
            uow.payment_intents.remove(intent(1).id)
            found = uow.payment_intents.get(intent(2).id)
            assert found is not None
            return [*seen, numbers(uow, MINE), uow.payment_intents.get(intent(1).id), found.status]

        assert await storage.write(work) == [[1, 2], [2], [2], None, "canceled"]

    async def test_what_raises_leaves_nothing(self, storage: Storage) -> None:
        """A use case that raises is undone, also when it had looked at its own work."""
        await storage.write(add, intent(1))

        def fail(uow: UnitOfWork, looks: bool) -> None:
            add(uow, intent(2))
            uow.payment_intents.save(intent(1, status="canceled"))
            uow.post(transfer(1))
            if looks:
                assert numbers(uow, MINE) == [1, 2]
                uow.prune("payment_intents", {"status": "canceled"}, limit=5)
            raise InvalidRequest("no")

        for looks in (False, True):
            outcome = await asyncio.gather(
                storage.write(count_up),
                storage.write(fail, looks),
                storage.write(count_up),
                return_exceptions=True,
            )
            assert isinstance(outcome[1], InvalidRequest)
        assert await storage.read(lambda uow: uow.payment_intents.find({})) == [intent(1)]
        assert await storage.read(lambda uow: uow.ledger_accounts.find({})) == []
        assert await storage.write(count_up) == 5

    @pytest.mark.parametrize("looks", [False, True])
    async def test_an_attempt_is_undone_alone(self, storage: Storage, looks: bool) -> None:
        """Only what the attempt did is undone; attempts nest."""

        def inner(uow: UnitOfWork) -> None:
            add(uow, intent(3))
            if looks:
                assert 3 in numbers(uow, MINE)
            raise InvalidRequest("inner")

        def outer(uow: UnitOfWork) -> None:
            add(uow, intent(2))
            uow.payment_intents.save(intent(1, description="outer"))
            with pytest.raises(InvalidRequest):
                uow.attempt(inner)
            assert uow.payment_intents.get(intent(3).id) is None
            if looks:
                assert numbers(uow, MINE) == [1, 2]

        def fails(uow: UnitOfWork) -> None:
            outer(uow)
            raise InvalidRequest("fails")

        def work(uow: UnitOfWork, part: Callable[[UnitOfWork], None]) -> None:
            add(uow, intent(1))
            uow.attempt(part)

        def swallows(uow: UnitOfWork) -> None:
            with pytest.raises(InvalidRequest):
                work(uow, fails)
            assert uow.payment_intents.get(intent(1).id) == intent(1)
            uow.payment_intents.remove(intent(1).id)

        await storage.write(swallows)
        assert await storage.read(numbers, MINE) == []
        await storage.write(work, outer)
        assert await storage.read(numbers, MINE) == [1, 2]

    async def test_one_culprit_fails_alone(self, storage: Storage) -> None:
        """Of many writes at once, one that raises or takes a taken value takes none with it."""
        await storage.write(add, intent(50, memo="aa"))

        def fail(uow: UnitOfWork) -> None:
            add(uow, intent(60))
            raise InvalidRequest("no")

        works = [
            storage.write(fail)
            if n == 7
            else storage.write(
                add, *([intent(61), intent(51, memo="aa")] if n == 23 else [intent(n)])
            )
            for n in range(40)
        ]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert isinstance(outcomes[7], InvalidRequest)
        assert isinstance(outcomes[23], NotUnique)
        assert [n for n, one in enumerate(outcomes) if one is not None] == [7, 23]
        kept = [n for n in range(40) if n not in {7, 23}]
        assert await storage.read(numbers, MINE) == [*kept, 50]

    async def test_of_two_with_one_key_one_wins(self, storage: Storage) -> None:
        """The same id at the same time is kept once."""
        outcomes = await asyncio.gather(
            *(storage.write(add, intent(1, amount_sats=n + 1)) for n in range(8)),
            return_exceptions=True,
        )
        winners = [n for n, outcome in enumerate(outcomes) if outcome is None]
        assert len(winners) == 1
        assert all(isinstance(one, NotUnique) for one in outcomes if one is not None)
        kept = await storage.read(lambda uow: uow.payment_intents.get(intent(1).id))
        assert kept is not None
        assert kept.amount_sats == winners[0] + 1

    async def test_no_update_is_lost(self, storage: Storage) -> None:
        """What is read inside a write cannot change before it is written."""
        seen = await asyncio.gather(*(storage.write(count_up) for _ in range(32)))
        assert sorted(seen) == list(range(1, 33))
        state = await storage.read(lambda uow: uow.plugin_state.get(COUNTER))
        assert state is not None
        assert state.value == "32"

    async def test_a_caller_may_leave(self, storage: Storage) -> None:
        """A cancelled caller disturbs nobody."""
        tasks = [asyncio.ensure_future(storage.write(count_up)) for _ in range(8)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await storage.write(count_up) <= 9

    async def test_a_reading_changes_nothing(self, storage: Storage) -> None:
        """A function that writes has no effect where it is only to read."""
        for look in (storage.read, storage.scan):
            await look(add, intent(1))
            assert await look(numbers, MINE) == []
        await storage.write(add, intent(1))

    # ------------------------------------------------------------------ the storage

    async def test_migrating_again_changes_nothing(self, storage: Storage) -> None:
        """Tables that are up to date are left alone."""
        await storage.write(add, intent(1))
        assert await storage.migrate() == []
        assert await storage.read(numbers, MINE) == [1]

    async def test_it_is_well(self, storage: Storage) -> None:
        """Health says so, with figures."""
        health = await storage.health()
        assert health.ok
        assert health.figures
