"""No query of the appliance reads more of the history than it returns: each has its index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from stacktill.plugin.storage import Clause, Search
from stacktill.sql import open_session, sqlite_dialect
from stacktill.sql.tables import METADATA

MINE: dict[str, Any] = {"merchant_id": "acct_1", "livemode": False}
RED = Clause("metadata.colour", "=", "red")

FINDS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("payment_intents", {**MINE, "id <": "pi_9"}, {"descending": True}, "list"),
    ("payment_intents", {**MINE, "id >": "pi_1"}, {}, "list"),
    ("payment_intents", {**MINE, "customer": "cus_1"}, {"descending": True}, "customer"),
    ("payment_intents", {"memo": "aa"}, {"limit": 1}, "memo"),
    (
        "payment_intents",
        {"livemode": False, "status": "requires_action", "closes_at <=": 5},
        {"order": "closes_at"},
        "closing",
    ),
    ("api_keys", {"hash": "aa"}, {"limit": 1}, "hash"),
    ("settlement_addresses", {"chain_id": "c", "address": ["a", "b"]}, {"limit": 2}, "address"),
    ("charges", {"payment_intent": "pi_1"}, {}, "payment_intent"),
    ("refunds", {"charge": "ch_1"}, {"descending": True}, "charge"),
    ("refunds", {"payment_intent": "pi_1"}, {"descending": True}, "payment_intent"),
    ("refunds", {"memo": "aa"}, {"limit": 1}, "memo"),
    ("balance_transactions", {"source": "ch_1"}, {}, "source"),
    ("deposits", {"chain_id": "c", "txid": "t", "event_index": 1}, {"limit": 1}, "transfer"),
    ("deposits", {"chain_id": "c", "block_height": 7, "state !=": "reversed"}, {}, "height"),
    (
        "deposits",
        {"chain_id": "c", "state": "pending", "final_layer": "stacks", "final_height <=": 9},
        {"order": "final_height"},
        "pending",
    ),
    ("deposits", {"intent_id": "pi_1", "match": "matched"}, {}, "intent"),
    ("deposits", {**MINE, "match": "unmatched"}, {"descending": True}, "match"),
    ("withdrawals", {"chain_id": "c", "txid": "t", "event_index": 1}, {"limit": 1}, "transfer"),
    ("withdrawals", {"chain_id": "c", "block_height": 7, "reversed": False}, {}, "height"),
    (
        "chain_blocks",
        {"chain_id": "c"},
        {"order": "height", "descending": True, "limit": 1},
        "height",
    ),
    ("events", {"position": None}, {}, "outbox"),
    (
        "events",
        {"position >=": 0},
        {"order": "position", "descending": True, "limit": 1},
        "position",
    ),
    ("events", {**MINE, "position >": 7}, {"order": "position", "limit": 1}, "cursor"),
    ("events", {"object_id": "pi_1"}, {}, "object"),
    ("deliveries", {"subscriber": "we_1"}, {"descending": True}, "subscriber"),
    (
        "deliveries",
        {"subscriber": "we_1", "status": "pending", "next_attempt_ms <=": 5},
        {"order": "next_attempt_ms"},
        "queue",
    ),
    (
        "deliveries",
        {"status": "pending", "subscriber >": "we_1"},
        {"order": "subscriber", "limit": 1},
        "queue",
    ),
    ("attempts", {"delivery_id": "dlv_1"}, {}, "delivery"),
    ("checkout_sessions", {"payment_intent": "pi_1"}, {"limit": 1}, "payment_intent"),
    (
        "checkout_sessions",
        {"livemode": False, "status": "open", "expires_at <=": 5},
        {"order": "expires_at"},
        "expiry",
    ),
    ("prices", {"product": "prod_1"}, {}, "product"),
    ("customers", {**MINE, "email": "a@b.example"}, {"descending": True}, "email"),
]


class Plans:
    """A database that remembers how it looked something up."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        engine = sa.create_engine(
            "sqlite://", creator=lambda: self.connection, poolclass=sa.pool.StaticPool
        )
        METADATA.create_all(engine)
        self.asked: list[str] = []
        self.session = open_session(self.connection.cursor(), sqlite_dialect())
        self.connection.set_trace_callback(self.asked.append)

    def last(self) -> str:
        """The plan of the last statement."""
        sql = self.asked[-1]
        self.connection.set_trace_callback(None)
        return "\n".join(row[3] for row in self.connection.execute(f"EXPLAIN QUERY PLAN {sql}"))


@pytest.fixture
def plans() -> Iterator[Plans]:
    made = Plans()
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("table", "where", "options", "index"), FINDS, ids=lambda value: str(value)[:60]
)
def test_a_query_uses_its_index(
    plans: Plans, table: str, where: dict[str, Any], options: dict[str, Any], index: str
) -> None:
    getattr(plans.session.unit, table).find(where, **options)
    plan = plans.last()
    assert f"INDEX ix_{table}_{index} " in f"{plan} ", plan
    if "address" not in where:
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("before", [None, "pi_5"])
@pytest.mark.parametrize(
    "clauses", [(RED,), (RED, Clause("amount", ">", 5)), (Clause("status", "=", "x"), RED)]
)
def test_a_search_by_metadata_reads_one_page(
    plans: Plans, clauses: tuple[Clause, ...], before: str | None
) -> None:
    plans.session.unit.search(
        "payment_intents", Search("acct_1", False, clauses, False, 10, before)
    )
    plan = plans.last().splitlines()
    assert plan[0].startswith("SEARCH leading USING PRIMARY KEY (table_name=? AND merchant_id=?")
    assert "TEMP B-TREE" not in "".join(plan)


def test_a_search_for_any_reads_one_page_of_each(plans: Plans) -> None:
    blue = Clause("metadata.colour", "=", "blue")
    plans.session.unit.search("payment_intents", Search("acct_1", False, (RED, blue), True, 10))
    plan = plans.last()
    assert plan.count("USING PRIMARY KEY (table_name=? AND merchant_id=?") == 2, plan


def test_pruning_uses_its_index(plans: Plans) -> None:
    plans.session.run(lambda uow: uow.prune("idempotency", {"created <": 5}, limit=9))
    plans.asked.pop()  # the release of the savepoint
    assert "INDEX ix_idempotency_created " in plans.last()
