"""The kinds of column that all tables are made of, portable between SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = [
    "METADATA",
    "big",
    "body",
    "fixed_flag",
    "fixed_number",
    "fixed_words",
    "flag",
    "identity",
    "index",
    "number",
    "owner",
    "words",
]

METADATA = sa.MetaData()

# Ids are ordered by their bytes; PostgreSQL would order them by the rules of a language.
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

FIXED = "fixed"
"""In ``Column.info``: the value never changes, so an update leaves it, and its indexes, alone."""

LITERALS = "literals"
"""In ``Column.info``: values that a partial index is made for; a query names them in its text,
because a planner cannot match a partial index with a value that is bound later."""

BIG = "big"
"""In ``Column.info``: a whole number of any size, kept as decimal text: amounts of foreign tokens
have up to 128 bits, more than any SQL integer."""


def words(name: str, *, null: bool = False, literals: tuple[str, ...] = ()) -> sa.Column[str]:
    """A text that may change; ``literals`` are the values that a partial index is made for."""
    return sa.Column(name, WORDS, nullable=null, info={LITERALS: frozenset(literals)})


def fixed_words(name: str, *, null: bool = False) -> sa.Column[str]:
    """A text that never changes."""
    return sa.Column(name, WORDS, nullable=null, info={FIXED: True})


def number(name: str, *, null: bool = False) -> sa.Column[int]:
    """A whole number of at most 63 bits."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def fixed_number(name: str, *, null: bool = False) -> sa.Column[int]:
    """A whole number that never changes."""
    return sa.Column(name, sa.BigInteger, nullable=null, info={FIXED: True})


def big(name: str, *, fixed: bool = False) -> sa.Column[str]:
    """A whole number of any size; it can be compared for equality only."""
    return sa.Column(name, WORDS, nullable=False, info={BIG: True, FIXED: fixed})


def flag(name: str, *, null: bool = False) -> sa.Column[int]:
    """Yes (1) or no (0)."""
    return sa.Column(name, sa.SmallInteger, nullable=null)


def fixed_flag(name: str) -> sa.Column[int]:
    """Yes or no, for good."""
    return sa.Column(name, sa.SmallInteger, nullable=False, info={FIXED: True})


def identity() -> sa.Column[str]:
    """The id: the primary key of every table."""
    return sa.Column("id", WORDS, primary_key=True, info={FIXED: True})


def owner() -> tuple[sa.Column[str], sa.Column[int]]:
    """Whose it is, and of which mode."""
    return fixed_words("merchant_id"), fixed_flag("livemode")


def body() -> sa.Column[str]:
    """The whole object as JSON."""
    return sa.Column("body", WORDS, nullable=False)


def index(name: str, *columns: str, unique: bool = False, where: str | None = None) -> sa.Index:
    """An index; ``where`` makes it partial.

    The condition is given for SQLite only: to name a dialect here is to load it at every start. The
    steps of ``stacktill.sql.migrations`` give it for the database that they run on.
    """
    partial: dict[str, Any] = {} if where is None else {"sqlite_where": sa.text(where)}
    return sa.Index(name, *columns, unique=unique, **partial)
