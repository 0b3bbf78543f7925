"""The stream of the payer's page: a version when it opens, and one for each change of what is shown."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
from tests.served import Shop, until

from stacktill.web.pages.checkout.live import STREAMS_PER_PAGE


@contextmanager
def following(shop: Shop, id: str) -> Iterator[list[str]]:
    """The versions that the stream of a page tells, as they come."""
    told: list[str] = []
    with httpx.Client(timeout=30) as http:
        request = http.build_request("GET", f"{shop.url}/pay/{id}/live")
        answer = http.send(request, stream=True)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        def read() -> None:
            try:
                lines = (line for line in answer.iter_lines() if line.startswith("data: "))
                told.extend(line.removeprefix("data: ") for line in lines)
            except httpx.HTTPError:
                return

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        until(lambda: told)
        yield told
        answer.close()


def shown(shop: Shop, id: str) -> str:
    """The version of the page as it is served now."""
    found = re.search(r'data-version="([0-9a-f]+)"', shop.http.get(f"{shop.url}/pay/{id}").text)
    assert found is not None
    return found[1]


def news(told: list[str], act: Callable[[], object]) -> None:
    """What is done leads to another version."""
    before = told[-1]
    act()
    until(lambda: told[-1] != before)


def test_every_change_has_a_version(shop: Shop) -> None:
    intent = shop.post("/v1/payment_intents", {"amount": 50_000_000, "currency": "btc"})
    id = intent["id"]
    with following(shop, id) as told:
        assert told == [shown(shop, id)]
        news(told, lambda: shop.http.post(f"{shop.url}/pay/{id}"))
        news(told, lambda: shop.pay(intent, amount=1_000))
        assert told[-1] == shown(shop, id)
        news(told, lambda: (shop.pay(intent, mine=False), shop.sandbox("mine")))
        for _ in range(2):
            news(told, lambda: shop.sandbox("mine", bitcoin=True))
        news(told, lambda: shop.sandbox("reorg", depth=3, drop=True))
        assert told[-1] == shown(shop, id)
        assert len(set(told)) == len(told)


def test_a_session_is_followed_into_its_payment(shop: Shop) -> None:
    item = {"price_data": {"currency": "btc", "unit_amount": 7, "product_data": {"name": "x"}}}
    wish = {"line_items": [{**item, "quantity": 1}], "success_url": "https://shop.example/"}
    session = shop.post("/v1/checkout/sessions", wish)
    shop.http.post(f"{shop.url}/pay/{session['id']}")
    with following(shop, session["id"]) as told:
        news(told, lambda: shop.pay(session))
        until(lambda: told[-1] == shown(shop, session["id"]))


def test_time_alone_changes_nothing(shop: Shop) -> None:
    intent = shop.intent(20_000)
    before = shown(shop, intent["id"])
    shop.sandbox("advance", seconds=30)
    assert shown(shop, intent["id"]) == before


def test_only_our_own_page_moves_the_sandbox(shop: Shop) -> None:
    intent = shop.intent(20_000)
    url = f"{shop.url}/pay/{intent['id']}/sandbox"
    for site in ("cross-site", "same-site"):
        answer = shop.http.post(url, data={"scene": "exact"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert shop.http.post(url, data={"scene": "everything"}).status_code == 400
    assert shop.read(intent)["status"] == "requires_action"
    answer = shop.http.post(url, data={"scene": "exact"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert shop.read(intent)["status"] == "succeeded"
    assert shop.http.post(url, data={"scene": "exact"}).status_code == 400


def test_one_page_cannot_take_all_streams(shop: Shop) -> None:
    """Whoever opens it too often is told to look by themselves; other pages have their streams."""
    ids = [shop.intent()["id"] for _ in range(2)]
    with ExitStack() as windows:
        for _ in range(STREAMS_PER_PAGE):
            windows.enter_context(opened(shop, ids[0]))
        answer = shop.http.get(f"{shop.url}/pay/{ids[0]}/live")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "15")
        with opened(shop, ids[1]):
            pass
    until(lambda: _is_let_in(shop, ids[0]))


@contextmanager
def opened(shop: Shop, id: str) -> Iterator[None]:
    """A stream that was heard of, so that it counts."""
    with socket.create_connection(("127.0.0.1", int(shop.url.rpartition(":")[2])), 30) as window:
        window.sendall(f"GET /pay/{id}/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        heard = b""
        while b"data: " not in heard:
            news = window.recv(4_096)
            assert news, heard
            heard += news
        yield


def _is_let_in(shop: Shop, id: str) -> bool:
    with shop.http.stream("GET", f"{shop.url}/pay/{id}/live") as answer:
        return answer.status_code == 200
