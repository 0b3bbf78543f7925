"""The point of sale, page by page and without a script: pairing, selling, the day, and every way in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.served import Shop

from stacktill.web.pages.pos.access import paired_cookie

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


OPEN: list[httpx.Client] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


class Phone:
    """A browser on a phone: its cookies, and forms that say where they come from."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = httpx.Client(base_url=shop.url, timeout=30)
        OPEN.append(self.http)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, site: str = "same-origin", **fields: str) -> httpx.Response:
        return self.http.post(path, data=fields, headers={"Sec-Fetch-Site": site})

    def sell(self, amount: str, unit: str = "sats", **more: str) -> str:
        """Make a sale; the id of its intent."""
        answer = self.post("/pos/sales", amount=amount, unit=unit, **more)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix("/pos/sales/")


def link(shop: Shop, name: str = "Counter 1") -> str:
    """A fresh pairing link, as path and query."""
    parts = urlsplit(shop.post("/v1/pos_terminals", {"name": name})["url"])
    return f"{parts.path}?{parts.query}"


def paired(shop: Shop) -> Phone:
    phone = Phone(shop)
    answer = phone.post("/pos/pair", key=link(shop).partition("key=")[2])
    assert (answer.status_code, answer.headers["location"]) == (303, "/pos")
    return phone


def words(answer: httpx.Response) -> str:
    body = answer.text.partition("<body>")[2].translate({0x2068: None, 0x2069: None})
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


class TestPairing:
    def test_a_link_shows_and_a_press_pairs(self, shop: Shop) -> None:
        shop.post("/v1/account", {"business_profile": {"name": "Bakery"}})
        phone, address = Phone(shop), link(shop)
        for _ in range(2):
            shown = phone.get(address)
            assert shown.status_code == 200
            assert "Make this phone a till of Bakery?" in words(shown)
            assert "set-cookie" not in shown.headers
        answer = phone.post("/pos/pair", key=address.partition("key=")[2])
        cookie = answer.headers["set-cookie"]
        for part in ("HttpOnly", "Path=/pos", "SameSite=strict"):
            assert part.lower() in cookie.lower()
        assert phone.get("/pos").status_code == 200
        assert phone.get(address).status_code == 401
        assert Phone(shop).post("/pos/pair", key=address.partition("key=")[2]).status_code == 401

    def test_the_key_is_in_no_page(self, shop: Shop) -> None:
        phone = paired(shop)
        key = phone.http.cookies["stacktill_pos"]
        assert key.startswith("rk_test_")
        sale = phone.sell("500")
        for path in ("/pos", "/pos/sales", f"/pos/sales/{sale}"):
            assert key not in phone.get(path).text

    @pytest.mark.parametrize("key", ["", "x", "rk_test_" + "x" * 32, NASTY, "é" * 300])
    def test_other_keys_pair_nothing(self, shop: Shop, key: str) -> None:
        phone = Phone(shop)
        for answer in (
            phone.get("/pos/pair", params={"key": key}),
            phone.post("/pos/pair", key=key),
        ):
            assert answer.status_code == 401
            assert "alert(1)" not in answer.text
            assert "set-cookie" not in answer.headers

    def test_a_shops_own_keys_open_no_till(self, shop: Shop) -> None:
        for key in (shop.secret_key, shop.publishable_key):
            phone = Phone(shop)
            assert phone.post("/pos/pair", key=key).status_code == 401
            phone.http.cookies.set("stacktill_pos", key)
            assert phone.get("/pos").status_code == 401

    def test_without_pairing_nothing_opens(self, shop: Shop) -> None:
        sale = paired(shop).sell("500")
        phone = Phone(shop)
        for path in ("/pos", "/pos/sales", f"/pos/sales/{sale}"):
            answer = phone.get(path)
            assert answer.status_code == 401
            assert "This phone is not paired" in words(answer)
        for path in ("/pos/sales", f"/pos/sales/{sale}/cancel", "/pos/unpair"):
            assert phone.post(path, amount="5", unit="sats").status_code == 401

    def test_unpairing_closes_the_key(self, shop: Shop) -> None:
        phone = paired(shop)
        key = phone.http.cookies["stacktill_pos"]
        assert phone.post("/pos/unpair").status_code == 303
        phone.http.cookies.set("stacktill_pos", key, path="/pos")
        assert phone.get("/pos").status_code == 401

    def test_a_revoked_phone_is_closed_at_once(self, shop: Shop) -> None:
        phone = paired(shop)
        keys = shop.get("/v1/api_keys")["data"]
        mine = next(key for key in keys if key["scopes"] == ["pos:write"])
        shop.post(f"/v1/api_keys/{mine['id']}/revoke")
        assert phone.get("/pos").status_code == 401


class TestForgery:
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
    def test_forms_of_other_sites_do_nothing(self, shop: Shop, site: str) -> None:
        phone = paired(shop)
        sale = phone.sell("500")
        for path in ("/pos/sales", f"/pos/sales/{sale}/cancel", "/pos/unpair"):
            answer = phone.post(path, site, amount="5", unit="sats")
            assert answer.status_code == 403
        key = link(shop).partition("key=")[2]
        assert phone.post("/pos/pair", site, key=key).status_code == 403
        assert phone.get("/pos").status_code == 200
        assert shop.get(f"/v1/payment_intents/{sale}")["status"] == "requires_action"
        assert len(shop.get("/v1/payment_intents")["data"]) == 1

    def test_browsers_without_fetch_metadata_name_the_origin(self, shop: Shop) -> None:
        phone = paired(shop)
        fields = {"amount": "5", "unit": "sats"}
        for origin, status in (
            (shop.url, 303),
            ("https://evil.example", 403),
            (shop.url + ".evil.example", 403),
            ("null", 403),
            ("", 403),
        ):
            answer = phone.http.post("/pos/sales", data=fields, headers={"Origin": origin})
            assert answer.status_code == status, origin
        assert phone.http.post("/pos/sales", data=fields).status_code == 403

    def test_nobody_may_frame_it(self, shop: Shop) -> None:
        shop.post(
            "/v1/account", {"settings": {"checkout": {"allowed_origins": ["https://a.example"]}}}
        )
        phone = paired(shop)
        sale = phone.sell("500")
        for path in ("/pos", "/pos/sales", f"/pos/sales/{sale}", link(shop), "/pos/sales/none"):
            policy = phone.get(path).headers["content-security-policy"]
            assert policy.endswith("frame-ancestors 'none'")
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


class TestSelling:
    @pytest.mark.parametrize(
        ("amount", "unit", "sats"),
        [("1500", "sats", 1_500), ("0,00015", "btc", 15_000), ("1 000", "sats", 1_000)],
    )
    def test_a_sale_to_its_end(self, shop: Shop, amount: str, unit: str, sats: int) -> None:
        phone = paired(shop)
        sale = phone.sell(amount, unit, note="Two coffees")
        intent = shop.get(f"/v1/payment_intents/{sale}")
        assert (intent["amount"], intent["description"]) == (sats, "Two coffees")
        page = phone.get(f"/pos/sales/{sale}")
        assert "Scan to pay" in words(page)
        assert "<svg" in page.text
        assert f'data-live="/pay/{sale}/live"' in page.text
        assert '<noscript><meta http-equiv="refresh"' in page.text
        shop.pay(intent)
        done = phone.get(f"/pos/sales/{sale}")
        assert "Paid" in words(done)
        assert "http-equiv" not in done.text

    @pytest.mark.parametrize(
        ("amount", "unit"),
        [
            ("", "sats"),
            ("0", "sats"),
            ("-5", "sats"),
            ("1.5", "sats"),
            ("abc", "btc"),
            ("5", "usd"),
            ("21000001", "btc"),
            ("9" * 16, "sats"),
            (NASTY, "sats"),
        ],
    )
    def test_what_is_no_amount(self, shop: Shop, amount: str, unit: str) -> None:
        phone = paired(shop)
        answer = phone.post("/pos/sales", amount=amount, unit=unit, note=NASTY)
        assert answer.status_code == 400
        assert 'id="wrong"' in answer.text
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert shop.get("/v1/payment_intents")["data"] == []

    def test_taking_it_back(self, shop: Shop) -> None:
        phone = paired(shop)
        sale = phone.sell("500")
        assert phone.post(f"/pos/sales/{sale}/cancel").status_code == 303
        assert shop.get(f"/v1/payment_intents/{sale}")["status"] == "canceled"
        assert "Canceled" in words(phone.get(f"/pos/sales/{sale}"))
        assert phone.post(f"/pos/sales/{sale}/cancel").status_code == 400

    def test_not_once_something_has_arrived(self, shop: Shop) -> None:
        phone = paired(shop)
        sale = phone.sell("5000")
        shop.pay({"id": sale}, amount=2_000)
        page = phone.get(f"/pos/sales/{sale}")
        assert "3,000 sats are still missing" in words(page)
        assert 'id="cancel"' not in page.text
        assert phone.post(f"/pos/sales/{sale}/cancel").status_code == 400

    def test_only_its_own_sales(self, shop: Shop, served: Any) -> None:
        phone, second, stranger = paired(shop), paired(shop), paired(served.shop())
        sale = phone.sell("500", note="secret tea")
        other = shop.post("/v1/payment_intents", {"amount": 900, "currency": "btc"})["id"]
        for nosy in (second, stranger):
            for path in (f"/pos/sales/{sale}", f"/pos/sales/{other}"):
                assert nosy.get(path).status_code == 404
                assert nosy.post(f"{path}/cancel").status_code == 404
            assert "secret tea" not in nosy.get("/pos/sales").text
        assert phone.get(f"/pos/sales/{other}").status_code == 404
        assert phone.get("/pos/sales/pi_none").status_code == 404
        assert shop.get(f"/v1/payment_intents/{sale}")["status"] == "requires_action"

    def test_words_stay_words(self, shop: Shop) -> None:
        shop.post("/v1/account", {"business_profile": {"name": NASTY}})
        phone = Phone(shop)
        address = link(shop, NASTY[:100])
        pages = [phone.get(address)]
        phone.post("/pos/pair", key=address.partition("key=")[2])
        sale = phone.sell("500", note=NASTY)
        pages += [phone.get(path) for path in ("/pos", "/pos/sales", f"/pos/sales/{sale}")]
        for page in pages:
            assert page.status_code == 200
            assert re.findall(r"<script[^>]*>[^<]", page.text) == []
            assert "<img src=x" not in page.text
            assert re.findall(r"\s(?:style|on\w+)=[\"']", page.text) == []
            assert NASTY in words(page)


class TestDay:
    def test_what_was_sold_since_midnight(self, shop: Shop) -> None:
        phone = paired(shop)
        assert "Nothing was sold yet." in words(phone.get("/pos/sales"))
        first, second = phone.sell("700", note="Tea"), phone.sell("900")
        shop.pay({"id": first})
        shown = words(phone.get("/pos/sales"))
        assert "Paid 700 sats Sales 1" in shown
        assert shown.index("900 sats") < shown.index("Tea")
        assert "Waiting for the payment" in shown
        shop.sandbox("advance", seconds=24 * 3_600)
        assert "Nothing was sold yet." in words(phone.get("/pos/sales"))
        assert phone.get(f"/pos/sales/{second}").status_code == 200

    @pytest.mark.parametrize("offset", ["840", "-840", "99999", "x", "", "1e9", "٣"])
    def test_the_phones_clock_is_taken_for_no_more_than_it_is(
        self, shop: Shop, offset: str
    ) -> None:
        phone = paired(shop)
        phone.sell("700")
        cookies = (
            f"stacktill_pos={phone.http.cookies['stacktill_pos']}; stacktill_pos_offset={offset}"
        )
        headers = {b"Cookie": cookies.encode()}
        answer = httpx.get(f"{shop.url}/pos/sales", headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("url", "header"),
    [
        (
            "http://127.0.0.1:8080",
            "stacktill_pos=x; HttpOnly; Max-Age=15552000; Path=/pos; SameSite=strict",
        ),
        (
            "https://till.example",
            "__Host-stacktill_pos=x; HttpOnly; Max-Age=15552000; Path=/; SameSite=strict; Secure",
        ),
    ],
)
def test_what_the_cookie_is(url: str, header: str) -> None:
    """With TLS it is one that no neighbouring host can set."""
    box: Any = SimpleNamespace(services=SimpleNamespace(public_url=url))
    said = paired_cookie(box, "x").to_header(header="")
    assert sorted(said.lower().split("; ")) == sorted(header.lower().split("; "))


def test_it_can_be_installed(shop: Shop) -> None:
    manifest = httpx.get(f"{shop.url}/pos/app.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    said = manifest.json()
    assert (said["start_url"], said["display"]) == ("/pos", "standalone")
    for icon in said["icons"]:
        found = httpx.get(f"{shop.url}{icon['src']}")
        assert found.headers["content-type"] == "image/png"
        size = int(icon["sizes"].partition("x")[0])
        assert found.content[16:24] == size.to_bytes(4, "big") * 2


def test_in_the_phones_language(shop: Shop) -> None:
    phone = paired(shop)
    answer = phone.get("/pos", headers={"Accept-Language": "ar"})
    assert 'lang="ar" dir="rtl"' in answer.text
