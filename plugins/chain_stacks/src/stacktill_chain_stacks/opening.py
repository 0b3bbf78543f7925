"""Opening the chain: its clients live as long as the context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from stacktill.domain.errors import ConfigError
from stacktill.plugin import Chain, ChainUnavailable, PluginContext
from stacktill_chain_stacks.agreement import Agreement
from stacktill_chain_stacks.chain import StacksChain
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.http import Http, open_http
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.identity import Identity, WrongNetwork
from stacktill_chain_stacks.observer import serve_observer
from stacktill_chain_stacks.pulse import Pulse
from stacktill_chain_stacks.source import ApiSource

__all__ = ["open_clients", "open_stacks"]


@asynccontextmanager
async def open_clients(config: StacksConfig) -> AsyncIterator[list[Http]]:
    """A client for each API, then one for the node when it is another host."""
    urls = list(config.api_urls)
    if config.node_url not in urls:
        urls.append(config.node_url)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_http(
                    url,
                    # A key is for the hosts that gave it, not for a node elsewhere.
                    api_key=config.api_key if url in config.api_urls else None,
                    requests_per_minute=config.pace_per_minute,
                    timeout_seconds=config.timeout_seconds,
                )
            )
            for url in urls
        ]


@asynccontextmanager
async def open_stacks(context: PluginContext) -> AsyncIterator[Chain]:
    """The chain; raise ``ConfigError`` when a source is on another network.

    A source that does not answer is looked at again when it is first read: a till must be able to start
    while it is down.
    """
    config: StacksConfig = context.config
    identity = Identity(config.network_id, config.sbtc)
    async with open_clients(config) as clients:
        apis = clients[: len(config.api_urls)]
        sources = [ApiSource(ApiClient(http), NodeClient(http), identity) for http in apis]
        for source in sources:
            try:
                await source.check()
            except WrongNetwork as error:
                raise ConfigError(f"[plugins.chain_stacks]: {error}") from error
            except ChainUnavailable as error:
                context.log.warning("chain.unavailable_at_start", extra={"reason": str(error)})
        agreed = Agreement(sources, needed=config.agreement)
        pulse = Pulse()
        async with _heard(config, pulse):
            yield StacksChain(config, agreed, clock=context.clock, pulse=pulse)


@asynccontextmanager
async def _heard(config: StacksConfig, pulse: Pulse) -> AsyncIterator[None]:
    """Hear a node's news, when there is one to be heard."""
    if config.observer is None or config.observer_token is None:
        yield
        return
    async with serve_observer(config.observer, config.observer_token, pulse):
        yield
