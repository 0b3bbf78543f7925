"""The search language: ``field:'value'`` clauses joined by AND, or by OR, never by both."""

from __future__ import annotations

import re

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin.storage import Clause

__all__ = ["parse_query"]

NUMBERS = frozenset({"amount", "created"})
MAX_CLAUSES = 10
MIN_SUBSTRING = 3

CLAUSE = re.compile(
    r"""\s*(?P<negated>-)?
    (?P<field>[a-z_]+)(?:\[(?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")\])?
    \s*(?P<operator>:|~|>=|<=|>|<)\s*
    (?:'(?P<text>(?:[^'\\]|\\.)*)'|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>-?\d+|null|true|false))
    \s*""",
    re.VERBOSE,
)
JOIN = re.compile(r"(AND|OR)\b", re.IGNORECASE)


def parse_query(text: str, fields: tuple[str, ...]) -> tuple[tuple[Clause, ...], bool]:
    """The clauses of a query, and whether any of them is enough (OR) or all must hold (AND).

    ``fields`` are the names that may be asked for, beside ``metadata``. Raise ``InvalidParameter`` that
    says where the query stops making sense.
    """
    clauses: list[Clause] = []
    joins: set[str] = set()
    at = 0
    while True:
        match = CLAUSE.match(text, at)
        if match is None:
            raise _bad(f"cannot read it from '{text[at : at + 40].strip()}' on")
        clauses.append(_clause(match, fields))
        at = match.end()
        if at >= len(text):
            break
        join = JOIN.match(text, at)
        if join is None:
            raise _bad(f"expected AND or OR before '{text[at : at + 40].strip()}'")
        joins.add(join.group(1).upper())
        at = join.end()
    if len(joins) > 1:
        raise _bad("it mixes AND with OR; use one of them")
    if len(clauses) > MAX_CLAUSES:
        raise _bad(f"it has {len(clauses)} clauses, and may have {MAX_CLAUSES}")
    return tuple(clauses), joins == {"OR"}


def _clause(match: re.Match[str], fields: tuple[str, ...]) -> Clause:
    name, operator = match["field"], match["operator"].replace(":", "=")
    key = match["single"] if match["single"] is not None else match["double"]
    if name == "metadata" and key is not None:
        field = f"metadata.{_unescaped(key)}"
    elif name in fields and key is None:
        field = name
    else:
        raise _bad(f"'{name}' cannot be searched; these can: {', '.join((*fields, 'metadata'))}")
    value = _value(match)
    if value is None and (name != "metadata" or operator != "="):
        raise _bad("only metadata can be compared with null, by ':'")
    negated = match["negated"] is not None
    return Clause(field, operator, _typed(name, operator, value), negated)


def _typed(name: str, operator: str, value: str | None) -> str | int | None:
    if value is None:
        return None
    if name in NUMBERS:
        if operator == "~" or not re.fullmatch(r"-?\d{1,18}", value):
            raise _bad(f"'{name}' is compared with whole numbers, by : > >= < or <=")
        return int(value)
    if operator not in ("=", "~"):
        raise _bad(f"'{name}' is text: compare it by ':' or '~'")
    if operator == "~" and len(value) < MIN_SUBSTRING:
        raise _bad(f"'~' needs at least {MIN_SUBSTRING} characters")
    return value


def _value(match: re.Match[str]) -> str | None:
    if match["bare"] is not None:
        return None if match["bare"] == "null" else match["bare"]
    text = match["text"] if match["text"] is not None else match["quoted"]
    return _unescaped(text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _bad(reason: str) -> InvalidParameter:
    return InvalidParameter(f"We could not understand this search query: {reason}.", param="query")
