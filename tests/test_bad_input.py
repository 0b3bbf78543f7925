"""Whatever malformed thing is sent: a clear refusal in the envelope, and nothing changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.contract import check_answer
from tests.dump import books, settled
from tests.served import Served, Shop

from stacktill.web.api.operation import Operation
from stacktill.web.resources.every import OPERATIONS

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
INTENTS = "/v1/payment_intents"
GOOD = b"amount=1000&currency=btc"
HUGE = "9" * 400
DEEP = 100_000

POSTS = [operation for operation in OPERATIONS if operation.method == "POST"]
GETS = [operation for operation in OPERATIONS if operation.method == "GET"]

ANYWHERE: dict[str, tuple[str, bytes, int]] = {
    "an unknown parameter": (FORM, b"surprise=1", 400),
    "an unknown parameter in JSON": (JSON, b'{"surprise": 1}', 400),
    "a doubled parameter": (FORM, b"surprise=1&surprise=2", 400),
    "a doubled parameter in JSON": (JSON, b'{"surprise": 1, "surprise": 2}', 400),
    "a parameter in two shapes": (FORM, b"surprise=1&surprise[a]=2", 400),
    "a NUL": (FORM, b"surprise=a%00b", 400),
    "a raw NUL": (FORM, b"surprise=a\0b", 400),
    "a NUL in JSON": (JSON, b'{"surprise": "a\\u0000b"}', 400),
    "half a surrogate pair": (JSON, b'{"surprise": "\\ud800"}', 400),
    "half a surrogate pair as a key": (JSON, b'{"\\udfff": 1}', 400),
    "a surrogate in a form": (FORM, b"surprise=%ED%A0%80", 400),
    "bytes that are no UTF-8": (FORM, b"surprise=\xff\xfe", 400),
    "bytes that are no UTF-8 in JSON": (JSON, b'{"surprise": "\xff"}', 400),
    "JSON that is none": (JSON, b'{"surprise": ', 400),
    "not a number": (JSON, b'{"surprise": NaN}', 400),
    "infinity": (JSON, b'{"surprise": Infinity}', 400),
    "an array in place of the hash": (JSON, b"[1, 2]", 400),
    "a string in place of the hash": (JSON, b'"amount"', 400),
    "null in place of the hash": (JSON, b"null", 400),
    "a number with 400 digits": (JSON, b'{"surprise": ' + HUGE.encode() + b"}", 400),
    "deep nesting": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
    "deep arrays": (JSON, b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", 400),
    "deep brackets": (FORM, b"a" + b"[b]" * 5_000 + b"=1", 400),
    "too many parameters": (FORM, b"&".join(b"p%d=1" % n for n in range(1_001)), 400),
    "too many keys": (JSON, json.dumps({f"p{n}": 1 for n in range(1_001)}).encode(), 400),
    "more than a megabyte": (FORM, b"surprise=" + b"x" * 1_000_000, 413),
    "more than a megabyte of JSON": (JSON, b'{"surprise":"' + b"x" * 1_000_000 + b'"}', 413),
    "plain text": ("text/plain", b"amount=1000&currency=btc", 400),
    "XML": ("application/xml", b"<amount>1000</amount>", 400),
    "a multipart body": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--x--\r\n',
        400,
    ),
    "no content type that anybody knows": ("nonsense", b"amount=1000", 400),
}

AMOUNTS: dict[str, Any] = {
    "a word": "much",
    "a fraction": "1.5",
    "a float": 1000.5,
    "a whole float": 1000.0,
    "an exponent": "1e3",
    "digits in JSON quotes": ("json", "1000"),
    "a boolean": ("json", True),
    "null": ("json", None),
    "an array": ("json", [1000]),
    "a hash": ("json", {"sats": 1000}),
    "zero": 0,
    "less than nothing": -1,
    "more than there will ever be": 2_100_000_000_000_001,
    "more than 64 bits": 2**64,
    "400 digits": HUGE,
    "empty": "",
    "spaces": " 1000",
    "a plus sign": "+1000",
    "leading zeros": "01000",
    "other digits": "\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT TWO}",
    "hexadecimal": "0x3e8",
    "separators": "1_000",
}

FIELDS: dict[str, bytes] = {
    "an unknown currency": b"amount=1000&currency=zzz",
    "no currency": b"amount=1000",
    "a hash for a word": GOOD + b"&description[a]=b",
    "an array for a word": GOOD + b"&description[]=b",
    "a word for a hash": GOOD + b"&metadata=x",
    "a word for a boolean": GOOD + b"&confirm=yes",
    "a wrong word": GOOD + b"&capture_method=manual",
    "a wrong e-mail address": GOOD + b"&receipt_email=nobody",
    "a wrong URL": GOOD + b"&confirm=true&return_url=javascript:alert(1)",
    "metadata in metadata": GOOD + b"&metadata[a][b]=c",
    "too much metadata": GOOD + b"".join(b"&metadata[k%d]=v" % n for n in range(51)),
    "a long metadata key": GOOD + b"&metadata[" + b"k" * 41 + b"]=v",
    "a long metadata value": GOOD + b"&metadata[k]=" + b"v" * 501,
    "an empty metadata key": GOOD + b"&metadata[]=v",
    "a long description": GOOD + b"&description=" + b"x" * 5_001,
    "an unknown nested parameter": GOOD + b"&shipping[colour]=red",
    "an index that is none": GOOD + b"&payment_method_types[-1]=crypto",
    "a doubled parameter": GOOD + b"&amount=2000",
    "a parameter of the server's own": GOOD + b"&status=succeeded",
    "another's account": GOOD + b"&merchant_id=acct_1",
    "the mode": GOOD + b"&livemode=true",
    "an expand of what cannot be": GOOD + b"&expand[]=merchant",
    "an expand too deep": GOOD + b"&expand[]=a.b.c.d.e.f",
    "an expand that is a word": GOOD + b"&expand=customer",
}

QUERIES = (
    "limit=0",
    "limit=101",
    "limit=ten",
    "limit=1&limit=2",
    "limit=",
    "limit[]=1",
    "surprise=1",
    "created[between]=1",
    "created=yesterday",
    "created[gt]=1.5",
    "created[gt]=-1",
    f"created[gt]={HUGE}",
    "starting_after=pi_none",
    "ending_before=pi_none",
    "starting_after=pi_a&ending_before=pi_b",
    "starting_after[]=pi_a",
    "expand[]=data.nothing",
    "expand[]=customer",
    "customer=%00",
    "customer=%ED%A0%80",
    "customer=%FF",
    "customer=" + "c" * 101,
)

IDS = (
    "pi_none",
    "pi_" + "x" * 5_000,
    "%F0%9F%92%B8",
    "%ED%A0%80",
    "%FF",
    "'%20OR%201=1--",
    "%7B%22$gt%22:%22%22%7D",
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "pi_%0d%0aSet-Cookie:a=b",
)

HEADERS: tuple[Mapping[str, str], ...] = (
    {"Idempotency-Key": "k" * 256},
    {"Idempotency-Key": ""},
    {"Stripe-Version": "yesterday"},
    {"Stripe-Version": "2026-10-28.endive; DROP TABLE"},
    {"Stripe-Account": "acct_another"},
    {"Stripe-Context": "acct_another"},
    {"Content-Encoding": "gzip"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer " + "x" * 5_000},
    {"Authorization": "Basic ???"},
    {"Authorization": "Digest abc"},
    {"Authorization": "nonsense"},
)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance on which nothing happens but what these tests do."""
    with Served.running(tmp_path_factory.mktemp("quiet") / "data") as appliance:
        appliance.http.event_hooks = {"response": [check_answer]}
        yield appliance


@pytest.fixture(scope="module")
def store(quiet: Served) -> Shop:
    """A shop with one payment intent."""
    shop = quiet.shop()
    shop.intent()
    settled(quiet.data_dir)
    return shop


@pytest.fixture(autouse=True)
def unchanged(quiet: Served, store: Shop) -> Iterator[None]:
    """Whatever a test sends, the books are as before."""
    before = books(quiet.data_dir)
    yield
    after = books(quiet.data_dir)
    changed = [name for name, rows in after.items() if rows != before.get(name)]
    assert changed == []


def send(
    shop: Shop,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One request as it is; nothing is put in order on the way."""
    given = {"Authorization": f"Bearer {shop.secret_key}", **(headers or {})}
    return shop.http.request(method, shop.url + path, content=body, headers=given)


def check_refusal(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in (statuses or (400,)), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["request-id"].startswith("req_")
    error: dict[str, Any] = answer.json()["error"]
    assert error["message"]
    assert len(answer.content) < 2_000
    return error


def path_of(operation: Operation) -> str:
    return operation.path.replace("{id}", "none").replace("{method}", "none")


@pytest.mark.parametrize("name", ANYWHERE)
def test_bodies_that_nothing_can_mean(store: Shop, name: str) -> None:
    kind, body, status = ANYWHERE[name]
    for operation in POSTS:
        answer = send(store, "POST", path_of(operation), body, {"Content-Type": kind})
        check_refusal(answer, status)


def test_a_body_that_does_not_say_how_long_it_is(store: Shop) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"surprise="
        for _ in range(110):
            yield b"x" * 10_000

    answer = store.http.post(
        store.url + INTENTS,
        content=chunks(),
        headers={"Authorization": f"Bearer {store.secret_key}", "Content-Type": FORM},
    )
    check_refusal(answer, 413)


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_that_are_none(store: Shop, name: str) -> None:
    value = AMOUNTS[name]
    if isinstance(value, tuple):
        bodies = [(JSON, json.dumps({"amount": value[1], "currency": "btc"}).encode())]
    else:
        form = str(httpx.QueryParams({"amount": value, "currency": "btc"})).encode()
        bodies = [(FORM, form), (JSON, json.dumps({"amount": value, "currency": "btc"}).encode())]
    for kind, body in bodies:
        error = check_refusal(send(store, "POST", INTENTS, body, {"Content-Type": kind}))
        assert error["param"] == "amount"


@pytest.mark.parametrize("name", FIELDS)
def test_fields_that_do_not_fit(store: Shop, name: str) -> None:
    check_refusal(send(store, "POST", INTENTS, FIELDS[name], {"Content-Type": FORM}))


def test_parameters_of_a_post_in_its_url(store: Shop) -> None:
    check_refusal(send(store, "POST", f"{INTENTS}?amount=1000&currency=btc", b""))
    check_refusal(send(store, "POST", f"{INTENTS}?amount=1000", b"currency=btc"))


@pytest.mark.parametrize("query", QUERIES)
def test_queries_that_do_not_fit(store: Shop, query: str) -> None:
    check_refusal(send(store, "GET", f"{INTENTS}?{query}"))


def test_an_unknown_parameter_in_any_query(store: Shop) -> None:
    for operation in GETS:
        check_refusal(send(store, "GET", f"{path_of(operation)}?surprise=1"), 400)


@pytest.mark.parametrize("id", IDS)
def test_ids_that_are_none(store: Shop, id: str) -> None:
    check_refusal(send(store, "GET", f"{INTENTS}/{id}"), 404)
    check_refusal(send(store, "POST", f"{INTENTS}/{id}/cancel", b""), 404)


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_headers_that_do_not_fit(store: Shop, headers: Mapping[str, str]) -> None:
    check_refusal(send(store, "POST", INTENTS, GOOD, headers), 400, 401, 403, 415)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_methods_that_the_path_does_not_have(store: Shop, method: str) -> None:
    for path in (INTENTS, "/v1/nothing", "/v1/payment_intents/"):
        check_refusal(send(store, method, path), 404, 405)


@pytest.mark.parametrize(
    "query",
    ["status", "status:'x' AND", "status:x", "a:'b'", "status:'a' OR amount>1 AND amount<2", "'"],
)
def test_searches_that_are_none(store: Shop, query: str) -> None:
    params = httpx.QueryParams({"query": query})
    check_refusal(send(store, "GET", f"{INTENTS}/search?{params}"))
    check_refusal(send(store, "GET", f"{INTENTS}/search?query=status:'a'&page=%21"))


def test_bytes_that_are_no_http(quiet: Served, store: Shop) -> None:
    async def ask(raw: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", quiet.port)
        writer.write(raw)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    auth = f"Authorization: Bearer {store.secret_key}\r\n".encode()
    head = b"POST /v1/payment_intents HTTP/1.1\r\nHost: a\r\n" + auth
    for raw in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        head + b"Content-Length: 24\r\nContent-Length: 25\r\n\r\n" + GOOD,
        head + b"Content-Length: 24\r\nTransfer-Encoding: chunked\r\n\r\n" + GOOD,
        head + b"Content-Length: -1\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD + b"\r\n0\r\n\r\n",
    ):
        answer = asyncio.run(ask(raw))
        status, body = answer.split(b" ", 2)[1], answer.partition(b"\r\n\r\n")[2]
        assert status in (b"400", b"405"), answer[:200]
        assert json.loads(body)["error"]["message"]


def test_the_data_folder_is_the_one_that_is_watched(quiet: Served, store: Shop) -> None:
    rows: Path = quiet.data_dir
    assert any(store.id in repr(each) for each in books(rows)["stacktill.sqlite3:merchants"])
