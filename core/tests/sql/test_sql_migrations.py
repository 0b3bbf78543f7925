"""The steps lead to the tables that the code speaks to."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import stacktill.sql.migrations as steps
from stacktill.plugin.storage import UnitOfWork
from stacktill.sql.migrations import HEAD, REVISION_QUERY, upgrade
from stacktill.sql.registry import MAPPERS
from stacktill.sql.tables import METADATA


def shape(connection: sa.Connection) -> dict[str, str]:
    """Every table and index of a database as it was declared."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {
        row.name: re.sub(r"\s+", " ", row.sql).replace(", )", ")")
        for row in rows
        if row.name != "alembic_version"
    }


def test_the_steps_lead_to_the_tables_of_the_code() -> None:
    stepped, made = sa.create_engine("sqlite://"), sa.create_engine("sqlite://")
    METADATA.create_all(made)
    with stepped.begin() as connection, made.connect() as other:
        assert upgrade(connection) == [HEAD]
        assert shape(connection) == shape(other)
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert connection.exec_driver_sql(REVISION_QUERY).scalar() == HEAD
        assert upgrade(connection) == []
    stepped.dispose()
    made.dispose()


def test_the_newest_step_is_named() -> None:
    script = ScriptDirectory(str(Path(steps.__file__).parent))
    folder = Path(steps.__file__).parent / "versions"
    assert script.get_heads() == [HEAD]
    for path in folder.glob("v*.py"):
        assert f'revision = "{path.stem[1:]}"' in path.read_text()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.execute("CREATE TABLE withdrawals (id)")  # in the way of the last tables
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    sa.event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with pytest.raises(sa.exc.OperationalError), engine.begin() as transaction:
        upgrade(transaction)
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("withdrawals",)]
    connection.close()


def test_every_table_of_a_unit_of_work_has_a_mapper() -> None:
    tables = {
        name
        for name, member in vars(UnitOfWork).items()
        if isinstance(member, property) and not name.startswith("_")
    }
    assert tables == set(MAPPERS)
    assert {table.name for table in METADATA.tables.values()} == tables | {"metadata_entries"}


def test_columns_are_named_as_attributes() -> None:
    for name, mapper in MAPPERS.items():
        hints = get_type_hints(mapper.entity)
        columns = {column.name for column in mapper.table.columns}
        assert columns - set(mapper.derived) - {*mapper.made} <= set(hints), name
        if not mapper.made:
            assert set(hints) <= columns, name


def test_a_start_without_a_missing_step_does_not_load_the_tools() -> None:
    code = "import stacktill.sql, sys; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
