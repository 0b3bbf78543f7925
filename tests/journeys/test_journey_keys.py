"""Journeys of keys and of browsers: who may call, for how long, from where."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from tests.served import Refusal, Served, Shop, until


def works(shop: Shop, key: str) -> bool:
    try:
        shop.send("GET", "/v1/balance", key=key)
    except Refusal as refused:
        return refused.status != 401
    return True


def test_a_merchant_is_made_by_command_while_the_server_runs(served: Served) -> None:
    said = served.run("merchant", "create", "--name", "Café", "--email", "c@example.com", "--json")
    made = json.loads(said)
    headers = {"Authorization": f"Bearer {made['secret_key']}"}
    account = httpx.get(f"{served.url}/v1/account", headers=headers).json()
    assert (account["id"], account["email"]) == (made["merchant"]["id"], "c@example.com")
    shop = Shop(served.url, account["id"], made["secret_key"], made["publishable_key"], served.http)
    intent = shop.intent(1_000)
    shop.pay(intent)
    assert shop.read(intent)["status"] == "succeeded", "its address is watched at once"


def test_a_key_is_rolled_with_an_overlap_and_revoked(served: Served, shop: Shop) -> None:
    listed = shop.get("/v1/api_keys")["data"]
    (old,) = [key for key in listed if key["kind"] == "secret"]
    assert shop.secret_key not in json.dumps(listed)
    new = shop.post(f"/v1/api_keys/{old['id']}/roll", {"overlap_seconds": 2})
    rolled_at = time.monotonic()
    text = new["key"]
    assert works(shop, shop.secret_key)
    assert works(shop, text)
    until(lambda: not works(shop, shop.secret_key), seconds=6)
    assert time.monotonic() - rolled_at > 1
    assert works(shop, text)
    served.run("keys", "revoke", new["id"])
    until(lambda: not works(shop, text), seconds=3)


def test_keys_by_command(served: Served, shop: Shop) -> None:
    made = json.loads(
        served.run(
            *("keys", "create", "--merchant", shop.id, "--json"),
            *("--kind", "restricted", "--scopes", "payment_intents:write,events:read"),
        )
    )
    text = made["key"]
    wish = {"amount": 1_000, "currency": "btc"}
    assert shop.send("POST", "/v1/payment_intents", wish, key=text)["amount"] == 1_000
    assert shop.send("GET", "/v1/events", key=text)["object"] == "list"
    with pytest.raises(Refusal) as refused:
        shop.send("GET", "/v1/balance", key=text)
    assert refused.value.status == 403
    assert "balance:read" in refused.value.error["message"]
    listed = json.loads(served.run("keys", "list", "--merchant", shop.id, "--json"))
    assert {key["kind"] for key in listed} == {"secret", "publishable", "restricted"}
    assert text not in json.dumps(listed)


def test_cors_and_security_headers(tmp_path: Path) -> None:
    origin = "https://shop.example"
    config = tmp_path / "stacktill.toml"
    config.write_text(f'[server]\ncors_origins = ["{origin}"]\n')
    with Served.running(tmp_path / "data", STACKTILL_CONFIG=str(config)) as served:
        shop = served.shop()
        url = f"{served.url}/v1/payment_intents"
        asks = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }
        preflight = httpx.options(url, headers=asks)
        assert preflight.status_code in (200, 204)
        assert preflight.headers["access-control-allow-origin"] == origin
        assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
        key = {"Authorization": f"Bearer {shop.secret_key}"}
        answer = httpx.get(url, headers={**key, "Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        stranger = httpx.get(url, headers={**key, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
        pages = {"/v1/nothing": 404, "/v1/balance": 401, "/health/live": 200, "/docs": 200}
        for path, status in pages.items():
            answer = httpx.get(served.url + path, headers={"Origin": origin})
            assert answer.status_code == status
            headers = answer.headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src" in headers["content-security-policy"]
            assert headers["request-id"].startswith("req_")
