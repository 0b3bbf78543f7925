"""What SQLite's planner is told about the tables, instead of letting it guess or measure.

Without figures it takes any index with two known columns for better than one with a single known
column, and would read all of a store's charges to find the one of an intent. Measuring (``ANALYZE``)
costs time on a large file, and lets plans change from one day to the next. So it is told, once and
for all, what the tables look like when they are large.
"""

from __future__ import annotations

import sqlalchemy as sa

from stacktill.sql.tables import METADATA

__all__ = ["tell"]

ROWS = 1_000_000
PARTIAL_ROWS = ROWS // 50
"""How many rows an index has, and a partial one."""

SHARES: dict[str, float] = {
    "merchant_id": 0.2,
    "livemode": 0.5,
    "chain_id": 0.5,
    "status": 0.25,
    "state": 0.25,
    "match": 0.25,
    "final_layer": 0.5,
    "subscriber": 0.1,
    "table_name": 0.5,
    "key": 0.2,
    "value": 0.2,
}
"""Which share of the rows has the same value of a column that many rows agree in."""

AT_MOST: dict[str, int] = {"id": 1, "created": 20}
OTHERS = 10
"""How many rows have the same value of any other column: it names what few have to do with."""


def tell(connection: sa.Connection) -> None:
    """Write the figures; other connections see them with the change of the tables."""
    connection.exec_driver_sql("ANALYZE")  # makes the planner's own table
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table, index, columns, rows in _indexes():
        figures = " ".join(str(figure) for figure in (rows, *_shared(columns, rows)))
        connection.exec_driver_sql(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (table, index, figures)
        )


def _indexes() -> list[tuple[str, str, list[str], int]]:
    """Every index: its table, name and columns, and how many rows it has."""
    found = []
    for table in METADATA.tables.values():
        key = [column.name for column in table.primary_key]
        # The key of a table without row ids bears the name of the table.
        own = table.name if len(key) > 1 else f"sqlite_autoindex_{table.name}_1"
        found.append((table.name, own, key, ROWS))
        for index in table.indexes:
            columns = [column.name for column in index.columns]
            is_partial = index.dialect_options["sqlite"]["where"] is not None
            rows = PARTIAL_ROWS if is_partial else ROWS
            found.append((table.name, str(index.name), columns, rows))
    return found


def _shared(columns: list[str], rows: int) -> list[int]:
    """How many rows share the first, the first two … values of an index."""
    shared = []
    left = rows
    for column in columns:
        if column in SHARES:
            left = max(int(left * SHARES[column]), 1)
        else:
            left = min(left, AT_MOST.get(column, OTHERS))
        shared.append(left)
    return shared
