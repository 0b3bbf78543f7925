"""An appliance as shops meet it: a process of its own on a loopback port, with real receivers."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import stripe

from stacktill.application.merchants import NewMerchant, create_merchant
from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings
from stacktill.testing import Received, Receiver

__all__ = ["COMMAND", "Mailbox", "Refusal", "Served", "Shop", "form", "until"]

COMMAND = str(Path(sys.executable).parent / "stacktill")
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
SHOPS_AT_ONCE = 16

T = TypeVar("T")


def until(question: Callable[[], T], *, seconds: float = 10.0) -> T:
    """Ask again and again until the answer is true; fail when it is not within ``seconds``."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def form(params: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested parameters as Stripe's SDKs write them: ``a[b][0]=c``."""
    flat: dict[str, str] = {}
    for name, value in params.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            flat |= form(value, key)
        elif isinstance(value, list):
            flat |= form({str(place): item for place, item in enumerate(value)}, key)
        elif isinstance(value, bool):
            flat[key] = str(value).lower()
        elif value is not None:
            flat[key] = str(value)
    return flat


class Refusal(Exception):
    """An answer that was not a success: its status, its headers and what stood in ``error``."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.headers = answer.headers
        self.error: dict[str, Any] = answer.json()["error"]


@dataclass
class Shop:
    """One merchant's own code: its keys, plain HTTP, and the SDK."""

    url: str
    id: str
    secret_key: str
    publishable_key: str
    http: httpx.Client

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make one request as this shop; raise ``Refusal`` unless it succeeds."""
        flat = form(params or {})
        answer = self.http.request(
            method,
            self.url + path,
            params=flat if method != "POST" else None,
            data=flat if method == "POST" else None,
            headers={"Authorization": f"Bearer {key or self.secret_key}", **(headers or {})},
        )
        if answer.status_code != 200:
            raise Refusal(answer)
        whole: dict[str, Any] = answer.json()
        return whole

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Read something."""
        return self.send("GET", path, params)

    def post(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write something."""
        return self.send("POST", path, params)

    def delete(self, path: str) -> dict[str, Any]:
        """Delete something."""
        return self.send("DELETE", path)

    def intent(self, amount: int = 20_000, **params: Any) -> dict[str, Any]:
        """A confirmed payment intent: one that waits to be paid."""
        wish = {"amount": amount, "currency": "btc", "confirm": True, **params}
        return self.post("/v1/payment_intents", wish)

    def read(self, intent: Mapping[str, Any]) -> dict[str, Any]:
        """A payment intent as it is now."""
        return self.get(f"/v1/payment_intents/{intent['id']}")

    def sandbox(self, verb: str, **params: Any) -> dict[str, Any]:
        """Move the sandbox chain, as ``stacktill sandbox …`` does."""
        return self.post(f"/v1/test_helpers/sandbox/{verb}", params)

    def pay(self, payment: Mapping[str, Any], **params: Any) -> dict[str, Any]:
        """Pay an intent or a session on the sandbox chain."""
        return self.sandbox("pay", payment=payment["id"], **params)

    def events(self, object_id: str | None = None, **params: Any) -> list[dict[str, Any]]:
        """The shop's events, oldest first; only those about one object when its id is given."""
        found: list[dict[str, Any]] = self.get("/v1/events", {"limit": 100, **params})["data"]
        mine = [event for event in found if object_id in (None, event["data"]["object"].get("id"))]
        return mine[::-1]

    def types(self, object_id: str) -> list[str]:
        """The types of the events about one object, oldest first."""
        return [event["type"] for event in self.events(object_id)]

    def sdk(self, key: str | None = None, **options: Any) -> stripe.StripeClient:
        """The official SDK, pointed here by its own options."""
        addresses: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), self.url)
        return stripe.StripeClient(key or self.secret_key, base_addresses=addresses, **options)


class Mailbox:
    """A shop's webhook receiver, on a thread of its own so that plain tests can wait for it."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self.receiver.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self.receiver.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def letters(self) -> list[Received]:
        """What came so far."""
        return list(self.receiver.requests)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that came so far, in the order of their coming."""
        return [json.loads(letter.body) for letter in self.letters]

    def wait(self, type: str, *, count: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """The events of one type, as soon as ``count`` have come."""

        def come() -> list[dict[str, Any]]:
            found = [event for event in self.events if event["type"] == type]
            return found if len(found) >= count else []

        return until(come, seconds=seconds)

    def open_at(self, shop: Shop, **params: Any) -> dict[str, Any]:
        """Register this receiver with a shop; the answer holds the secret."""
        wish = {"url": self.receiver.url(), "enabled_events": ["*"], **params}
        return shop.post("/v1/webhook_endpoints", wish)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class Served:
    """One ``stacktill serve``, its data folder and its address; starts again on the same ones."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(timeout=30)
        self._settings = settings
        self._shops: list[NewMerchant] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data_dir.parent / f"{data_dir.name}.log"

    @property
    def environ(self) -> dict[str, str]:
        """The environment that the server and the commands beside it run in."""
        return {
            **{name: text for name, text in os.environ.items() if "STACKTILL" not in name},
            "STACKTILL__SERVER__DATA_DIR": str(self.data_dir),
            "STACKTILL__SERVER__PORT": str(self.port),
            "STACKTILL__LIMITS__REQUESTS_PER_SECOND": "0",
            **self._settings,
        }

    @property
    def said(self) -> list[dict[str, Any]]:
        """What the server has logged so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def start(self) -> None:
        """Serve, and return when the appliance is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve"],
                cwd=self.data_dir.parent,
                env=self.environ,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        until(self._is_ready, seconds=READY_SECONDS)

    def stop(self) -> None:
        """End it as an operator does; it must go in peace and have nothing to complain about."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(STOP_SECONDS)
        assert status == 0, f"ended with {status}: {self._log.read_text()[-4000:]}"
        complaints = [line for line in self.said if line["level"] in ("error", "critical")]
        assert not complaints, complaints

    def run(self, *words: str, seconds: float = 60.0) -> str:
        """Run a ``stacktill`` command beside the server; its output."""
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.data_dir.parent,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def shop(self) -> Shop:
        """A merchant of its own, so that what one test does is not in another's lists."""
        if not self._shops:
            # Many at once: opening the books is what takes the time. ``merchant create`` of the
            # command line has its own test.
            # On a thread of its own: beside a browser, this one has a running loop already.
            with ThreadPoolExecutor(1) as thread:
                self._shops = thread.submit(asyncio.run, _make_shops(self.environ)).result()
        new = self._shops.pop()
        return Shop(self.url, new.merchant.id, new.secret.text, new.publishable.text, self.http)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"did not start: {self._log.read_text()[-4000:]}"
        try:
            return self.http.get(f"{self.url}/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    @classmethod
    @contextmanager
    def running(cls, data_dir: Path, **settings: str) -> Iterator[Self]:
        """A served appliance, stopped and judged at the end."""
        served = cls(data_dir, **settings)
        served.start()
        try:
            yield served
        except BaseException:
            # The test has failed already: end the process, and let the first failure speak.
            served.kill()
            raise
        else:
            served.stop()
        finally:
            served.http.close()

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


async def _make_shops(environ: Mapping[str, str]) -> list[NewMerchant]:
    async with open_appliance(load_settings(None, environ=environ), loops=False) as appliance:
        return [
            await appliance.storage.write(
                create_merchant, appliance.services, f"Shop {number}", f"shop{number}@example.com"
            )
            for number in range(SHOPS_AT_ONCE)
        ]


def _free_port() -> int:
    """A free loopback port below those that outgoing connections are given."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
