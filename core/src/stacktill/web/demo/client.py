"""The demo shop's way to the API: HTTP with a key, and every exchange kept to be shown."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["Exchange", "TillClient", "TillRefused"]

TIMEOUT_SECONDS = 20.0
MOST_SHOWN = 6_000


class TillRefused(Exception):
    """The API did not do what it was asked to; ``status`` is 0 when it did not answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call of the API as it was made and answered, without the key."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    status: int
    answer: dict[str, Any]

    @property
    def answer_text(self) -> str:
        """The answer as people read it: without what is empty, and not without end."""
        said = {name: value for name, value in self.answer.items() if value not in (None, [], {})}
        return json.dumps(said, indent=2, ensure_ascii=False)[:MOST_SHOWN]


@dataclass(frozen=True, slots=True)
class TillClient:
    """Calls one box with one key."""

    url: str
    key: str

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Exchange:
        """Read something; raise ``TillRefused`` unless it is there."""
        return await self._send("GET", path, params or {}, {})

    async def post(
        self, path: str, params: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> Exchange:
        """Write something; raise ``TillRefused`` unless it was done."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return await self._send("POST", path, params, headers)

    async def delete(self, path: str) -> Exchange:
        """Delete something; raise ``TillRefused`` unless it was done."""
        return await self._send("DELETE", path, {}, {})

    async def _send(
        self, method: str, path: str, params: Mapping[str, str], headers: dict[str, str]
    ) -> Exchange:
        import httpx

        try:
            async with httpx.AsyncClient(
                verify=_trust(), timeout=TIMEOUT_SECONDS, trust_env=False
            ) as client:
                answer = await client.request(
                    method,
                    self.url + path,
                    params=params if method == "GET" else None,
                    data=params if method == "POST" else None,
                    headers={**headers, "Authorization": f"Bearer {self.key}"},
                )
                whole = _decoded(answer)
        except httpx.HTTPError as error:
            raise TillRefused(0, f"The box does not answer at {self.url}: {error}") from error
        if answer.status_code != 200:
            message = whole.get("error", {}).get("message", f"HTTP status {answer.status_code}")
            raise TillRefused(answer.status_code, str(message))
        return Exchange(
            method, path, tuple(params.items()), tuple(headers.items()), answer.status_code, whole
        )


def _decoded(answer: httpx.Response) -> dict[str, Any]:
    try:
        whole = answer.json()
    except ValueError:
        return {}
    return whole if isinstance(whole, dict) else {}


@cache
def _trust() -> ssl.SSLContext:
    # Once: reading all the authorities takes longer than a call.
    return ssl.create_default_context()
