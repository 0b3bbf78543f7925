"""Random histories of writes, compared with plain dictionaries that go through the same."""

from __future__ import annotations

import asyncio
import copy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stacktill.domain.accounting import PluginState
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin import Clause, NotUnique, Search, Table, UnitOfWork
from stacktill.testing import plugin_context
from stacktill.testing.storage_samples import ACCOUNT, intent, transfer
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.migrating import migrate
from stacktill_storage_sqlite.storage import FILE_NAME, SqliteStorage, open_storage

KEYS = st.integers(0, 4)
TAGS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2)
PLAIN = st.one_of(
    st.tuples(st.just("put"), KEYS, TAGS),
    st.tuples(st.sampled_from(["remove", "get", "put_state", "remove_state"]), KEYS),
    st.tuples(st.sampled_from(["find", "search", "prune"]), st.sampled_from("xy")),
    st.tuples(st.just("post"), st.integers(1, 10)),
)


class Oops(Exception):
    """What a use case of these histories raises."""


@dataclass
class Part:
    """Steps of a use case, of which some are attempts with steps of their own.

    A use case may end by adding an intent without a look whether its id is taken.
    """

    steps: list[Any]
    fails: bool
    adds: int | None = None


PARTS = st.recursive(
    st.builds(Part, st.lists(PLAIN, max_size=5), st.booleans()),
    lambda inner: st.builds(
        Part, st.lists(st.one_of(PLAIN, inner), max_size=6), st.sampled_from([False, False, True])
    ),
    max_leaves=6,
)


WHOLES = st.builds(lambda part, adds: replace(part, adds=adds), PARTS, st.none() | KEYS)


@dataclass
class Books:
    """What the database should hold."""

    intents: dict[str, PaymentIntent] = field(default_factory=dict)
    states: dict[str, PluginState] = field(default_factory=dict)
    total: int = 0
    posted: int = 0

    def find(self, tag: str) -> list[str]:
        """The ids of the intents with the tag ``a`` of that value, newest first."""
        found = (id for id, item in self.intents.items() if item.metadata.get("a") == tag)
        return sorted(found, reverse=True)


def act(uow: UnitOfWork, part: Part, marks: Iterator[int]) -> list[Any]:
    """Do the steps; return what was seen."""
    seen: list[Any] = []
    for step in part.steps:
        if isinstance(step, Part):
            try:
                seen.append(uow.attempt(partial(act, part=step, marks=marks)))
            except Oops:
                seen.append("undone")
        else:
            seen.append(act_once(uow, step, next(marks)))
    if part.fails:
        raise Oops
    return seen


def act_once(uow: UnitOfWork, step: Any, mark: int) -> Any:
    """Do one step; return what was seen."""
    verb, what, *tags = step
    if verb == "put":
        item = intent(what, metadata=tags[0], amount_sats=mark)
        return put(uow.payment_intents, item)
    if verb == "put_state":
        return put(uow.plugin_state, PluginState(id=str(what), value=str(mark)))
    steps: dict[str, Callable[[], Any]] = {
        "remove": lambda: uow.payment_intents.remove(intent(what).id),
        "remove_state": lambda: uow.plugin_state.remove(str(what)),
        "get": lambda: uow.payment_intents.get(intent(what).id),
        "find": lambda: uow.payment_intents.find({"merchant_id": ACCOUNT}, order="amount_sats"),
        "search": lambda: uow.search("payment_intents", tagged(what)),
        "prune": lambda: uow.prune("plugin_state", {"value <": str(mark - 5)}, limit=100),
        "post": lambda: uow.post(transfer(mark, amount=what)),
    }
    return steps[verb]()


def put(table: Table[Any], item: Any) -> None:
    """Add what is new, and save what is there."""
    if table.get(item.id) is None:
        table.add(item)
    else:
        table.save(item)


def expect(books: Books, part: Part, marks: Iterator[int]) -> list[Any]:
    """Do the steps with dictionaries; return what should be seen."""
    seen: list[Any] = []
    for step in part.steps:
        if isinstance(step, Part):
            before = copy.deepcopy(books)
            try:
                seen.append(expect(books, step, marks))
            except Oops:
                books.__dict__.update(before.__dict__)
                seen.append("undone")
        else:
            seen.append(expect_once(books, step, next(marks)))
    if part.fails:
        raise Oops
    return seen


def expect_once(books: Books, step: Any, mark: int) -> Any:
    """Do one step with dictionaries."""
    verb, what, *tags = step
    seen: Any = None
    if verb == "put":
        books.intents[intent(what).id] = intent(what, metadata=tags[0], amount_sats=mark)
    elif verb == "put_state":
        books.states[str(what)] = PluginState(id=str(what), value=str(mark))
    elif verb == "remove":
        books.intents.pop(intent(what).id, None)
    elif verb == "remove_state":
        books.states.pop(str(what), None)
    elif verb == "post":
        books.total += what
        books.posted += 1
    elif verb == "get":
        seen = books.intents.get(intent(what).id)
    elif verb == "find":
        seen = sorted(books.intents.values(), key=lambda item: (item.amount_sats, item.id))
    elif verb == "search":
        seen = books.find(what)
    elif verb == "prune":
        old = [id for id, state in books.states.items() if state.value < str(mark - 5)]
        seen = len([books.states.pop(id) for id in old])
    return seen


def tagged(tag: str) -> Search:
    """The search for the tag ``a`` of that value."""
    return Search(ACCOUNT, False, (Clause("metadata.a", "=", tag),), False, 100)


def marks_of(number: int) -> Iterator[int]:
    """Numbers that no other use case has, of equal length so that they order as texts too."""
    return iter(range(10_000 + number * 100, 10_000 + (number + 1) * 100))


def whole(uow: UnitOfWork, part: Part, number: int) -> list[Any]:
    """A use case; it may be run more than once."""
    seen = act(uow, part, marks_of(number))
    if part.adds is not None:
        uow.payment_intents.add(intent(part.adds))
    return seen


def expect_whole(books: Books, part: Part, number: int) -> list[Any]:
    """A use case with dictionaries."""
    seen = expect(books, part, marks_of(number))
    if part.adds is not None:
        if intent(part.adds).id in books.intents:
            raise NotUnique
        books.intents[intent(part.adds).id] = intent(part.adds)
    return seen


async def live_through(storage: SqliteStorage, history: list[list[Part]]) -> None:
    """Write each batch at once, and compare every answer and the books at the end."""
    books = Books()
    number = 0
    for batch in history:
        works: list[Any] = []
        expected: list[Any] = []
        for part in batch:
            number += 1
            works.append(storage.write(whole, part, number))
            before = copy.deepcopy(books)
            try:
                expected.append(expect_whole(books, part, number))
            except (Oops, NotUnique) as error:
                books = before
                expected.append(type(error))
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        told = [type(one) if isinstance(one, Exception) else one for one in outcomes]
        assert told == expected
    await check(storage, books)


async def check(storage: SqliteStorage, books: Books) -> None:
    """Compare the books with what both ways of reading say."""
    for look in (storage.read, storage.scan):
        intents = await look(lambda uow: uow.payment_intents.find({}))
        assert {item.id: item for item in intents} == books.intents
        states = await look(lambda uow: uow.plugin_state.find({}))
        assert {state.id: state for state in states} == books.states
        accounts = await look(lambda uow: uow.ledger_accounts.find({}, order="code"))
        totals = [-books.total, books.total] if books.posted else []
        assert [account.balance for account in accounts] == totals
        assert len(await look(lambda uow: uow.ledger_transfers.find({}))) == books.posted
        for tag in "xy":
            found = await look(act_once, ("search", tag), 0)
            assert found == books.find(tag)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its tables."""
    path = tmp_path_factory.mktemp("template") / FILE_NAME
    migrate(path, SqliteConfig())
    return path


@given(history=st.lists(st.lists(WHOLES, min_size=1, max_size=6), max_size=4))
@example(
    # Of two writes at once, one adds what is there and one removes it: the first has to fail.
    [[Part([("put", 0, {})], False)], [Part([], False, adds=0), Part([("remove", 0)], False)]]
)
@example(
    # The same, when the one that removes it puts it back.
    [
        [Part([("put", 0, {})], False)],
        [Part([], False, adds=0), Part([("remove", 0), ("put", 0, {})], False)],
    ]
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_history_ends_as_dictionaries_do(template: Path, history: list[list[Part]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / FILE_NAME)

        async def run() -> None:
            context = plugin_context("storage_sqlite", SqliteConfig(), Path(folder))
            async with open_storage(context) as storage:
                await live_through(storage, history)

        asyncio.run(run())
