"""A mail server for journeys, on a thread of its own so that plain tests can wait for letters."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

from plugins.notify_email.tests.mail_kit import Letter, Letterbox, hostile, letterbox_at, speaking
from tests.served import until

__all__ = ["PostOffice", "SilentPostOffice"]


class PostOffice:
    """Takes e-mails on a loopback port."""

    def __init__(self) -> None:
        self.box = Letterbox()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._opened: AbstractAsyncContextManager[Any] = self._opening()

    def __enter__(self) -> Self:
        self._thread.start()
        self._took(self._run(self._opened.__aenter__()))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._opened.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an appliance that sends its receipts here."""
        table = "STACKTILL__PLUGINS__NOTIFY_EMAIL__"
        return {
            f"{table}HOST": "127.0.0.1",
            f"{table}PORT": str(self.box.port),
            f"{table}SECURITY": "none",
            f"{table}FROM_ADDRESS": "receipts@pay.example",
            f"{table}TEST_RECIPIENTS": "@example.com",
            f"{table}RETRY_SCHEDULE_SECONDS": "0.2,0.2,0.2,0.2,0.2",
        }

    def letters_to(self, recipient: str, *, count: int, seconds: float = 30.0) -> list[Letter]:
        """The e-mails to an address, as soon as there are so many."""

        def come() -> list[Letter]:
            found = [one for one in self.box.letters if one.recipients == [recipient]]
            return found if len(found) >= count else []

        return until(come, seconds=seconds)

    def _opening(self) -> AbstractAsyncContextManager[Any]:
        return letterbox_at()

    def _took(self, opened: Any) -> None:
        self.box = opened

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class SilentPostOffice(PostOffice):
    """Takes connections, and never says a word."""

    def _opening(self) -> AbstractAsyncContextManager[Any]:
        return hostile(speaking(None))

    def _took(self, opened: Any) -> None:
        self.box.port = opened
