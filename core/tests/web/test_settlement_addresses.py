"""Settlement addresses and the audit log over HTTP: who may, what it answers, what it leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from core.tests.shop_kit import Till, open_till

URL = "/v1/settlement_addresses"
WALLET = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
DELAY = 3 * 24 * 3600


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(tmp_path / "data", serves=True) as opened:
        yield opened


async def sign(till: Till, change: dict[str, Any], address: str) -> str:
    """The signature of a change's message by a wallet of the sandbox."""
    path = "/v1/test_helpers/sandbox/sign_message"
    made = await till.post(path, address=address, message=change["message"])
    signature: str = made["signature"]
    return signature


async def current(till: Till) -> str:
    address: str = (await till.get("/v1/account"))["settlement_addresses"]["test"]
    return address


async def test_a_store_begins_with_the_sandboxes_address(till: Till) -> None:
    (only,) = (await till.get(URL))["data"]
    assert only["address"] == await current(till)
    assert (only["status"], only["authority"], only["proven"]) == ("active", "box", False)


async def test_both_signatures_change_it_at_once(till: Till) -> None:
    old = await current(till)
    change = await till.post(URL, address=WALLET)
    assert change["status"] == "requires_signature"
    for part in (till.caller.merchant_id, old, WALLET, change["id"], "stacks:sandbox"):
        assert part in change["message"]
    done = await till.post(
        f"{URL}/{change['id']}/confirm",
        signature=await sign(till, change, WALLET),
        current_signature=await sign(till, change, old),
    )
    assert (done["status"], done["replaces"], done["proven"]) == ("active", old, True)
    assert await current(till) == WALLET
    assert [one["status"] for one in (await till.get(URL))["data"]] == ["active", "replaced"]
    assert "settlement_address.activated" in await till.told()


async def test_a_contract_is_taken_knowingly(till: Till) -> None:
    vault = {"address": f"{WALLET}.vault"}
    status, _, param = await till.refused("POST", URL, vault)
    assert (status, param) == (400, "address")
    change = await till.post(URL, **vault, contract_can_send=True)
    waiting = await till.post(f"{URL}/{change['id']}/confirm")
    assert (waiting["status"], waiting["proven"]) == ("scheduled", False)


async def test_without_the_old_wallet_it_takes_three_days(till: Till) -> None:
    old = await current(till)
    change = await till.post(URL, address=WALLET)
    signature = await sign(till, change, WALLET)
    waiting = await till.post(f"{URL}/{change['id']}/confirm", signature=signature)
    assert waiting["status"] == "scheduled"
    await till.post("/v1/test_helpers/sandbox/advance", seconds=DELAY - 60)
    assert await current(till) == old
    await till.post("/v1/test_helpers/sandbox/advance", seconds=120)
    assert await current(till) == WALLET
    assert (await till.get(f"{URL}/{change['id']}"))["authority"] == "delay"


async def test_it_can_be_canceled_meanwhile(till: Till) -> None:
    old = await current(till)
    change = await till.post(URL, address=WALLET)
    signature = await sign(till, change, WALLET)
    await till.post(f"{URL}/{change['id']}/confirm", signature=signature)
    canceled = await till.post(f"{URL}/{change['id']}/cancel")
    assert canceled["status"] == "canceled"
    await till.post("/v1/test_helpers/sandbox/advance", seconds=2 * DELAY)
    assert await current(till) == old
    refused = await till.refused("POST", f"{URL}/{change['id']}/cancel")
    assert refused == (400, "settlement_address_unexpected_state", None)


async def test_what_is_wrong_is_named(till: Till) -> None:
    change = await till.post(URL, address=WALLET)
    confirm = f"{URL}/{change['id']}/confirm"
    good = await sign(till, change, WALLET)
    flipped = good[:-3] + ("0" if good[-3] != "0" else "1") + good[-2:]
    invalid = (400, "signature_invalid", "signature")
    assert await till.refused("POST", confirm, {"signature": flipped}) == invalid
    assert await till.refused("POST", confirm, {"signature": "00"}) == invalid
    assert await till.refused("POST", confirm) == (400, "parameter_missing", "signature")
    assert (await till.refused("POST", confirm, {"signature": "no hex"}))[2] == "signature"
    both = {"signature": good, "current_signature": good}
    wrong = (400, "signature_invalid", "current_signature")
    assert await till.refused("POST", confirm, both) == wrong
    for address in (
        "",
        "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7",
        WALLET[:-1],
        await current(till),
    ):
        assert (await till.refused("POST", URL, {"address": address}))[2] == "address"
    assert (await till.get(f"{URL}/{change['id']}"))["status"] == "requires_signature"


@pytest.mark.parametrize("kind", ["restricted", "publishable"])
async def test_lesser_keys_change_nothing(till: Till, kind: str) -> None:
    scopes = {"scopes": ["settlement_addresses:write", "audit_log:read"]}
    made = await till.post("/v1/api_keys", kind=kind, **(scopes if kind == "restricted" else {}))
    lesser = replace(till, key=made["key"])
    change = await till.post(URL, address=WALLET)
    for path in (URL, f"{URL}/{change['id']}/confirm", f"{URL}/{change['id']}/cancel"):
        refused = await lesser.refused("POST", path, {"address": WALLET} if path == URL else None)
        assert refused[:2] == (403, "secret_key_required")
    if kind == "restricted":
        assert (await lesser.get(URL))["data"]
        assert (await lesser.get("/v1/audit_log"))["data"]


async def test_a_wallet_of_another_store_does_not_sign_for_you(till: Till) -> None:
    other = await till.neighbour()
    path = "/v1/test_helpers/sandbox/sign_message"
    wish = {"address": await current(other), "message": "x"}
    assert await till.refused("POST", path, wish) == (400, None, "address")


async def test_the_audit_log_names_the_key_that_acted(till: Till) -> None:
    change = await till.post(URL, address=WALLET)
    page = await till.get("/v1/audit_log", related_object=change["id"])
    (entry,) = page["data"]
    assert entry["action"] == "settlement_address.requested"
    keys = {one["id"] for one in (await till.get("/v1/api_keys"))["data"]}
    assert entry["actor"] in keys
    assert entry["details"]["address"] == WALLET


async def test_the_audit_log_tells_who_is_warned_and_who_may_act(till: Till) -> None:
    await till.post("/v1/account", email="thief@shop.example")
    key = await till.post("/v1/api_keys", kind="secret")
    await till.post(f"/v1/api_keys/{key['id']}/revoke")
    hook = {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
    endpoint = await till.post("/v1/webhook_endpoints", **hook)
    await till.post(f"/v1/webhook_endpoints/{endpoint['id']}", disabled=True)
    await till.delete(f"/v1/webhook_endpoints/{endpoint['id']}")
    page = await till.get("/v1/audit_log", limit=6)
    assert [entry["action"] for entry in page["data"]] == [
        "webhook_endpoint.deleted",
        "webhook_endpoint.changed",
        "webhook_endpoint.created",
        "api_key.revoked",
        "api_key.created",
        "account.email_changed",
    ]
    entries = page["data"]
    for entry, before in pairwise(entries):
        assert entry["previous_hash"] == before["hash"]
        assert entry["number"] == before["number"] + 1
    assert key["key"] not in str(entries)
    assert endpoint["secret"] not in str(entries)
