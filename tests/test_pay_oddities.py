"""Addresses, headers and forms that no browser of a payer would send: all of them have an answer."""

from __future__ import annotations

import httpx
import pytest
from tests.served import Shop

QUERIES = (
    "lang=%ff%00",
    "lang=xx&lang=de",
    f"lang={'a' * 5000}",
    "lang[]=de",
    "lang=%E2%80%AE",
    "embed=1&origin=%0d%0aX:1",
    "embed=popup&origin=https://evil.example",
    "embed=1&origin=https://evil.example;script-src%20*",
    "embed=2&origin=null",
    "%00=1&=&&&",
)
LANGUAGES = (
    "",
    "*",
    "de;q=",
    "x" * 9000,
    "\xff\xfe",
    "de,,;q=1;q=2",
    "en;q=1e309",
    "en;q=nan",
    "-;q=1",
)
FORMS = (b"", b"scene=exact%00", b"\xff\xfe", b"scene[a]=1", b"{}", b"scene=" + b"a" * 100_000)
PATHS = (
    "/assets/brand/../pay.css",
    "/assets/brand/%2e%2e%2fpay.css",
    "/assets/brand/0a6e4f-none.css%00",
    f"/pay/{'p' * 4000}",
    "/pay/pi_%00",
    "/pay/pi_/receipt",
    "/pay/%E2%80%AE/live",
    "/pay/cs_test_%27%20or%201=1--",
)


@pytest.mark.parametrize("query", QUERIES)
def test_an_address_takes_nothing_along_that_is_not_known(shop: Shop, query: str) -> None:
    id = shop.intent(20_000)["id"]
    page = shop.http.get(f"{shop.url}/pay/{id}?{query}")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert "evil" not in page.text
    started = shop.http.post(f"{shop.url}/pay/{id}?{query}")
    assert started.status_code == 303
    assert started.headers["location"] == f"/pay/{id}"


@pytest.mark.parametrize("header", LANGUAGES)
def test_any_accepted_language(shop: Shop, header: str) -> None:
    url = f"{shop.url}/pay/{shop.intent(20_000)['id']}"
    answer = shop.http.get(url, headers={b"Accept-Language": header.encode("latin-1")})
    assert answer.status_code == 200


@pytest.mark.parametrize("body", FORMS)
def test_any_form(shop: Shop, body: bytes) -> None:
    intent = shop.intent(20_000)
    answer = shop.http.post(f"{shop.url}/pay/{intent['id']}/sandbox", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert shop.read(intent)["status"] == "requires_action"


@pytest.mark.parametrize("path", PATHS)
def test_what_is_nowhere(shop: Shop, path: str) -> None:
    with httpx.Client() as http:
        assert http.get(httpx.URL(shop.url).copy_with(raw_path=path.encode())).status_code == 404


def test_without_fetch_metadata_the_origin_counts(shop: Shop) -> None:
    """As on a shop's own network without TLS; a form of a page that sends no Referer names none."""
    intent = shop.intent()
    for origin, status in (
        ("https://evil.example", 403),
        (f"{shop.url}.evil.example", 403),
        (shop.url, 303),
        ("null", 303),
    ):
        headers = {"Origin": origin}
        answer = shop.http.post(
            f"{shop.url}/pay/{intent['id']}/sandbox", data={"scene": "mine"}, headers=headers
        )
        assert answer.status_code == status, origin
