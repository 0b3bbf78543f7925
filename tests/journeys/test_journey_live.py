"""Journeys of news: the live status of one payment, and the log of all of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from tests.served import Shop, until

from stacktill.web.live import STREAMS_PER_INTENT


class Stream:
    """One open stream of server-sent events, read on a thread."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.frames: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait(self, event: str) -> dict[str, Any]:
        """The first frame of that kind."""
        return until(lambda: next((f for f in self.frames if f["event"] == event), None)) or {}

    def _read(self) -> None:
        frame: dict[str, Any] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if name in ("id", "event"):
                    frame[name] = value
                elif name == "data":
                    frame["data"] = json.loads(value)
                elif not line and "event" in frame:
                    self.frames.append(frame)
                    frame = {}
        except (httpx.StreamError, httpx.TransportError):
            pass  # The test closed it.


@contextmanager
def follow(
    shop: Shop,
    intent: Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    last_event_id: str | None = None,
) -> Iterator[Stream]:
    headers = {"Authorization": f"Bearer {key or shop.secret_key}"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    url = f"{shop.url}/v1/payment_intents/{intent['id']}/events"
    with (
        httpx.Client(timeout=30) as http,
        http.stream("GET", url, params=params, headers=headers) as answer,
    ):
        if answer.status_code == 200:
            assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


def test_a_payers_page_follows_a_payment(shop: Shop) -> None:
    intent = shop.intent(20_000, metadata={"margin": "40 %"})
    secret = {"client_secret": intent["client_secret"]}
    with follow(shop, intent, secret, key=shop.publishable_key) as stream:
        assert stream.wait("snapshot")["data"]["status"] == "requires_action"
        shop.pay(intent)
        done = stream.wait("payment_intent.succeeded")
        assert done["data"]["data"]["object"]["status"] == "succeeded"
        assert "metadata" not in done["data"]["data"]["object"]
        # What came before may be told after the snapshot: it gets its place in the log a little later.
        first, *_, before_last, last = [frame["event"] for frame in stream.frames]
        assert (first, before_last, last) == (
            "snapshot",
            "payment_intent.processing",
            "payment_intent.succeeded",
        )


def test_a_stream_is_resumed_without_loss_or_repetition(shop: Shop) -> None:
    intent = shop.intent(20_000)
    with follow(shop, intent) as stream:
        stream.wait("snapshot")
        shop.pay(intent, amount=5_000)
        seen = stream.wait("payment_intent.partially_funded")
    shop.pay(intent)
    with follow(shop, intent, last_event_id=seen["id"]) as stream:
        stream.wait("payment_intent.succeeded")
        assert [frame["event"] for frame in stream.frames] == [
            "payment_intent.processing",
            "payment_intent.succeeded",
        ]
    ids = [event["id"] for event in shop.events(intent["id"])]
    assert seen["id"] in ids
    with follow(shop, intent, {"last_event_id": ids[0]}) as stream:
        stream.wait("payment_intent.succeeded")
        assert [frame["id"] for frame in stream.frames] == ids[1:]


def test_a_stream_is_only_for_those_who_may(shop: Shop) -> None:
    intent = shop.intent(20_000)
    for params, key, status in (
        ({}, shop.publishable_key, 404),
        ({"client_secret": "wrong"}, shop.publishable_key, 404),
        ({}, "sk_test_wrong", 401),
        ({"last_event_id": "evt_x"}, shop.secret_key, 400),
    ):
        with follow(shop, intent, params, key=key) as stream:
            assert stream.answer.status_code == status


def test_one_payment_does_not_take_everybodys_streams(shop: Shop) -> None:
    """Whoever holds a client secret may open many; other payers still have theirs."""
    crowded, other = shop.intent(), shop.intent()
    with ExitStack() as streams:
        for _ in range(STREAMS_PER_INTENT):
            streams.enter_context(follow(shop, crowded)).wait("snapshot")
        refused = streams.enter_context(follow(shop, crowded)).answer
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "5"
        assert streams.enter_context(follow(shop, other)).answer.status_code == 200


@pytest.fixture
def told(shop: Shop) -> list[dict[str, Any]]:
    """A shop's whole log, in the order of its positions."""
    for amount in (1_000, 2_000, 3_000):
        shop.pay(shop.intent(amount))
    until(lambda: len(found := shop.events()) >= 15 and all(e["position"] for e in found))
    return sorted(shop.events(), key=lambda event: int(event["position"]))


def test_the_log_is_read_by_position(shop: Shop, told: list[dict[str, Any]]) -> None:
    read, position = [], 0
    while True:
        page = shop.get("/v1/events", {"after_position": position, "limit": 4})
        read += page["data"]
        position = page["next_position"]
        if not page["has_more"]:
            break
    assert [event["id"] for event in read] == [event["id"] for event in told]
    positions = [event["position"] for event in read]
    assert positions == sorted(set(positions))
    page = shop.get("/v1/events", {"after_position": position})
    assert (page["data"], page["next_position"]) == ([], position)


def test_an_event_never_changes(shop: Shop, told: list[dict[str, Any]]) -> None:
    first = told[0]
    intent = first["data"]["object"]
    shop.post(f"/v1/payment_intents/{intent['id']}", {"metadata": {"later": "1"}})
    again = shop.get(f"/v1/events/{first['id']}")
    assert again["data"] == first["data"]
