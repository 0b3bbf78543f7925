"""What must be true of a box after all its deaths, by its public API and its receivers' logs alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import httpx
import stripe
from tests.processes.writers import Answered, Writers
from tests.served import Mailbox, Shop, until

__all__ = ["check_answers", "check_books", "check_post", "everything"]

PAGE = 100
TOLERANCE_SECONDS = 300
"""What the official SDK takes as fresh."""


def everything(shop: Shop, path: str) -> list[dict[str, Any]]:
    """A whole list, oldest first."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": PAGE}
    while True:
        page = shop.get(path, params)
        found += page["data"]
        if not page["has_more"]:
            return found[::-1]
        params = {"limit": PAGE, "starting_after": page["data"][-1]["id"]}


def check_answers(shop: Shop, writers: Writers) -> None:
    """No acknowledged intent is lost, none is there twice, no key is stuck or answers differently."""
    assert writers.failures == []
    named = Counter(one["metadata"].get("name") for one in everything(shop, "/v1/payment_intents"))
    doubled = [name for name, count in named.items() if count > 1]
    assert doubled == [], "intents that exist twice"
    created = {key.removeprefix("create-") for key in writers.answers if key.startswith("create-")}
    assert created <= set(named), f"lost: {sorted(created - set(named))[:5]}"
    strange = set(named) - created - {"known"}
    assert not strange, f"never acknowledged: {strange}"
    with httpx.Client(timeout=30) as client:
        for key, answered in writers.answers.items():
            _check_repeated(client, shop, key, answered)


def _check_repeated(client: httpx.Client, shop: Shop, key: str, answered: Answered) -> None:
    headers = {"Authorization": f"Bearer {shop.secret_key}", "Idempotency-Key": key}
    again = client.post(shop.url + answered.path, data=answered.params, headers=headers)
    assert again.content == answered.body, f"{key}: {again.text} instead of {answered.body!r}"
    assert again.headers.get("Idempotent-Replayed") == "true", key


def placed_events(shop: Shop) -> list[dict[str, Any]]:
    """All events, once the relay has given each its place; it may have been in the dark for a while."""

    def placed() -> list[dict[str, Any]]:
        events = list(everything(shop, "/v1/events"))
        return events if all(event["position"] is not None for event in events) else []

    return until(placed, seconds=30)


def check_books(shop: Shop) -> None:
    """The money and the stories add up, as far as the API tells."""
    intents = {one["id"]: one for one in everything(shop, "/v1/payment_intents")}
    stories: defaultdict[str, list[str]] = defaultdict(list)
    positions = []
    for event in placed_events(shop):
        stories[event["data"]["object"]["id"]].append(event["type"])
        positions.append(event["position"])
    assert sorted(positions) == list(range(min(positions), min(positions) + len(positions)))
    for id, intent in intents.items():
        story = Counter(stories[id])
        assert story["payment_intent.created"] == 1, f"{id}: {story}"
        is_paid = intent["status"] == "succeeded"
        assert story["payment_intent.succeeded"] == is_paid, f"{id}: {story}"
        is_over = intent["status"] == "canceled"
        assert story["payment_intent.canceled"] == is_over, f"{id}: {story}"
    deposits = everything(shop, "/v1/deposits")
    transfers = Counter((one["transaction_hash"], one["event_index"]) for one in deposits)
    assert all(count == 1 for count in transfers.values()), "a transfer was booked twice"
    balance = shop.get("/v1/balance")
    held = sum(balance[part][0]["amount"] for part in ("available", "pending", "unmatched"))
    assert held == sum(one["amount"] for one in deposits), "the balance is not what came"
    for one in deposits:
        if one["status"] == "matched":
            assert intents[one["payment_intent"]]["status"] in ("succeeded", "processing")


def check_post(shop: Shop, mailbox: Mailbox, secret: str, *, seconds: float = 60.0) -> None:
    """Every event arrived at least once, correctly signed, and always with the same body."""
    events = {event["id"]: event for event in everything(shop, "/v1/events")}

    def missing() -> set[str]:
        return events.keys() - {json.loads(letter.body)["id"] for letter in mailbox.letters}

    until(lambda: not missing(), seconds=seconds)
    bodies: dict[str, bytes] = {}
    for letter in mailbox.letters:
        event = stripe.Webhook.construct_event(
            letter.body, letter.headers["stripe-signature"], secret, tolerance=0
        )
        # How old it was when it came: the lives of a box may take longer than any tolerance.
        signed_at = int(letter.headers["webhook-timestamp"])
        assert abs(letter.at - signed_at) < TOLERANCE_SECONDS, f"{event.id} came {letter.at}"
        assert event.id in events, f"{event.id} was sent, and is not in the log"
        assert letter.headers["webhook-id"] == event.id
        assert bodies.setdefault(event.id, letter.body) == letter.body, f"{event.id} has two bodies"
        ours = events[event.id]
        assert json.loads(letter.body)["data"] == ours["data"], f"{event.id} says another thing"
