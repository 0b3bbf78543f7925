"""The remote control of a running local chain: what moves it, and who lives on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from stacktill.domain.errors import ConfigError, InvalidRequest
from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.wire.keys import PrivateKey

__all__ = ["Remote", "local_port"]

TIMEOUT_SECONDS = 60.0
_HERE = ("127.0.0.1", "localhost")


def local_port(url: str) -> int:
    """The port of an address on this machine; raise ``ConfigError`` for any other address.

    The keys of the local chain are known to everybody: they must go nowhere else.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _HERE or parts.port is None:
        raise ConfigError(
            f"[plugins.chain_stacks]: {url} is no local chain. 'stacktill devnet' works with an address "
            'such as apis = ["http://127.0.0.1:20443"]: try it with --config contracts/devnet/till.toml'
        )
    return parts.port


class Remote:
    """A local chain at an address of this machine."""

    def __init__(self, url: str) -> None:
        self.port = local_port(url)
        self.url = url

    def state(self) -> dict[str, Any] | None:
        """What the chain says of itself; None when nothing listens there.

        Raise ``ConfigError`` when something else does.
        """
        try:
            reply = httpx.get(f"{self.url}/devnet", timeout=TIMEOUT_SECONDS, trust_env=False)
        except httpx.TransportError:
            return None
        if reply.status_code != 200 or "accounts" not in reply.text:
            raise ConfigError(
                f"Something else than a local chain listens at {self.url}. Free that port, or name "
                "another in apis or in STACKTILL__PLUGINS__CHAIN_STACKS__APIS."
            )
        return dict(reply.json())

    def needed(self) -> dict[str, Any]:
        """The same; raise ``ChainUnavailable`` when no chain runs."""
        found = self.state()
        if found is None:
            raise ChainUnavailable(
                f"No local chain runs at {self.url}; start one with 'stacktill devnet start'."
            )
        return found

    def order(self, what: str, **details: Any) -> dict[str, Any]:
        """Give an order such as ``mine``; raise ``InvalidRequest`` with the chain's words."""
        self.needed()
        reply = httpx.post(
            f"{self.url}/devnet/{what}", json=details, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        if reply.status_code != 200:
            raise InvalidRequest(f"The local chain refuses: {_reason(reply)}")
        return dict(reply.json())

    def key(self, name: str) -> PrivateKey:
        """Somebody's key; raise ``InvalidRequest`` when nobody has that name."""
        accounts = self.needed()["accounts"]
        if name not in accounts:
            raise InvalidRequest(f"Nobody is called {name}. There are: {', '.join(accounts)}.")
        return PrivateKey.parse(accounts[name]["private_key"])


def _reason(reply: httpx.Response) -> str:
    """What the chain says, without the marks around it."""
    try:
        return str(reply.json()["error"])[:200]
    except (ValueError, KeyError, TypeError):
        return reply.text[:200]
