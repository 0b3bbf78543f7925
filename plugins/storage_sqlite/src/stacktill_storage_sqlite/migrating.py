"""Bringing the file's tables up to date."""

from __future__ import annotations

from pathlib import Path

from stacktill.sql.migrations import HEAD, REVISION_QUERY, upgrade
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.connections import connect

__all__ = ["migrate"]


def migrate(path: Path, config: SqliteConfig) -> list[str]:
    """Take all missing steps in one transaction; return their names.

    One SELECT tells that there are none: a start that changes nothing does not load the tools.
    """
    connection = connect(path, config)
    try:
        known = connection.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
        ).fetchone()
        if known and connection.execute(REVISION_QUERY).fetchone() == (HEAD,):
            return []
        import sqlalchemy as sa

        from stacktill_storage_sqlite.statistics import tell

        engine = sa.create_engine(
            "sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool
        )
        # The driver begins no transaction before DDL, so it is begun here, and all steps are one.
        sa.event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as transaction:
            steps = upgrade(transaction)
            tell(transaction)
            return steps
    finally:
        connection.close()
