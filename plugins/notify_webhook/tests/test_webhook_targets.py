"""Reading URLs: spellings of addresses, and all that can never work."""

from __future__ import annotations

import contextlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacktill.domain.errors import InvalidParameter
from stacktill_notify_webhook.networks import AddressGuard
from stacktill_notify_webhook.targets import TargetRules

LIVE = TargetRules(AddressGuard(allow_private=False), allow_plain_http=False)
LIVE_HTTP = TargetRules(AddressGuard(allow_private=False), allow_plain_http=True)
SANDBOX = TargetRules(AddressGuard(allow_private=True), allow_plain_http=True)

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.0x1",
    "127.255.255.254",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "0",
    "0.0.0.0",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "LOCALHOST.",
    "shop.localhost",
    "ⓛocalhost",
]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_loopback_is_known_in_every_spelling(host: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        LIVE_HTTP.parse(f"http://{host}:8080/hook")
    assert caught.value.code == "url_invalid"


@given(st.integers(0, 2**32 - 1), st.sampled_from(["d", "#x", "o"]), st.integers(1, 4))
def test_spellings_are_read_as_the_system_reads_them(number: int, form: str, parts: int) -> None:
    leading = [(number >> (24 - 8 * index)) & 0xFF for index in range(parts - 1)]
    rest = number & (2 ** (32 - 8 * (parts - 1)) - 1)
    prefix = "0" if form == "o" else ""
    host = ".".join(prefix + format(part, form) for part in [*leading, rest])
    expected = socket.inet_ntoa(socket.inet_aton(host))
    try:
        url = SANDBOX.parse(f"http://{host}/")
    except InvalidParameter:
        return
    assert url.raw_host == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http",
        "//shop.example/",
        "shop.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://shop.example/",
        "gopher://shop.example/",
        "http://",
        "http:///hook",
        "http://?x",
        "http://:80/",
        "http://user@shop.example/",
        "http://user:pw@shop.example/",
        "http://@shop.example/",
        "http://:@shop.example/",
        "http://shop.example\\@127.0.0.1/",
        "http://shop.example:0/",
        "http://shop.example:65536/",
        "http://shop.example:-1/",
        "http://shop.example:http/",
        "http://shop example/",
        "http://shop.example/a b",
        "http://shop.example/\r\nX: y",
        "http://shop.example/\x00",
        "http://shop.example/\x7f",
        "http://127%2e0.0.1/",
        "http://[::1",
        "http://[::1]x/",
        "http://[fe80::1%25lo]/",
        "http://[v1.x]/",
        "http://1.2.3.4.5/",
        "http://256.0.0.1/",
        "http://0xffffffffff/",
        "http://09.0.0.1/",
        "http://1.2.3.0x/",
        "http://shop..example/",
        "http://" + "a." * 200 + "example/",
        "http://shop.example/" + "a" * 2100,
        "http://shop.example/\udcff",
    ],
)
def test_hopeless_urls_are_refused_even_on_a_sandbox(url: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        SANDBOX.parse(url)
    assert (caught.value.code, caught.value.param) == ("url_invalid", "url")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, f"http://{text}", f"https://shop.example/{text}"):
        with contextlib.suppress(InvalidParameter):
            assert SANDBOX.parse(candidate).raw_host


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("https://shop.example/hook", "shop.example", 443),
        ("https://shop.example:8443/a?b=c&d", "shop.example", 8443),
        ("HTTPS://Shop.Example/", "shop.example", 443),
        ("https://żółw.example/", "xn--w-uga1v8h.example", 443),
        ("https://my_host.example./", "my_host.example.", 443),
        ("https://1.1.1.1/", "1.1.1.1", 443),
        ("https://16843009/", "1.1.1.1", 443),
        ("https://[2606:4700:4700::1111]:1/", "2606:4700:4700::1111", 1),
    ],
)
def test_usable_urls(text: str, host: str, port: int) -> None:
    url = LIVE.parse(text)
    assert (url.raw_host, url.port) == (host, port)


def test_plain_http_needs_a_sandbox_or_the_setting() -> None:
    with pytest.raises(InvalidParameter, match="https"):
        LIVE.parse("http://shop.example/")
    assert str(LIVE_HTTP.parse("http://shop.example/")) == "http://shop.example/"
    assert str(SANDBOX.parse("http://localhost:4242/hook")) == "http://localhost:4242/hook"
    assert SANDBOX.parse("http://127.1:4242/").raw_host == "127.0.0.1"
