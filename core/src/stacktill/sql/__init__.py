"""What every SQL storage speaks: tables, mappers, repositories, the unit of work and migrations."""

from __future__ import annotations

from stacktill.sql.dialect import SqlDialect, sqlite_dialect
from stacktill.sql.session import Doomed, Session
from stacktill.sql.unit_of_work import open_session

__all__ = ["Doomed", "Session", "SqlDialect", "open_session", "sqlite_dialect"]
