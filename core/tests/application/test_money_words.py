"""Metadata and searches: what callers write, whatever they write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.application.events import matching_types
from stacktill.application.metadata import MAX_KEYS, merged
from stacktill.application.search_query import parse_query
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.events import EVENT_TYPES
from stacktill.plugin.storage import Clause

FIELDS = ("amount", "created", "currency", "customer", "status")
KEYS = st.text(min_size=1, max_size=5)
PAIRS = st.dictionaries(KEYS, st.text(min_size=1, max_size=5), max_size=MAX_KEYS)
CHANGES = st.dictionaries(KEYS, st.one_of(st.none(), st.text(min_size=1, max_size=5)), max_size=20)


def attempted(function: Callable[..., Any], *args: Any) -> tuple[Any, InvalidParameter | None]:
    """What a function answers, or how it refuses; anything else it raises is a failure."""
    try:
        return function(*args), None
    except InvalidParameter as error:
        return None, error


class TestMetadata:
    @given(PAIRS, CHANGES)
    def test_a_change_touches_what_it_names(
        self, before: dict[str, str], changes: dict[str, str | None]
    ) -> None:
        kept = dict(before)
        after, refusal = attempted(merged, before, changes)
        if refusal is not None:
            assert refusal.param == "metadata"
            assert len({**before, **changes}) > MAX_KEYS
            return
        assert before == kept
        assert len(after) <= MAX_KEYS
        for key in {*before, *changes}:
            assert after.get(key) == (changes[key] if key in changes else before.get(key))
        assert set(after) <= {*before, *changes}

    @given(PAIRS, CHANGES)
    def test_the_same_change_twice_is_one(
        self, before: dict[str, str], changes: dict[str, str | None]
    ) -> None:
        once, refusal = attempted(merged, before, changes)
        if refusal is None:
            assert merged(once, changes) == once

    @given(PAIRS)
    def test_nothing_at_all_removes_everything(self, before: dict[str, str]) -> None:
        assert merged(before, None) == {}
        assert merged(before, {}) == before

    def test_removing_makes_room_for_adding(self) -> None:
        full = {str(number): "x" for number in range(MAX_KEYS)}
        assert len(merged(full, {"0": None, "new": "y"})) == MAX_KEYS
        with pytest.raises(InvalidParameter):
            merged(full, {"new": "y"})


SIGNS = ("['k']", '["k"]', ":", "~", ">", ">=", "<", "<=", "'", '"', "\\", "-", "AND", "OR", " ")
VALUES = ("null", "true", "12", "-5", "'paid'", "'a\\'b'", "é", "\u0663", "\n", "(", "\0")
WORDS = st.sampled_from((*FIELDS, "metadata", *SIGNS, *VALUES))


class TestSearch:
    @given(st.one_of(st.text(), st.lists(WORDS, max_size=30).map("".join)))
    def test_whatever_is_asked_is_read_or_refused(self, query: str) -> None:
        """Nothing but ``InvalidParameter``, and it names the parameter."""
        found, refusal = attempted(parse_query, query, FIELDS)
        if refusal is not None:
            assert refusal.param == "query"
            return
        clauses, _ = found
        assert clauses
        for clause in clauses:
            assert clause.field in FIELDS or clause.field.startswith("metadata.")
            assert clause.operator in {"=", "~", ">", ">=", "<", "<="}

    @given(
        st.lists(
            st.tuples(st.sampled_from(("status", "metadata")), KEYS, st.text(max_size=9)),
            min_size=1,
            max_size=10,
        ),
        st.sampled_from(("AND", "OR", "and")),
        st.booleans(),
    )
    def test_what_was_written_is_what_is_read(
        self, parts: list[tuple[str, str, str]], join: str, negated: bool
    ) -> None:
        def quoted(text: str) -> str:
            return re.sub(r"(['\\])", r"\\\1", text)

        minus = "-" if negated else ""
        texts, expected = [], []
        for field, key, value in parts:
            if "\n" in key + value:
                continue
            name = field if field == "status" else f"metadata['{quoted(key)}']"
            texts.append(f"{minus}{name}:'{quoted(value)}'")
            wanted = field if field == "status" else f"metadata.{key}"
            expected.append(Clause(wanted, "=", value, negated))
        if not texts:
            return
        clauses, any_clause = parse_query(f" {join} ".join(texts), FIELDS)
        assert clauses == tuple(expected)
        assert any_clause is (join == "OR" and len(texts) > 1)

    @pytest.mark.parametrize(
        ("query", "clause"),
        [
            ("amount>5", Clause("amount", ">", 5)),
            ("amount : '5'", Clause("amount", "=", 5)),
            ("created<=1700000000", Clause("created", "<=", 1_700_000_000)),
            ("metadata['a']:null", Clause("metadata.a", "=", None)),
            ("-metadata['a']:null", Clause("metadata.a", "=", None, negated=True)),
            ('status:"paid"', Clause("status", "=", "paid")),
            ("customer~'cus'", Clause("customer", "~", "cus")),
        ],
    )
    def test_each_kind_of_clause(self, query: str, clause: Clause) -> None:
        assert parse_query(query, FIELDS) == ((clause,), False)

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ("", "cannot read"),
            ("status", "cannot read"),
            ("status:'a' AND", "cannot read"),
            ("status:'a' status:'b'", "expected AND or OR"),
            ("status:'a' AND status:'b' OR status:'c'", "mixes AND with OR"),
            ("secret:'a'", "cannot be searched"),
            ("metadata:'a'", "cannot be searched"),
            ("status['a']:'b'", "cannot be searched"),
            ("status:null", "only metadata"),
            ("metadata['a']>null", "only metadata"),
            ("amount~'123'", "whole numbers"),
            ("amount:'1.5'", "whole numbers"),
            ("amount:9999999999999999999", "whole numbers"),
            ("status>'a'", "is text"),
            ("status~'ab'", "at least 3"),
            (" AND ".join(["amount:1"] * 11), "may have 10"),
        ],
    )
    def test_what_makes_no_sense_is_told(self, query: str, reason: str) -> None:
        with pytest.raises(InvalidParameter, match=reason):
            parse_query(query, FIELDS)


class TestEventTypes:
    @pytest.mark.parametrize("pattern", ["payment_intent.*", "*.updated", "*", "charge.*.updated"])
    def test_a_group_names_all_that_fit(self, pattern: str) -> None:
        head, _, tail = pattern.partition("*")
        found = matching_types(pattern)
        assert found
        assert set(found) == {name for name in EVENT_TYPES if re.fullmatch(f"{head}.*{tail}", name)}

    def test_a_plain_type_stands_for_itself(self) -> None:
        assert matching_types("invoice.paid") == ["invoice.paid"]
        assert matching_types("nothing.*") == []
