"""URLs and e-mail addresses: which are taken, and which are refused by their code."""

from __future__ import annotations

import pytest

from stacktill.domain.errors import InvalidParameter
from stacktill.web.params import Email, Url

GOOD_URLS = [
    "http://localhost",
    "HTTPS://Example.COM/a?b=c#d",
    "https://example.com:8443/ok?session_id={CHECKOUT_SESSION_ID}",
    "http://127.0.0.1:80/",
    "http://[::1]:3000/hook",
    "http://[2001:db8::1]/",
    "http://[1:2:3:4:5:6:7:8]",
    "https://xn--mller-kva.de/ü",
    "http://my_service/hook",
    "https://example.com?x",
]
BAD_URLS = [
    "example.com",
    "ftp://example.com",
    "javascript:alert(1)",
    "http:///path",
    "http://",
    "http:/example.com",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://example.com\\@evil.example",
    "https://example.com/a b",
    "https://example.com/\n",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:/",
    "https://müller.de/",
    "https://-a.com",
    "https://a..b",
    "http://[::1",
    "http://[:::]",
    "http://[1:2:3:4:5:6:7:8:9]",
    " https://example.com",
    "https://example.com/" + "x" * 2_048,
]
GOOD_EMAILS = ["a@b.co", "jenny.rosen+x@example.com", "o'neil@sub.example.org", "a" * 64 + "@b.co"]
BAD_EMAILS = [
    "a",
    "@b.co",
    "a@b",
    "a@@b.co",
    "a b@c.de",
    "a.@b.co",
    ".a@b.co",
    "a..b@c.de",
    "a@-b.co",
    "a@b..co",
    "ü@b.co",
    "a@b.co\n",
    "A <a@b.co>",
    "a@b.co,c@d.co",
    "a" * 250 + "@b.co",
]


@pytest.mark.parametrize("url", GOOD_URLS)
def test_good_urls(url: str) -> None:
    """Addresses that merchants use are kept as sent."""
    assert Url().read(url, "url", False) == url


@pytest.mark.parametrize("url", BAD_URLS)
def test_bad_urls(url: str) -> None:
    """Addresses that lead elsewhere or nowhere are refused."""
    with pytest.raises(InvalidParameter) as caught:
        Url().read(url, "url", False)
    assert (caught.value.code, caught.value.param) == ("url_invalid", "url")


@pytest.mark.parametrize("email", GOOD_EMAILS)
def test_good_emails(email: str) -> None:
    """Addresses that people have are kept as sent."""
    assert Email().read(email, "email", False) == email


@pytest.mark.parametrize("email", BAD_EMAILS)
def test_bad_emails(email: str) -> None:
    """What cannot be written to is refused."""
    with pytest.raises(InvalidParameter) as caught:
        Email().read(email, "email", False)
    assert (caught.value.code, caught.value.param) == ("email_invalid", "email")
