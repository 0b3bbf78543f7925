"""The settings of the Stacks chain."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from stacktill.plugin import PluginConfig
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.transactions import MAINNET_CHAIN_ID, TESTNET_CHAIN_ID

__all__ = ["NO_KEY", "SBTC_ASSET_NAME", "StacksConfig"]

SBTC_ASSET_NAME = "sbtc-token"
NO_KEY = (
    "45 requests a minute are too few to keep up with mainnet: set api_key of "
    "[plugins.chain_stacks], or requests_per_minute if your own hosts take more"
)
_APIS = {"mainnet": "https://api.hiro.so", "testnet": "https://api.testnet.hiro.so"}
_SBTC = {
    "mainnet": "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token",
    "testnet": "SN3VMHXEN64ZZF71JQ5VESXDWTR301XTTXGF4J8F1.sbtc-token",
}
_ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{12,200}")
_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}(?:01)?")
_CHAIN_IDS = {"mainnet": MAINNET_CHAIN_ID, "testnet": TESTNET_CHAIN_ID}


class StacksConfig(PluginConfig, frozen=True, kw_only=True):
    """What ``[plugins.chain_stacks]`` may say; for mainnet nothing but an API key is needed.

    ``network`` is ``mainnet`` or ``testnet``; addresses of the other one are refused.
    ``apis`` are hosts of the Stacks Blockchain API; the first that answers counts, unless
    ``agreement`` asks for more. None means Hiro's.
    ``agreement`` is how many of them must say the same of a block before its money counts.
    ``node`` is the address of a Stacks node to send transactions to; None means the first API.
    ``api_key`` is sent to every one of ``apis`` as ``x-api-key``.
    ``requests_per_minute`` bounds what each host is asked; None means 45, with a key 450; 0 no limit.
    ``timeout_seconds`` bounds each request, its answer included.
    ``chain_id`` is the number that tells Stacks networks apart; None means that of ``network``.
    ``sbtc_contract`` is the token contract of sBTC; None means that of ``network``.
    ``visibility_seconds`` is how long after its own time a block may first be shown by a source.
    ``stalled_after_seconds`` is how old the newest block may be before the chain counts as standing still.
    ``observer`` is where a node's event observer may connect, such as ``127.0.0.1:3700``.
    ``observer_token`` is what its path must begin with: the node's endpoint is then
    ``127.0.0.1:3700/TOKEN``.
    ``observer_source`` makes what ``node`` tells there a source of its own, asked before ``apis``,
    which may then be an empty list; its events_keys must be ``["*"]``.
    ``payment_modes`` are the ways in which payers' wallets are asked to pay, the first that works goes
    first: ``transfer`` is sBTC's own, ``pay`` that of ``pay_contract``.
    ``pay_contract`` is the principal of a deployed ``stacktill-pay-v1``.
    ``signing_key`` signs the terms of ``pay``; the contract's owner must trust it. It can move no money.
    ``sponsor_key`` is the key of an account that pays the network's fee for payers without STX. Whoever
    has it can spend that account's STX: keep little there.
    """

    network: Literal["mainnet", "testnet"] = "mainnet"
    apis: tuple[str, ...] | None = None
    agreement: Annotated[int, Meta(ge=1, le=9)] = 1
    node: str | None = None
    api_key: str | None = None
    requests_per_minute: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    timeout_seconds: Annotated[float, Meta(ge=0.1, le=120)] = 10.0
    chain_id: Annotated[int, Meta(ge=1, lt=1 << 32)] | None = None
    sbtc_contract: str | None = None
    visibility_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 900
    stalled_after_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 600
    observer: str | None = None
    observer_token: str | None = None
    observer_source: bool = False
    payment_modes: tuple[Literal["transfer", "pay"], ...] = ("transfer",)
    pay_contract: str | None = None
    signing_key: str | None = None
    sponsor_key: str | None = None

    def __post_init__(self) -> None:
        """Refuse values that cannot work; the message names the key."""
        for name, url in (*(("apis", one) for one in self.apis or ()), ("node", self.node)):
            if url is None:
                continue
            if not url.startswith(("https://", "http://")) or not _is_address(url):
                raise ValueError(f"{name} must hold addresses that begin with https:// or http://")
        if self.apis is not None and not self.apis and not self.observer_source:
            raise ValueError("apis must hold at least one address")
        if self.observer_source and (self.observer is None or self.node is None):
            raise ValueError("observer_source needs observer and node: who tells, and where")
        if len(set(map(_host, self.api_urls))) < len(self.api_urls):
            raise ValueError(
                "apis must be different hosts: one that is asked twice agrees with itself"
            )
        self._check_agreement()
        self._check_observer()
        _check_contract("sbtc_contract", self.sbtc, mainnet=self.is_mainnet)
        self._check_payments()

    def _check_agreement(self) -> None:
        asked = [*self.api_urls, *([self.node_url] if self.observer_source else [])]
        if self.agreement > len(asked):
            raise ValueError(f"agreement asks {self.agreement} of {len(asked)} sources")
        # Behind one name is one operator, whatever the port; on this machine it is you in any case.
        names = [name for name in (_host(url)[0] for url in asked) if name not in _THIS_MACHINE]
        if self.agreement > 1 and len(set(names)) < len(names):
            raise ValueError("agreement needs different hosts: one by two ports agrees with itself")

    @property
    def unsafe_hosts(self) -> tuple[str, ...]:
        """The sources that anybody on the way can speak for: neither encrypted nor on this machine."""
        asked = dict.fromkeys((*self.api_urls, self.node_url))
        plain = (_host(url)[0] or "" for url in asked if url.startswith("http://"))
        return tuple(name for name in plain if name not in _THIS_MACHINE)

    def _check_observer(self) -> None:
        if self.observer is None:
            return
        if not self.observer_token:
            raise ValueError("observer needs an observer_token, so that only the node is heard")
        if not _TOKEN.fullmatch(self.observer_token):
            # Whoever guesses it can make the till believe in payments.
            raise ValueError(
                "observer_token must be at least 12 letters and digits, without blanks"
            )
        port = self.observer.rpartition(":")[2]
        if not _ADDRESS.fullmatch(self.observer) or int(port) > 65_535:
            raise ValueError("observer must be an address and a port, such as 127.0.0.1:3700")

    def _check_payments(self) -> None:
        if not self.payment_modes or len(set(self.payment_modes)) < len(self.payment_modes):
            raise ValueError("payment_modes must name transfer, pay or both, each once")
        if "pay" in self.payment_modes and None in (self.pay_contract, self.signing_key):
            raise ValueError("payment_modes has pay, which needs pay_contract and signing_key")
        if self.pay_contract is not None:
            _check_contract("pay_contract", self.pay_contract, mainnet=self.is_mainnet)
        for name, key in (("signing_key", self.signing_key), ("sponsor_key", self.sponsor_key)):
            if key is not None and not _KEY.fullmatch(key.strip()):
                raise ValueError(f"{name} must be 64 hex digits, or 66 that end in 01")

    def __repr__(self) -> str:
        """Without its keys, wherever it may end up."""
        return f"StacksConfig(network={self.network!r}, …)"

    @property
    def api_urls(self) -> tuple[str, ...]:
        """The hosts to read from."""
        return self.apis if self.apis is not None else (_APIS[self.network],)

    @property
    def node_url(self) -> str:
        """The host to send to."""
        return self.node if self.node is not None else self.api_urls[0]

    @property
    def sbtc(self) -> str:
        """The token contract of sBTC."""
        return self.sbtc_contract if self.sbtc_contract is not None else _SBTC[self.network]

    @property
    def network_id(self) -> int:
        """The chain id that nodes of the network name."""
        return self.chain_id if self.chain_id is not None else _CHAIN_IDS[self.network]

    @property
    def is_mainnet(self) -> bool:
        """Whether addresses are mainnet's."""
        return self.network == "mainnet"

    @property
    def pace_per_minute(self) -> float:
        """How often each host may be asked."""
        if self.requests_per_minute is not None:
            return self.requests_per_minute
        return 45.0 if self.api_key is None else 450.0

    @property
    def lacks_key(self) -> bool:
        """Whether the hosts to read from are asked as seldom as those without a key may ask."""
        is_slow = self.api_key is None and self.requests_per_minute is None
        return is_slow and bool(self.api_urls) and not self.observer_source


def _host(url: str) -> tuple[str | None, int, str]:
    """Whom an address asks, however it is written."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.hostname, port, parts.path.rstrip("/")


def _is_address(url: str) -> bool:
    """Whether it names a host, and a port that there can be."""
    try:
        return _host(url)[0] is not None
    except ValueError:
        return False


def _check_contract(name: str, text: str, *, mainnet: bool) -> None:
    try:
        principal = Principal.parse(text)
    except WireError as error:
        raise ValueError(f"{name}: {error}") from error
    if principal.contract is None:
        raise ValueError(f"{name} must name a contract, such as SM….sbtc-token")
    # The other way round is a local chain, which has mainnet's contracts.
    if mainnet and not principal.is_mainnet:
        raise ValueError(f"{name} is a contract of testnet, and network is mainnet")
