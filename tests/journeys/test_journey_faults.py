"""Journeys through bad weather: a chain that stalls or lies, a restart, a kill in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.served import Mailbox, Served, Shop, until

# One process runs them all, so that the appliance is started once.
pytestmark = pytest.mark.xdist_group("stormy")

FAULTS = ("down", "slow", "429", "garbage", "stale")


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance of its own: what happens to its chain is nobody else's business."""
    settings = {
        "STACKTILL__CHAIN__POLL_SECONDS": "0.2",
        "STACKTILL__PLUGINS__CHAIN_SANDBOX__SLOW_FAULT_SECONDS": "0.2",
    }
    with Served.running(tmp_path_factory.mktemp("stormy") / "data", **settings) as appliance:
        yield appliance


@pytest.fixture
def shop(stormy: Served) -> Shop:
    return stormy.shop()


@pytest.mark.parametrize("mode", FAULTS)
def test_a_payment_during_a_fault_is_found_after_it(stormy: Served, shop: Shop, mode: str) -> None:
    before, during = shop.intent(1_000), shop.intent(2_000)
    shop.pay(before)
    stormy.run("sandbox", "api-fault", mode)
    try:
        shop.pay(during)
        assert shop.read(before)["status"] == "succeeded", "what is booked stays booked"
        assert shop.intent(3_000)["status"] == "requires_action", "shops go on selling"
        assert httpx.get(f"{stormy.url}/health/live").status_code == 200
    finally:
        shop.sandbox("api_fault", mode="none")
    until(lambda: shop.read(during)["status"] == "succeeded", seconds=20)
    assert shop.get("/v1/balance")["available"][0]["amount"] == 3_000


def test_a_stalled_chain_expires_nobody_and_goes_on(stormy: Served, shop: Shop) -> None:
    intent = shop.intent(20_000)
    stormy.run("sandbox", "stall")
    try:
        shop.pay(intent, mine=False)
        with pytest.raises(Exception, match="stand"):
            shop.sandbox("mine")
        assert shop.read(intent)["status"] == "requires_action"
    finally:
        stormy.run("sandbox", "resume")
    shop.sandbox("mine")
    assert shop.read(intent)["status"] == "succeeded"


def books(shop: Shop) -> dict[str, Any]:
    """Everything a shop can read about its money."""
    names = ("payment_intents", "charges", "refunds", "deposits", "balance_transactions", "balance")
    return {name: shop.get(f"/v1/{name}") for name in names}


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_in_the_middle_loses_nothing(tmp_path: Path, how: str) -> None:
    with Mailbox() as mailbox, Served.running(tmp_path / "data") as served:
        shop = served.shop()
        mailbox.open_at(shop)
        paid, open_intent, large = shop.intent(1_000), shop.intent(2_000), shop.intent(500_000)
        shop.pay(paid)
        shop.pay(open_intent, amount=500)
        shop.pay(large, mine=False)
        shop.sandbox("mine")
        refund = shop.post("/v1/refunds", {"payment_intent": paid["id"], "amount": 400})
        before = books(shop)
        served.stop() if how == "stop" else served.kill()

        served.start()
        assert books(shop) == before
        shop.pay(open_intent)
        shop.post(f"/v1/test_helpers/refunds/{refund['id']}/sign")
        shop.sandbox("mine", count=3, bitcoin=True)
        for intent in (paid, open_intent, large):
            assert shop.read(intent)["status"] == "succeeded"
        assert shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded"
        assert shop.get("/v1/balance")["available"][0]["amount"] == 502_600
        until(lambda: {e["id"] for e in shop.events()} <= {e["id"] for e in mailbox.events})
        log = shop.events()
        sent = {event["id"]: event["data"] for event in mailbox.events}
        assert {event["id"]: event["data"] for event in log} == sent


def test_a_second_server_on_the_same_folder_is_refused(stormy: Served) -> None:
    with pytest.raises(AssertionError, match="Another server already runs"):
        stormy.run("serve", "--port", "0")


def test_health_and_metrics(stormy: Served, shop: Shop) -> None:
    shop.intent()
    ready = httpx.get(f"{stormy.url}/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert {"storage", "outbox", "disk", "chain_test"} <= set(ready.json()["parts"])
    metrics = httpx.get(f"{stormy.url}/metrics")
    assert metrics.status_code == 200
    assert "\nstacktill_" in metrics.text or metrics.text.startswith("# ")
    secrets = (shop.secret_key, shop.publishable_key)
    log = "\n".join(str(line) for line in stormy.said)
    assert not [secret for secret in secrets if secret in log]
    assert all(line["request_id"] for line in stormy.said if line["event"] == "request.finished")


def test_a_stale_source_lets_nothing_expire(shop: Shop) -> None:
    """What was paid meanwhile cannot be seen yet, so nobody's time may run out."""
    intent = shop.intent(1_000)
    shop.sandbox("api_fault", mode="stale")
    try:
        shop.pay(intent)
        shop.sandbox("expire", payment=intent["id"])
        assert shop.read(intent)["status"] == "requires_action"
    finally:
        shop.sandbox("api_fault", mode="none")
    until(lambda: shop.read(intent)["status"] == "succeeded", seconds=20)


class Found(Served):
    """A server that chose its port by itself."""

    def _is_ready(self) -> bool:
        word = self.data_dir / "server.json"
        if word.exists():
            self.url = json.loads(word.read_text())["url"]
        return super()._is_ready()


def test_a_free_port_is_found_and_told(tmp_path: Path) -> None:
    """With port 0 the addresses that shops and payers are given name the port that was found."""
    with Found.running(tmp_path / "data", STACKTILL__SERVER__PORT="0") as served:
        assert not served.url.endswith(f":{served.port}")
        display = served.shop().intent()["next_action"]["crypto_display_details"]
        assert display["hosted_url"].startswith(f"{served.url}/pay/")
        assert served.http.get(display["hosted_url"]).status_code == 200
