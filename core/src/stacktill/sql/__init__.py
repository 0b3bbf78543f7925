"""What every SQL storage speaks: tables, mappers, repositories, the unit of work and migrations."""

from __future__ import annotations

from stacktill.sql.dialect import SqlDialect, sqlite_dialect
from stacktill.sql.session import Doomed, Session

__all__ = ["Doomed", "Session", "SqlDialect", "sqlite_dialect"]
