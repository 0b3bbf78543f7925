"""Eight shops' threads at once: every wish under a key, and insisted on until it is answered."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from tests.served import Shop, form

__all__ = ["WRITERS", "Answered", "Writers"]

WRITERS = 8
PATIENCE_SECONDS = 60.0


@dataclass
class Answered:
    """A wish and the first answer that came to it."""

    path: str
    params: dict[str, str]
    body: bytes
    tries: int


@dataclass
class Writers:
    """The threads, and every answer by its key. ``unpaid`` payments may have happened or not."""

    shop: Shop
    seed: int = 0
    answers: dict[str, Answered] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    unavailable: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(WRITERS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every thread see its last wish through, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 10)

    def _work(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")
        client = httpx.Client(timeout=20)
        count = 0
        try:
            while not self._stop.is_set():
                count += 1
                self._customer(client, chance, f"{number}-{count}")
        except Exception as error:  # noqa: BLE001 - the test asks for it at the end
            self.failures.append(f"{type(error).__name__}: {error}")
        finally:
            client.close()

    def _customer(self, client: httpx.Client, chance: random.Random, name: str) -> None:
        """One intent, and perhaps its payment, its refund or its end."""
        wish = {
            "amount": chance.randrange(1, 90_000),
            "currency": "btc",
            "confirm": True,
            "metadata": {"name": name},
        }
        intent = self.insist(client, "/v1/payment_intents", wish, f"create-{name}")
        fate = chance.random()
        path = f"/v1/payment_intents/{intent['id']}"
        if fate < 0.35:
            self._pay(client, intent["id"], chance.choice((True, True, False)))
        elif fate < 0.5:
            self.insist(client, f"{path}/cancel", {}, f"cancel-{name}")
        elif fate < 0.6:
            self.insist(client, path, {"description": name}, f"update-{name}")
        if fate < 0.12:
            self.insist(client, "/v1/refunds", {"payment_intent": intent["id"]}, f"refund-{name}")

    def _pay(self, client: httpx.Client, id: str, mine: bool) -> None:
        """Pay once; when the answer is lost, nobody knows whether it was paid, and that is fine."""
        with contextlib.suppress(httpx.TransportError):
            self._send(client, "/v1/test_helpers/sandbox/pay", {"payment": id, "mine": mine}, None)

    def insist(
        self, client: httpx.Client, path: str, params: dict[str, Any], key: str
    ) -> dict[str, Any]:
        """Send a wish until it is answered."""
        end = time.monotonic() + PATIENCE_SECONDS
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._send(client, path, params, key)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code != 409:
                break
            if answer is not None:
                self.unavailable += 1
                assert answer.status_code in (409, 503, 507), answer.text
            assert time.monotonic() < end, f"{key} was never answered: {answer and answer.text}"
            time.sleep(0.05)
        with self._lock:
            self.answers[key] = Answered(path, form(params), answer.content, tries)
        found: dict[str, Any] = answer.json()
        return found

    def _send(
        self, client: httpx.Client, path: str, params: dict[str, Any], key: str | None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.shop.secret_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return client.post(self.shop.url + path, data=form(params), headers=headers)
