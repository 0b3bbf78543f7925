"""What tests of money over HTTP share."""

from __future__ import annotations

from typing import Any

import httpx
from core.tests.shop_kit import Till

__all__ = ["everything_kept", "ids", "keyed"]


def ids(page: dict[str, Any]) -> list[str]:
    """The ids of a page."""
    return [item["id"] for item in page["data"]]


async def keyed(till: Till, path: str, key: str, **params: Any) -> httpx.Response:
    """A POST under an idempotency key."""
    headers = {"Authorization": f"Bearer {till.key}", "Idempotency-Key": key}
    return await till.http.post(path, headers=headers, json=params)


async def everything_kept(till: Till) -> str:
    """All texts in the idempotency table and the events of this merchant."""

    def read(uow: Any) -> str:
        mine = {"merchant_id": till.caller.merchant_id}
        records = uow.idempotency.find(mine, order="created", limit=1_000)
        events = uow.events.find(mine, limit=1_000)
        endpoints = uow.webhook_endpoints.find(mine, limit=1_000)
        keys = uow.api_keys.find(mine, limit=1_000)
        return repr((records, events, endpoints, keys))

    return await till.appliance.storage.read(read)
