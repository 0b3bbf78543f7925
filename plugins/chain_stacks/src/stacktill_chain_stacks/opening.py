"""Opening the chain: its clients live as long as the context."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager

from stacktill.domain.errors import ConfigError
from stacktill.plugin import Chain, ChainUnavailable, Clock, PluginContext
from stacktill.plugin.pulse import Pulse
from stacktill_chain_stacks.agreement import Agreement
from stacktill_chain_stacks.chain import StacksChain
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.http import Http, open_http
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import NO_KEY, SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.identity import Identity, WrongNetwork
from stacktill_chain_stacks.journal import Journal
from stacktill_chain_stacks.node_source import NodeSource
from stacktill_chain_stacks.observer import serve_observer
from stacktill_chain_stacks.payments import Signer
from stacktill_chain_stacks.source import ApiSource, ChainSource
from stacktill_chain_stacks.sponsor import StacksSponsor
from stacktill_chain_stacks.sponsored_calls import SponsoredCalls
from stacktill_chain_stacks.told import read_told_block
from stacktill_chain_stacks.wallets import Wallets
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.principals import AssetId, Principal

__all__ = ["open_clients", "open_stacks"]


@asynccontextmanager
async def open_clients(config: StacksConfig) -> AsyncIterator[dict[str, Http]]:
    """A client for each API and for the node, by address."""
    async with AsyncExitStack() as stack:
        clients = {}
        for url in dict.fromkeys((*config.api_urls, config.node_url)):
            is_api = url in config.api_urls
            opened = open_http(
                url,
                # A key is for the hosts that gave it, and their limits are not those of one's own node.
                api_key=config.api_key if is_api else None,
                requests_per_minute=config.pace_per_minute if is_api else 0,
                timeout_seconds=config.timeout_seconds,
            )
            clients[url] = await stack.enter_async_context(opened)
        yield clients


@asynccontextmanager
async def open_stacks(context: PluginContext) -> AsyncIterator[Chain]:
    """The chain; raise ``ConfigError`` when a source is on another network.

    A source that does not answer is looked at again when it is first read: a till must be able to start
    while it is down.
    """
    config: StacksConfig = context.config
    async with open_clients(config) as clients:
        with _journal(context) as journal:
            sources = _sources(config, clients, journal)
            _warn(config, context.log)
            await _check(sources, context)
            pulse = Pulse()
            async with _heard(config, pulse, journal):
                agreed = Agreement(sources, needed=config.agreement)
                desk = _desk(config, clients, context.clock)
                sponsor = _sponsor(config, clients, desk, context.clock)
                yield StacksChain(
                    config, agreed, clock=context.clock, pulse=pulse, wallets=desk, sponsor=sponsor
                )


def _warn(config: StacksConfig, log: logging.Logger) -> None:
    """Tell of settings that work, and are seldom meant in earnest."""
    if config.lacks_key:
        log.warning("chain.api_key_missing", extra={"hint": NO_KEY})
    if not config.is_mainnet:
        # Live keys take it for money: whoever ships goods for it has given them away.
        log.warning("chain.play_money", extra={"network": config.network})
    if config.unsafe_hosts:
        log.warning("chain.source_unencrypted", extra={"hosts": list(config.unsafe_hosts)})


@contextmanager
def _journal(context: PluginContext) -> Iterator[Journal | None]:
    """Where the blocks of a node of one's own are kept, when it is a source."""
    if not context.config.observer_source:
        yield None
        return
    path = context.data_dir / "chain_stacks.sqlite3"
    try:
        opened = Journal(path)
    except sqlite3.Error as error:
        raise ConfigError(
            f"{path} cannot be used: {error}. It holds what the node told: move it away, and the till "
            "begins a new one; an API in apis tells the blocks that are missing then."
        ) from error
    with closing(opened) as journal:
        yield journal


def _sources(
    config: StacksConfig, clients: dict[str, Http], journal: Journal | None
) -> list[ChainSource]:
    """The node of one's own first, when it is a source, then the APIs in their order."""
    identity = Identity(config.network_id, config.sbtc)
    sources: list[ChainSource] = []
    if journal is not None:
        node = NodeClient(clients[config.node_url])
        sources.append(NodeSource(node, journal, identity, alone=not config.api_urls))
    for url in config.api_urls:
        http = clients[url]
        sources.append(ApiSource(ApiClient(http), NodeClient(http), identity))
    return sources


def _desk(config: StacksConfig, clients: dict[str, Http], clock: Clock) -> Wallets:
    """The desk for payers' wallets; raise ``ConfigError`` when the key is none of the curve."""
    node, api = _asked(config, clients)
    return Wallets(config, node, api, clock=clock, signer=_signer(config))


def _sponsor(
    config: StacksConfig, clients: dict[str, Http], desk: Wallets, clock: Clock
) -> StacksSponsor | None:
    if config.sponsor_key is None:
        return None
    node, api = _asked(config, clients)
    key = _key("sponsor_key", config.sponsor_key)
    asset = AssetId.parse(f"{config.sbtc}::{SBTC_ASSET_NAME}")
    calls = SponsoredCalls(config, asset, _signer(config))
    return StacksSponsor(
        node, api, calls, key=key, mainnet=config.is_mainnet, desk=desk, clock=clock
    )


def _asked(config: StacksConfig, clients: dict[str, Http]) -> tuple[NodeClient, ApiClient | None]:
    """Who is asked about accounts and sent transactions."""
    api = ApiClient(clients[config.api_urls[0]]) if config.api_urls else None
    return NodeClient(clients[config.node_url]), api


def _signer(config: StacksConfig) -> Signer | None:
    if config.pay_contract is None or config.signing_key is None:
        return None
    key = _key("signing_key", config.signing_key)
    return Signer(key, Principal.parse(config.pay_contract), config.network_id)


def _key(name: str, text: str) -> PrivateKey:
    try:
        return PrivateKey.parse(text)
    except WireError as error:
        raise ConfigError(f"[plugins.chain_stacks]: {name}: {error}") from error


async def _check(sources: list[ChainSource], context: PluginContext) -> None:
    for source in sources:
        try:
            await source.check()
        except WrongNetwork as error:
            raise ConfigError(f"[plugins.chain_stacks]: {error}") from error
        except ChainUnavailable as error:
            context.log.warning("chain.unavailable_at_start", extra={"reason": str(error)})


@asynccontextmanager
async def _heard(
    config: StacksConfig, pulse: Pulse, journal: Journal | None
) -> AsyncIterator[None]:
    """Hear a node's news, when there is one to be heard, and keep them when they are a source."""
    if config.observer is None or config.observer_token is None:
        yield
        return

    def keep(body: bytes) -> None:
        if journal is not None:
            journal.add(read_told_block(body))

    async with serve_observer(config.observer, config.observer_token, pulse, keep=keep):
        yield
