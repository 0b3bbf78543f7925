"""The contract of searching: every storage finds the same, in the same order."""

from __future__ import annotations

from typing import Any

import pytest

from stacktill.domain.errors import InvalidParameter
from stacktill.domain.resources import Customer
from stacktill.plugin.storage import Clause, Search, Storage, UnitOfWork
from stacktill.testing.storage_samples import ACCOUNT, intent

__all__ = ["SearchContract"]


def where(*clauses: Clause, **options: Any) -> Search:
    """A search of the test account's objects in test mode."""
    values: dict[str, Any] = {"any_clause": False, "limit": 100, **options}
    return Search(merchant_id=ACCOUNT, livemode=False, clauses=clauses, **values)


def keep(uow: UnitOfWork) -> None:
    """Ten intents: every second is red, every third is large, one is described."""
    for number in range(10):
        metadata = {"colour": "red"} if number % 2 else {"colour": "blue", "n": str(number)}
        uow.payment_intents.add(
            intent(
                number,
                metadata=metadata if number else {},
                amount_sats=9_000 if number % 3 == 0 else 10,
                status="processing" if number == 4 else "canceled",
                customer="cus_1" if number > 7 else None,
            )
        )
    uow.payment_intents.add(intent(10, livemode=True, metadata={"colour": "red"}))
    uow.payment_intents.add(intent(11, merchant_id="acct_2", metadata={"colour": "red"}))


def find(uow: UnitOfWork, table: str, query: Search) -> list[str]:
    """The ids that a search finds."""
    return uow.search(table, query)


class SearchContract:
    """A part of the storage contract; needs the fixture ``storage``."""

    async def found(self, storage: Storage, *clauses: Clause, **options: Any) -> list[int]:
        """The numbers of the intents that a search finds, by both ways of reading."""
        query = where(*clauses, **options)
        ids = await storage.scan(find, "payment_intents", query)
        assert ids == await storage.read(find, "payment_intents", query)
        return [int(id[3:]) for id in ids]

    async def test_search(self, storage: Storage) -> None:
        """Clauses by field and by metadata, negated, with null, newest first."""
        await storage.write(keep)
        red, blue = Clause("metadata.colour", "=", "red"), Clause("metadata.colour", "=", "blue")
        large, late = Clause("amount", ">", 100), Clause("created", ">=", 1_700_000_008)
        expected: list[tuple[tuple[Clause, ...], list[int]]] = [
            ((red,), [9, 7, 5, 3, 1]),
            ((red, large), [9, 3]),
            ((large, red), [9, 3]),
            ((blue, Clause("metadata.n", "=", "4")), [4]),
            ((red, blue), []),
            ((Clause("metadata.colour", "=", "red", negated=True),), [8, 6, 4, 2, 0]),
            ((Clause("metadata.colour", "=", None),), [0]),
            ((Clause("metadata.n", "=", None, negated=True),), [8, 6, 4, 2]),
            ((Clause("metadata.colour", "~", "LU"),), [8, 6, 4, 2]),
            ((Clause("metadata.colour", "~", "r%d"),), []),
            ((late,), [9, 8]),
            ((Clause("amount", "=", 10), Clause("created", "<", 1_700_000_003)), [2, 1]),
            ((Clause("amount", "<=", 10**40),), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
            ((Clause("status", "=", "processing"),), [4]),
            ((Clause("status", "~", "ROCESS"),), [4]),
            ((Clause("currency", "=", "btc"), late), [9, 8]),
            ((Clause("customer", "=", "cus_1"),), [9, 8]),
            ((Clause("customer", "=", "cus_1", negated=True), large), [6, 3, 0]),
            ((Clause("customer", "=", "' OR 1=1 --"),), []),
        ]
        for clauses, numbers in expected:
            assert await self.found(storage, *clauses) == numbers, clauses

    async def test_search_for_any(self, storage: Storage) -> None:
        """Clauses joined by OR find each object once."""
        await storage.write(keep)
        red, large = Clause("metadata.colour", "=", "red"), Clause("amount", ">", 100)
        assert await self.found(storage, red, large, any_clause=True) == [9, 7, 6, 5, 3, 1, 0]
        assert await self.found(storage, red, large, any_clause=True, limit=3) == [9, 7, 6]
        assert await self.found(storage, red, any_clause=True, limit=2) == [9, 7]

    async def test_search_by_pages(self, storage: Storage) -> None:
        """A page goes on before an id."""
        await storage.write(keep)
        red, large = Clause("metadata.colour", "=", "red"), Clause("amount", ">", 100)
        assert await self.found(storage, red, limit=2) == [9, 7]
        assert await self.found(storage, red, limit=2, before_id=intent(7).id) == [5, 3]
        assert await self.found(storage, large, limit=2, before_id=intent(6).id) == [3, 0]
        options: dict[str, Any] = {"any_clause": True, "before_id": intent(6).id, "limit": 2}
        assert await self.found(storage, red, large, **options) == [5, 3]

    async def test_search_follows_changes(self, storage: Storage) -> None:
        """Metadata that was changed or removed is no longer found."""
        await storage.write(keep)

        def change(uow: UnitOfWork) -> None:
            for number in (1, 3):
                item = uow.payment_intents.get(intent(number).id)
                assert item is not None
                uow.payment_intents.save(intent(number, metadata={"colour": "green"}))
            uow.payment_intents.save(intent(3, metadata={"colour": "white"}))
            uow.payment_intents.save(intent(5))
            uow.payment_intents.remove(intent(7).id)

        await storage.write(change)
        for colour, numbers in (("red", [9]), ("green", [1]), ("white", [3])):
            assert await self.found(storage, Clause("metadata.colour", "=", colour)) == numbers

    async def test_search_never_finds_the_deleted(self, storage: Storage) -> None:
        """A deleted customer is gone from searches."""

        def customer(number: int, **changes: Any) -> Customer:
            values: dict[str, Any] = {"metadata": {"a": "b"}, "name": "Zoë %_\\", **changes}
            return Customer(
                id=f"cus_{number}", merchant_id=ACCOUNT, livemode=False, created=number, **values
            )

        def some(uow: UnitOfWork) -> None:
            for number in range(3):
                uow.customers.add(customer(number, deleted=number == 1))

        await storage.write(some)
        for clause in (
            Clause("metadata.a", "=", "b"),
            Clause("name", "~", "%_\\"),
            Clause("email", "=", None),
        ):
            ids = await storage.scan(find, "customers", where(clause))
            assert ids == ["cus_2", "cus_0"], clause

    @pytest.mark.parametrize(
        "clause",
        [
            Clause("client_secret", "~", "secret"),
            Clause("merchant_id", "=", "acct_2"),
            Clause("id = 1 OR 1", "=", 1),
            Clause("amount", "=", "many"),
            Clause("metadata.a", ">", "1"),
        ],
    )
    async def test_bad_searches_are_refused(self, storage: Storage, clause: Clause) -> None:
        """A field that cannot be searched, or a value that does not fit it, says so."""
        with pytest.raises(InvalidParameter):
            await storage.scan(find, "payment_intents", where(clause))
