"""Starting, stopping with work in flight, signals and TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacktill.web.server import BoundAddress, ServerSettings, run, serve
from stacktill.web.shell import wrap

PATIENCE_SECONDS = 20.0
GET = b"GET %s HTTP/1.1\r\nHost: till\r\n\r\n"


class Application:
    """``/stream`` lasts until the server closes, ``/work`` a second, ``/stuck`` for ever."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()
        self.story: list[str] = []
        self.fails_to_start = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path == "/stuck":
            await asyncio.sleep(600)
        if path == "/work":
            await asyncio.sleep(1.0)
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        if path == "/stream":
            await self.closing.wait()
        await send({"type": "http.response.body", "body": b"data: last\n\n"})
        self.story.append(path)

    async def _live(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        if self.fails_to_start:
            await send({"type": "lifespan.startup.failed", "message": "no storage"})
            return
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.story.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and its own certificate for 127.0.0.1 in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    path = tmp_path / "till.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=till", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path), "-out", str(tmp_path / "certificate")]
    subprocess.run([openssl, *options.split(), *subject, *files], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "certificate").read_text())
    return path


async def start(
    application: Application, settings: ServerSettings, *, handle_signals: bool = False
) -> tuple[asyncio.Task[None], BoundAddress]:
    started: asyncio.Future[BoundAddress] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve(
            wrap(application),
            settings,
            closing=application.closing,
            on_started=started.set_result,
            handle_signals=handle_signals,
        )
    )
    task.add_done_callback(lambda _: started.cancel())
    with contextlib.suppress(asyncio.CancelledError):
        await started
    if task.done():
        task.result()
    return task, started.result()


class Connection:
    """A client's connection with one request on its way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read_until(self, separator: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.readuntil(separator)

    async def read_to_end(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            rest = await self._reader.read()
        self._writer.close()
        return rest


async def connect(
    address: BoundAddress, path: bytes | None = None, tls: ssl.SSLContext | None = None
) -> Connection:
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
    if path is not None:
        writer.write(GET % path)
        await writer.drain()
    return Connection(reader, writer)


async def ended(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await task


async def test_drain_with_a_stream_and_a_request_in_flight() -> None:
    application = Application()
    task, address = await start(
        application, ServerSettings(port=0, drain_seconds=10), handle_signals=True
    )
    stream, work = await connect(address, b"/stream"), await connect(address, b"/work")
    idle = await connect(address)
    await stream.read_until(b"data: 1\n\n")
    os.kill(os.getpid(), signal.SIGTERM)
    stream_rest, work_all = await stream.read_to_end(), await work.read_to_end()
    assert await idle.read_to_end() == b""
    await ended(task)
    assert b"data: last" in stream_rest
    assert work_all.startswith(b"HTTP/1.1 200")
    assert b"data: last" in work_all
    assert application.story == ["/stream", "/work", "shutdown"]
    with pytest.raises(ConnectionRefusedError):
        await connect(address)


async def test_what_does_not_finish_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    task, address = await start(application, ServerSettings(port=0, drain_seconds=0.3))
    stuck = await connect(address, b"/stuck")
    await asyncio.sleep(0.2)
    application.closing.set()
    answer = await stuck.read_to_end()
    await ended(task)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b'{"error":{"type":"api_error"' in answer
    assert application.story == ["shutdown"]
    events = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    assert "server.requests_cancelled" in events
    assert not any("Exception in ASGI" in event for event in events)


async def test_a_second_signal_does_not_wait() -> None:
    application = Application()
    task, address = await start(
        application, ServerSettings(port=0, drain_seconds=600), handle_signals=True
    )
    stuck = await connect(address, b"/stuck")
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.2)
    assert not task.done()
    os.kill(os.getpid(), signal.SIGINT)
    assert (await stuck.read_to_end()).startswith(b"HTTP/1.1 503")
    await ended(task)
    assert application.story == ["shutdown"]


async def test_a_port_in_use_is_an_error_and_the_lifespan_ends() -> None:
    application = Application()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            await start(application, ServerSettings(port=taken.getsockname()[1]))
    assert application.story == ["shutdown"]


async def test_an_application_that_does_not_start() -> None:
    application = Application()
    application.fails_to_start = True
    with pytest.raises(RuntimeError, match="did not start"):
        await start(application, ServerSettings(port=0))


async def test_plain_answers_carry_a_date_and_no_server_name() -> None:
    application = Application()
    task, address = await start(application, ServerSettings(port=0))
    connection = await connect(address, b"/quick")
    head = (await connection.read_until(b"\r\n\r\n")).lower()
    assert b"\r\ndate: " in head
    assert b"\r\nserver: " not in head
    assert b"uvicorn" not in head
    application.closing.set()
    assert b"data: last" in await connection.read_to_end()
    await ended(task)


async def test_tls(certificate: Path) -> None:
    application = Application()
    settings = ServerSettings(port=0, tls_certificate=str(certificate))
    task, address = await start(application, settings)
    assert address.url == f"https://127.0.0.1:{address.port}"
    context = ssl.create_default_context(cafile=str(certificate))
    connection = await connect(address, b"/quick", context)
    assert (await connection.read_until(b"\r\n")).startswith(b"HTTP/1.1 200")
    application.closing.set()
    assert b"data: last" in await connection.read_to_end()
    await ended(task)


def test_run_in_a_loop_of_its_own() -> None:
    application = Application()
    addresses: list[BoundAddress] = []

    def note_and_stop(address: BoundAddress) -> None:
        addresses.append(address)
        application.closing.set()

    async def main() -> None:
        settings = ServerSettings(port=0)
        await serve(application, settings, closing=application.closing, on_started=note_and_stop)

    run(main())
    assert addresses[0].port > 0
    assert application.story == ["shutdown"]


def test_urls() -> None:
    assert BoundAddress("127.0.0.1", 80, is_tls=False).url == "http://127.0.0.1:80"
    assert BoundAddress("::1", 443, is_tls=True).url == "https://[::1]:443"
