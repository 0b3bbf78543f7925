"""What the commands work with: the clients of the configured network, opened for one command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stacktill_chain_stacks.config import SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.wire.principals import AssetId, Principal

if TYPE_CHECKING:
    from stacktill_chain_stacks.client.api import ApiClient
    from stacktill_chain_stacks.client.node import NodeClient
    from stacktill_chain_stacks.sending import Sender

__all__ = ["Desk", "Tools", "say", "say_json"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Tools:
    """The opened clients."""

    config: StacksConfig
    api: ApiClient
    node: NodeClient
    sender: Sender

    @property
    def sbtc(self) -> AssetId:
        """The token that counts as sBTC."""
        return AssetId(Principal.parse(self.config.sbtc), SBTC_ASSET_NAME)


@dataclass(frozen=True, slots=True)
class Desk:
    """A command's way to the chain."""

    config: StacksConfig

    def run(self, work: Callable[[Tools], Awaitable[R]]) -> R:
        """Open the clients, do something with them, and close them."""

        async def opened() -> R:
            # Imported here, since the HTTP client takes a while and `--help` does without it.
            from stacktill_chain_stacks.client.api import ApiClient
            from stacktill_chain_stacks.client.node import NodeClient
            from stacktill_chain_stacks.opening import open_clients
            from stacktill_chain_stacks.sending import Sender

            async with open_clients(self.config) as clients:
                node = NodeClient(clients[self.config.node_url])
                # Without any API the node's host is asked, and says itself that it is none.
                api = ApiClient(clients[(*self.config.api_urls, self.config.node_url)[0]])
                return await work(Tools(self.config, api, node, Sender(self.config, node, api)))

        return asyncio.run(opened())


def say(line: str = "") -> None:
    """Print one line."""
    click.echo(line)


def say_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))
