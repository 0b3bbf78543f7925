"""The page's questions about wallets, with a desk of paper: what is prepared, said, and kept to itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till
from core.tests.web.desk_kit import PAYER, TXID, PaperDesk

from stacktill.plugin.wallets import Fate, Purse, wallet_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "SP000000000000000000002Q6VF78"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    folder = tmp_path_factory.mktemp("till")
    address = {"STACKTILL__SERVER__PUBLIC_URL": "https://pay.example/till"}
    async with open_till(folder, serves=True, environ=address) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(till: Till, monkeypatch: pytest.MonkeyPatch) -> PaperDesk:
    """A desk for this one test."""
    paper = PaperDesk()
    monkeypatch.setattr(till.services.test_chain, "wallets", paper, raising=False)
    assert wallet_desk(till.services.test_chain) is paper
    return paper


async def intent(till: Till, **params: Any) -> str:
    wish = {"amount": 20_000, "currency": "btc", "confirm": True, **params}
    return str((await till.post("/v1/payment_intents", **wish))["id"])


async def ask(till: Till, id: str, address: str = PAYER, **headers: str) -> httpx.Response:
    return await till.http.post(f"/pay/{id}/wallet", data={"address": address}, headers=headers)


async def test_a_call_is_prepared_for_what_is_due(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    answer = await ask(till, id)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "call": {
            "contract": "SM0.token",
            "functionName": "transfer",
            "functionArgs": ["01"],
            "postConditions": ["02"],
            "postConditionMode": "deny",
        },
        "problem": None,
    }
    (order,) = desk.orders
    told = await till.get(f"/v1/payment_intents/{id}")
    details = told["next_action"]["crypto_display_details"]
    (place,) = details["deposit_addresses"].values()
    assert (order.recipient, order.amount_sats) == (place["address"], 20_000)
    assert (order.memo.hex(), len(order.name)) == (details["memo"], 16)


@pytest.mark.parametrize(
    ("purse", "words"),
    [
        (Purse(19_999, 10**6, 300), "There are 0.00019999 sBTC in this wallet"),
        (Purse(20_000, 299, 300), "about 0.0003 STX are needed, and there are 0.000299"),
        (Purse(20_000, 0, 2_000_000), "about 2 STX are needed, and there are 0 in"),
    ],
)
async def test_what_is_missing_is_said_and_can_be_overruled(
    till: Till, desk: PaperDesk, purse: Purse, words: str
) -> None:
    desk.purse_now = purse
    answer = (await ask(till, await intent(till))).json()
    assert words in answer["problem"]
    assert answer["call"] is not None


@pytest.mark.parametrize("purse", [None, Purse(20_000, 300, 300)])
async def test_enough_or_unknown_keeps_nobody(
    till: Till, desk: PaperDesk, purse: Purse | None
) -> None:
    desk.purse_now = purse
    assert (await ask(till, await intent(till))).json()["problem"] is None


async def test_another_network_cannot_be_overruled(till: Till, desk: PaperDesk) -> None:
    answer = (await ask(till, await intent(till), ELSEWHERE, **{"accept-language": "de"})).json()
    assert answer["call"] is None
    assert "Stellen Sie sie auf testnet um" in answer["problem"]
    assert desk.orders == []


async def test_who_would_be_paid_cannot_pay(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    await ask(till, id)
    recipient = desk.orders.pop().recipient
    answer = (await ask(till, id, recipient, **{"accept-language": "de"})).json()
    assert answer["call"] is None
    assert "keine Wallet kann sich selbst bezahlen" in answer["problem"]
    assert desk.orders == []


async def test_only_what_is_due_can_be_signed(till: Till, desk: PaperDesk) -> None:
    unconfirmed = await intent(till, confirm=False)
    canceled = await intent(till)
    await till.post(f"/v1/payment_intents/{canceled}/cancel")
    for id in (unconfirmed, canceled):
        answer = await ask(till, id)
        assert answer.status_code in (400, 409)
        assert answer.json() == {"call": None, "problem": None}
    assert (await ask(till, "pi_nothing")).status_code == 404
    assert desk.orders == []


async def test_others_pages_ask_in_vain(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    headers = {"sec-fetch-site": "cross-site"}
    assert (await ask(till, id, **headers)).status_code == 403
    url = f"/pay/{id}/wallet/{TXID}"
    assert (await till.http.get(url, headers=headers)).status_code == 403
    assert desk.orders == []


@pytest.mark.parametrize("fate", ["unseen", "pending", "mined", "failed", "stopped", None])
async def test_the_fate_of_a_hint_is_told(till: Till, desk: PaperDesk, fate: Fate | None) -> None:
    desk.fate_now = fate
    answer = await till.http.get(f"/pay/{await intent(till)}/wallet/0x{TXID.upper()}")
    assert answer.json() == {"fate": fate}


@pytest.mark.parametrize("txid", ["12", "0x", "g" * 64, "ab" * 33])
async def test_what_is_no_id_is_refused(till: Till, desk: PaperDesk, txid: str) -> None:
    answer = await till.http.get(f"/pay/{await intent(till)}/wallet/{txid}")
    assert answer.status_code == 400


async def test_the_page_offers_wallets_where_there_is_a_desk(till: Till, desk: PaperDesk) -> None:
    id = await intent(till)
    page = (await till.http.get(f"/pay/{id}?lang=ar")).text
    assert re.search(r'<script type="module" src="/assets/wallets\.[0-9a-f]{16}\.js">', page)
    assert f'data-url="/pay/{id}/wallet?lang=ar"' in page
    link = f"https://connect.xverse.app/browser?url=https%3A%2F%2Fpay.example%2Ftill%2Fpay%2F{id}"
    assert f'href="{link}"' in page
    picture = await till.http.get(f"/pay/{id}/phone.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')


async def test_a_shops_name_stays_text(till: Till, desk: PaperDesk) -> None:
    name = '"><script>alert(1)</script>{words}'
    await till.post("/v1/account", business_profile={"name": name})
    page = (await till.http.get(f"/pay/{await intent(till)}")).text
    assert "<script>alert" not in page


async def test_without_a_desk_there_is_nothing_of_it(till: Till) -> None:
    id = await intent(till)
    assert (await ask(till, id)).status_code == 404
    answer = await till.http.get(f"/pay/{id}/wallet/{TXID}")
    assert answer.json() == {"fate": None}
    assert (await till.http.get(f"/pay/{id}/phone.svg")).status_code == 404
    assert "wallets" not in (await till.http.get(f"/pay/{id}")).text
