"""Every operation, asked with the ids of another merchant and with every key that does not open it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.belongings import belongings
from tests.contract import check_answer
from tests.dump import books, settled
from tests.served import Served, Shop, form

from stacktill.application.keys import create_key
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings
from stacktill.web.api.operation import Operation
from stacktill.web.live import LIVE_OPERATION
from stacktill.web.pages.examples import example_params
from stacktill.web.resources.every import OPERATIONS
from stacktill.web.statements import CSV_OPERATION

ALL = {operation.name: operation for operation in (*OPERATIONS, LIVE_OPERATION, CSV_OPERATION)}
WITH_ID = [name for name, operation in ALL.items() if "{" in operation.path]
LISTS = [
    name
    for name, operation in ALL.items()
    if operation.method == "GET" and "{" not in operation.path
]
REFERENCES: list[tuple[str, dict[str, Any]]] = [
    ("payment_intents.create", {"customer": "cus"}),
    ("payment_intents.create", {"payment_method": "pm", "confirm": True}),
    ("payment_intents.create", {"payment_method": "pm"}),
    ("refunds.create", {"payment_intent": "pi", "amount": None}),
    ("refunds.create", {"charge": "ch", "payment_intent": None, "amount": None}),
    ("payment_methods.attach", {"id": "own_pm", "customer": "cus"}),
    ("prices.create", {"product": "prod", "product_data": None}),
    ("payment_links.create", {"line_items": [{"price": "price", "quantity": 1}]}),
    ("pay_buttons.create", {"payment_link": "plink", "amount": None, "description": None}),
    ("checkout_sessions.create", {"customer": "cus"}),
    ("checkout_sessions.create", {"line_items": [{"price": "price", "quantity": 1}]}),
    ("webhook_endpoints.redeliver", {"id": "own_we", "event": "evt"}),
    ("test_helpers.sandbox_pay", {"payment": "pi"}),
    ("test_helpers.sandbox_pay", {"payment": "cs"}),
    ("test_helpers.sandbox_expire", {"payment": "pi"}),
    ("test_helpers.sandbox_expire", {"payment": "cs"}),
    ("payment_intents.update", {"id": "own_open", "customer": "cus"}),
    ("payment_intents.update", {"id": "own_open", "payment_method": "pm"}),
    ("payment_intents.confirm", {"id": "own_open", "payment_method": "pm"}),
    ("charges.update", {"id": "own_ch", "customer": "cus"}),
    ("products.update", {"id": "own_prod", "default_price": "price"}),
]
CURSORS = ("starting_after", "ending_before")


@dataclass
class Scene:
    """The victim, the attacker, what the victim has, and the keys that must not open it."""

    victim: Shop
    attacker: Shop
    ids: dict[str, str]
    keys: dict[str, str | None] = field(default_factory=dict)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance on which nothing happens but what these tests do."""
    budget = {"STACKTILL__SPONSOR__DAILY_BUDGET_USTX": "1000000"}
    with Served.running(tmp_path_factory.mktemp("matrix") / "data", **budget) as appliance:
        appliance.http.event_hooks = {"response": [check_answer]}
        yield appliance


@pytest.fixture(scope="module")
def scene(quiet: Served) -> Scene:
    victim, attacker = quiet.shop(), quiet.shop()
    ids = {**belongings(victim), **{f"own_{k}": v for k, v in belongings(attacker).items()}}
    keys = make_keys(quiet, victim, attacker)
    settled(quiet.data_dir)
    return Scene(victim, attacker, ids, keys)


@pytest.fixture(autouse=True)
def unchanged(quiet: Served, scene: Scene) -> Iterator[None]:
    before = books(quiet.data_dir)
    yield
    after = books(quiet.data_dir)
    assert [name for name, rows in after.items() if rows != before.get(name)] == []


def make_keys(served: Served, victim: Shop, attacker: Shop) -> dict[str, str | None]:
    """The keys that must not open the victim's objects."""
    revoked = victim.post("/v1/api_keys", {"kind": "secret"})
    victim.post(f"/v1/api_keys/{revoked['id']}/revoke")
    narrow = {"kind": "restricted", "scopes": ["account:read"]}
    live = asyncio.run(live_keys(served.environ, victim.id, attacker.id))
    return {
        "another's secret key": attacker.secret_key,
        "another's publishable key": attacker.publishable_key,
        "a restricted key without the scope": victim.post("/v1/api_keys", narrow)["key"],
        "a revoked key": revoked["key"],
        "the live key": live[0],
        "another's live key": live[1],
        "an unknown key": "sk_test_" + "x" * 32,
        "no key": None,
    }


async def live_keys(environ: Mapping[str, str], *merchants: str) -> list[str]:
    async with open_appliance(load_settings(None, environ=environ), loops=False) as appliance:
        services = appliance.services
        return [
            (
                await appliance.storage.write(
                    create_key, services, merchant, livemode=True, kind="secret"
                )
            ).text
            for merchant in merchants
        ]


def beginning(operation: Operation) -> str:
    """Which kind of id the path of an operation takes."""
    path = operation.path
    table = {
        "accounts/": "acct",
        "refunds/": "re",
        "balance": "txn",
        "payment_intents/": "pi",
        "charges/": "ch",
        "checkout/sessions/": "cs",
        "customers/": "cus",
        "deposits/": "dep",
        "events/": "evt",
        "api_keys/": "key",
        "payment_links/": "plink",
        "payment_methods/": "pm",
        "prices/": "price",
        "products/": "prod",
        "settlement_addresses/": "sa",
        "settlement_statements/": "stmt",
        "sponsorships/": "sp",
        "webhook_endpoints/": "we",
    }
    return next(kind for part, kind in table.items() if part in path)


def ask(scene: Scene, name: str, key: str | None, id: str, **change: Any) -> httpx.Response:
    """Call an operation about an id, with parameters that are in order but for ``change``."""
    operation = ALL[name]
    params = {**example_params(name), **change}
    if operation.test_only and "mine" in operation.params.names:
        params |= {"mine": False}
    flat = form({field: value for field, value in params.items() if value is not None})
    path = operation.path.replace("{id}", id).replace("{method}", scene.ids["pm"])
    return scene.victim.http.request(
        operation.method,
        scene.victim.url + path,
        params=flat if operation.method != "POST" else None,
        data=flat if operation.method == "POST" else None,
        headers={} if key is None else {"Authorization": f"Bearer {key}"},
    )


def told(answer: httpx.Response, id: str) -> tuple[int, str]:
    """What an answer says, without the id that was asked about."""
    return answer.status_code, re.sub(r"req_\w+", "req", answer.text.replace(id, "ID"))


def nobodys(id: str) -> str:
    """An id of the same form that nothing has."""
    return id[:-10] + "zzzzzzzzzz"


def test_the_victim_itself_finds_everything(scene: Scene) -> None:
    for name in WITH_ID:
        operation = ALL[name]
        if operation.method == "GET" and not operation.returns.startswith("stream:"):
            answer = ask(scene, name, scene.victim.secret_key, scene.ids[beginning(operation)])
            assert answer.status_code == 200, (name, answer.text)


@pytest.mark.parametrize("name", WITH_ID)
def test_an_id_of_another_is_like_none(scene: Scene, name: str) -> None:
    operation = ALL[name]
    id = scene.ids[beginning(operation)]
    expected = {
        "another's secret key": {404} if beginning(operation) != "acct" else {403},
        "another's publishable key": {404} if operation.access == "payer" else {403},
        "a restricted key without the scope": {403},
        "a revoked key": {401},
        "the live key": {403} if operation.test_only else {404},
        "another's live key": {403} if operation.test_only else {404},
        "an unknown key": {401},
        "no key": {401},
    }
    if operation.resource == "account":
        # A live key opens its own account, which both modes share.
        del expected["the live key"], expected["a restricted key without the scope"]
        expected["another's live key"] = {403}
    for kind, statuses in expected.items():
        key = scene.keys[kind]
        answer = ask(scene, name, key, id)
        assert answer.status_code in statuses, (kind, answer.text)
        assert told(answer, id) == told(ask(scene, name, key, nobodys(id)), nobodys(id)), kind


@pytest.mark.parametrize("name", [name for name in ALL if name not in WITH_ID])
def test_no_operation_is_open_without_a_key_that_may(scene: Scene, name: str) -> None:
    operation = ALL[name]
    expected = {
        "another's publishable key": {403},
        "a restricted key without the scope": {403},
        "a revoked key": {401},
        "an unknown key": {401},
        "no key": {401},
    }
    if operation.resource == "account" and operation.method == "GET":
        del expected["a restricted key without the scope"]
    for kind, statuses in expected.items():
        answer = ask(scene, name, scene.keys[kind], "")
        assert answer.status_code in statuses, (kind, answer.text)


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_what_is_anothers(scene: Scene, name: str) -> None:
    operation = ALL[name]
    theirs = [id for kind, id in scene.ids.items() if not kind.startswith("own_")]
    filters: list[dict[str, Any]] = [{}]
    if not operation.returns.startswith("search:"):
        names = [each for each in operation.params.names if each in FILTERS]
        filters = [{each: scene.ids[FILTERS[each]]} for each in names] or [{}]
    for key in ("another's secret key", "another's live key", "the live key"):
        if key == "the live key" and operation.resource == "account":
            continue
        for change in filters:
            answer = ask(scene, name, scene.keys[key], "", **change)
            assert answer.status_code in (200, 400, 403), answer.text
            text = answer.text if answer.status_code == 200 else ""
            assert not [id for id in theirs if id in text], key


FILTERS = {
    "charge": "ch",
    "customer": "cus",
    "payment_intent": "pi",
    "payment_link": "plink",
    "product": "prod",
    "related_object": "pi",
    "source": "ch",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_of_another_is_like_none(scene: Scene, name: str) -> None:
    operation = ALL[name]
    item = operation.returns.rpartition(":")[2]
    for cursor in CURSORS:
        if cursor not in operation.params.names:
            continue
        id = scene.ids[KINDS[item]]
        key = scene.attacker.secret_key
        answer = ask(scene, name, key, "", **{cursor: id})
        assert answer.status_code == 400, answer.text
        other = ask(scene, name, key, "", **{cursor: nobodys(id)})
        assert told(answer, id) == told(other, nobodys(id))


KINDS = {
    "api_key": "key",
    "balance_transaction": "txn",
    "charge": "ch",
    "checkout.session": "cs",
    "customer": "cus",
    "deposit": "dep",
    "event": "evt",
    "payment_intent": "pi",
    "payment_link": "plink",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "refund": "re",
    "settlement_address": "sa",
    "settlement_statement": "stmt",
    "sponsorship": "sp",
    "audit_entry": "aud",
    "webhook_endpoint": "we",
}


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("name", "change"), REFERENCES, ids=lambda each: json.dumps(each)[:60])
def test_a_reference_to_anothers_is_like_one_to_nothing(
    scene: Scene, name: str, change: dict[str, Any]
) -> None:
    own = {kind: id for kind, id in scene.ids.items() if kind.startswith("own_")}
    theirs = {kind: id for kind, id in scene.ids.items() if kind not in own}
    empty = {kind: nobodys(id) for kind, id in theirs.items()}
    answers = []
    for ids in (theirs, empty):
        params = filled(change, {**own, **ids})
        id = params.pop("id", "")
        answer = ask(scene, name, scene.attacker.secret_key, id, **params)
        assert answer.status_code in (400, 404), answer.text
        text = answer.text
        for each in ids.values():
            text = text.replace(each, "ID")
        answers.append((answer.status_code, re.sub(r"req_\w+", "req", text)))
    assert answers[0] == answers[1]
    assert json.loads(answers[0][1])["error"]["code"] == "resource_missing"


def test_the_secret_of_one_intent_opens_no_other(scene: Scene) -> None:
    victim, key = scene.victim, scene.victim.publishable_key
    secret = victim.get(f"/v1/payment_intents/{scene.ids['pi']}")["client_secret"]
    other = victim.get("/v1/payment_intents")["data"][-1]["id"]
    for name in ("payment_intents.retrieve", "payment_intents.confirm", "payment_intents.events"):
        for wrong in ({}, {"client_secret": secret}, {"client_secret": "x"}):
            answer = ask(scene, name, key, other, **wrong)
            assert answer.status_code == 404, answer.text
    assert ask(scene, "payment_intents.retrieve", key, scene.ids["pi"]).status_code == 404


def test_a_payer_sees_nothing_of_the_merchants_own(scene: Scene) -> None:
    victim, key, id = scene.victim, scene.victim.publishable_key, scene.ids["pi"]
    secret = {"client_secret": victim.get(f"/v1/payment_intents/{id}")["client_secret"]}
    shown = ask(scene, "payment_intents.retrieve", key, id, **secret)
    assert "metadata" not in shown.json()
    assert "customer" not in shown.json()
    expanded = ask(
        scene, "payment_intents.retrieve", key, id, **secret, expand=["payment_method.customer"]
    )
    assert expanded.status_code == 403
    refused = ask(scene, "payment_intents.confirm", key, id, **secret)
    assert refused.status_code == 400
    assert "metadata" not in refused.json()["error"]["payment_intent"]
