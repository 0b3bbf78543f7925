"""Settlement statements over HTTP: made, listed, read page by page, downloaded."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from core.tests.shop_kit import Till, open_till

URL = "/v1/settlement_statements"
DAY = 86_400


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(tmp_path / "data", serves=True) as opened:
        yield opened


async def pay(till: Till, amount: int = 1_000) -> None:
    wish = {"amount": amount, "currency": "btc", "confirm": True}
    made = await till.post("/v1/payment_intents", **wish)
    await till.post("/v1/test_helpers/sandbox/pay", payment=made["id"])


async def month(till: Till) -> dict[str, Any]:
    """The statement of today, made tomorrow."""
    start = till.now // DAY * DAY
    for amount in (1_000, 2_000, 3_000):
        await pay(till, amount)
    await till.advance(DAY)
    return await till.post(URL, period_start=start, period_end=start + DAY)


async def download(till: Till, id: str, key: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or till.key}"}
    return await till.http.get(f"{URL}/{id}/csv", headers=headers)


async def test_a_statement_is_made_and_found_again(till: Till) -> None:
    made = await month(till)
    assert made["closing"]["available"] == 6_000
    assert made["closing"]["available"] == (await till.get("/v1/balance"))["available"][0]["amount"]
    assert made["totals"] == {"deposit_final": 6_000, "deposit_seen": 6_000}
    assert made["line_count"] == 6
    assert await till.get(f"{URL}/{made['id']}") == made
    assert (await till.get(URL))["data"] == [made]


async def test_the_lines_come_page_by_page(till: Till) -> None:
    made = await month(till)
    path = f"{URL}/{made['id']}/lines"
    seen: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = await till.get(path, limit=4, **after)
        seen += page["data"]
        if not page["has_more"]:
            break
        after = {"starting_after": seen[-1]["id"]}
    assert len({line["id"] for line in seen}) == 6
    assert {line["proof"]["canonical"] for line in seen} == {True}
    deposits = {one["id"] for one in (await till.get("/v1/deposits"))["data"]}
    assert {line["source"] for line in seen} == deposits
    refused = await till.refused("GET", path, {"starting_after": "lt_none"})
    assert refused == (400, "resource_missing", "starting_after")


async def test_the_download_is_a_file(till: Till) -> None:
    made = await month(till)
    answer = await download(till, made["id"])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert f'filename="{made["id"]}.csv"' in answer.headers["content-disposition"]
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 1 + made["line_count"]


async def test_it_is_nobody_elses(till: Till) -> None:
    made = await month(till)
    other = await till.neighbour()
    for path in ("", "/lines"):
        refused = await other.refused("GET", f"{URL}/{made['id']}{path}")
        assert refused[:2] == (404, "resource_missing")
    assert (await download(other, made["id"])).status_code == 404
    assert (await download(till, made["id"], "sk_test_" + "x" * 32)).status_code == 401
    narrow = {"kind": "restricted", "scopes": ["balance:read"]}
    key = (await till.post("/v1/api_keys", **narrow))["key"]
    assert (await download(till, made["id"], key)).status_code == 403
    scoped = {"kind": "restricted", "scopes": ["settlement_statements:read"]}
    key = (await till.post("/v1/api_keys", **scoped))["key"]
    assert (await download(till, made["id"], key)).status_code == 200
    line = (await till.get(f"{URL}/{made['id']}/lines"))["data"][0]
    mine = await other.post(URL, period_start=made["period_start"], period_end=made["period_end"])
    path = f"{URL}/{mine['id']}/lines"
    theirs = await other.refused("GET", path, {"starting_after": line["id"]})
    assert theirs == (400, "resource_missing", "starting_after")


@pytest.mark.parametrize(
    ("start", "end", "param"),
    [(1, DAY, "period_start"), (0, 0, "period_end"), (0, 10**9 * 9 // DAY * DAY, "period_end")],
)
async def test_a_period_that_cannot_be_is_refused(
    till: Till, start: int, end: int, param: str
) -> None:
    refused = await till.refused("POST", URL, {"period_start": start, "period_end": end})
    assert refused == (400, None, param)
