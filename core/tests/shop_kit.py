"""A till for tests: one appliance without loops, one merchant, use cases and HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from stacktill.application.merchants import create_merchant
from stacktill.application.services import Caller, Services
from stacktill.domain.events import Event
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance, open_appliance
from stacktill.runtime.config import load_settings

__all__ = ["Refused", "Till", "open_till"]

R = TypeVar("R")


class Refused(Exception):
    """An answer that is no success: its status and what stands in ``error``."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.error: dict[str, Any] = answer.json()["error"]


@dataclass(frozen=True, slots=True)
class Till:
    """A merchant's store on an appliance on which nothing moves by itself."""

    appliance: Appliance
    caller: Caller
    key: str
    http: httpx.AsyncClient

    @property
    def services(self) -> Services:
        return self.appliance.services

    @property
    def now(self) -> int:
        return self.services.now(self.caller.livemode)

    async def write(self, function: Callable[..., R], *args: Any, **named: Any) -> R:
        return await self.appliance.storage.write(function, *args, **named)

    async def act(self, function: Callable[..., R], *args: Any) -> R:
        """A use case of this merchant's: ``function(uow, services, caller, *args)``."""
        return await self.write(function, self.services, self.caller, *args)

    async def events(self) -> list[Event]:
        """All events of this merchant, oldest first."""
        where = {"merchant_id": self.caller.merchant_id}

        def read(uow: UnitOfWork) -> list[Event]:
            return uow.events.find(where, limit=1_000)

        return await self.appliance.storage.read(read)

    async def told(self) -> list[str]:
        """The types of all events, oldest first."""
        return [event.type for event in await self.events()]

    async def last_change(self) -> tuple[str, dict[str, Any]]:
        """The type of the last event, and the old values that it names."""
        event = (await self.events())[-1]
        return event.type, msgspec.json.decode(event.data).get("previous_attributes")

    async def advance(self, seconds: int) -> None:
        """Let time pass, without anything happening by it."""
        script = self.services.test_chain.script
        assert script is not None
        await script.advance(seconds)

    async def send(
        self, method: str, path: str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """One request with this merchant's key; raise ``Refused`` unless it succeeds."""
        is_post = method == "POST"
        answer = await self.http.request(
            method,
            path,
            headers={"Authorization": f"Bearer {self.key}"},
            json=params if is_post else None,
            params=None if is_post else params,
        )
        if answer.status_code != 200:
            raise Refused(answer)
        whole: dict[str, Any] = answer.json()
        return whole

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        return await self.send("GET", path, params or None)

    async def post(self, path: str, **params: Any) -> dict[str, Any]:
        return await self.send("POST", path, params)

    async def delete(self, path: str) -> dict[str, Any]:
        return await self.send("DELETE", path)

    async def refused(
        self, method: str, path: str, params: Mapping[str, Any] | None = None
    ) -> tuple[int, str | None, str | None]:
        """Status, code and parameter with which a request is refused."""
        try:
            await self.send(method, path, params)
        except Refused as refusal:
            return refusal.status, refusal.error.get("code"), refusal.error.get("param")
        raise AssertionError(f"{method} {path} was not refused")

    async def neighbour(self) -> Till:
        """Another merchant on the same appliance."""
        return await _till(self.appliance, self.http)


@asynccontextmanager
async def open_till(
    data_dir: Path, *, serves: bool = False, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Till]:
    """An appliance of its own in ``data_dir``, with one merchant; ``serves``: over HTTP as well."""
    more = environ or {}
    environ = {
        "STACKTILL__SERVER__DATA_DIR": str(data_dir),
        "STACKTILL__LIMITS__REQUESTS_PER_SECOND": "0",
        **more,
    }
    async with open_appliance(load_settings(environ=environ), loops=False) as appliance:
        # What the chain had before an appliance first looked is not its business.
        await appliance.watchers["test"].catch_up_if_it_answers()
        transport = _transport(appliance) if serves else None
        async with httpx.AsyncClient(transport=transport, base_url="http://till") as http:
            yield await _till(appliance, http)


def _transport(appliance: Appliance) -> httpx.ASGITransport:
    # Late, so that tests of the use cases stand without the web.
    from stacktill.web.app import create_app

    app: Any = create_app(appliance)
    return httpx.ASGITransport(app=app)


async def _till(appliance: Appliance, http: httpx.AsyncClient) -> Till:
    def make(uow: UnitOfWork) -> tuple[str, str]:
        made = create_merchant(uow, appliance.services, "Bakery", None)
        return made.merchant.id, made.secret.text

    merchant_id, key = await appliance.storage.write(make)
    return Till(appliance, Caller(merchant_id, livemode=False), key, http)
