"""The bare address leads somewhere, unless there is nothing to see."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings
from stacktill.web.app import create_app


@pytest.mark.parametrize(
    ("demo", "docs", "status", "place"),
    [
        ("true", "true", 302, "/demo"),
        ("false", "true", 302, "/docs"),
        ("false", "false", 404, None),
    ],
)
async def test_the_front_leads_on(
    tmp_path: Path, demo: str, docs: str, status: int, place: str | None
) -> None:
    environ = {
        "STACKTILL__SERVER__DATA_DIR": str(tmp_path),
        "STACKTILL__SERVER__DEMO": demo,
        "STACKTILL__SERVER__DOCS": docs,
    }
    async with open_appliance(load_settings(None, environ=environ), loops=False) as appliance:
        transport = httpx.ASGITransport(cast(Any, create_app(appliance)))
        async with httpx.AsyncClient(transport=transport, base_url="http://till") as client:
            answer = await client.get("/")
            assert (answer.status_code, answer.headers.get("location")) == (status, place)
            if place is not None:
                assert (await client.get(place)).status_code != 404
