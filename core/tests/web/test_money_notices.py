"""Events, webhook endpoints and deliveries over HTTP; secrets are shown once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Refused, Till, open_till
from core.tests.web.money_kit import everything_kept, ids, keyed

from stacktill.application.relay import settle_delivery
from stacktill.domain.events import EVENT_TYPES
from stacktill.domain.webhooks import Delivery
from stacktill.plugin import Attempt

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOOK = "http://127.0.0.1:9/hook"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


def types(page: dict[str, Any]) -> list[str]:
    return [item["type"] for item in page["data"]]


async def intent(till: Till) -> dict[str, Any]:
    return await till.post("/v1/payment_intents", amount=1_000, currency="btc", confirm=True)


async def endpoint(till: Till, **params: Any) -> dict[str, Any]:
    wish = {"url": HOOK, "enabled_events": ["*"], **params}
    return await till.post("/v1/webhook_endpoints", **wish)


async def relay(till: Till) -> None:
    await till.appliance.relay.drain()


async def settle(till: Till, outcome: Any, *, event: str, again: float | None = None) -> None:
    """End the pending delivery of an event as an attempt would."""
    where = {"event_id": event, "status": "pending"}
    found: list[Delivery] = await till.appliance.storage.read(
        lambda uow: uow.deliveries.find(where)
    )
    for delivery in found:
        attempt = Attempt(outcome, 12, status=500, response="no", error=None)
        await till.write(settle_delivery, till.services, delivery, attempt, again)


class TestEvents:
    URL = "/v1/events"

    async def test_newest_first_by_type_group_and_object(self, till: Till) -> None:
        first, second = await intent(till), await intent(till)
        await till.post(f"/v1/payment_intents/{first['id']}/cancel")
        told = ["payment_intent.canceled", *["payment_intent.requires_action"] * 2]
        page = await till.get(self.URL, type="payment_intent.*")
        assert types(page)[0] == told[0]
        assert len(types(page)) == 5
        assert types(await till.get(self.URL, type="payment_intent.canceled")) == told[:1]
        assert types(await till.get(self.URL, type="invoice.paid")) == []
        names = {"types[]": ["payment_intent.canceled", "payment_intent.requires_action"]}
        assert types(await till.get(self.URL, **names)) == told
        mine = await till.get(self.URL, related_object=second["id"])
        assert {event["data"]["object"]["id"] for event in mine["data"]} == {second["id"]}
        page = await till.get(self.URL, limit=1)
        rest = await till.get(self.URL, starting_after=ids(page)[0], limit=100)
        assert page["has_more"] is True
        assert not set(ids(page)) & set(ids(rest))
        event = page["data"][0]
        assert await till.get(f"{self.URL}/{event['id']}") == event
        assert event["object"] == "event"
        assert event["type"] in EVENT_TYPES

    async def test_by_position_the_log_is_read_upwards(self, till: Till) -> None:
        await intent(till)
        await relay(till)
        start = (await till.get(self.URL, after_position=0, limit=1))["data"][0]["position"]
        await intent(till)
        unplaced = await till.get(self.URL, after_position=start, limit=100)
        await relay(till)
        page = await till.get(self.URL, after_position=start, limit=2)
        positions = [event["position"] for event in page["data"]]
        assert positions == sorted(positions)
        assert all(place > start for place in positions)
        assert ids(unplaced) == ids(page)[: len(ids(unplaced))]
        assert page["next_position"] == positions[-1]
        assert page["has_more"] is True
        rest = await till.get(self.URL, after_position=page["next_position"])
        assert rest["has_more"] is False
        end = rest["next_position"]
        last = await till.get(self.URL, after_position=end)
        assert (last["data"], last["next_position"]) == ([], end)
        kind = await till.get(self.URL, after_position=0, type="payment_intent.created")
        assert set(types(kind)) == {"payment_intent.created"}

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"after_position": 0, "starting_after": "evt_1"}, "parameters_exclusive"),
            ({"after_position": 0, "ending_before": "evt_1"}, "parameters_exclusive"),
            ({"after_position": 0, "delivery_success": "true"}, "parameters_exclusive"),
            ({"type": "a.b", "types[]": "a.b"}, "parameters_exclusive"),
            ({"types[]": "payment_intent.*"}, None),
            ({"after_position": -1}, "parameter_invalid_integer"),
            ({"starting_after": "evt_1"}, "resource_missing"),
        ],
    )
    async def test_refusals(self, till: Till, params: dict[str, Any], code: str | None) -> None:
        assert (await till.refused("GET", self.URL, params))[:2] == (400, code)

    async def test_pending_webhooks_counts_endpoints_to_reach(self, till: Till) -> None:
        await endpoint(till)
        await endpoint(till, enabled_events=["payment_intent.created"])
        off = await endpoint(till)
        made = await intent(till)
        created, action = (await till.get(self.URL, related_object=made["id"]))["data"][::-1]
        assert (created["pending_webhooks"], action["pending_webhooks"]) == (3, 2)
        await relay(till)
        await till.post(f"/v1/webhook_endpoints/{off['id']}", disabled=True)
        event = await till.get(f"{self.URL}/{created['id']}")
        assert event["pending_webhooks"] == 2
        await settle(till, "delivered", event=created["id"])
        event = await till.get(f"{self.URL}/{created['id']}")
        assert event["pending_webhooks"] == 0

    async def test_by_how_delivery_went(self, till: Till) -> None:
        hook = await endpoint(till)
        made = [await intent(till) for _ in range(2)]
        await relay(till)
        events = (await till.get(self.URL, limit=100))["data"]
        lost = next(
            event["id"] for event in events if event["data"]["object"]["id"] == made[0]["id"]
        )
        for event in events:
            await settle(till, "failed" if event["id"] == lost else "delivered", event=event["id"])
        all_ids = [event["id"] for event in events]
        good = await till.get(self.URL, delivery_success="true", limit=100)
        bad = await till.get(self.URL, delivery_success="false")
        assert ids(good) == [id for id in all_ids if id != lost]
        assert ids(bad) == [lost]
        await till.post(f"/v1/webhook_endpoints/{hook['id']}/redeliver", event=lost)
        await settle(till, "delivered", event=lost)
        assert ids(await till.get(self.URL, delivery_success="false")) == []

    async def test_foreign_events_do_not_exist(self, till: Till) -> None:
        other = await till.neighbour()
        await intent(other)
        (theirs, *_) = ids(await other.get(self.URL))
        refusal = await till.refused("GET", f"{self.URL}/{theirs}")
        assert refusal == (404, "resource_missing", "id")
        assert ids(await till.get(self.URL)) == []


class TestEndpoints:
    URL = "/v1/webhook_endpoints"

    async def test_the_secret_is_in_the_first_answer_only(self, till: Till) -> None:
        made = await endpoint(till, description="Main", metadata={"a": "b"})
        assert made["secret"].startswith("whsec_")
        assert (made["status"], made["enabled_events"]) == ("enabled", ["*"])
        path = f"{self.URL}/{made['id']}"
        plain = {name: value for name, value in made.items() if name != "secret"}
        assert await till.get(path) == plain
        assert (await till.get(self.URL))["data"] == [plain]
        after = await till.post(path, enabled_events=["charge.succeeded"], disabled=True)
        assert (after["status"], after["enabled_events"]) == ("disabled", ["charge.succeeded"])
        assert "secret" not in after
        assert (await till.post(path, disabled=False))["status"] == "enabled"
        assert made["secret"] not in await everything_kept(till)
        gone = {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
        assert await till.delete(path) == gone
        assert (await till.refused("GET", path))[0] == 404

    async def test_rolling_shows_the_new_secret_once(self, till: Till) -> None:
        made = await endpoint(till)
        path = f"{self.URL}/{made['id']}/roll_secret"
        rolled = await till.post(path, overlap_seconds=60)
        assert rolled["secret"] != made["secret"]
        assert (await till.refused("POST", path, {"overlap_seconds": 86_401}))[0] == 400
        kept = await everything_kept(till)
        assert made["secret"] not in kept
        assert rolled["secret"] not in kept

    async def test_a_repeated_wish_shows_the_same_secret_from_a_sealed_record(
        self, till: Till
    ) -> None:
        wish = {"url": HOOK, "enabled_events": ["*"]}
        first = await keyed(till, self.URL, "k1", **wish)
        again = await keyed(till, self.URL, "k1", **wish)
        assert first.status_code == 200
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert first.json()["secret"] not in await everything_kept(till)
        assert len((await till.get(self.URL))["data"]) == 1
        other = await keyed(till, self.URL, "k1", **{**wish, "description": "x"})
        assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")

    async def test_a_refusal_is_repeated_from_a_sealed_record(self, till: Till) -> None:
        path = f"{self.URL}/we_nothing/roll_secret"
        first, again = await keyed(till, path, "k2"), await keyed(till, path, "k2")
        assert first.status_code == again.status_code == 404
        assert again.content == first.content

    @pytest.mark.parametrize(
        ("params", "code", "param"),
        [
            ({}, "parameter_missing", "url"),
            ({"url": HOOK}, "parameter_missing", "enabled_events"),
            ({"url": HOOK, "enabled_events": []}, None, "enabled_events"),
            ({"url": HOOK, "enabled_events": ["payment_intent.*"]}, None, "enabled_events[0]"),
            ({"url": HOOK, "enabled_events": ["*", "nodot"]}, None, "enabled_events[1]"),
            ({"url": HOOK, "enabled_events": ["Charge.x"]}, None, "enabled_events[0]"),
            ({"url": "ftp://a.example", "enabled_events": ["*"]}, "url_invalid", "url"),
            ({"url": HOOK, "enabled_events": ["*"], "secret": "x"}, "parameter_unknown", "secret"),
            (
                {"url": HOOK, "enabled_events": ["*"], "api_version": "new"},
                None,
                "api_version",
            ),
        ],
    )
    async def test_refusals(
        self, till: Till, params: dict[str, Any], code: str | None, param: str
    ) -> None:
        assert await till.refused("POST", self.URL, params) == (400, code, param)

    async def test_types_that_nobody_knows_yet_are_taken(self, till: Till) -> None:
        wanted = ["invoice.payment_action_required", "v2.core.something_new"]
        assert (await endpoint(till, enabled_events=wanted))["enabled_events"] == wanted

    async def test_foreign_endpoints_do_not_exist(self, till: Till) -> None:
        theirs = (await endpoint(await till.neighbour()))["id"]
        expected = (404, "resource_missing", "webhook_endpoint")
        for method, path, params in (
            ("GET", "", None),
            ("POST", "", None),
            ("DELETE", "", None),
            ("POST", "/roll_secret", None),
            ("GET", "/deliveries", None),
            ("POST", "/replay", {"after_position": 0}),
        ):
            assert await till.refused(method, f"{self.URL}/{theirs}{path}", params) == expected


class TestDeliveries:
    async def test_the_log_has_every_attempt(self, till: Till) -> None:
        hook = await endpoint(till)
        url = f"/v1/webhook_endpoints/{hook['id']}/deliveries"
        await intent(till)
        await relay(till)
        page = await till.get(url)
        assert page["url"] == url
        assert {item["status"] for item in page["data"]} == {"pending"}
        newest, oldest = page["data"]
        assert oldest["event_type"] == "payment_intent.created"
        await settle(till, "failed", event=oldest["event"], again=5.0)
        await settle(till, "failed", event=oldest["event"])
        await settle(till, "delivered", event=newest["event"])
        (dead,) = (await till.get(url, status="dead"))["data"]
        assert (dead["id"], dead["attempt_count"]) == (oldest["id"], 2)
        assert [one["number"] for one in dead["attempts"]] == [1, 2]
        assert dead["attempts"][0]["response_status"] == 500
        assert dead["next_attempt_at"] is None
        assert ids(await till.get(url, event=newest["event"])) == [newest["id"]]
        assert ids(await till.get(url, starting_after=newest["id"])) == [oldest["id"]]
        assert ids(await till.get(url, limit=1)) == [newest["id"]]
        assert (await till.refused("GET", url, {"status": "lost"}))[2] == "status"
        assert (await till.refused("GET", url, {"created": 1}))[1] == "parameter_unknown"

    async def test_redeliver_queues_once_per_wish(self, till: Till) -> None:
        hook = await endpoint(till)
        await intent(till)
        await relay(till)
        (event, *_) = ids(await till.get("/v1/events"))
        path = f"/v1/webhook_endpoints/{hook['id']}/redeliver"
        first = await keyed(till, path, "again", event=event)
        again = await keyed(till, path, "again", event=event)
        assert first.content == again.content
        assert first.json()["replay"] is True
        log = await till.get(f"/v1/webhook_endpoints/{hook['id']}/deliveries", event=event)
        assert len(log["data"]) == 2
        assert await till.refused("POST", path) == (400, "parameter_missing", "event")
        assert (await till.refused("POST", path, {"event": "evt_1"}))[:2] == (
            404,
            "resource_missing",
        )

    async def test_replay_says_where_to_go_on(self, till: Till) -> None:
        await intent(till)
        await relay(till)
        hook = await endpoint(till, enabled_events=["payment_intent.created"])
        path = f"/v1/webhook_endpoints/{hook['id']}/replay"
        done = await till.post(path, after_position=0)
        assert done == {
            "object": "webhook_replay",
            "next_position": None,
            "queued": 1,
            "webhook_endpoint": hook["id"],
        }
        (event,) = (await till.get("/v1/events", type="payment_intent.created"))["data"]
        place = event["position"]
        none = await till.post(path, after_position=place)
        assert none["queued"] == 0
        some = await till.post(path, after_position=place - 1, until_position=place)
        assert some["queued"] == 1
        await till.post(f"/v1/webhook_endpoints/{hook['id']}", disabled=True)
        with pytest.raises(Refused, match="disabled"):
            await till.post(path, after_position=0)
