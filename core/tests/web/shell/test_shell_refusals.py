"""Whatever is refused, and wherever, the client gets Stripe's envelope."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.params import FromPath, FromQuery

from stacktill.domain import errors
from stacktill.web.errors import exception_handlers
from stacktill.web.shell import RateLimitSettings, ShellSettings, accept_key, wrap


@get("/v1/items")
async def list_items(limit: FromQuery[int] = 10) -> dict[str, int]:
    return {"limit": limit}


@post("/v1/items")
async def create_item(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@get("/v1/items/{kind:str}")
async def raise_item(request: Request[Any, Any, Any], kind: FromPath[str]) -> dict[str, str]:
    known: dict[str, Exception] = {
        "gone": errors.NotFound("No such item: 'gone'", param="id"),
        "torn": errors.InvariantBroken("sum of secret_table is off by 3"),
        "down": errors.Unavailable("The chain cannot be reached. Try again in a moment."),
        "crash": RuntimeError("postgresql://user:password@host/db"),
        "unknown": errors.Unauthenticated("Invalid API Key provided: sk_test_****1234"),
    }
    if kind == "accepted":
        accept_key(request.scope)
        return {"kind": kind}
    raise known[kind]


def litestar_app() -> Litestar:
    return Litestar(
        [list_items, create_item, raise_item],
        exception_handlers=exception_handlers,
        logging_config=None,
        openapi_config=None,
    )


def client_of(app: Callable[..., Awaitable[None]], address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 4321))
    return httpx.AsyncClient(transport=transport, base_url="http://till.test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    settings = ShellSettings(max_body_bytes=1000, body_timeout_seconds=0.2)
    async with client_of(wrap(litestar_app(), settings)) as client:
        yield client


def error_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["x-content-type-options"] == "nosniff"
    error: dict[str, Any] = response.json()["error"]
    assert error["message"]
    return error


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/"),
        ("GET", "/v1/items/"),
        ("POST", "/v1/items/"),
        ("GET", "/v1//items"),
        ("GET", "/./" + "/v1/items"),
        ("GET", "/%2Fv1/items"),
        ("GET", "/health//live"),
        ("GET", "/v1/items/a%00b"),
        ("PUT", "/v1/items"),
        ("PATCH", "/v1/items"),
        ("DELETE", "/v1/items"),
        ("GET", "/v1/../v1/nothing"),
        ("GET", "/v1/items/%0d%0aSet-Cookie:x"),
    ],
)
async def test_unknown_url_or_method(client: httpx.AsyncClient, method: str, path: str) -> None:
    error = error_of(await client.request(method, path), 404)
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"Unrecognized request URL ({method}: /")


async def test_head_of_an_undeclared_route(client: httpx.AsyncClient) -> None:
    assert (await client.head("/v1/items")).status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
@pytest.mark.parametrize("path", ["/v1/items", "/v1/nothing"])
async def test_strange_method(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, path)
    error_of(response, 405)
    assert "GET" in response.headers["allow"]


async def test_a_path_in_a_message_is_short(client: httpx.AsyncClient) -> None:
    error = error_of(await client.get("/" + "x" * 5000), 404)
    assert len(error["message"]) < 400


async def test_bad_parameter_of_a_route(client: httpx.AsyncClient) -> None:
    error = error_of(await client.get("/v1/items?limit=zero"), 400)
    assert error["param"] == "limit"
    assert "limit" in error["message"]


async def test_not_found(client: httpx.AsyncClient) -> None:
    error = error_of(await client.get("/v1/items/gone"), 404)
    assert error == {
        "type": "invalid_request_error",
        "message": "No such item: 'gone'",
        "code": "resource_missing",
        "param": "id",
    }


async def test_unauthenticated(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/items/unknown")
    error_of(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_unavailable(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/items/down")
    assert error_of(response, 503)["type"] == "api_error"
    assert int(response.headers["retry-after"]) >= 1
    assert response.headers["stripe-should-retry"] == "true"


@pytest.mark.parametrize("kind", ["crash", "torn"])
async def test_a_crash_tells_an_id_and_nothing_else(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    response = await client.get(f"/v1/items/{kind}")
    error = error_of(response, 500)
    assert error["type"] == "api_error"
    assert response.headers["request-id"] in error["message"]
    assert "password" not in response.text
    assert "secret_table" not in response.text
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == [
        "request.crashed"
    ]


async def test_a_crash_outside_of_the_framework() -> None:
    async def crashing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("inner secrets")

    async with client_of(wrap(crashing)) as client:
        response = await client.get("/")
    error_of(response, 500)
    assert "secrets" not in response.text


async def test_a_crash_in_the_middle_of_an_answer_is_not_glued_to_it() -> None:
    async def crashing(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    async with client_of(wrap(crashing)) as client:
        with pytest.raises(RuntimeError, match="half way"):
            await client.get("/")


async def test_cancelled_before_the_answer() -> None:
    async def slow(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": []}
    task = asyncio.ensure_future(wrap(slow)(scope, receive, send))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent[0]["status"] == 503


async def test_announced_body_is_too_large(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/items", content=b"x" * 1000)).status_code == 201
    error = error_of(await client.post("/v1/items", content=b"x" * 1001), 413)
    assert "1000" in error["message"]


async def test_unannounced_body_is_too_large(client: httpx.AsyncClient) -> None:
    async def parts(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    assert (await client.post("/v1/items", content=parts(10))).json() == {"bytes": 1000}
    error_of(await client.post("/v1/items", content=parts(11)), 413)


async def test_body_that_lies_about_its_length(client: httpx.AsyncClient) -> None:
    headers = {"content-length": "1"}
    error_of(await client.post("/v1/items", content=b"x" * 2000, headers=headers), 413)


async def test_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-encoding": "gzip"}
    error_of(await client.post("/v1/items", content=b"x", headers=headers), 415)
    headers = {"content-encoding": "identity"}
    assert (await client.post("/v1/items", content=b"x", headers=headers)).status_code == 201


async def test_body_that_drips(client: httpx.AsyncClient) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x"
            await asyncio.sleep(0.05)

    error_of(await client.post("/v1/items", content=drip()), 408)


@pytest.mark.parametrize("version", ["2019-2-19", "latest", "2026-10-28.", "2026-10-28; x=y", ""])
async def test_malformed_version(client: httpx.AsyncClient, version: str) -> None:
    response = await client.get("/v1/items", headers={"stripe-version": version})
    error = error_of(response, 400)
    assert error["message"] == f"Invalid Stripe API version: {version}"
    assert response.headers["stripe-version"] == "2026-10-28.endive"


async def test_rate_limit_by_address_and_by_accepted_key() -> None:
    settings = ShellSettings(
        rate_limit=RateLimitSettings(
            requests_per_second=0.05, window_seconds=60, exempt_paths=("/healthz",)
        )
    )
    app = wrap(litestar_app(), settings)
    good = {"authorization": "Bearer sk_test_" + "g" * 24}
    async with client_of(app) as client:
        # The first request with a key counts for the address, the next ones for the key.
        replies = [await client.get("/v1/items/accepted", headers=good) for _ in range(5)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429]
        error = error_of(replies[-1], 429)
        assert error["code"] == "rate_limit"
        assert replies[-1].headers["stripe-rate-limited-reason"] == "global-rate"
        assert 1 <= int(replies[-1].headers["retry-after"]) <= 120
        # Keys that nobody accepted do not widen the limit of the address.
        made_up = [
            await client.get("/v1/items", headers={"authorization": f"Bearer sk_test_{number}"})
            for number in range(4)
        ]
        assert [reply.status_code for reply in made_up] == [200, 200, 429, 429]
        assert (await client.get("/healthz")).status_code == 404
    async with client_of(app, "192.0.2.7") as elsewhere:
        assert (await elsewhere.get("/v1/items")).status_code == 200


async def test_a_publishable_key_counts_for_the_address_that_uses_it() -> None:
    settings = ShellSettings(
        rate_limit=RateLimitSettings(requests_per_second=0.05, window_seconds=60)
    )
    app = wrap(litestar_app(), settings)
    public = {"authorization": "Bearer pk_test_" + "p" * 24}
    async with client_of(app, "192.0.2.7") as greedy:
        replies = [await greedy.get("/v1/items/accepted", headers=public) for _ in range(5)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    async with client_of(app, "192.0.2.8") as payer:
        assert (await payer.get("/v1/items/accepted", headers=public)).status_code == 200


async def test_a_revoked_key_falls_back_to_the_address() -> None:
    is_revoked = False

    async def inner(scope: Any, _receive: Any, send: Any) -> None:
        if not is_revoked:
            accept_key(scope)
        status = 401 if is_revoked else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    settings = ShellSettings(
        rate_limit=RateLimitSettings(requests_per_second=0.05, window_seconds=60)
    )
    key = {"authorization": "Bearer sk_test_" + "k" * 24}
    async with client_of(wrap(inner, settings)) as client:
        assert [(await client.get("/", headers=key)).status_code for _ in range(2)] == [200, 200]
        is_revoked = True
        replies = [(await client.get("/", headers=key)).status_code for _ in range(4)]
        # One more on the key's own account, then the address has two of its three left.
        assert replies == [401, 401, 401, 429]
