"""How little a transaction says to the database, and how exactly it takes things back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from stacktill.domain.accounting import IdempotencyRecord
from stacktill.plugin.storage import NotUnique, UnitOfWork
from stacktill.sql import Doomed, open_session, sqlite_dialect
from stacktill.sql.changes import ADD, PASS, REMOVE, REPLACE, SAVE, STAMP, Change, joined
from stacktill.sql.queries import BLOCK_ROWS
from stacktill.sql.tables import METADATA
from stacktill.testing.storage import count_up
from stacktill.testing.storage_samples import intent, sample, transfer


class Heard:
    """A session on a database in memory, and every statement that it ran."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        engine = sa.create_engine(
            "sqlite://", creator=lambda: self.connection, poolclass=sa.pool.StaticPool
        )
        METADATA.create_all(engine)
        self.verbs: list[str] = []
        self.session = open_session(self.connection.cursor(), sqlite_dialect())
        self.connection.set_trace_callback(self.note)
        self.connection.execute("BEGIN")
        self.verbs.clear()

    def note(self, sql: str) -> None:
        """Remember the first word, and the table of a change."""
        words = sql.split()
        place = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}.get(words[0])
        self.verbs.append(words[0] if place is None else f"{words[0]} {words[place]}")

    def intents(self) -> list[str]:
        """The ids of all intents that the database has."""
        rows = self.connection.execute("SELECT id FROM payment_intents ORDER BY id")
        return [row[0] for row in rows]


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()
    yield made
    made.connection.close()


def create(uow: UnitOfWork, number: int) -> None:
    """What making an intent writes."""
    assert uow.idempotency.get(sample("idempotency", number).id) is None
    uow.payment_intents.add(intent(number))
    uow.events.add(sample("events", number))
    uow.idempotency.add(sample("idempotency", number))


def test_many_use_cases_become_one_insert_per_table(heard: Heard) -> None:
    for number in range(3):
        heard.session.run(create, number)
    heard.session.finish()
    tables = ["payment_intents", "events", "idempotency"]
    assert heard.verbs == ["SELECT"] * 3 + [f"INSERT {t}" for t in tables for _ in range(3)]


def test_many_changes_of_a_row_become_one_update(heard: Heard) -> None:
    heard.session.run(count_up)
    heard.session.finish()
    heard.session.start()
    heard.verbs.clear()
    assert [heard.session.run(count_up) for _ in range(32)][-1] == 33
    heard.session.finish()
    assert heard.verbs == ["SELECT", "UPDATE plugin_state"]


def test_totals_are_read_and_written_once(heard: Heard) -> None:
    for number in range(5):
        heard.session.run(lambda uow, n=number: uow.post(transfer(n)))
    heard.session.finish()
    assert heard.verbs.count("SELECT") == 2
    assert heard.verbs.count("INSERT ledger_accounts") == 2


def test_an_event_is_stamped_without_being_read(heard: Heard) -> None:
    heard.session.run(lambda uow: uow.events.add(sample("events", 1)))
    heard.session.finish()
    heard.session.start()
    heard.verbs.clear()
    heard.session.run(lambda uow: uow.stamp(sample("events", 1).id, 7))
    heard.session.finish()
    assert heard.verbs == ["UPDATE events"]
    assert heard.connection.execute("SELECT position FROM events").fetchall() == [(7,)]


def test_a_savepoint_is_taken_only_when_needed(heard: Heard) -> None:
    def looks(uow: UnitOfWork) -> None:
        uow.payment_intents.add(intent(2))
        uow.payment_intents.find({})
        raise KeyError

    heard.session.run(create, 1)
    with pytest.raises(KeyError):
        heard.session.run(looks)
    heard.session.finish()
    assert heard.intents() == [intent(1).id]
    assert heard.verbs.index("SAVEPOINT") > heard.verbs.index("INSERT idempotency")
    assert heard.verbs.count("ROLLBACK") == 1


def test_metadata_that_stays_costs_nothing(heard: Heard) -> None:
    heard.session.run(lambda uow: uow.payment_intents.add(intent(1, metadata={"a": "b", "c": "d"})))
    heard.session.finish()
    assert heard.verbs.count("INSERT metadata_entries") == 2
    for metadata, changes in (
        ({"a": "b", "c": "d"}, []),
        ({"a": "x", "c": "d"}, ["DELETE metadata_entries", "INSERT metadata_entries"]),
        ({}, ["DELETE metadata_entries"] * 2),
    ):
        heard.session.start()
        heard.verbs.clear()
        changed = intent(1, metadata=metadata)
        heard.session.run(lambda uow, item=changed: uow.payment_intents.save(item))
        heard.session.finish()
        assert heard.verbs == ["SELECT", "UPDATE payment_intents", *changes]


def test_a_culprit_dooms_the_batch_and_fails_alone_with_care(heard: Heard) -> None:
    heard.session.run(create, 1)
    heard.session.finish()
    heard.session.start()
    heard.session.run(lambda uow: uow.payment_intents.add(intent(1)))
    with pytest.raises(Doomed) as doomed:
        heard.session.finish()
    assert doomed.value.try_apart
    heard.session.start(careful=True)
    heard.session.run(create, 2)
    with pytest.raises(NotUnique):
        heard.session.run(lambda uow: uow.payment_intents.add(intent(1)))
    heard.session.run(create, 3)
    heard.session.finish()
    assert heard.intents() == [intent(n).id for n in (1, 2, 3)]


def test_a_broken_database_is_told_from_a_bad_statement(heard: Heard) -> None:
    heard.connection.execute("DROP TABLE charges")
    for careful in (False, True):
        heard.session.start(careful=careful)
        with pytest.raises(Doomed) as doomed:
            heard.session.run(lambda uow: uow.charges.get("ch_1"))
        assert not doomed.value.try_apart


def test_what_cannot_be_bound_fails_its_owner(heard: Heard) -> None:
    heard.session.run(lambda uow: uow.idempotency.add(replace_status(10**30)))
    with pytest.raises(Doomed) as doomed:
        heard.session.finish()
    assert doomed.value.try_apart
    heard.session.start(careful=True)
    with pytest.raises(OverflowError):
        heard.session.run(lambda uow: uow.idempotency.add(replace_status(10**30)))


def replace_status(status: int) -> IdempotencyRecord:
    """An idempotency record with a status of any size."""
    record: IdempotencyRecord = sample("idempotency", 1)
    return replace(record, status=status)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (ADD, SAVE, ADD),
        (ADD, REMOVE, PASS),
        (ADD, REPLACE, ADD),
        (PASS, ADD, ADD),
        (PASS, REPLACE, ADD),
        (SAVE, REPLACE, REPLACE),
        (REPLACE, REPLACE, REPLACE),
        (PASS, REMOVE, PASS),
        (SAVE, SAVE, SAVE),
        (SAVE, REMOVE, REMOVE),
        (REMOVE, ADD, REPLACE),
        (REMOVE, REMOVE, REMOVE),
        (REPLACE, SAVE, REPLACE),
        (REPLACE, REMOVE, REMOVE),
        (STAMP, SAVE, SAVE),
        (STAMP, STAMP, STAMP),
        (STAMP, ADD, ADD),
        (STAMP, REMOVE, REMOVE),
    ],
)
def test_two_changes_of_a_row_are_one(first: int, second: int, both: int) -> None:
    made = joined(Change(first, "old", {"a": "b"}), Change(second, "new", {"c": "d"}))
    assert made == Change(both, "old" if both == PASS else "new", {"a": "b"})


def test_adding_what_is_there_fails_even_if_another_removes_it(heard: Heard) -> None:
    heard.session.run(create, 1)
    heard.session.finish()
    heard.session.start()
    heard.session.run(lambda uow: uow.payment_intents.add(intent(1)))
    heard.session.run(lambda uow: uow.payment_intents.remove(intent(1).id))
    with pytest.raises(Doomed):
        heard.session.finish()


def test_many_new_rows_are_inserted_in_blocks(heard: Heard) -> None:
    count = 2 * BLOCK_ROWS + 3

    def make(uow: UnitOfWork) -> None:
        for number in range(1, count + 1):
            uow.payment_intents.add(intent(number))

    heard.session.run(make)
    heard.session.finish()
    assert len(heard.intents()) == count
    assert heard.verbs.count("INSERT payment_intents") == 3 + 2
    heard.session.start()
    found = heard.session.unit.payment_intents.get(intent(count).id)
    assert found == intent(count)
