"""The demo shop's edges: who may order, which webhooks count, what a cookie may say, and when it is off."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.served import Served, until

from stacktill.runtime.appliance import open_appliance
from stacktill.runtime.config import load_settings
from stacktill.web.app import create_app


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A box of its own, whose first store the shop sells for."""
    with Served.running(tmp_path_factory.mktemp("demo") / "data") as appliance:
        yield appliance


@pytest.fixture
def visitor(box: Served) -> Iterator[httpx.Client]:
    """A visitor with a cookie jar."""
    with httpx.Client(base_url=box.url, timeout=30) as client:
        assert client.get("/demo").status_code == 200
        yield client


def ordered(visitor: httpx.Client, **form: str) -> dict[str, Any]:
    """Put a mug into the cart and order it; what the page's script is told."""
    visitor.post("/demo/cart", data={"sku": "mug", "quantity": "1"})
    answer = visitor.post(
        "/demo/orders", data={"way": "modal", **form}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def identity(box: Served) -> dict[str, str]:
    """The file in which the shop keeps its secrets."""
    path = box.data_dir / "demo.json"
    assert path.stat().st_mode & 0o777 == 0o600
    whole: dict[str, str] = json.loads(path.read_bytes())
    return whole


def webhook(box: Served, event: dict[str, Any], secret: str, *, age_seconds: int = 0) -> int:
    """Send the shop an event signed with a secret; the status of its answer."""
    body = json.dumps(event).encode()
    signed_at = int(time.time()) - age_seconds
    digest = hmac.digest(secret.encode(), b"%d.%b" % (signed_at, body), hashlib.sha256).hex()
    header = {"Stripe-Signature": f"t={signed_at},v1={digest}"}
    return box.http.post(f"{box.url}/demo/webhook", content=body, headers=header).status_code


def completed(order: dict[str, Any], sats: int, *, id: str = "evt_1") -> dict[str, Any]:
    """The event of a paid session for an order."""
    thing = {
        "client_reference_id": order["order"].rpartition("/")[2],
        "amount_total": sats,
        "payment_status": "paid",
    }
    return {"id": id, "type": "checkout.session.completed", "data": {"object": thing}}


def test_only_what_the_box_has_signed_pays_an_order(box: Served, visitor: httpx.Client) -> None:
    order = ordered(visitor)
    secret = identity(box)["webhook_secret"]
    assert webhook(box, completed(order, 21_000), "whsec_wrong") == 400
    assert webhook(box, completed(order, 21_000), secret, age_seconds=600) == 400
    for header in (
        "",
        "t=1",
        "v1=ab",
        "t=x,v1=y",
        f"t={'9' * 400},v1=ff",
        "t=1,v1=ä",
        "t=²,v1=a",
        ",,,===",
    ):
        answer = box.http.post(
            f"{box.url}/demo/webhook",
            content=b"{}",
            headers={b"Stripe-Signature": header.encode("latin-1")},
        )
        assert answer.status_code == 400, header
    assert 'class="pill open"' in visitor.get(order["order"]).text
    assert webhook(box, completed(order, 20_999, id="evt_short"), secret) == 200
    assert 'class="pill open"' in visitor.get(order["order"]).text
    for _ in range(2):
        assert webhook(box, completed(order, 21_000, id="evt_paid"), secret) == 200
    page = visitor.get(order["order"]).text
    assert 'class="pill paid"' in page
    assert page.count('id="letter-evt_paid"') == 1


def test_words_of_an_event_are_words_and_nothing_else(box: Served, visitor: httpx.Client) -> None:
    order = ordered(visitor)
    evil = "</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
    event = completed(order, 21_000, id=f"evt_{evil}")
    event["data"]["object"]["note"] = evil
    event["type"] = "payment_intent.processing"
    assert webhook(box, event, identity(box)["webhook_secret"]) == 200
    page = visitor.get(order["order"])
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;script&gt;alert" in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_box_itself_pays_the_order(box: Served, visitor: httpx.Client) -> None:
    order = ordered(visitor)
    id = order["payment"].partition("_secret_")[0]
    visitor.post(f"/pay/{id}")
    visitor.post(f"/pay/{id}/sandbox", data={"scene": "exact"})
    until(lambda: 'class="pill paid"' in visitor.get(order["order"]).text)


def test_orders_belong_to_the_browser_that_made_them(box: Served, visitor: httpx.Client) -> None:
    order = ordered(visitor)
    assert visitor.get(order["order"]).status_code == 200
    mine = visitor.cookies["stacktill_demo"]
    text, _, signature = mine.rpartition(".")
    for cookie in (
        None,
        "",
        ".",
        text,
        f"{text}.{signature[:-1]}0",
        f"{text}x.{signature}",
        "x" * 9_000,
    ):
        headers = {} if cookie is None else {"Cookie": f"stacktill_demo={cookie}"}
        answer = box.http.get(box.url + order["order"], headers=headers)
        assert answer.status_code in (404, 431), cookie
        assert "mug" not in answer.text.lower()


def test_another_site_cannot_order(box: Served, visitor: httpx.Client) -> None:
    for site in ("cross-site", "same-site"):
        for path in ("/demo/cart", "/demo/orders"):
            answer = visitor.post(path, data={"sku": "mug"}, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403
    cookie = visitor.post("/demo/cart", data={"sku": "mug", "quantity": "1"}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Path=/demo" in cookie


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"sku": "gold", "quantity": "1"},
        {"sku": "mug"},
        {"sku": "mug", "quantity": "-1"},
        {"sku": "mug", "quantity": "1e3"},
        {"sku": "mug", "quantity": "²"},
        {"sku[x]": "mug", "quantity[]": "1"},
    ],
)
def test_an_odd_cart_stays_as_it_is(visitor: httpx.Client, form: dict[str, str]) -> None:
    assert visitor.post("/demo/cart", data=form).status_code in (303, 400)
    assert "disabled" in visitor.get("/demo").text
    assert visitor.post("/demo/orders", data={"way": "modal"}).headers["location"] == "/demo"


def test_the_shop_has_just_the_rights_it_needs(box: Served, visitor: httpx.Client) -> None:
    ordered(visitor)
    key = identity(box)["secret_key"]
    assert key.startswith("rk_test_")
    for path in ("/v1/refunds", "/v1/customers", "/v1/api_keys", "/v1/balance"):
        answer = box.http.get(box.url + path, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 403, path
    account = box.http.get(box.url + "/v1/account", headers={"Authorization": f"Bearer {key}"})
    origins = account.json()["settings"]["checkout"]["allowed_origins"]
    assert origins == [box.url, box.url.replace("127.0.0.1", "localhost")]


def test_a_shop_whose_key_was_taken_away_opens_anew(box: Served, visitor: httpx.Client) -> None:
    """With new keys, and one endpoint: the one whose secret it knows."""
    ordered(visitor)
    before = identity(box)
    for key in json.loads(box.run("keys", "list", "--json")):
        if key["name"] == "demo shop" and key["kind"] == "restricted":
            box.run("keys", "revoke", key["id"])

    def noticed() -> bool:
        visitor.post("/demo/cart", data={"sku": "mug", "quantity": "1"})
        answer = visitor.post("/demo/orders", data={"way": "modal"})
        assert answer.status_code in (303, 503), answer.text
        return answer.status_code == 503

    until(noticed)
    assert visitor.get("/demo").status_code == 200
    after = identity(box)
    assert after["secret_key"] != before["secret_key"]
    assert after["endpoint"] != before["endpoint"]
    bearer = {"Authorization": f"Bearer {after['secret_key']}"}
    endpoints = box.http.get(f"{box.url}/v1/webhook_endpoints", headers=bearer).json()["data"]
    assert [endpoint["id"] for endpoint in endpoints] == [after["endpoint"]]


def test_where_frames_cannot_be_the_shop_begins_with_a_page_of_its_own(box: Served) -> None:
    for host, way in (("127.0.0.1", "modal"), ("localhost", "modal"), ("192.0.2.7", "page")):
        page = box.http.get(f"{box.url}/demo", headers={"Host": f"{host}:{box.port}"}).text
        assert f'value="{way}" checked' in page
        assert page.count("checked") == 1


def test_too_many_orders_at_once_have_to_wait(box: Served, visitor: httpx.Client) -> None:
    statuses = set()
    for _ in range(60):
        visitor.post("/demo/cart", data={"sku": "mug", "quantity": "1"})
        statuses.add(visitor.post("/demo/orders", data={"way": "page"}).status_code)
    assert statuses == {303, 429}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({}, "There is no such file."),
        ({"STACKTILL__SERVER__DEMO": "true"}, "There is no such file."),
        ({"STACKTILL__SERVER__DEMO": "false"}, "Unrecognized request URL"),
    ],
)
async def test_it_is_there_unless_it_is_switched_off(
    tmp_path: Path, setting: dict[str, str], said: str
) -> None:
    environ = {"STACKTILL__SERVER__DATA_DIR": str(tmp_path / "data"), **setting}
    async with open_appliance(load_settings(None, environ=environ), loops=False) as appliance:
        app: Any = create_app(appliance)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
            answer = await client.get("/demo/static/none")
    assert answer.status_code == 404
    assert said in answer.json()["error"]["message"]
