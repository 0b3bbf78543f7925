"""What every answer carries, and what other sites' pages may do."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from stacktill.runtime.logs import JsonLogHandler
from stacktill.web.metrics import Metrics
from stacktill.web.shell import CorsSettings, ShellSettings, wrap


async def hello(scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    if scope["path"] == "/page":
        headers = [
            (b"content-type", b"text/html"),
            (b"content-security-policy", b"default-src 'self'"),
            (b"referrer-policy", b"same-origin"),
        ]
    scope["path_template"] = "/hello/{name}"
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = json.dumps(
        {
            "address": scope["state"]["client_address"],
            "version": scope["state"]["api_version"],
            "request_id": scope["state"]["request_id"],
            "scheme": scope.get("scheme"),
        }
    )
    await send({"type": "http.response.body", "body": body.encode()})


def client_of(
    settings: ShellSettings,
    app: Callable[..., Awaitable[None]] = hello,
    *,
    metrics: Metrics | None = None,
    peer: str = "127.0.0.1",
) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=wrap(app, settings, metrics=metrics), client=(peer, 4321))
    return httpx.AsyncClient(transport=transport, base_url="http://till.test")


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """The access log as it would be written."""
    stream = io.BytesIO()
    handler = JsonLogHandler(stream)
    logger = logging.getLogger("stacktill.access")
    old_level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.setLevel(old_level)
    logger.removeHandler(handler)


async def test_safe_headers_by_default() -> None:
    async with client_of(ShellSettings()) as client:
        headers = (await client.get("/v1/hello")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    assert "strict-transport-security" not in headers
    assert "access-control-allow-origin" not in headers


async def test_a_route_keeps_its_own_policy() -> None:
    async with client_of(ShellSettings(strict_transport_seconds=3600)) as client:
        headers = (await client.get("/page")).headers
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert headers.get_list("referrer-policy") == ["same-origin"]
    assert headers["strict-transport-security"] == "max-age=3600"
    assert "cache-control" not in headers


async def test_request_ids_are_new_and_ordered() -> None:
    async with client_of(ShellSettings()) as client:
        replies = [await client.get("/v1/hello") for _ in range(50)]
    ids = [reply.headers["request-id"] for reply in replies]
    assert len(set(ids)) == 50
    assert all(len(id) == 28 and id.isascii() and id[4:].isalnum() for id in ids)
    assert [id[:12] for id in ids] == sorted(id[:12] for id in ids)
    assert [reply.json()["request_id"] for reply in replies] == ids


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        (None, "2026-10-28.endive"),
        ("2026-10-28.endive", "2026-10-28.endive"),
        ("2024-06-20", "2024-06-20"),
        ("2031-01-01.nonesuch", "2031-01-01.nonesuch"),
    ],
)
async def test_version_echo(sent: str | None, echoed: str) -> None:
    headers = {} if sent is None else {"stripe-version": sent}
    async with client_of(ShellSettings()) as client:
        reply = await client.get("/v1/hello", headers=headers)
    assert reply.headers["stripe-version"] == echoed
    assert reply.json()["version"] == echoed


PREFLIGHT = {
    "origin": "https://shop.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,idempotency-key",
}


async def test_cors_for_listed_origins() -> None:
    cors = CorsSettings(allowed_origins=("https://shop.example",))
    async with client_of(ShellSettings(cors=cors)) as client:
        preflight = await client.options("/v1/items", headers=PREFLIGHT)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-headers"] == "authorization,idempotency-key"
        assert preflight.headers["request-id"]
        assert "access-control-allow-credentials" not in preflight.headers

        reply = await client.get("/v1/hello", headers={"origin": "https://shop.example"})
        assert reply.headers["access-control-allow-origin"] == "https://shop.example"
        assert "Request-Id" in reply.headers["access-control-expose-headers"]
        assert "Origin" in reply.headers["vary"]

        for origin in ("https://evil.example", "null", "https://shop.example.evil.example"):
            foreign = await client.get("/v1/hello", headers={"origin": origin})
            assert "access-control-allow-origin" not in foreign.headers
            refused = await client.options("/v1/items", headers={**PREFLIGHT, "origin": origin})
            assert "access-control-allow-origin" not in refused.headers
            assert "access-control-allow-methods" not in refused.headers

        page = await client.get("/page", headers={"origin": "https://shop.example"})
        assert "access-control-allow-origin" not in page.headers


async def test_files_that_are_open_to_all_say_so_themselves_and_once() -> None:
    for origins in (("*",), ("https://shop.example",)):
        async with client_of(ShellSettings(cors=CorsSettings(allowed_origins=origins))) as client:
            reply = await client.get("/v1/stacktill.js", headers={"origin": "https://shop.example"})
        assert "access-control-allow-origin" not in reply.headers


async def test_cors_for_every_origin_also_on_refusals() -> None:
    settings = ShellSettings(cors=CorsSettings(allowed_origins=("*",)))
    async with client_of(settings) as client:
        reply = await client.get("/v1/hello/", headers={"origin": "https://any.example"})
    assert reply.status_code == 404
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("10.0.0.1", '"[2001:db8::1]:5678"', "2001:db8::1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, <script>", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
async def test_forwarded_address(peer: str, forwarded: str, expected: str) -> None:
    settings = ShellSettings(trusted_proxies=("10.0.0.0/8",))
    headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https"}
    async with client_of(settings, peer=peer) as client:
        seen = (await client.get("/v1/hello", headers=headers)).json()
    assert seen["address"] == expected
    assert seen["scheme"] == ("http" if peer == "203.0.113.9" else "https")


async def test_forwarded_lines_are_one_chain() -> None:
    settings = ShellSettings(trusted_proxies=("10.0.0.1",))
    lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.1")]
    async with client_of(settings, peer="10.0.0.1") as client:
        seen = (await client.get("/v1/hello", headers=lines)).json()
    assert seen["address"] == "198.51.100.1"


def test_a_proxy_that_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match="proxy"):
        wrap(hello, ShellSettings(trusted_proxies=("proxy",)))


async def test_access_log_tells_no_secrets(log: io.BytesIO) -> None:
    key = "sk_test_" + "abcdefgh" * 4 + "WXYZ"
    basic = base64.b64encode(f"{key}:".encode()).decode()
    async with client_of(ShellSettings()) as client:
        for authorization in (f"Bearer {key}", f"Basic {basic}"):
            await client.post(
                "/v1/hello?client_secret=pi_1_secret_abcdefgh",
                headers={"authorization": authorization},
                content=b"card=4242",
            )
    for line in log.getvalue().splitlines():
        entry = json.loads(line)
        assert entry["event"] == "request.finished"
        assert entry["method"] == "POST"
        assert entry["route"] == "/hello/{name}"
        assert entry["status"] == 200
        assert entry["duration_ms"] >= 0
        assert entry["request_id"].startswith("req_")
        assert entry["key"] == "sk_test_****WXYZ"
        assert "path" not in entry
        for secret in (b"abcdefgh", b"4242", basic.encode()):
            assert secret not in line


async def test_access_log_of_an_unmatched_path_cannot_be_forged(log: io.BytesIO) -> None:
    async with client_of(ShellSettings()) as client:
        await client.get("/v1/%0a{%22event%22:%22forged%22}%E2%80%A8/")
    lines = log.getvalue().decode().splitlines()
    assert len(lines) == 1
    entry = json.loads(lines[0])
    assert entry["status"] == 404
    assert entry["route"] is None
    assert "forged" in entry["path"]


async def test_metrics_count_by_route() -> None:
    metrics = Metrics()
    metrics.add_gauge("stacktill_queue", "Waiting.", lambda: {("a",): 3.0}, labels=("name",))
    metrics.add_gauge("stacktill_broken", "Never read.", lambda: 1 / 0)
    async with client_of(ShellSettings(), metrics=metrics) as client:
        for path in ("/v1/hello", "/v1/hello", "/v1/x/"):
            await client.get(path)
        await client.request("BREW", "/v1/pot")
    text = metrics.render().decode()
    name = "stacktill_http_request_duration_seconds_count"
    assert f'{name}{{method="GET",route="/hello/{{name}}",status="2xx"}} 2.0' in text
    assert f'{name}{{method="GET",route="unmatched",status="4xx"}} 1.0' in text
    assert f'{name}{{method="OTHER",route="unmatched",status="4xx"}} 1.0' in text
    assert 'stacktill_queue{name="a"} 3.0' in text
    assert "stacktill_broken" not in text
    assert "stacktill_http_requests_in_flight 0.0" in text
    with pytest.raises(ValueError, match="stacktill_queue"):
        metrics.add_gauge("stacktill_queue", "Again.", lambda: 0.0)
