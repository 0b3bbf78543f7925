"""Pay buttons of the API: what they say, and that nothing of it can be edited."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
import pytest_asyncio
from core.tests.shop_kit import Till, open_till
from hypothesis import given
from hypothesis import strategies as st

from stacktill.application.buttons import (
    ButtonRefused,
    button_html,
    link_button_html,
    offered,
    read_button,
    sign_button,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "/v1/pay_buttons"
DAY = 86_400
NASTY = "\"><script>alert(1)</script>' onmouseover=x &amp; \u2028"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance_till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with open_till(tmp_path_factory.mktemp("till"), serves=True) as till:
        yield till


@pytest_asyncio.fixture(loop_scope="module")
async def till(appliance_till: Till) -> Till:
    """A merchant of its own for each test, all on one appliance."""
    return await appliance_till.neighbour()


class Form(HTMLParser):
    """What a browser makes of a snippet: every tag with its attributes, and the text."""

    def __init__(self, snippet: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(snippet)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def token(self) -> str:
        return str(self.tags[1][1]["value"])


async def token_of(till: Till, **params: Any) -> str:
    button = await till.post(URL, **{"amount": 1_500, **params})
    return Form(button["html"]).token


class TestMaking:
    async def test_the_form_stands_alone(self, till: Till) -> None:
        button = await till.post(URL, amount=1_500, description="Tea", label="Buy tea")
        assert (button["amount"], button["livemode"]) == (1_500, False)
        form = Form(button["html"])
        assert [tag for tag, _ in form.tags] == ["form", "input", "button"]
        action = f"{till.services.public_url}/button"
        assert form.tags[0][1] == {"action": action, "method": "post"}
        assert form.words.strip() == "Buy tea"
        assert button["url"].startswith(f"{action}?token=")
        terms = read_button(till.services, form.token)
        assert (terms.merchant_id, terms.amount_sats) == (till.caller.merchant_id, 1_500)

    async def test_its_time(self, till: Till) -> None:
        button = await till.post(URL, amount=1)
        assert abs(button["expires_at"] - till.now - 30 * DAY) < 5
        for wrong in (till.now - 1, till.now + 367 * DAY):
            refusal = await till.refused("POST", URL, {"amount": 1, "expires_at": wrong})
            assert refusal == (400, None, "expires_at")

    async def test_of_a_link(self, till: Till) -> None:
        cake = {"currency": "btc", "unit_amount": 700, "product_data": {"name": "Cake"}}
        link = await till.post(
            "/v1/payment_links", line_items=[{"price_data": cake, "quantity": 1}]
        )
        button = await till.post(URL, payment_link=link["id"])
        assert (button["url"], button["amount"]) == (link["url"], None)
        form = Form(button["html"])
        assert form.tags[0][1] == {"action": link["url"], "method": "get"}
        params = {"payment_link": link["id"], "description": "x"}
        assert await till.refused("POST", URL, params) == (400, None, "description")

    async def test_either_an_amount_or_a_link(self, till: Till) -> None:
        assert (await till.refused("POST", URL, {}))[1] == "parameter_missing"
        both = {"amount": 1, "payment_link": "plink_1"}
        assert (await till.refused("POST", URL, both))[1] == "parameters_exclusive"
        other = await till.refused("POST", URL, {"payment_link": "plink_1"})
        assert other == (400, "resource_missing", "payment_link")

    async def test_too_much_is_refused(self, till: Till) -> None:
        params = {"amount": 1, "metadata": {f"key_{n}": "x" * 500 for n in range(10)}}
        assert await till.refused("POST", URL, params) == (400, None, "metadata")

    async def test_words_stay_words(self, till: Till) -> None:
        button = await till.post(URL, amount=1, label=NASTY[:100], description=NASTY)
        form = Form(button["html"])
        assert [tag for tag, _ in form.tags] == ["form", "input", "button"]
        assert form.words.strip() == NASTY.strip()
        assert form.tags[2][1] == {"type": "submit"}

    async def test_a_key_for_nothing_else(self, till: Till) -> None:
        made = await till.post("/v1/api_keys", kind="restricted", scopes=["pay_buttons:write"])
        headers = {"Authorization": f"Bearer {made['key']}"}
        assert (await till.http.post(URL, json={"amount": 5}, headers=headers)).status_code == 200
        assert (await till.http.get("/v1/balance", headers=headers)).status_code == 403


class TestTampering:
    async def test_every_letter_counts(self, till: Till) -> None:
        token = await token_of(till, description="Tea")
        for place in range(0, len(token), 7):
            other = "A" if token[place] != "A" else "B"
            with pytest.raises(ButtonRefused) as caught:
                read_button(till.services, token[:place] + other + token[place + 1 :])
            assert caught.value.why == "changed"
        for altered in ("", ".", token[:-1], token + "A", f"{token}.", token.replace(".", "", 1)):
            with pytest.raises(ButtonRefused):
                read_button(till.services, altered)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"amount_sats":1500', b'"amount_sats":1'),
            (b'"expires_at":1', b'"expires_at":9'),
            (b'"livemode":false', b'"livemode":true'),
            (b"https://shop.example", b"https://evil.example"),
        ],
    )
    async def test_new_terms_with_the_old_signature(
        self, till: Till, old: bytes, new: bytes
    ) -> None:
        token = await token_of(till, return_url="https://shop.example/")
        body, _, signature = token.partition(".")
        terms = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        assert old in terms
        forged = urlsafe_b64encode(terms.replace(old, new)).decode().rstrip("=")
        with pytest.raises(ButtonRefused) as caught:
            read_button(till.services, f"{forged}.{signature}")
        assert caught.value.why == "changed"

    async def test_one_stores_signature_is_no_other_stores(self, till: Till) -> None:
        """The same terms, moved to a neighbour, need the neighbour's signature."""
        neighbour = await till.neighbour()
        token = await token_of(till)
        terms = read_button(till.services, token)
        theirs = sign_button(
            till.services, replace(terms, merchant_id=neighbour.caller.merchant_id)
        )
        signature, other = (each.partition(".")[2] for each in (token, theirs))
        assert signature != other
        with pytest.raises(ButtonRefused):
            read_button(till.services, f"{theirs.partition('.')[0]}.{signature}")

    async def test_after_its_time(self, till: Till) -> None:
        token = await token_of(till, expires_at=till.now + 60)
        assert read_button(till.services, token).amount_sats == 1_500
        await till.advance(60)
        with pytest.raises(ButtonRefused) as caught:
            read_button(till.services, token)
        assert caught.value.why == "expired"

    async def test_a_closed_store_sells_nothing(self, till: Till) -> None:
        token = await token_of(till)

        def close(uow: Any) -> None:
            merchant = uow.merchants.get(till.caller.merchant_id)
            uow.merchants.save(replace(merchant, status="suspended"))

        assert (await till.write(offered, till.services, token))[1].name == "Bakery"
        await till.write(close)
        with pytest.raises(ButtonRefused) as caught:
            await till.write(offered, till.services, token)
        assert caught.value.why == "closed"


@given(label=st.text(max_size=60), token=st.text(max_size=60))
async def test_any_text_stays_in_its_place(appliance_till: Till, label: str, token: str) -> None:
    services = appliance_till.services
    # Browsers and this parser alike turn a lone carriage return into a line feed.
    label, token = (re.sub(r"[\r\x00]", "", each) for each in (label, token))
    form = Form(button_html(services, token, label))
    assert (form.token, form.words.strip()) == (token, label.strip())
    assert [tag for tag, _ in form.tags] == ["form", "input", "button"]
    link = Form(link_button_html(services, "plink_1", label))
    assert [tag for tag, _ in link.tags] == ["form", "button"]
