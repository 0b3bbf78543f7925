"""No query of the appliance reads more of the history than it returns: each has its index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacktill.plugin.storage import Clause, Search
from stacktill.sql import open_session, sqlite_dialect
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.migrating import migrate

MINE: dict[str, Any] = {"merchant_id": "acct_1", "livemode": False}
RED = Clause("metadata.colour", "=", "red")

FINDS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("payment_intents", {**MINE, "id <": "pi_9"}, {"descending": True}, "list"),
    ("payment_intents", {**MINE, "id >": "pi_1"}, {}, "list"),
    ("payment_intents", {**MINE, "customer": "cus_1"}, {"descending": True}, "customer"),
    ("payment_intents", {"memo": "aa"}, {"limit": 1}, "memo"),
    ("payment_intents", {"memo >=": "a", "memo <": "b"}, {"order": "memo", "limit": 2}, "memo"),
    (
        "payment_intents",
        {"livemode": False, "status": "requires_action", "closes_at <=": 5},
        {"order": "closes_at"},
        "closing",
    ),
    ("api_keys", {"hash": "aa"}, {"limit": 1}, "hash"),
    ("settlement_addresses", {"chain_id": "c", "address": ["a", "b"]}, {"limit": 2}, "address"),
    ("address_changes", {**MINE, "status": ["active", "scheduled"]}, {}, "list"),
    (
        "address_changes",
        {"livemode": False, "status": "scheduled", "effective_at <=": 5},
        {"order": "effective_at"},
        "due",
    ),
    (
        "address_changes",
        {"livemode": False, "status": "scheduled", "remind_at <=": 5},
        {"order": "remind_at"},
        "reminder",
    ),
    ("address_changes", {**MINE, "effective_at >": 5}, {"limit": 10}, "list"),
    (
        "address_changes",
        {**MINE, "status": ["active", "replaced"], "effective_at >": 5},
        {"limit": 20},
        "list",
    ),
    ("settlement_addresses", {**MINE, "chain_id": "c"}, {}, "list"),
    ("audit_entries", {**MINE}, {"order": "number", "descending": True, "limit": 1}, "number"),
    ("audit_entries", {**MINE, "number >": 7}, {"order": "number"}, "number"),
    (
        "audit_entries",
        {"merchant_id": "acct_1", "action": "x"},
        {"descending": True, "limit": 10},
        "action",
    ),
    ("audit_entries", {**MINE, "action": "x"}, {"descending": True}, "action"),
    ("charges", {"payment_intent": "pi_1"}, {}, "payment_intent"),
    ("refunds", {"charge": "ch_1"}, {"descending": True}, "charge"),
    ("refunds", {"payment_intent": "pi_1"}, {"descending": True}, "payment_intent"),
    ("charges", {**MINE, "payment_intent": "pi_1"}, {"descending": True}, "payment_intent"),
    ("charges", {**MINE, "customer": "cus_1"}, {"descending": True}, "customer"),
    ("refunds", {**MINE, "charge": "ch_1"}, {"descending": True}, "charge"),
    ("refunds", {**MINE, "payment_intent": "pi_1"}, {"descending": True}, "payment_intent"),
    ("refunds", {"charge": "ch_1", "status": "requires_action"}, {"descending": True}, "charge"),
    ("refunds", {"memo": "aa"}, {"limit": 1}, "memo"),
    ("balance_transactions", {"source": "ch_1"}, {}, "source"),
    (
        "deposits",
        {"chain_id": "c", "txid": "t", "event_index": 1, "state !=": "reversed"},
        {"limit": 1},
        "transfer",
    ),
    (
        "deposits",
        {"chain_id": "c", "txid": "t", "state": "reversed", "amount": 5, "memo": None},
        {"order": "event_index", "limit": 1},
        "reversed",
    ),
    (
        "deposits",
        {"chain_id": "c", "txid": "t", "state": "reversed", "sender": None, "recipient": "SP1"},
        {"order": "event_index", "limit": 1},
        "reversed",
    ),
    ("deposits", {"chain_id": "c", "block_height": 7, "state !=": "reversed"}, {}, "height"),
    (
        "deposits",
        {"chain_id": "c", "state": "pending", "final_layer": "stacks", "final_height <=": 9},
        {"order": "final_height"},
        "pending",
    ),
    ("deposits", {"intent_id": "pi_1", "match": "matched"}, {}, "intent"),
    (
        "deposits",
        {"intent_id": "pi_1", "match": "matched", "fee_sats >": 0},
        {"limit": 1},
        "intent",
    ),
    ("deposits", {"intent_id": "pi_1"}, {"descending": True, "limit": 50}, "intent"),
    ("deposits", {**MINE, "match": "unmatched"}, {"descending": True}, "match"),
    ("withdrawals", {"chain_id": "c", "txid": "t", "event_index": 1}, {"limit": 1}, "transfer"),
    (
        "withdrawals",
        {"chain_id": "c", "txid": "t", "refund_id": "re_1"},
        {"order": "event_index", "limit": 1},
        "transfer",
    ),
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
    ("events", {"object_id": "pi_1", "position !=": None}, {"descending": True}, "object"),
    ("events", {**MINE, "object_id": "pi_1", "id <": "evt_9"}, {"descending": True}, "object"),
    ("events", {"object_id": "ch_1", "id <": "evt_9"}, {"descending": True}, "object"),
    ("events", {**MINE, "type": "x.y"}, {"descending": True}, "list"),
    ("events", {**MINE, "created >=": 5}, {"descending": True}, "list"),
    ("events", {"position >": 7}, {"order": "position"}, "position"),
    ("events", {**MINE, "position >": 7}, {"order": "position"}, "cursor"),
    ("deliveries", {"subscriber": "we_1"}, {"descending": True}, "subscriber"),
    ("deliveries", {"event_id": ["evt_1", "evt_2"], "subscriber": "receipts:x"}, {}, "event"),
    ("deliveries", {"event_id": ["evt_1", "evt_2"]}, {}, "event"),
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
    (
        "deliveries",
        {**MINE, "status": "dead", "event_id <": "evt_9"},
        {"order": "event_id", "descending": True},
        "dead",
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
    ("prices", {**MINE, "product": "prod_1", "active": True}, {"descending": True}, "product"),
    ("prices", {**MINE, "lookup_key": "tea"}, {}, "lookup_key"),
    ("payment_methods", {**MINE, "customer": "cus_1"}, {"descending": True}, "customer"),
    ("balance_transactions", {**MINE, "source": "ch_1"}, {"descending": True}, "source"),
    ("balance_transactions", {**MINE, "type": "payment"}, {"descending": True}, "list"),
    (
        "checkout_sessions",
        {**MINE, "payment_intent": "pi_1"},
        {"descending": True},
        "payment_intent",
    ),
    ("checkout_sessions", {**MINE, "status": "open"}, {"descending": True}, "list"),
    ("deposits", {**MINE, "intent_id": "pi_1"}, {"descending": True}, "intent"),
    ("deposits", {**MINE}, {"descending": True}, "list"),
    ("payment_intents", {**MINE, "created >=": 5}, {"descending": True}, "list"),
    ("payment_intents", {**MINE, "status": "requires_action"}, {"descending": True}, "list"),
    ("api_keys", {**MINE}, {"descending": True}, "list"),
    ("api_keys", {**MINE, "revoked_at": None, "expires_at >": 5}, {"limit": 100}, "list"),
    ("deposits", {**MINE, "state": "reversed"}, {"descending": True}, "list"),
    ("idempotency", {"created <": 5}, {"order": "created", "limit": 1}, "created"),
    ("ledger_transfers", {"reference": "dep_1"}, {}, "reference"),
    (
        "ledger_transfers",
        {**MINE, "asset": "a", "created >=": 5, "created <": 9},
        {"order": "created"},
        "period",
    ),
    ("ledger_transfers", {**MINE, "asset": "a", "created": 5, "id >": "lt_1"}, {}, "period"),
    ("ledger_checkpoints", {"account_id": "a", "day >=": 5}, {"order": "day", "limit": 1}, "day"),
    ("sponsorships", {"payment_intent": "pi_1", "status !=": "released"}, {}, "payment_intent"),
    (
        "sponsorships",
        {"payer": "SP1", "livemode": False, "created >=": 5},
        {"order": "created", "limit": 20},
        "payer",
    ),
    (
        "sponsorships",
        {"payer": "SP1", "livemode": False, "status !=": "released"},
        {"order": "created", "descending": True, "limit": 1},
        "payer",
    ),
    (
        "sponsorships",
        {"livemode": False, "ended_at": None, "status !=": "dropped"},
        {"limit": 100},
        "waiting",
    ),
    (
        "sponsorships",
        {"livemode": False, "ended_at": None, "status": "dropped"},
        {"limit": 100},
        "waiting",
    ),
    ("sponsorships", {**MINE, "payment_intent": "pi_1"}, {"descending": True}, "list"),
    ("settlement_statements", {**MINE}, {"descending": True}, "list"),
    ("ledger_accounts", {**MINE}, {}, "owner"),
    ("attempts", {"created_ms <": 5}, {"order": "created_ms"}, "created"),
    ("customers", {**MINE, "email": "a@b.example"}, {"descending": True}, "email"),
]


class Plans:
    """A database that remembers how it looked something up."""

    def __init__(self, path: Path) -> None:
        migrate(path, SqliteConfig())
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.asked: list[str] = []
        self.session = open_session(self.connection.cursor(), sqlite_dialect())
        self.connection.set_trace_callback(self.asked.append)

    def last(self) -> str:
        """The plan of the last statement."""
        sql = self.asked[-1]
        self.connection.set_trace_callback(None)
        return "\n".join(row[3] for row in self.connection.execute(f"EXPLAIN QUERY PLAN {sql}"))


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    made = Plans(tmp_path / "books.db")
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
    if not {"address", "event_id"} & where.keys():  # Of a few, which are then put in order.
        assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_ids_of_one_prefix_are_found_by_the_primary_key(plans: Plans) -> None:
    plans.session.unit.plugin_state.find({"id >=": "core/unread/", "id <": "core/unread/~"})
    assert "USING INDEX sqlite_autoindex_plugin_state_1 (id>? AND id<?)" in plans.last()


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


def test_the_planner_is_told_of_every_index(plans: Plans) -> None:
    rows = plans.connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name != 'alembic_version'"
    )
    indexes = {row[0] for row in rows}
    # The key of a table without row ids goes by the name of the table.
    told = {row[0] for row in plans.connection.execute("SELECT idx FROM sqlite_stat1")}
    assert told == {*indexes, "metadata_entries"} - {"sqlite_autoindex_metadata_entries_1"}
