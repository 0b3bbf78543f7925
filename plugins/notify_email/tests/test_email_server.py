"""The wire: real mail servers, and servers that misbehave in every way they know."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from plugins.notify_email.tests.mail_kit import (
    Authority,
    Letterbox,
    Opener,
    Script,
    changed,
    hostile,
    letterbox_at,
    speaking,
)

from stacktill.domain.receipts import Receipt
from stacktill.plugin import Attempt

EHLO = b"250-mail\r\n250 8BITMIME\r\n"
HELLO = (b"220 mail\r\n", EHLO)
OK = b"250 ok\r\n"
ANSWERS = {
    "421 closing": "throttled",
    "451 later": "failed",
    "452 full": "failed",
    "550 no such user": "refused",
    "552 too big": "refused",
}


async def tried(open_to: Opener, port: int, receipt: Receipt, **settings: Any) -> Attempt:
    async with open_to(port, **settings) as sender:
        attempt: Attempt = await sender.attempt(receipt)
        return attempt


class TestAMailServerThatWorks:
    async def test_the_receipt_arrives(
        self, open_to: Opener, letterbox: Letterbox, receipt: Receipt
    ) -> None:
        attempt = await tried(open_to, letterbox.port, receipt)
        assert (attempt.outcome, attempt.status, attempt.error) == ("delivered", 250, None)
        assert attempt.response == "taken as 42"
        (letter,) = letterbox.letters
        assert (letter.sender, letter.recipients) == ("receipts@pay.example", [receipt.recipient])
        assert letter.message["Message-ID"] == f"<{receipt.event_id}@pay.example>"

    async def test_twice_is_the_same_message(
        self, open_to: Opener, letterbox: Letterbox, receipt: Receipt
    ) -> None:
        await tried(open_to, letterbox.port, receipt)
        await tried(open_to, letterbox.port, receipt)
        first, second = (letter.message for letter in letterbox.letters)
        assert first["Message-ID"] == second["Message-ID"]
        for kind in ("plain", "html"):
            bodies = [one.get_body((kind,)) for one in (first, second)]
            assert bodies[0] is not None
            assert bodies[1] is not None
            assert bodies[0].get_content() == bodies[1].get_content()

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    async def test_tls_with_a_password(
        self, open_to: Opener, authority: Authority, receipt: Receipt, security: str
    ) -> None:
        shown = authority.server("127.0.0.1")
        kind = {"tls": shown} if security == "starttls" else {"implicit": shown}
        async with letterbox_at(**kind, auth_required=security == "starttls") as box:
            attempt = await tried(
                open_to,
                box.port,
                receipt,
                security=security,
                ca_file=str(authority.file),
                **({"username": "till", "password": "right"} if security == "starttls" else {}),
            )
            assert attempt.outcome == "delivered", attempt
            assert len(box.letters) == 1
            if security == "starttls":
                assert box.letters[0].tls
                assert box.logins == [(b"till", b"right")]

    async def test_a_password_in_clear_text_stays_on_this_machine(
        self, open_to: Opener, letterbox: Letterbox, receipt: Receipt
    ) -> None:
        attempt = await tried(open_to, letterbox.port, receipt, username="till", password="right")
        assert attempt.outcome == "delivered"
        assert letterbox.logins == [(b"till", b"right")]

    async def test_letters_beyond_ascii_in_addresses(
        self, open_to: Opener, letterbox: Letterbox
    ) -> None:
        attempt = await tried(open_to, letterbox.port, changed(recipient="käufer@bücher.example"))
        assert attempt.outcome == "delivered", attempt
        (letter,) = letterbox.letters
        assert letter.recipients == ["käufer@xn--bcher-kva.example"]
        assert "SMTPUTF8" in letter.options
        assert "To: käufer@xn--bcher-kva.example" in letter.content.decode()

    async def test_a_domain_beyond_ascii_needs_nothing_special(self, open_to: Opener) -> None:
        async with letterbox_at(enable_SMTPUTF8=False) as box:
            attempt = await tried(open_to, box.port, changed(recipient="kunde@bücher.example"))
            assert attempt.outcome == "delivered", attempt
            assert box.letters[0].recipients == ["kunde@xn--bcher-kva.example"]
            refused = await tried(open_to, box.port, changed(recipient="käufer@example.com"))
            assert refused.outcome == "refused"
            assert "SMTPUTF8" in (refused.error or "")
            assert len(box.letters) == 1


class TestAMailServerThatSaysNo:
    @pytest.mark.parametrize("command", ["RCPT", "DATA"])
    @pytest.mark.parametrize("answer", list(ANSWERS))
    async def test_later_and_never_are_told_apart(
        self, open_to: Opener, receipt: Receipt, command: str, answer: str
    ) -> None:
        async with letterbox_at() as letterbox, open_to(letterbox.port) as sender:
            letterbox.answers[command] = answer
            attempt = await sender.attempt(receipt)
            assert attempt.outcome == ANSWERS[answer]
            assert attempt.status == int(answer[:3])
            assert answer[4:] in attempt.response
            delay = sender.retry_delay_seconds(1, attempt)
            assert (delay is None) == (attempt.outcome == "refused")

    @pytest.mark.parametrize("greeting", [b"421 busy\r\n", b"554 go away\r\n"])
    async def test_a_no_before_the_message_may_pass(
        self, open_to: Opener, receipt: Receipt, greeting: bytes
    ) -> None:
        async with hostile(speaking(greeting)) as port:
            attempt = await tried(open_to, port, receipt)
            assert attempt.outcome in ("failed", "throttled")
            assert attempt.status == int(greeting[:3])

    async def test_a_wrong_password_may_be_put_right(
        self, open_to: Opener, letterbox: Letterbox, receipt: Receipt
    ) -> None:
        attempt = await tried(
            open_to, letterbox.port, receipt, username="till", password="wrong-one"
        )
        assert (attempt.outcome, attempt.status) == ("failed", 535)
        assert "wrong-one" not in f"{attempt.response}{attempt.error}"
        assert not letterbox.letters


async def _in_data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the command DATA, then vanish in the middle of the message."""
    for answer in (*HELLO, OK, OK, b"354 go\r\n"):
        writer.write(answer)
        await reader.readline()
    writer.transport.abort()


async def _after_the_dot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the whole message, and vanish instead of saying so."""
    for answer in (*HELLO, OK, OK):
        writer.write(answer)
        await reader.readline()
    writer.write(b"354 go\r\n")
    await reader.readuntil(b"\r\n.\r\n")
    writer.transport.abort()


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet for ever."""
    while True:
        writer.write(b"220-" + b"x" * 4_000 + b"\r\n")
        await writer.drain()


async def _dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet by a letter now and then: no single silence is long."""
    while True:
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(0.05)


class TestAMailServerThatMisbehaves:
    @pytest.mark.parametrize(
        "script",
        [
            speaking(None),
            speaking(b"220 mail\r\n", None),
            speaking(*HELLO, None),
            speaking(*HELLO, OK, None),
            speaking(*HELLO, OK, OK, None),
            _dripping,
        ],
        ids=["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dripping"],
    )
    async def test_silence_ends_at_the_deadline(
        self, open_to: Opener, receipt: Receipt, script: Script
    ) -> None:
        async with hostile(script) as port:
            began = time.monotonic()
            attempt = await tried(open_to, port, receipt, timeout_seconds=0.4)
            assert time.monotonic() - began < 3
            assert attempt.outcome == "failed"
            assert attempt.error

    @pytest.mark.parametrize(
        "script",
        [
            speaking(b""),
            speaking(b"\xff\xfe\x00 what\r\n"),
            speaking(b"999 what\r\n"),
            speaking(b"220 mail\r\n", b"not smtp at all\r\n"),
            speaking(*HELLO, b"000\r\n"),
            _in_data,
            _after_the_dot,
            _endless,
        ],
        ids=["closes", "bytes", "999", "words", "000", "in-data", "after-the-dot", "endless"],
    )
    async def test_nonsense_and_vanishing_are_failures_that_may_pass(
        self, open_to: Opener, receipt: Receipt, script: Script
    ) -> None:
        async with hostile(script) as port:
            attempt = await tried(open_to, port, receipt)
            assert attempt.outcome == "failed", attempt
            assert attempt.error or attempt.status or attempt.response

    async def test_nobody_is_there(self, open_to: Opener, receipt: Receipt) -> None:
        async with hostile(speaking(b"")) as port:
            pass
        attempt = await tried(open_to, port, receipt)
        assert (attempt.outcome, attempt.error) == ("failed", "Connection refused")

    async def test_a_goodbye_that_hangs_is_not_waited_for(
        self, open_to: Opener, receipt: Receipt
    ) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in (*HELLO, OK, OK):
                writer.write(answer)
                await reader.readline()
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 taken\r\n")
            await asyncio.sleep(3_600)

        async with hostile(script) as port:
            attempt = await tried(open_to, port, receipt, timeout_seconds=30)
            assert attempt.outcome == "delivered"
            assert attempt.duration_ms < 5_000


class TestTls:
    async def test_a_server_without_starttls_gets_nothing(
        self, open_to: Opener, letterbox: Letterbox, receipt: Receipt
    ) -> None:
        attempt = await tried(
            open_to, letterbox.port, receipt, security="starttls", username="a", password="b"
        )
        assert attempt.outcome == "failed"
        assert (letterbox.letters, letterbox.logins) == ([], [])

    async def test_a_certificate_of_a_stranger_gets_nothing(
        self, open_to: Opener, authority: Authority, receipt: Receipt
    ) -> None:
        for kind in ("starttls", "tls"):
            shown = authority.server("127.0.0.1")
            servers = {"tls": shown} if kind == "starttls" else {"implicit": shown}
            async with letterbox_at(**servers) as box:
                attempt = await tried(open_to, box.port, receipt, security=kind)
                assert attempt.outcome == "failed"
                assert "certificate" in (attempt.error or "")
                assert not box.letters

    async def test_a_certificate_of_another_host_gets_nothing(
        self, open_to: Opener, authority: Authority, receipt: Receipt
    ) -> None:
        async with letterbox_at(tls=authority.server("127.0.0.2")) as box:
            attempt = await tried(
                open_to, box.port, receipt, security="starttls", ca_file=str(authority.file)
            )
            assert attempt.outcome == "failed"
            assert "certificate" in (attempt.error or "")
            assert not box.letters

    async def test_a_handshake_that_hangs_ends_at_the_deadline(
        self, open_to: Opener, receipt: Receipt
    ) -> None:
        async with hostile(speaking(None)) as port:
            attempt = await tried(open_to, port, receipt, security="tls", timeout_seconds=0.4)
            assert attempt.outcome == "failed"
        starttls = b"250-mail\r\n250 STARTTLS\r\n"
        async with hostile(speaking(b"220 mail\r\n", starttls, b"220 go\r\n", None)) as port:
            attempt = await tried(open_to, port, receipt, security="starttls", timeout_seconds=0.4)
            assert attempt.outcome == "failed"

    async def test_what_is_slipped_in_before_tls_is_not_believed(
        self, open_to: Opener, receipt: Receipt
    ) -> None:
        slipped = b"220 go\r\n250 injected\r\n"
        starttls = b"250-mail\r\n250 STARTTLS\r\n"
        async with hostile(speaking(b"220 mail\r\n", starttls, slipped, None)) as port:
            attempt = await tried(open_to, port, receipt, security="starttls", timeout_seconds=0.4)
            assert attempt.outcome == "failed"
